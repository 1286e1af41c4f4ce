// SPDX-License-Identifier: Apache-2.0
//
// The heads of HTTP/1 requests and responses (RFC 9112), and of what borrows their form over UDP
// (SSDP): whose host was asked for, and what kind of body follows. What leaves borrows from what
// entered.
#pragma once

#include "base/err.h"
#include "base/span.h"

// Whether these first bytes could begin a request (a method this room knows) or a response.
bool http_request_begins(struct span stream);
bool http_response_begins(struct span stream);

struct http_head {
	struct span host; // of Host, as sent, trimmed; empty: none
	struct span type; // of Content-Type
	size_t len;       // of the head, with the empty line that ends it
};

// ERR_SHORT: the head is not whole yet. ERR_FORMAT: no HTTP head.
enum err http_head_read(struct span stream, struct http_head *out) MUSTUSE;

// Whether HOST may be shown and kept as a name.
bool http_host_plain(struct span host);
