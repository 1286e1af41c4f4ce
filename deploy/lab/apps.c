// SPDX-License-Identifier: Apache-2.0
#include "lab/apps.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lab/app_certs.h"
#include "lab/names.h"
#include "lab/servers_io.h"
#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/file.h"
#include "sys/netns.h"
#include "sys/process.h"

#define TEXT_MAX  (8 * 1024 * 1024) // command lines of every host
#define PATH_SIZE 512
// Ports as /proc writes them, of programs that do not say when they are ready.
#define DNS_PORT "0035"
#define WEB_PORT "01BB"
#define LOOK_NS  (20 * NS_PER_MS)
#define END_NS   (2 * NS_PER_S) // for all together to end by themselves

struct app {
	const struct world_host *host;
	const char *program;
	pid_t pid;                // 0: ended
	int ready;                // its standard output until it says so; -1
	const char *port, *table; // what shows that it listens; NULL: it says so
};

struct apps {
	struct apps_config config;
	struct certs *certs;
	struct arena text;
	size_t count;
	struct app items[WORLD_HOSTS_MAX];
};

static void path(const struct apps *a, const char *host, const char *end, char out[PATH_SIZE])
{
	snprintf(out, PATH_SIZE, "%s/%s%s", a->config.run_dir, host, end);
}

// --- files -------------------------------------------------------------------------------------

static enum err make_certificate(struct apps *a, const struct world_host *h, struct fault *f)
{
	char cert[PATH_SIZE], key[PATH_SIZE];

	path(a, h->name, ".pem", cert);
	path(a, h->name, ".key", key);
	return certs_issue(a->certs, world_attr_find(h, "names"), cert, key, f);
}

static enum err make_names(struct apps *a, const struct world_host *h, struct fault *f)
{
	char file[PATH_SIZE];
	uint8_t *text = malloc(NAMES_CONF_MAX);

	if (text == NULL)
		return fault_set(f, ERR_MEMORY, 0, "lab: no memory for a resolver's names");
	struct wr w = wr_of(text, NAMES_CONF_MAX);
	names_write(&w, a->config.world, h);
	path(a, h->name, ".dns", file);
	enum err err = w.err == ERR_OK ? file_write(file, 0644, wr_span(&w), f)
				       : fault_set(f, ERR_FULL, 0, "%s: too many names", h->name);
	free(text);
	return err;
}

static enum err make_files(struct apps *a, const struct world_host *h, struct fault *f)
{
	if (servers_runs(h))
		return servers_make(&a->config, a->certs, h, f);
	if (strcmp(h->kind, "server") == 0)
		return make_certificate(a, h, f);
	return strcmp(h->kind, "resolver") == 0 ? make_names(a, h, f) : ERR_OK;
}

// --- starting ----------------------------------------------------------------------------------

static enum err open_space(const struct apps *a, const struct world_host *h, int *fd,
			   struct fault *f)
{
	char name[128];

	snprintf(name, sizeof(name), "wl-%s-%s", a->config.lab, h->name);
	return netns_open(name, fd, f);
}

static enum err open_log(const struct apps *a, const struct world_host *h, int *fd, struct fault *f)
{
	char file[PATH_SIZE];

	path(a, h->name, ".log", file);
	*fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
	return *fd >= 0 ? ERR_OK : fault_set(f, ERR_IO, errno, "%s: cannot be written", file);
}

static enum err launch(struct apps *a, struct app *app, const char *const *argv, struct fault *f)
{
	AUTO(fd_close) int space = -1;
	AUTO(fd_close) int log = -1;
	int pipes[2];
	enum err err = open_space(a, app->host, &space, f);

	if (err == ERR_OK)
		err = open_log(a, app->host, &log, f);
	if (err == ERR_OK && pipe2(pipes, O_CLOEXEC) != 0)
		err = fault_set(f, ERR_IO, errno, "pipe");
	if (err != ERR_OK)
		return err;
	struct process_config p = PROCESS_DEFAULT;
	p.argv = argv;
	p.netns = space;
	p.out = pipes[1];
	p.err = log;
	p.die_with_parent = true;
	err = process_start(&p, &app->pid, f);
	close(pipes[1]);
	app->ready = pipes[0];
	return err;
}

static enum err start_one(struct apps *a, const struct world_host *h, struct fault *f)
{
	const char *const *argv;
	enum err err = apps_argv(&a->config, h, &a->text, &argv, f);

	if (err == ERR_MISSING)
		return ERR_OK; // nothing runs there by itself
	if (err == ERR_OK)
		err = make_files(a, h, f);
	if (err != ERR_OK)
		return err;
	struct app *app = &a->items[a->count++];
	*app = (struct app){ .host = h, .ready = -1 };
	if (strcmp(h->kind, "resolver") == 0 || strcmp(h->kind, "authority") == 0) {
		app->port = DNS_PORT;
		app->table = "udp";
	} else if (strcmp(h->kind, "web") == 0) {
		app->port = WEB_PORT;
		app->table = "tcp";
	}
	app->program = app->port ? argv[0] : argv[1];
	return launch(a, app, argv, f);
}

// --- until ready -------------------------------------------------------------------------------

