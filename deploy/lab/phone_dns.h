// SPDX-License-Identifier: Apache-2.0
//
// A phone's resolver: real queries (A and AAAA, UDP) to the servers it was given and to nobody
// else; no hosts file, no cache. Addresses come back in the order the phone should try them.
#pragma once

#include "base/addr.h"
#include "sys/loop.h"

#define PHONE_ADDRS_MAX 8              // addresses of one name that are tried
#define PHONE_DNS_NS    (1 * NS_PER_S) // for the first of three tries; each waits twice as long

struct phone_dns;
struct phone_ask;

// COUNT 0: there is no such name, or nobody answers; WHY says which.
typedef void phone_dns_fn(void *self, const struct addr *addrs, size_t count, const char *why);

// SERVERS: "ADDR[:PORT],…"; IPv6 with a port stands in brackets. FAMILY 4 or 6 asks for that only;
// 0 for both.
enum err phone_dns_open(struct loop *l, const char *servers, int family, struct phone_dns **out,
			struct fault *f) MUSTUSE;
void phone_dns_close(struct phone_dns **d);

// FN is called once, unless the question is dropped; perhaps before this returns, and then *OUT is
// NULL.
enum err phone_dns_ask(struct phone_dns *d, const char *name, phone_dns_fn *fn, void *self,
		       struct phone_ask **out, struct fault *f) MUSTUSE;
void phone_ask_drop(struct phone_ask **a);
