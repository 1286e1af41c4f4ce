// SPDX-License-Identifier: Apache-2.0
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libpq-fe.h>

#include "base/text.h"
#include "pg/cluster_own.h"
#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/file.h"
#include "sys/process.h"

#define START_TIMEOUT_NS  (120 * NS_PER_S) // recovery after a crash replays the log
#define STOP_TIMEOUT_NS   (60 * NS_PER_S)
#define ORPHAN_TIMEOUT_NS (10 * NS_PER_S) // children of a killed server notice within one
#define RETRY_NS          (20 * NS_PER_MS)
#define RETRY_MAX_NS      (200 * NS_PER_MS)

pid_t cluster_pid(const struct cluster *c)
{
	char path[CLUSTER_PATH_MAX], link[64], cwd[PATH_MAX];
	char *text = NULL;
	size_t len = 0;
	uint64_t pid = 0;
	struct fault f;
	if (cluster_join(path, c->pg, "postmaster.pid", &f) != ERR_OK ||
	    file_read(path, 4096, &text, &len, &f) != ERR_OK)
		return 0;
	struct span rest = span_of(text, len);
	enum err err = text_u64(text_cut(&rest, '\n'), 1, INT32_MAX, &pid);
	free(text);
	if (err != ERR_OK)
		return 0;
	snprintf(link, sizeof(link), "/proc/%d/cwd", (int)pid);
	ssize_t n = readlink(link, cwd, sizeof(cwd) - 1);
	if (n < 0)
		return 0;
	cwd[n] = '\0';
	return strcmp(cwd, c->pg) == 0 ? (pid_t)pid : 0;
}

// Anybody at all whose current folder is the cluster: the server, or children of a server that was
// killed, which live a moment longer and may still write.
static bool anybody_inside(const struct cluster *c)
{
	DIR *proc = opendir("/proc");
	bool found = false;
	for (struct dirent *d; proc != NULL && !found && (d = readdir(proc)) != NULL;) {
		char link[300], cwd[PATH_MAX];
		snprintf(link, sizeof(link), "/proc/%s/cwd", d->d_name);
		ssize_t n = d->d_name[0] >= '1' && d->d_name[0] <= '9'
				    ? readlink(link, cwd, sizeof(cwd) - 1)
				    : -1;
		cwd[n < 0 ? 0 : n] = '\0';
		found = strcmp(cwd, c->pg) == 0;
	}
	if (proc != NULL)
		closedir(proc);
	return found;
}

// Lock files of a killed server may name a process number that is now another's, which PostgreSQL
// would take for a running server. They go only when nobody is left inside.
static enum err drop_stale_locks(const struct cluster *c, struct fault *f)
{
	char path[CLUSTER_PATH_MAX];
	struct mono until = mono_add(clock_mono(), ORPHAN_TIMEOUT_NS);
	while (anybody_inside(c)) {
		if (!mono_before(clock_mono(), until))
			return fault_set(f, ERR_TIMEOUT, 0,
					 "processes of a killed server still work in %s", c->pg);
		(void)usleep(RETRY_NS / NS_PER_US);
	}
	enum err err = cluster_join(path, c->pg, "postmaster.pid", f);
	if (err == ERR_OK)
		(void)unlink(path);
	if (err == ERR_OK)
		err = cluster_join(path, c->socket, ".s.PGSQL.5432.lock", f);
	if (err == ERR_OK)
		(void)unlink(path);
	return err;
}

