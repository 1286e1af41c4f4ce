// SPDX-License-Identifier: Apache-2.0
//
// One transfer of a page, plain or over TLS: a libcurl handle and what it has gathered. Inside
// fetch only.
#pragma once

#include <curl/curl.h>

#include "fetch/fetch.h"
#include "fetch/ssl.h"
#include "fetch/tls_io.h"

struct half_config {
	struct addr addr;
	uint16_t port;
	const char *host, *agent;
	bool tls;
	int64_t connect_ns, timeout_ns;
	uint64_t body_limit;
	struct tls_roots *roots;
	void *self; // found again as CURLINFO_PRIVATE
};

struct half {
	CURL *easy;
	struct curl_slist *connect_to;
	EVP_MD_CTX *hash;
	uint64_t body_limit, body_bytes;
	uint8_t *body;
	size_t body_len, body_cap;
	bool cut;
	struct fetch_head head;
	struct tls_watch tls;
	uint8_t sum[32];
	char error[CURL_ERROR_SIZE + 8];
	uint8_t headers[PAGE_HEADERS_MAX];
};

// False without memory. ARENA holds what the handshake shows; wipe the half before it.
bool half_open(struct half *h, const struct half_config *c, struct arena *arena) MUSTUSE;
void half_wipe(struct half *h);

// What became of it, borrowed from H: good until half_wipe.
void half_finish(struct half *h, CURLcode code, struct page_reply *out);
