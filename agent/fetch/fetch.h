// SPDX-License-Identifier: Apache-2.0
//
// What may be fetched, and how what came is cut into a page (msg/page.h): which addresses are never
// connected to, what a domain must look like before it stands in a request, and the head of an
// answer gathered line by line. Pure: it knows no socket and no library. The doing half is
// fetch_io.h.
#pragma once

#include "base/addr.h"
#include "base/wr.h"
#include "msg/page.h"

#define FETCH_HOST_MAX 253 // bytes of a host name

// The prefix that holds A and is never connected to, whatever a resolver says: this host, private
// and local networks, multicast, and IPv6 forms of IPv4. NULL: A may be fetched. The ranges set
// aside for tests and documentation are not among them: on the Internet they lead nowhere.
const char *fetch_denied(struct addr a);

// A host name as it may stand in a request and in a handshake: letters, digits, '-', '_' and '.';
// made lower case, one trailing dot taken off. ERR_FORMAT otherwise.
enum err fetch_host_read(struct span text, char out[static FETCH_HOST_MAX + 1]) MUSTUSE;

// The head of an answer as its lines come. Interim answers (1xx) are forgotten when the next
// begins; what passes a bound is left out whole.
struct fetch_head {
	char status_line[PAGE_STATUS_MAX];
	size_t status_len;
	uint16_t status;
	struct wr headers; // storage is the caller's: at most PAGE_HEADERS_MAX
	bool over;         // the empty line came
};

void fetch_head_init(struct fetch_head *h, uint8_t *at, size_t cap);
void fetch_head_hear(struct fetch_head *h, struct span line); // with its CRLF
