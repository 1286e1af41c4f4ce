// SPDX-License-Identifier: Apache-2.0
//
// Runs the tests of outside.h around a gateway's tunnel: watches the phone's interface and the
// uplink, lets the phone ask, and makes each item a step record. And, at a vantage node, tells the
// reflector how the node itself looks.
#pragma once

#include "node/services.h"
#include "wire/phone_line.h"

struct outside_io;

struct outside_job {
	struct node *node;
	struct run_id run;
	uint8_t side;
	const struct node_phone *phone; // borrowed
	const struct tunnel_order *tunnel;
	// To the phone; false: it is not there now.
	bool (*say)(void *self, const struct phone_line *line);
	// A part is over. WHY: the first item that failed with its detail, or NULL. May close.
	void (*end)(void *self, const char *why);
	void *self;
};

// Begins the part before the tunnel. UNTIL: how long the phone may be away.
enum err outside_io_open(const struct outside_job *job, struct mono until, struct outside_io **out,
			 struct fault *f) MUSTUSE;
// The tunnel carries: the other part.
void outside_io_begin_inside(struct outside_io *o);
void outside_io_close(struct outside_io **o);

// The secret of the two ends of one tunnel.
void outside_token(const struct run_id *run, uint8_t side, uint8_t out[static 16]);
