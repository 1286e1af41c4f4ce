// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/options.h"
#include "lab/exec_io.h"
#include "lab/lab_io.h"
#include "lab/space_io.h"
#include "lab/state_io.h"
#include "lab/verbs.h"
#include "lab/world_io.h"
#include "lab/world_line.h"
#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/file.h"

#define PROGRAM   "waymark-lab"
#define DOWN_WAIT (60 * NS_PER_S) // for the simulator to end: 1000 interfaces take 20 s

struct lab_args {
	char name[WORLD_NAME_MAX + 1];
	bool foreground, bare;
};

#define NAME_OPTION                                                                                \
	{                                                                                          \
		.name = "name", .kind = CONF_TEXT, .offset = offsetof(struct lab_args, name),      \
		.size = sizeof(((struct lab_args *)0)->name), .value = "NAME",                     \
		.help = "name of the lab; by default the world's, or the only lab there is"        \
	}

static const struct conf_option up_options[] = {
	NAME_OPTION,
	{ .name = "foreground",
	  .kind = CONF_BOOL,
	  .offset = offsetof(struct lab_args, foreground),
	  .help = "stay, and take the lab down on Ctrl-C" },
	{ .name = "bare",
	  .kind = CONF_BOOL,
	  .offset = offsetof(struct lab_args, bare),
	  .help = "only the network: no servers, resolvers and phones in it" },
	{ .name = NULL },
};
static const struct conf_option name_options[] = { NAME_OPTION, { .name = NULL } };

static int done(enum err err, const struct fault *f)
{
	return err == ERR_OK ? 0 : cli_fail(PROGRAM, f);
}

// What the starting process hears from the one that stays.
struct news {
	enum err err;
	struct fault fault;
};

static void say(int *to, enum err err, const struct fault *f)
{
	struct news news = { .err = err, .fault = *f };

	if (*to < 0)
		return;
	ssize_t ignored = write(*to, &news, sizeof(news));
	(void)ignored;
	fd_close(to);
}

// From here on no terminal and no starter matter.
static void settle(const char *lab)
{
	AUTO(fd_close) int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC), log = -1;
	char path[STATE_PATH];

	state_path(lab, "log", path);
	log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	(void)setsid();
	for (int fd = 0; fd <= 2 && nowhere >= 0; fd++)
		(void)dup2(fd == 2 && log >= 0 ? log : nowhere, fd);
	(void)!chdir("/");
}

struct start {
	const char *name;
	const struct world *w;
	struct span text;
	bool bare;
};

static enum err serve(const struct start *s, int *news, struct fault *f)
{
	AUTO(lab_close) struct lab *lab = NULL;
	enum err err = lab_open(s->name, s->w, s->text, &lab, f);
	bool stays = *news < 0;

	if (err == ERR_OK && !s->bare)
		err = lab_populate(lab, f);
	if (err != ERR_OK)
		lab_close(&lab); // before anybody hears of it, so that nothing is left then
	say(news, err, f);
	if (err != ERR_OK)
		return err;
	if (stays)
		fprintf(stderr, PROGRAM ": %s is up, %d hosts; Ctrl-C takes it down\n", s->name,
			s->w->host_count);
	else
		settle(s->name);
	return lab_run(lab, f);
}

static enum err fork_and_wait(const struct start *s, struct fault *f)
{
	int ends[2];
	struct news news = { .err = ERR_IO };

	if (pipe2(ends, O_CLOEXEC) != 0)
		return fault_set(f, ERR_IO, errno, "pipe");
	pid_t pid = fork();
	if (pid < 0)
		return fault_set(f, ERR_IO, errno, "fork");
	if (pid == 0) {
		close(ends[0]);
		_exit(err_exit(serve(s, &ends[1], f)));
	}
	close(ends[1]);
	ssize_t len = read(ends[0], &news, sizeof(news));
	close(ends[0]);
	if (len != (ssize_t)sizeof(news))
		return fault_set(f, ERR_IO, 0, "the simulator ended while starting");
	*f = news.fault;
	return news.err;
}

static enum err up(struct lab_args *args, const char *file, struct fault *f)
{
	AUTO(world_free) struct world *w = NULL;
	char *text = NULL;
	size_t len = 0;
	int nobody = -1;
	enum err err = world_file(file, &text, &len, f);

	if (err == ERR_OK)
		err = world_read(span_of(text, len), file, &w, f);
	if (err == ERR_OK)
		err = space_permit(f);
	if (err == ERR_OK) {
		struct start s = { .name = args->name[0] ? args->name : w->name,
				   .w = w,
				   .text = span_of(text, len),
				   .bare = args->bare };
		err = args->foreground ? serve(&s, &nobody, f) : fork_and_wait(&s, f);
		if (err == ERR_OK && !args->foreground)
			fprintf(stderr, PROGRAM ": %s is ready, %d hosts\n", s.name, w->host_count);
	}
	free(text);
	return err;
}

int verb_up(int argc, char **argv)
{
	static const struct cli_usage usage = {
		.synopsis = PROGRAM " up WORLD [--name NAME] [--bare] [--foreground]",
		.text = "Makes a network namespace per host, the Internet between them, and the "
			"programs in them.",
	};
	struct lab_args args = { 0 };
	struct cli cli = { 0 };
	struct fault f = { 0 };
	enum err err = cli_read(argc, argv, up_options, &usage, &args, &cli, &f);

	if (err == ERR_OK && cli.helped)
		return 0;
	if (err == ERR_OK && cli.count != 1)
		err = fault_set(&f, ERR_USAGE, 0, "one WORLD file, please: %s", usage.synopsis);
	if (err == ERR_OK && args.name[0] && !world_name_good(span_text(args.name)))
		err = fault_set(&f, ERR_USAGE, 0, "--name takes letters, digits, '-', '_', '.'");
	if (err == ERR_OK)
		err = up(&args, cli.words[0], &f);
	return done(err, &f);
}

