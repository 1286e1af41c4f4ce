// SPDX-License-Identifier: Apache-2.0
#include "pg/cluster.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libpq-fe.h>

#include "base/text.h"
#include "pg/cluster_own.h"
#include "pg/pg.h"
#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/file.h"
#include "sys/process.h"

#define SOCKET_PATH_MAX 107 // sun_path without its NUL
#define INIT_TIMEOUT_NS (120 * NS_PER_S)

enum err cluster_join(char *out, const char *dir, const char *name, struct fault *f)
{
	int n = snprintf(out, CLUSTER_PATH_MAX, "%s/%s", dir, name);
	if (n < 0 || n >= CLUSTER_PATH_MAX)
		return fault_set(f, ERR_RANGE, 0, "path too long: %s/%s", dir, name);
	return ERR_OK;
}

// Who the cluster belongs to, or else the first of these users runs it when we are root, which
// PostgreSQL refuses to be.
static enum err pick_user(struct cluster *c, struct fault *f)
{
	static const char *const users[] = { "postgres", "waymark", "nobody" };
	struct stat st;
	c->user[0] = '\0';
	if (geteuid() != 0)
		return ERR_OK;
	const struct passwd *owner =
		stat(c->pg, &st) == 0 && st.st_uid != 0 ? getpwuid(st.st_uid) : NULL;
	if (owner != NULL)
		return text_copy(c->user, sizeof(c->user), span_text(owner->pw_name));
	for (size_t i = 0; i < COUNT(users); i++)
		if (getpwnam(users[i]) != NULL)
			return text_copy(c->user, sizeof(c->user), span_text(users[i]));
	return fault_set(f, ERR_USAGE, 0,
			 "PostgreSQL does not run as root, and there is no user postgres; `adduser "
			 "--system postgres`, or give --db CONNINFO");
}

// Absolute, links followed as far as the path exists.
static enum err resolve(const char *data, char *out, struct fault *f)
{
	char real[PATH_MAX];
	char cwd[PATH_MAX] = "";
	if (realpath(data, real) != NULL)
		return text_copy(out, CLUSTER_PATH_MAX, span_text(real)) == ERR_OK
			       ? ERR_OK
			       : fault_set(f, ERR_RANGE, 0, "path too long: %s", real);
	if (data[0] != '/' && getcwd(cwd, sizeof(cwd)) == NULL)
		return fault_set(f, ERR_IO, errno, "cannot tell the current folder");
	if (data[0] == '/')
		return text_copy(out, CLUSTER_PATH_MAX, span_text(data)) == ERR_OK
			       ? ERR_OK
			       : fault_set(f, ERR_RANGE, 0, "path too long: %s", data);
	return cluster_join(out, cwd, data, f);
}

// FNV-1a: one short name per data folder, the same each time.
static uint64_t path_hash(const char *path)
{
	uint64_t h = 0xcbf29ce484222325u;
	for (; *path != '\0'; path++)
		h = (h ^ (uint8_t)*path) * 0x100000001b3u;
	return h;
}

static enum err pick_socket(struct cluster *c, struct fault *f)
{
	enum err err = cluster_join(c->socket, c->data, "socket", f);
	if (err == ERR_OK && strlen(c->socket) + strlen("/.s.PGSQL.5432.lock") <= SOCKET_PATH_MAX)
		return ERR_OK;
	if (geteuid() == 0)
		snprintf(c->socket, sizeof(c->socket), "/run/waymark-%016llx",
			 (unsigned long long)path_hash(c->data));
	else
		snprintf(c->socket, sizeof(c->socket), "/tmp/waymark-%u-%016llx", geteuid(),
			 (unsigned long long)path_hash(c->data));
	return err;
}

static enum err name_conninfo(struct cluster *c, struct fault *f)
{
	struct wr w = wr_of(c->conninfo, sizeof(c->conninfo) - 1);
	wr_text(&w, "host='");
	for (const char *p = c->socket; *p != '\0'; p++)
		wr_format(&w, *p == '\'' || *p == '\\' ? "\\%c" : "%c", *p);
	wr_text(&w, "' port=5432 user=waymark dbname=waymark");
	c->conninfo[w.len] = '\0';
	return w.err == ERR_OK ? ERR_OK : fault_set(f, ERR_RANGE, 0, "path too long: %s", c->data);
}

