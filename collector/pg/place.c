// SPDX-License-Identifier: Apache-2.0
#include "pg/place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pg/migrate.h"

static const char *or_env(const char *given, const char *name)
{
	if (given != NULL && given[0] != '\0')
		return given;
	const char *env = getenv(name);
	return env != NULL && env[0] != '\0' ? env : NULL;
}

static enum err find_data(const char *data, char *out, struct fault *f)
{
	const char *given = or_env(data, "WAYMARK_DATA");
	const char *home = getenv("HOME");
	int n;
	if (given != NULL)
		n = snprintf(out, CLUSTER_PATH_MAX, "%s", given);
	else if (geteuid() == 0)
		n = snprintf(out, CLUSTER_PATH_MAX, "/var/lib/waymark");
	else if (home != NULL)
		n = snprintf(out, CLUSTER_PATH_MAX, "%s/.local/share/waymark", home);
	else
		return fault_set(f, ERR_USAGE, 0, "no HOME: give --data DIR");
	if (n < 0 || n >= CLUSTER_PATH_MAX)
		return fault_set(f, ERR_RANGE, 0, "the data folder's path is too long");
	return ERR_OK;
}

static enum err set_conninfo(struct place *p, const char *text, struct fault *f)
{
	int n = snprintf(p->conninfo, sizeof(p->conninfo), "%s", text);
	if (n < 0 || (size_t)n >= sizeof(p->conninfo))
		return fault_set(f, ERR_RANGE, 0, "the connection string is too long");
	return ERR_OK;
}

enum err place_find(const char *data, const char *db, struct place *out, struct fault *f)
{
	memset(out, 0, sizeof(*out));
	const char *given = or_env(db, "WAYMARK_DB");
	enum err err = find_data(data, out->data, f);
	if (err != ERR_OK)
		return err;
	out->given = given != NULL;
	if (given != NULL)
		return set_conninfo(out, given, f);
	err = cluster_find(out->data, &out->cluster, f);
	return err == ERR_OK ? set_conninfo(out, out->cluster.conninfo, f) : err;
}

enum err place_up(struct place *p, struct fault *f)
{
	struct pg *pg = NULL;
	enum err err = ERR_OK;
	if (!p->given) {
		err = cluster_init(&p->cluster, f);
		if (err == ERR_OK)
			err = set_conninfo(p, p->cluster.conninfo, f);
	}
	if (err == ERR_OK)
		err = pg_open(p->conninfo, PG_OWNER, &pg, f);
	if (err == ERR_OK)
		err = migrate_run(pg, NULL, f);
	pg_close(&pg);
	return err;
}