// Somebody in the process's namespace is bound to its port, as that file of /proc says.
static bool bound(const struct app *app, const char *end)
{
	char name[64], want[16];
	char *text = NULL;
	size_t len;
	struct fault f;

	snprintf(name, sizeof(name), "/proc/%d/net/%s%s", (int)app->pid, app->table, end);
	snprintf(want, sizeof(want), ":%s ", app->port);
	bool found =
		file_read(name, 1 << 20, &text, &len, &f) == ERR_OK && strstr(text, want) != NULL;
	free(text);
	return found;
}

static enum err died(const struct apps *a, const struct app *app, struct fault *f)
{
	char file[PATH_SIZE];
	char *text = NULL;
	size_t len = 0;
	const char *last = "";

	path(a, app->host->name, ".log", file);
	if (file_read(file, 1 << 20, &text, &len, f) == ERR_OK) {
		while (len > 0 && text[len - 1] == '\n')
			text[--len] = '\0';
		last = strrchr(text, '\n');
		last = last != NULL ? last + 1 : text;
	}
	enum err err = fault_set(f, ERR_IO, 0, "%s in %s ended: %.150s", app->program,
				 app->host->name, last);
	free(text);
	return err;
}

static enum err await_line(const struct apps *a, struct app *app, struct mono until,
			   struct fault *f)
{
	char line[64];
	int64_t left = mono_since(until, clock_mono()) / NS_PER_MS;
	struct pollfd p = { .fd = app->ready, .events = POLLIN };

	if (poll(&p, 1, left > 0 ? (int)left : 0) <= 0)
		return fault_set(f, ERR_TIMEOUT, 0, "%s in %s does not get ready", app->program,
				 app->host->name);
	return read(app->ready, line, sizeof(line)) > 0 ? ERR_OK : died(a, app, f);
}

static enum err await_port(const struct apps *a, struct app *app, struct mono until,
			   struct fault *f)
{
	const struct timespec nap = { .tv_nsec = LOOK_NS };
	bool v6 = app->host->v6.family != 0;

	while (!bound(app, "") || (v6 && !bound(app, "6"))) {
		int status;
		if (process_wait(app->pid, clock_mono(), &status, NULL) == ERR_OK) {
			app->pid = 0;
			return died(a, app, f);
		}
		if (mono_before(until, clock_mono()))
			return fault_set(f, ERR_TIMEOUT, 0, "%s in %s does not get ready",
					 app->program, app->host->name);
		nanosleep(&nap, NULL);
	}
	return ERR_OK;
}

static enum err await_all(struct apps *a, struct fault *f)
{
	struct mono until = mono_add(clock_mono(), APPS_READY_NS);
	enum err err = ERR_OK;

	for (size_t i = 0; err == ERR_OK && i < a->count; i++) {
		struct app *app = &a->items[i];
		err = app->port ? await_port(a, app, until, f) : await_line(a, app, until, f);
		fd_close(&app->ready);
	}
	return err;
}

enum err apps_start(const struct apps_config *c, struct apps **out, struct fault *f)
{
	struct apps *a = calloc(1, sizeof(*a));
	char ca[PATH_SIZE];

	if (a == NULL)
		return fault_set(f, ERR_MEMORY, 0, "lab: no memory for its programs");
	a->config = *c;
	arena_init(&a->text, TEXT_MAX);
	path(a, "ca", ".pem", ca);
	enum err err = certs_new(ca, &a->certs, f);
	// The authority first: resolvers are told what it signed.
	for (int pass = 0; pass < 2; pass++)
		for (int i = 0; err == ERR_OK && i < c->world->host_count; i++) {
			const struct world_host *h = &c->world->hosts[i];
			if ((strcmp(h->kind, "authority") == 0) == (pass == 0))
				err = start_one(a, h, f);
		}
	if (err == ERR_OK)
		err = await_all(a, f);
	certs_free(&a->certs);
	if (err != ERR_OK) {
		apps_stop(&a);
		return err;
	}
	*out = a;
	return ERR_OK;
}

// --- ending ------------------------------------------------------------------------------------

// All are asked before the first is waited for.
void apps_stop(struct apps **out)
{
	struct apps *a = *out;

	if (a == NULL)
		return;
	for (size_t i = 0; i < a->count; i++)
		if (a->items[i].pid > 0)
			(void)kill(a->items[i].pid, SIGTERM);
	struct mono until = mono_add(clock_mono(), END_NS);
	for (size_t i = 0; i < a->count; i++) {
		int64_t left = mono_since(until, clock_mono());
		process_end(a->items[i].pid, false, left > 0 ? left : 0);
		fd_close(&a->items[i].ready);
	}
	certs_free(&a->certs);
	arena_wipe(&a->text);
	free(a);
	*out = NULL;
}

const char *apps_gone(struct apps *a)
{
	for (size_t i = 0; i < a->count; i++) {
		struct app *app = &a->items[i];
		int status;
		if (app->pid > 0 && process_wait(app->pid, clock_mono(), &status, NULL) == ERR_OK) {
			app->pid = 0;
			return app->host->name;
		}
	}
	return NULL;
}

size_t apps_count(const struct apps *a)
{
	return a->count;
}

struct apps_item apps_item(const struct apps *a, size_t at)
{
	const struct app *app = &a->items[at];

	return (struct apps_item){ .host = app->host->name,
				   .program = app->program,
				   .pid = app->pid };
}
