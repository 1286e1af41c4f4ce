// SPDX-License-Identifier: Apache-2.0
//
// What the files of the private cluster share.
#pragma once

#include <sys/types.h>

#include "pg/cluster.h"

// Finds the server's programs: those of the version that made the cluster, else pg_config's, else
// the newest below /usr/lib/postgresql.
enum err cluster_find_bin(struct cluster *c, struct fault *f) MUSTUSE;

// Writes the files below DATA/pg.conf.
enum err cluster_write_conf(const struct cluster *c, struct fault *f) MUSTUSE;

// DIR/NAME into OUT[CLUSTER_PATH_MAX].
enum err cluster_join(char *out, const char *dir, const char *name, struct fault *f) MUSTUSE;

// The process that DATA/pg/postmaster.pid names, if it is alive and is this cluster's server (the
// number may have passed to another since); else 0.
pid_t cluster_pid(const struct cluster *c);

enum err cluster_make_socket(const struct cluster *c, struct fault *f) MUSTUSE;

// The caller holds DATA/pg.lock.
enum err cluster_start_locked(struct cluster *c, struct fault *f) MUSTUSE;
enum err cluster_stop_locked(const struct cluster *c, struct fault *f) MUSTUSE;
