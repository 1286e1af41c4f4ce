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
	struct span in = span_of(data, size), message;
	struct wr w = wr_of(room, sizeof(room));
	hello(in);
	enum err err = tls_handshake_read(in, &w, &message);
	if (err == ERR_OK)
		hello(message);
	if (err == ERR_SHORT && size > 0 && size < 6)
		assert(data[0] == 22);
	return 0;
}