enum err cluster_find(const char *data, struct cluster *out, struct fault *f)
{
	memset(out, 0, sizeof(*out));
	enum err err = resolve(data, out->data, f);
	if (err == ERR_OK)
		err = cluster_join(out->pg, out->data, "pg", f);
	if (err == ERR_OK)
		err = pick_user(out, f);
	if (err == ERR_OK)
		err = cluster_join(out->conf, out->data, "pg.conf", f);
	if (err == ERR_OK)
		err = cluster_join(out->log, out->data, "pg.log", f);
	if (err == ERR_OK)
		err = pick_socket(out, f);
	return err == ERR_OK ? name_conninfo(out, f) : err;
}

// --- is it there ---

static bool made(const struct cluster *c)
{
	char path[CLUSTER_PATH_MAX];
	struct fault f;
	return cluster_join(path, c->pg, "global/pg_control", &f) == ERR_OK &&
	       access(path, F_OK) == 0;
}

enum cluster_state cluster_state(const struct cluster *c)
{
	if (!made(c))
		return CLUSTER_NONE;
	switch (PQping(c->conninfo)) {
	case PQPING_OK:
		return CLUSTER_RUNNING;
	case PQPING_REJECT:
		return CLUSTER_BUSY;
	case PQPING_NO_RESPONSE:
	case PQPING_NO_ATTEMPT:
		break;
	}
	return cluster_pid(c) != 0 ? CLUSTER_BUSY : CLUSTER_STOPPED;
}

// --- folders ---

static enum err give(const struct cluster *c, const char *path, struct fault *f)
{
	if (c->user[0] == '\0')
		return ERR_OK;
	const struct passwd *pw = getpwnam(c->user);
	if (pw == NULL || lchown(path, pw->pw_uid, pw->pw_gid) != 0)
		return fault_set(f, ERR_PERMIT, errno, "cannot give %s to user %s", path, c->user);
	return ERR_OK;
}

// Every folder on the way must let the server's user pass.
static enum err reachable(const struct cluster *c, struct fault *f)
{
	char part[CLUSTER_PATH_MAX];
	struct stat st;
	if (c->user[0] == '\0')
		return ERR_OK;
	snprintf(part, sizeof(part), "%s", c->data);
	for (char *slash; (slash = strrchr(part, '/')) != NULL && slash != part; *slash = '\0')
		if (stat(part, &st) == 0 && (st.st_mode & S_IXOTH) == 0)
			return fault_set(f, ERR_USAGE, 0,
					 "user %s, who runs the private database, cannot pass "
					 "folder %s; `chmod o+x` it, or use another --data",
					 c->user, part);
	return ERR_OK;
}

// A folder below /run or /tmp must be the one we made, not one that waited for us.
enum err cluster_make_socket(const struct cluster *c, struct fault *f)
{
	struct stat st;
	const struct passwd *pw = c->user[0] != '\0' ? getpwnam(c->user) : NULL;
	uid_t owner = pw != NULL ? pw->pw_uid : geteuid();
	bool inside = strncmp(c->socket, c->data, strlen(c->data)) == 0;
	if (mkdir(c->socket, inside ? 0755 : 0700) == 0)
		return give(c, c->socket, f);
	if (errno != EEXIST || lstat(c->socket, &st) != 0)
		return fault_set(f, ERR_IO, errno, "cannot make folder %s", c->socket);
	if (!S_ISDIR(st.st_mode) || (st.st_uid != owner && st.st_uid != geteuid()))
		return fault_set(f, ERR_PERMIT, 0, "%s belongs to somebody else; remove it",
				 c->socket);
	return give(c, c->socket, f);
}

static enum err lock(const struct cluster *c, int *fd, struct fault *f)
{
	char path[CLUSTER_PATH_MAX];
	enum err err = cluster_join(path, c->data, "pg.lock", f);
	if (err != ERR_OK)
		return err;
	*fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (*fd < 0 || lockf(*fd, F_LOCK, 0) != 0)
		return fault_set(f, errno == EACCES ? ERR_PERMIT : ERR_IO, errno, "cannot lock %s",
				 path);
	return ERR_OK;
}

// --- making ---

