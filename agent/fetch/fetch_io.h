// SPDX-License-Identifier: Apache-2.0
//
// Fetches what addresses serve for domains, hundreds at once, on the caller's loop. A wish goes in
// (address and domain); for every wish exactly one page (msg/page.h) comes out through DONE, be it
// refused by policy, timed out or cut short. Over HTTP on port 80 and HTTPS on port 443 side by
// side, with the domain as Host and as server name; no name is looked up, no redirect followed, no
// proxy, cookie or earlier connection used, and no certificate refused. Only this room knows
// libcurl. It does not know why a page is wanted or where it goes.
#pragma once

#include "msg/page.h"
#include "pace/pace.h"
#include "sys/loop.h"

struct fetch_io;

typedef void fetch_done_fn(void *self, const struct page_record *page, uint64_t tag);

struct fetch_wish {
	struct addr addr;
	struct span domain; // borrowed during the call
	enum page_role role;
	struct run_id scan;
	uint64_t tag; // the caller's own
};

struct fetch_config {
	size_t parallel;     // pages at once (two connections each)
	size_t waiting;      // wishes kept beyond these
	int64_t connect_ns;  // longest wait for a connection
	int64_t timeout_ns;  // and for everything
	uint64_t body_limit; // bytes of a body read and hashed; PAGE_BODY_MAX of them are kept
	uint16_t http_port, https_port;
	const char *roots; // PEM file, or NULL for the system's; borrowed during the call
	const char *agent; // User-Agent; borrowed
	struct pace *pace; // asked before every connection; NULL: no limits; borrowed
	fetch_done_fn *done;
	void *self;
};

#define FETCH_DEFAULT                                                                              \
	((struct fetch_config){ .parallel = 200,                                                   \
				.waiting = 4096,                                                   \
				.connect_ns = 5 * NS_PER_S,                                        \
				.timeout_ns = 10 * NS_PER_S,                                       \
				.body_limit = 1 << 20,                                             \
				.http_port = 80,                                                   \
				.https_port = 443,                                                 \
				.agent = "Mozilla/5.0 (compatible; waymark)" })

enum err fetch_io_open(struct loop *l, const struct fetch_config *c, struct fetch_io **out,
		       struct fault *f) MUSTUSE;
void fetch_io_close(struct fetch_io **io); // what is not done is forgotten without DONE

// ERR_FULL: not now, as many wait as may. DONE is called later, never from in here; it may put
// more.
enum err fetch_io_put(struct fetch_io *io, const struct fetch_wish *w) MUSTUSE;

// Everything not done is done at once as "not asked" (or as far as it came).
void fetch_io_stop(struct fetch_io *io);

size_t fetch_io_count(const struct fetch_io *io); // put and not done