// The simulator removes everything by itself; what a killed one left is cleared after it.
static enum err down(const char *lab, struct fault *f)
{
	pid_t pid;
	enum err err = state_pid(lab, &pid, f);
	struct mono until = mono_add(clock_mono(), DOWN_WAIT);

	if (err != ERR_OK)
		return err;
	if (pid > 0)
		(void)kill(pid, SIGTERM);
	while (pid > 0 && mono_before(clock_mono(), until)) {
		nanosleep(&(struct timespec){ .tv_nsec = 20 * NS_PER_MS }, NULL);
		// Its folder goes last, the process itself a moment later.
		if (kill(pid, 0) != 0 && errno == ESRCH)
			break;
	}
	if (state_pid(lab, &pid, NULL) == ERR_MISSING)
		return ERR_OK;
	if (pid > 0)
		(void)kill(pid, SIGKILL);
	state_clear(lab);
	return ERR_OK;
}

int verb_down(int argc, char **argv)
{
	static const struct cli_usage usage = {
		.synopsis = PROGRAM " down [--name NAME]",
		.text = "Ends every process in the lab and removes it, also after a crash.",
	};
	struct lab_args args = { 0 };
	struct cli cli = { 0 };
	struct fault f = { 0 };
	enum err err = cli_read(argc, argv, name_options, &usage, &args, &cli, &f);

	if (err == ERR_OK && cli.helped)
		return 0;
	if (err == ERR_OK && cli.count != 0)
		err = fault_set(&f, ERR_USAGE, 0, "no words, please: %s", usage.synopsis);
	if (err == ERR_OK)
		err = state_find(args.name, &f);
	if (err == ERR_OK)
		err = space_permit(&f);
	if (err == ERR_OK)
		err = down(args.name, &f);
	return done(err, &f);
}

int verb_exec(int argc, char **argv)
{
	static const struct cli_usage usage = {
		.synopsis = PROGRAM " exec [--name NAME] HOST -- COMMAND …",
		.text = "Runs a program in a host of the lab, with the lab's own name servers.",
	};
	struct lab_args args = { 0 };
	struct cli cli = { 0 };
	struct fault f = { 0 };
	enum err err = cli_read(argc, argv, name_options, &usage, &args, &cli, &f);

	if (err == ERR_OK && cli.helped)
		return 0;
	if (err == ERR_OK && cli.count < 2)
		err = fault_set(&f, ERR_USAGE, 0, "a HOST and a command, please: %s",
				usage.synopsis);
	if (err == ERR_OK)
		err = state_find(args.name, &f);
	if (err != ERR_OK)
		return done(err, &f);
	char **words = calloc(cli.count, sizeof(*words)); // one less, and a NULL
	if (words) {
		memcpy(words, cli.words + 1, (cli.count - 1) * sizeof(*words));
		err = exec_host(args.name, cli.words[0], words, &f);
		free(words);
	} else {
		err = fault_set(&f, ERR_MEMORY, 0, "no memory");
	}
	return done(err, &f);
}

static enum err status_fn(const char *lab, void *self)
{
	char path[STATE_PATH];
	char *text = NULL;
	size_t len = 0;
	pid_t pid;

	*(int *)self += 1;
	if (state_pid(lab, &pid, NULL) == ERR_MISSING)
		return ERR_OK;
	state_path(lab, "stats", path);
	if (pid > 0 && file_read(path, WORLD_LINE_MAX, &text, &len, NULL) == ERR_OK)
		while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\n'))
			text[--len] = '\0';
	printf("%s\t%s\t%d\t%s\n", lab, pid > 0 ? "up" : "dead, take it down", (int)pid,
	       len > 0 ? text : "{}");
	free(text);
	return ERR_OK;
}

int verb_status(int argc, char **argv)
{
	static const struct cli_usage usage = {
		.synopsis = PROGRAM " status",
		.text = "One line per lab: name, state, pid of the simulator, counters as JSON.",
	};
	struct lab_args args = { 0 };
	struct cli cli = { 0 };
	struct fault f = { 0 };
	int count = 0;
	enum err err = cli_read(argc, argv, name_options, &usage, &args, &cli, &f);

	if (err == ERR_OK && cli.helped)
		return 0;
	if (err == ERR_OK)
		err = state_each(status_fn, &count);
	if (err == ERR_OK && count == 0)
		err = fault_set(&f, ERR_MISSING, 0, "no lab is up");
	return done(err, &f);
}

#include "lab/app_certs.h"
#include "lab/app_serve.h"
#include "lab/crowd_io.h"
#include "lab/phone.h"

const struct verb lab_verbs[] = {
	{ "up", verb_up, "make the world of a file" },
	{ "down", verb_down, "end it, leave nothing" },
	{ "exec", verb_exec, "run a program in one of its hosts" },
	{ "status", verb_status, "which labs there are" },
	{ "check", verb_check, "is this world file right?" },
	{ "path", verb_path, "the true paths between two hosts" },
	{ "geo", verb_geo, "geolocation of every address, as CSV" },
	{ "names", verb_names, "name of every address, as CSV" },
	{ "hosts", verb_hosts, "which hosts there are, as CSV" },
	{ "truth", verb_truth, "who lies about what, and where it is injected, as CSV" },
	{ "crowd", verb_crowd, "thousands of resolvers in one process" },
	{ "serve", verb_serve, "a messenger's server, or one of the phones' services" },
	{ "phone", verb_phone, "a phone" },
	{ "certify", verb_certify, "an authority and certificates, for tests" },
	{ NULL, NULL, NULL },
};