static enum err spawn(const struct cluster *c, pid_t *pid, struct fault *f)
{
	char postgres[CLUSTER_PATH_MAX], conf[CLUSTER_PATH_MAX + 32];
	AUTO(fd_close) int log = -1;
	enum err err = cluster_join(postgres, c->bin, "postgres", f);
	if (err != ERR_OK)
		return err;
	log = open(c->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (log < 0)
		return fault_set(f, ERR_IO, errno, "cannot write %s", c->log);
	snprintf(conf, sizeof(conf), "config_file=%s/postgresql.conf", c->conf);
	const char *const argv[] = { postgres, "-D", c->pg, "-c", conf, NULL };
	struct process_config p = PROCESS_DEFAULT;
	p.argv = argv;
	p.dir = "/";
	p.user = c->user[0] != '\0' ? c->user : NULL;
	p.out = log;
	p.err = log;
	p.own_group = true; // Ctrl-C at our terminal is not for the server
	return process_start(&p, pid, f);
}

// What the server said last, for a fault.
static void last_line(const char *path, char *out, size_t cap)
{
	char tail[1024];
	AUTO(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
	off_t size = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
	off_t from = size > (off_t)sizeof(tail) ? size - (off_t)sizeof(tail) : 0;
	ssize_t n = fd < 0 ? 0 : pread(fd, tail, sizeof(tail), from);
	struct span rest = text_trim(span_of(tail, n > 0 ? (size_t)n : 0));
	struct span line = { 0 };
	while (rest.at != NULL && rest.len > 0) {
		struct span one = text_cut(&rest, '\n');
		// HINT and DETAIL follow the line that says what is wrong.
		if (line.at == NULL || memmem(one.at, one.len, "FATAL", 5) != NULL)
			line = one;
	}
	snprintf(out, cap, "%.*s", (int)line.len, (const char *)line.at);
}

static enum err await_up(const struct cluster *c, pid_t pid, struct mono until, struct fault *f)
{
	for (int64_t pause = RETRY_NS;; pause = pause < RETRY_MAX_NS ? 2 * pause : pause) {
		int status = 0;
		char line[150];
		// A killed server leaves recovery to do: ask less and less often.
		if (process_wait(pid, mono_add(clock_mono(), pause), &status, f) == ERR_OK) {
			last_line(c->log, line, sizeof(line));
			return fault_set(f, ERR_IO, 0, "PostgreSQL ended: %s (see %s)", line,
					 c->log);
		}
		if (PQping(c->conninfo) == PQPING_OK)
			return ERR_OK;
		if (!mono_before(clock_mono(), until))
			return fault_set(f, ERR_TIMEOUT, 0, "PostgreSQL did not come up; see %s",
					 c->log);
	}
}

enum err cluster_start_locked(struct cluster *c, struct fault *f)
{
	struct mono until = mono_add(clock_mono(), START_TIMEOUT_NS);
	enum cluster_state state = cluster_state(c);
	while (state == CLUSTER_BUSY && mono_before(clock_mono(), until)) {
		(void)usleep(RETRY_NS / NS_PER_US);
		state = cluster_state(c);
	}
	if (state == CLUSTER_RUNNING)
		return ERR_OK;
	pid_t pid = 0;
	enum err err = cluster_find_bin(c, f);
	if (err == ERR_OK)
		err = cluster_make_socket(c, f);
	if (err == ERR_OK)
		err = cluster_write_conf(c, f);
	if (err == ERR_OK)
		err = drop_stale_locks(c, f);
	if (err == ERR_OK)
		err = spawn(c, &pid, f);
	return err == ERR_OK ? await_up(c, pid, until, f) : err;
}

enum err cluster_stop_locked(const struct cluster *c, struct fault *f)
{
	pid_t pid = cluster_pid(c);
	if (pid == 0)
		return ERR_OK;
	// SIGINT: fast shutdown, clients are sent away, everything is flushed.
	if (kill(pid, SIGINT) != 0 && errno != ESRCH)
		return fault_set(f, ERR_PERMIT, errno, "cannot stop PostgreSQL (process %d)",
				 (int)pid);
	struct mono until = mono_add(clock_mono(), STOP_TIMEOUT_NS);
	while (cluster_pid(c) == pid) {
		if (!mono_before(clock_mono(), until))
			return fault_set(f, ERR_TIMEOUT, 0, "PostgreSQL did not stop; see %s",
					 c->log);
		(void)usleep(RETRY_NS / NS_PER_US);
	}
	return ERR_OK;
}
