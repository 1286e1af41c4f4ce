// SPDX-License-Identifier: Apache-2.0
//
// A private PostgreSQL cluster below a data folder, for those who have none: Unix socket only, peer
// authentication for root, the owner of the data and the user `waymark`, nobody else. Several on
// one machine do not meet. It outlives the program that started it.
//
//     DATA/pg          the cluster (owned by the user it runs as; `postgres` when we are root)
//     DATA/pg.conf     its configuration, written anew at every start; your own lines: local.conf
//     DATA/pg.log      what the server says
//     DATA/socket      its socket, or a short folder below /run or /tmp when DATA is a long path
#pragma once

#include "base/err.h"

#define CLUSTER_PATH_MAX 512

struct cluster {
	char data[CLUSTER_PATH_MAX];   // absolute, without links
	char pg[CLUSTER_PATH_MAX];     // DATA/pg
	char conf[CLUSTER_PATH_MAX];   // DATA/pg.conf
	char log[CLUSTER_PATH_MAX];    // DATA/pg.log
	char socket[CLUSTER_PATH_MAX]; // folder of the socket
	char bin[CLUSTER_PATH_MAX]; // folder of initdb and postgres; empty until it was looked for
	char user[64];              // operating system user the server runs as; empty: us
	char conninfo[2 * CLUSTER_PATH_MAX];
};

enum cluster_state {
	CLUSTER_NONE,    // never made
	CLUSTER_STOPPED, // made, and not running
	CLUSTER_RUNNING, // takes connections
	CLUSTER_BUSY,    // starting, recovering or stopping
};

// Finds the names; touches nothing. DATA need not exist yet.
enum err cluster_find(const char *data, struct cluster *out, struct fault *f) MUSTUSE;
enum cluster_state cluster_state(const struct cluster *c);

// Makes what is missing: folder, cluster, server, database `waymark`. Already there: fine.
enum err cluster_init(struct cluster *c, struct fault *f) MUSTUSE;

// Both are fine when there is nothing to do. Waits until the server is up, or gone.
enum err cluster_start(struct cluster *c, struct fault *f) MUSTUSE;
enum err cluster_stop(struct cluster *c, struct fault *f) MUSTUSE;
