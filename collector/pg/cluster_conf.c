// SPDX-License-Identifier: Apache-2.0
#include <ctype.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "base/wr.h"
#include "pg/cluster_own.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/process.h"

#define CONF_MAX       8192 // bytes of one configuration file
#define BIN_TIMEOUT_NS (10 * NS_PER_S)

// Durable first: synchronous commits, fsync, checksums (initdb). Then modest: it shares a machine.
static const char settings[] =
	"# Written by waymark at every start. Your own lines go to local.conf beside this file.\n"
	"listen_addresses = ''\n"
	"unix_socket_permissions = 0777 # who may enter is decided by peer, in hba.conf\n"
	"port = 5432 # names the socket only\n"
	"max_connections = 60\n"
	"superuser_reserved_connections = 3\n"
	"shared_buffers = 192MB\n"
	"work_mem = 32MB\n"
	"maintenance_work_mem = 128MB\n"
	"effective_cache_size = 1GB\n"
	"fsync = on\n"
	"synchronous_commit = on\n"
	"full_page_writes = on\n"
	"wal_compression = lz4\n"
	"wal_level = minimal\n"
	"max_wal_senders = 0\n"
	"max_logical_replication_workers = 0\n"
	"recovery_init_sync_method = syncfs # one call instead of a thousand after a crash\n"
	"max_wal_size = 2GB\n"
	"min_wal_size = 160MB\n"
	"wal_buffers = 16MB\n"
	"checkpoint_timeout = 15min\n"
	"checkpoint_completion_target = 0.9\n"
	"random_page_cost = 1.1\n"
	"jit = off\n"
	"logging_collector = off\n"
	"log_min_messages = warning\n"
	"log_line_prefix = '%m [%p] %u '\n"
	"log_timezone = 'UTC'\n"
	"timezone = 'UTC'\n";

static void quoted(struct wr *w, const char *key, const char *dir, const char *name)
{
	wr_format(w, "%s = '", key);
	for (const char *p = dir; *p != '\0'; p++)
		wr_format(w, *p == '\'' || *p == '\\' ? "%c%c" : "%c", *p, *p);
	wr_format(w, "%s%s'\n", name[0] != '\0' ? "/" : "", name);
}

static enum err put(const struct cluster *c, const char *name, const struct wr *w, struct fault *f)
{
	char path[CLUSTER_PATH_MAX];
	enum err err = cluster_join(path, c->conf, name, f);
	if (err == ERR_OK && w->err != ERR_OK)
		err = fault_set(f, w->err, 0, "%s does not fit its bound", path);
	return err == ERR_OK ? file_write(path, 0644, wr_span(w), f) : err;
}

static enum err put_main(const struct cluster *c, struct fault *f)
{
	uint8_t text[CONF_MAX];
	struct wr w = wr_of(text, sizeof(text));
	wr_text(&w, settings);
	quoted(&w, "data_directory", c->pg, "");
	quoted(&w, "hba_file", c->conf, "hba.conf");
	quoted(&w, "ident_file", c->conf, "ident.conf");
	quoted(&w, "unix_socket_directories", c->socket, "");
	wr_text(&w, "include = 'local.conf'\n");
	return put(c, "postgresql.conf", &w, f);
}

static enum err put_ident(const struct cluster *c, struct fault *f)
{
	uint8_t text[CONF_MAX];
	struct wr w = wr_of(text, sizeof(text));
	const struct passwd *me = getpwuid(geteuid());
	const char *users[] = { "root", "waymark", c->user, me != NULL ? me->pw_name : "" };
	wr_text(&w, "# map, operating system user, database user\n");
	for (size_t i = 0; i < COUNT(users); i++)
		if (users[i][0] != '\0')
			wr_format(&w, "waymark \"%s\" waymark\n", users[i]);
	return put(c, "ident.conf", &w, f);
}

