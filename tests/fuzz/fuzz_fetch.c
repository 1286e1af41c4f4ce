// SPDX-License-Identifier: Apache-2.0
#include <assert.h>
#include <string.h>

#include "base/text.h"
#include "fetch/fetch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// Lines of a head as a server may send them, and the whole as a host name.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char host[FETCH_HOST_MAX + 1];
	uint8_t room[256];
	struct fetch_head h;
	struct span rest = span_of(data, size);
	fetch_head_init(&h, room, sizeof(room));
	while (rest.len > 0) {
		const uint8_t *end = memchr(rest.at, '\n', rest.len);
		size_t len = end == NULL ? rest.len : (size_t)(end - rest.at) + 1;
		fetch_head_hear(&h, span_of(rest.at, len));
		rest = span_cut(rest, len, rest.len);
	}
	assert(h.headers.len <= sizeof(room) && h.headers.err == ERR_OK);
	assert(h.status_len <= sizeof(h.status_line) && h.status < 1000);
	if (fetch_host_read(span_of(data, size), host) == ERR_OK)
		assert(strcspn(host, "\r\n/ :@%?#\\") == strlen(host) && strlen(host) > 0);
	return 0;
}
