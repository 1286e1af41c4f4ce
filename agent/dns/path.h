// SPDX-License-Identifier: Apache-2.0
//
// DNS path tracing: control and test question with rising IP TTL on one flow (the same addresses
// and ports, so that balancers send all of them one way, as the trace engine's flow id does), and
// what answers at which distance: an ICMP error names a router, a DNS answer to the test from
// nearer than the resolver names an injector. Pure; the doing half is path_io.h. It judges nothing
// that a record does not hold: dns_path_read works on any record of kind path.
#pragma once

#include "dns/scan.h"

#define DNS_PATH_FULL 64 // IP TTL of the questions that are to reach the resolver

// Lists, control and pace are borrowed for the life of the paths.
struct dns_path_config {
	struct run_id scan;
	const struct dns_list *servers, *names;
	bool paired; // name I is asked of server I only; else every name of every server
	uint16_t type;
	struct span control; // presentation text
	uint32_t options;    // of DNS_RECURSE and DNS_EDNS
	uint8_t hops;        // highest TTL asked; fewer where DNS_TRIES_MAX does not reach
	uint8_t attempts;    // questions of either kind to each hop; from 1
	uint32_t ports;      // paths traced at once: one to a port
	int64_t timeout_ns;  // of one question
	int64_t listen_ns;   // after the last
	struct pace *pace;
	uint64_t seed;
	struct mono now;
	struct wall wall; // of NOW
};

struct dns_paths;

// ERR_USAGE: the control is no name; ERR_MEMORY. *OUT is NULL then.
enum err dns_paths_new(const struct dns_path_config *c, struct dns_paths **out,
		       struct fault *f) MUSTUSE;
void dns_paths_free(struct dns_paths **p);

// The doors are those of a scan (scan.h): what is said there of each holds here.
void dns_paths_port(struct dns_paths *p, uint32_t index, uint16_t port);
void dns_paths_source(struct dns_paths *p, struct addr src);

enum dns_want_kind dns_paths_next(struct dns_paths *p, struct mono now, struct dns_want *out);
void dns_paths_hear(struct dns_paths *p, struct mono at, const struct dns_heard *h);
void dns_paths_icmp(struct dns_paths *p, struct mono at, const struct dns_icmp *i);
void dns_paths_fail(struct dns_paths *p, struct dns_handle h, enum dns_error e);
void dns_paths_tick(struct dns_paths *p, struct mono now);
void dns_paths_stop(struct dns_paths *p);
struct mono dns_paths_due(const struct dns_paths *p);
bool dns_paths_done(const struct dns_paths *p);

// What a traced path says. Distances are TTLs of questions; 0: never.
struct dns_path_finding {
	uint8_t control_hop; // from here on the control is answered: the resolver's distance
	uint8_t test_hop;    // … the test
	bool injected;       // the test is answered from nearer than the resolver
	bool ttl_copied;     // the forged answer's TTL follows the question's
	uint8_t injector;    // its distance, a copied TTL reckoned with
	uint8_t reached;     // highest TTL asked
	struct addr router[2][DNS_PATH_FULL + 1]; // by role (control, test) and TTL: who sent ICMP
};
// R keeps the rules of dns_pair_check.
void dns_path_read(const struct dns_pair_record *r, struct dns_path_finding *out);
