// SPDX-License-Identifier: Apache-2.0
//
// The names of a world and who answers for them: networks that one host holds at several routers,
// domains, crowds of resolvers, and injectors in routers. Part of world.h, which says where in the
// file they stand; `domain_*`, `crowd_*` and `inject` of the other files make packets of them.
//
//	net PREFIX host=HOST router=R
//	domain NAME at=ADDR [at6=ADDR] [tls=good|wrong|self|expired|none] [page=WORD] [signed]
//	domain NAME pool=PREFIX [pool6=PREFIX] places=N [answers=N] [turns=N]
//	domain NAME whoami
//	       all of them: [count=N] [list=WORD,…]
//	crowd NAME at=ADDR count=N [ptr=NAME] [unconfirmed] [rate=N]
//	      [does=recursive|forwarder|transparent|authority|nobody] [upstream=CROWD]
//	      [list=WORD lie=LIE [v4=ADDR,…] [v6=ADDR,…] [ede=N]]
//	inject ROUTER list=WORD v4=ADDR,… [v6=ADDR,…] [race=first|second] [ttl=copy|N] [lag=TIME]
//
// A `%` in a name becomes 001, 002, … over COUNT.
#pragma once

#include "base/addr.h"
#include "base/err.h"
#include "base/time.h"

#define WORLD_NETS_MAX      64
#define WORLD_DOMAINS_MAX   2000
#define WORLD_CROWDS_MAX    200
#define WORLD_CROWD_MAX     20000 // resolvers of one crowd
#define WORLD_INJECTORS_MAX 16
#define WORLD_FALSE_MAX     16 // addresses that a lie or an injector deals out in turn
#define WORLD_ANSWERS_MAX   8  // addresses in one answer

// Addresses of one host, reached over a router that need not be its own.
struct world_net {
	struct prefix prefix;
	int host, router;
	int line;
};

enum world_tls { SITE_GOOD, SITE_WRONG, SITE_SELF, SITE_EXPIRED, SITE_NONE };

struct world_domain {
	const char *name;  // lower case, without trailing dot
	const char *lists; // comma-separated words, or ""
	const char *page;  // the page at its address: a word of web.h, or NULL
	struct addr v4, v6;
	struct prefix pool4, pool6; // addr.family 0: one site at v4 and v6
	int places;                 // parts of the pools
	int answers;                // addresses in one answer
	int turns;                  // addresses that take turns at one place
	enum world_tls tls;
	bool dnssec, whoami;
	int line;
};

// DOES_NOBODY: addresses at which nothing answers, named so that they can be asked.
enum world_does {
	DOES_RECURSIVE,
	DOES_FORWARDER,
	DOES_TRANSPARENT,
	DOES_AUTHORITY,
	DOES_NOBODY,
};

enum world_lie {
	LIE_NONE,
	LIE_PAGE,  // the address of a page that says so, or that says nothing
	LIE_BOGON, // an address that leads nowhere
	LIE_NXDOMAIN,
	LIE_SERVFAIL,
	LIE_REFUSED,
	LIE_EMPTY,
	LIE_SILENCE,
	LIE_WRONG_ID,
};

struct world_false {
	struct addr v4[WORLD_FALSE_MAX], v6[WORLD_FALSE_MAX];
	int v4_count, v6_count;
};

struct world_crowd {
	const char *name;
	struct addr first;
	int count;
	int net; // that holds them
	enum world_does does;
	int upstream; // another crowd, of forwarders; WORLD_NONE
	double rate;  // answers a second of each; 0: no limit
	const char *ptr;
	bool unconfirmed; // the name of the PTR leads elsewhere
	const char *list; // the domains it lies about
	enum world_lie lie;
	struct world_false addrs;
	int ede; // extended error beside the lie; 0: none
	int line;
};

struct world_injector {
	int router;
	const char *list;
	bool second; // its answer is to come after the true one
	bool copies; // the TTL of the question
	uint8_t ttl; // else
	int64_t lag; // ns from the question to the forged answer
	struct world_false addrs;
	int line;
};

struct world;

// The network that holds A, or NULL.
const struct world_net *world_net_find(const struct world *w, struct addr a);

// The crowd that has a resolver at A, and which of it; NULL when none has.
const struct world_crowd *world_crowd_find(const struct world *w, struct addr a, int *member);

struct addr world_crowd_addr(const struct world_crowd *c, int member);

// Whose question an authority sees when MEMBER of C is asked: its own, or its upstream's.
struct addr world_crowd_egress(const struct world *w, const struct world_crowd *c, int member);

// The crowd whose lie MEMBERs of C tell about D, their own or one above them; NULL: none does.
const struct world_crowd *world_crowd_liar(const struct world *w, const struct world_crowd *c,
					   const struct world_domain *d);

// The name that its address leads back to; "" without ptr=.
#define WORLD_PTR_MAX 256
void world_crowd_ptr(const struct world_crowd *c, int member, char out[static WORLD_PTR_MAX]);

// By its name or the name of one above: a.b.example is b.example's.
const struct world_domain *world_domain_find(const struct world *w, const char *name);
bool world_domain_listed(const struct world_domain *d, const char *list);

// What domain D truly is for someone at PLACE (any address), the NTH time it is asked.
int world_domain_addrs(const struct world *w, const struct world_domain *d, struct addr place,
		       int family, uint64_t nth, struct addr out[static WORLD_ANSWERS_MAX]);

// ADDR + n, within its family.
struct addr world_addr_plus(struct addr a, uint64_t n);

// NULL past the last.
const char *world_lie_name(enum world_lie l);
const char *world_does_name(enum world_does d);
const char *world_tls_name(enum world_tls t);
