// SPDX-License-Identifier: Apache-2.0
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "wire/tls.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void hello(struct span in)
{
	struct tls_hello h;
	struct span word;
	if (tls_hello_read(in, &h) != ERR_OK)
		return;
	assert(span_within(h.sni, in) && span_within(h.alpn, in));
	struct rd r = rd_of(h.alpn);
	while (tls_alpn_next(&r, &word))
		assert(span_within(word, h.alpn));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t room[4096];
	struct span in = span_of(data, size);
	struct wr w = wr_of(room, sizeof(room));
	struct tls_walk walk = tls_walk(in, &w);
	struct tls_message m;
	struct tls_hello h;
	size_t len, sum = 0;
	hello(in);
	while (tls_message_next(&walk, &m)) {
		assert(m.bytes.len >= 4 && span_within(m.bytes, wr_span(&w)));
		sum += m.bytes.len;
		hello(m.bytes);
		(void)tls_server_hides(m.bytes);
	}
	assert(sum == walk.at && walk.clean <= size);
	if (tls_hello_body_read(in, true, &h) == ERR_OK)
		assert(span_within(h.sni, in));
	if (tls_old_hello_read(in, &h, &len) == ERR_OK)
		assert(len <= size);
	return 0;
}
