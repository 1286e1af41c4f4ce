// SPDX-License-Identifier: Apache-2.0
//
// The outer side of one phone's run at its vantage node: connection tracking in the tunnel's
// namespace and at the node says how each connection was translated, and a capture on the uplink
// counts this phone's packets there. What leaves are mapping records, one capture record, and for
// each flow inside the tunnel its twin outside.
#pragma once

#include "capture/flow.h"
#include "msg/flow.h"
#include "node/services.h"
#include "tunnel/tunnel_io.h"

struct twin;

// PORT: of the tunnel itself, whose packets on the uplink are not the phone's.
struct twin_job {
	struct node *node;
	const struct tunnel *tunnel;
	struct run_id run;
	uint8_t side;
	uint16_t port;
	// A connection of the phone left by the uplink: as the phone sent it, as it left.
	void (*mapped)(void *self, const struct flow_key *inside, const struct flow_key *outside);
	void *self;
};

// From here on it watches.
enum err twin_open(const struct twin_job *job, struct twin **out, struct fault *f) MUSTUSE;
void twin_close(struct twin **o);

// How a connection of the phone leaves by the uplink, by its newest translation; false: that was
// not told yet. Where connection tracking is followed no more: as the phone sends it.
bool twin_find(struct twin *o, const struct flow_key *inside, struct flow_key *outside);

// Packets after UNTIL do not count. Those before it may still have to be waited for.
void twin_stop(struct twin *o, struct wall until);

// Reads what waits, ends the capture and puts its record. Once, before the first twin_join.
void twin_end(struct twin *o);

// Fills R->outer for a flow of the phone, from its addresses and ports.
void twin_join(const struct twin *o, struct flow_record *r);

// One line of what it saw, for the step record.
void twin_tell(const struct twin *o, char *out, size_t cap);