static enum err run_initdb(const struct cluster *c, const char *dir, struct fault *f)
{
	char initdb[CLUSTER_PATH_MAX], out[4096];
	enum err err = cluster_join(initdb, c->bin, "initdb", f);
	if (err != ERR_OK)
		return err;
	const char *const argv[] = { initdb,
				     "--pgdata",
				     dir,
				     "--username=waymark",
				     "--auth=peer",
				     "--encoding=UTF8",
				     "--locale=C",
				     "--data-checksums",
				     "--no-instructions",
				     NULL };
	struct process_config p = PROCESS_DEFAULT;
	p.argv = argv;
	p.dir = "/";
	p.user = c->user[0] != '\0' ? c->user : NULL;
	return process_run(&p, mono_add(clock_mono(), INIT_TIMEOUT_NS), out, sizeof(out), f);
}

// Made beside its place and moved there whole: what a killed initdb leaves is never taken for a
// cluster, and a folder `pg` that is not ours is left alone.
static enum err make_cluster(struct cluster *c, struct fault *f)
{
	char fresh[CLUSTER_PATH_MAX];
	enum err err = cluster_find_bin(c, f);
	if (err == ERR_OK && access(c->pg, F_OK) == 0)
		err = fault_set(f, ERR_EXISTS, 0, "%s is there and is no PostgreSQL cluster",
				c->pg);
	if (err == ERR_OK)
		err = cluster_join(fresh, c->data, "pg.new", f);
	if (err == ERR_OK)
		err = dir_remove(fresh, f);
	if (err == ERR_OK)
		err = dir_make(fresh, 0700, f);
	if (err == ERR_OK)
		err = give(c, fresh, f);
	if (err == ERR_OK)
		err = run_initdb(c, fresh, f);
	if (err == ERR_OK && rename(fresh, c->pg) != 0)
		err = fault_set(f, ERR_IO, errno, "cannot rename %s to %s", fresh, c->pg);
	return err == ERR_OK ? dir_sync(c->data, f) : err;
}

static enum err make_database(const struct cluster *c, struct fault *f)
{
	char conninfo[sizeof(c->conninfo) + 32];
	struct pg *pg = NULL;
	struct pg_rows *rows = NULL;
	snprintf(conninfo, sizeof(conninfo), "%s dbname=postgres", c->conninfo);
	enum err err = pg_open(conninfo, PG_OWNER, &pg, f);
	if (err == ERR_OK)
		err = pg_query(pg, "database_find", PG_NO_VALUES, &rows, f);
	if (err == ERR_OK && pg_rows_count(rows) == 0)
		err = pg_script(pg, "CREATE DATABASE waymark", f);
	pg_rows_free(&rows);
	pg_close(&pg);
	return err;
}

enum err cluster_init(struct cluster *c, struct fault *f)
{
	AUTO(fd_close) int fd = -1;
	char data[CLUSTER_PATH_MAX];
	snprintf(data, sizeof(data), "%s", c->data);
	enum err err = dir_make(data, 0755, f);
	// Now that it exists, links on the way can be followed.
	if (err == ERR_OK)
		err = cluster_find(data, c, f);
	if (err == ERR_OK)
		err = reachable(c, f);
	if (err == ERR_OK)
		err = lock(c, &fd, f);
	if (err == ERR_OK && !made(c))
		err = make_cluster(c, f);
	if (err == ERR_OK)
		err = cluster_start_locked(c, f);
	return err == ERR_OK ? make_database(c, f) : err;
}

// --- running ---

enum err cluster_start(struct cluster *c, struct fault *f)
{
	AUTO(fd_close) int fd = -1;
	if (!made(c))
		return fault_set(f, ERR_MISSING, 0, "no private database in %s; `waymark db init`",
				 c->data);
	enum err err = reachable(c, f);
	if (err == ERR_OK)
		err = lock(c, &fd, f);
	return err == ERR_OK ? cluster_start_locked(c, f) : err;
}

enum err cluster_stop(struct cluster *c, struct fault *f)
{
	AUTO(fd_close) int fd = -1;
	if (!made(c))
		return ERR_OK;
	enum err err = lock(c, &fd, f);
	return err == ERR_OK ? cluster_stop_locked(c, f) : err;
}
