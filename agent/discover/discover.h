// SPDX-License-Identifier: Apache-2.0
//
// The discovery engine: from prefixes (a permuted sweep) or listed addresses to resolvers and what
// they are. Each address is asked once for the control name; who answers becomes a candidate and is
// asked on: its reverse name and whether that leads back (of a helper resolver, not of itself), who
// it sends to a zone that tells who asks, what it says of a name that does not exist, and the
// control name again and again for its error profile. In: the time and packets; out: questions and
// one plain record per candidate. It knows no socket, no clock, no output.
#pragma once

#include "discover/question.h"
#include "discover/space.h"
#include "msg/resolver.h"
#include "pace/pace.h"

#define DISCOVER_PORTS_MAX   64
#define DISCOVER_CONTROL_MAX 16   // right addresses of the control name
#define DISCOVER_BLOCKS      4096 // questions outstanding on one port
#define DISCOVER_HELPER_MAX  200  // questions outstanding at the helper
#define DISCOVER_PORT        53

struct discover_config {
	struct run_id scan;
	struct dns_wire_name control;            // its A (or AAAA) records tell who is alive
	struct addr right[DISCOVER_CONTROL_MAX]; // its right addresses; none: any public one
	size_t right_count;
	struct dns_wire_name whoami;  // whose answer is the address of who asked; len 0: not asked
	bool whoami_any;              // a random label goes in front of it
	struct dns_wire_name nothing; // a random label before it does not exist; len 0: not asked
	struct addr helper; // recursive resolver for reverse names; family 0: they are not asked
	uint8_t tries, sweep_tries; // of every question; of the sweep's only question to an address
	int64_t wait_ns;            // for one answer
	unsigned rounds;            // of the error profile, the first answer included
	int64_t round_ns;           // between them
	unsigned ports;             // source ports there are
	size_t parallel;            // candidates at once, beyond which the sweep pauses
	struct pace *pace;          // borrowed
	uint64_t seed[2];
};

struct discover;

struct discover *discover_new(const struct discover_config *c); // NULL without memory
void discover_free(struct discover **d);

// SPACE is borrowed; addresses from number FROM on are asked.
void discover_sweep(struct discover *d, const struct space *space, uint64_t from);
// An address of a list; its record comes whatever becomes of it. ERR_FULL: later.
enum err discover_put(struct discover *d, struct mono now, struct wall wall, struct addr a,
		      enum resolver_role role) MUSTUSE;

enum discover_want_kind {
	DISCOVER_NOTHING, // until discover_due, or until something is heard
	DISCOVER_SEND,
	DISCOVER_RECORD,
};

struct discover_want {
	enum discover_want_kind kind;
	unsigned port;                        // source port, by number
	struct addr to;                       // at DISCOVER_PORT
	struct span message;                  // until the next call
	const struct resolver_record *record; // until the next call
};

enum discover_want_kind discover_next(struct discover *d, struct mono now, struct wall wall,
				      struct discover_want *out);

struct discover_heard {
	unsigned port;
	struct addr from;
	uint16_t from_port;
	uint8_t ttl; // 0: not known
	struct span message;
};
void discover_hear(struct discover *d, struct mono at, struct wall wall,
		   const struct discover_heard *h);
// An ICMP error that quotes MESSAGE, which had left from PORT.
void discover_unreachable(struct discover *d, struct mono at, unsigned port, struct span message);

void discover_tick(struct discover *d, struct mono now);
struct mono discover_due(const struct discover *d);
bool discover_done(const struct discover *d); // nothing is left of what was put or swept
// Of all addresses of the sweep before this one everything has been handed over: from here a sweep
// goes on after its end.
uint64_t discover_place(const struct discover *d);
// Asks no more; candidates leave as they are, those never asked as such.
void discover_stop(struct discover *d);

struct discover_counts {
	uint64_t swept, denied, sent, heard, strange; // strange: no question of ours
	uint64_t candidates, usable;                  // records handed over
	uint64_t next; // number of the sweep's next address; stopped: from here it goes on
};
struct discover_counts discover_counts(const struct discover *d);
