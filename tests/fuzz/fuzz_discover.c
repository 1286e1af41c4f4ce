// SPDX-License-Identifier: Apache-2.0
#include <assert.h>
#include <string.h>

#include "base/text.h"
#include "discover/discover.h"
#include "discover/infra.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void hear(struct discover *d, struct mono now, struct span message, unsigned port)
{
	const struct discover_heard h = {
		.port = port, .from = addr_v4(0xc6120001), .from_port = 53, .message = message
	};
	discover_hear(d, now, (struct wall){ 1 }, &h);
}

// An answer of any bytes to every question an address is asked, under the id and the question we
// sent; and the bytes as a reverse name.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct discover_config c = { .tries = 1,
				     .sweep_tries = 1,
				     .wait_ns = 1,
				     .rounds = 2,
				     .ports = 1,
				     .parallel = 10,
				     .whoami_any = true,
				     .helper = addr_v4(0xc6120001) };
	struct mono now = { 10 };
	struct discover_want w;
	assert(dns_name_read(span_text("a.example"), &c.control) == ERR_OK);
	c.whoami = c.nothing = c.control;
	struct discover *d = discover_new(&c);
	assert(d != NULL);
	assert(discover_put(d, now, (struct wall){ 1 }, addr_v4(0xc6120001), RESOLVER_TEST) ==
	       ERR_OK);
	for (int i = 0; i < 100 && !discover_done(d); i++) {
		discover_tick(d, now);
		while (discover_next(d, now, (struct wall){ 1 }, &w) != DISCOVER_NOTHING) {
			uint8_t room[4096];
			if (w.kind == DISCOVER_RECORD) {
				assert(resolver_check(w.record) == ERR_OK);
				continue;
			}
			size_t len = size < 2000 ? size : 2000;
			hear(d, now, span_of(data, len), 0);
			memcpy(room, w.message.at, w.message.len);
			if (len > 10)
				memcpy(room + 2, data, 10); // flags and counts
			room[4] = 0;
			room[5] = 1;
			if (len > 10)
				memcpy(room + w.message.len, data + 10, len - 10);
			hear(d, now, span_of(room, w.message.len + (len > 10 ? len - 10 : 0)), 0);
		}
		now = mono_add(now, NS_PER_S);
	}
	discover_free(&d);
	(void)infra_marks(span_of(data, size), addr_v4(0x91ef060a));
	return 0;
}