// The owner's own settings: made once, then never touched.
static enum err put_local(const struct cluster *c, struct fault *f)
{
	static const char text[] = "# Your own settings of the private database.\n";
	char path[CLUSTER_PATH_MAX];
	enum err err = cluster_join(path, c->conf, "local.conf", f);
	if (err != ERR_OK || access(path, F_OK) == 0)
		return err;
	return file_write(path, 0644, span_text(text), f);
}

enum err cluster_write_conf(const struct cluster *c, struct fault *f)
{
	uint8_t text[256];
	struct wr w = wr_of(text, sizeof(text));
	wr_text(&w, "# Users that ident.conf maps, over the Unix socket; nobody else.\n"
		    "local all all peer map=waymark\n");
	enum err err = dir_make(c->conf, 0755, f);
	if (err == ERR_OK)
		err = put(c, "hba.conf", &w, f);
	if (err == ERR_OK)
		err = put_ident(c, f);
	if (err == ERR_OK)
		err = put_local(c, f);
	return err == ERR_OK ? put_main(c, f) : err;
}

// --- the server's programs ---

static bool has_server(const char *bin)
{
	char path[CLUSTER_PATH_MAX];
	struct fault f;
	return cluster_join(path, bin, "postgres", &f) == ERR_OK && access(path, X_OK) == 0 &&
	       cluster_join(path, bin, "initdb", &f) == ERR_OK && access(path, X_OK) == 0;
}

// The major version that made the cluster; empty when there is none.
static void made_by(const struct cluster *c, char out[static 16])
{
	char path[CLUSTER_PATH_MAX];
	char *text = NULL;
	size_t len = 0;
	struct fault f;
	out[0] = '\0';
	if (cluster_join(path, c->pg, "PG_VERSION", &f) != ERR_OK ||
	    file_read(path, 64, &text, &len, &f) != ERR_OK)
		return;
	if (text_copy(out, 16, text_trim(span_of(text, len))) != ERR_OK)
		out[0] = '\0';
	free(text);
}

static bool by_version(struct cluster *c, const char *version)
{
	snprintf(c->bin, sizeof(c->bin), "/usr/lib/postgresql/%s/bin", version);
	return has_server(c->bin);
}

static bool by_pg_config(struct cluster *c, const char *version)
{
	const char *const argv[] = { "pg_config", "--bindir", NULL };
	struct process_config p = PROCESS_DEFAULT;
	char text[CLUSTER_PATH_MAX];
	struct fault f;
	p.argv = argv;
	if (process_run(&p, mono_add(clock_mono(), BIN_TIMEOUT_NS), text, sizeof(text), &f) !=
	    ERR_OK)
		return false;
	if (text_copy(c->bin, sizeof(c->bin), text_trim(span_text(text))) != ERR_OK)
		return false;
	// Debian's pg_config names the version in the path; elsewhere we cannot tell and try.
	const char *at = strstr(c->bin, "/postgresql/");
	bool other = at != NULL && version[0] != '\0' &&
		     strncmp(at + strlen("/postgresql/"), version, strlen(version)) != 0;
	return !other && has_server(c->bin);
}

#define VERSION_NEWEST 30 // majors tried below /usr/lib/postgresql
#define VERSION_OLDEST 14 // older ones lack lz4 for the log

enum err cluster_find_bin(struct cluster *c, struct fault *f)
{
	char version[16];
	made_by(c, version);
	if ((version[0] != '\0' && by_version(c, version)) || by_pg_config(c, version))
		return ERR_OK;
	for (int v = VERSION_NEWEST; version[0] == '\0' && v >= VERSION_OLDEST; v--) {
		char major[8];
		snprintf(major, sizeof(major), "%d", v);
		if (by_version(c, major))
			return ERR_OK;
	}
	c->bin[0] = '\0';
	return fault_set(f, ERR_MISSING, 0,
			 "no PostgreSQL %s server found; `apt install postgresql-%s`, or give --db "
			 "CONNINFO",
			 version, version[0] != '\0' ? version : "15");
}
