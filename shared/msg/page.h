// SPDX-License-Identifier: Apache-2.0
//
// What one address served for one name (proto/page.proto says what each value means), as a plain
// struct of borrowed texts and bytes. It comes out of the fetch room, goes into the spool, and
// comes out again at the collector; it knows neither.
#pragma once

#include "msg/trace.h"

#define PAGE_DOMAIN_MAX  255         // bytes of a domain as text
#define PAGE_ERROR_MAX   512         // bytes of an error's words
#define PAGE_STATUS_MAX  512         // bytes of a status line
#define PAGE_HEADERS_MAX (16 * 1024) // bytes of headers kept
#define PAGE_BODY_MAX    (64 * 1024) // bytes of a body kept
#define PAGE_CHAIN_MAX   10          // certificates kept
#define PAGE_CERT_MAX    (16 * 1024) // bytes of one certificate; a longer one ends the chain
#define PAGE_CERTS_MAX   (48 * 1024) // bytes of a chain kept
#define PAGE_NAMES_MAX   64          // names of a certificate kept
#define PAGE_NAME_MAX    255

enum page_role {
	PAGE_ROLE_UNKNOWN,
	PAGE_TEST,
	PAGE_CONTROL,
	PAGE_ROLE_COUNT,
};

enum page_state {
	PAGE_STATE_UNKNOWN,
	PAGE_ANSWERED,
	PAGE_FAILED,
	PAGE_TIMED_OUT,
	PAGE_REFUSED,
	PAGE_NOT_ASKED,
	PAGE_STATE_COUNT,
};

struct page_reply {
	enum page_state state;
	struct span error;
	uint32_t connect_us, duration_us;
	uint16_t status;
	struct span status_line;
	struct span headers; // lines with CRLF
	struct span body;    // at most PAGE_BODY_MAX bytes of BODY_BYTES
	uint64_t body_bytes;
	struct span body_sha256; // 32 bytes, or empty
	bool cut;
};

struct page_tls {
	bool seen; // a certificate was: else the rest is nothing
	uint16_t version, cipher;
	struct span chain[PAGE_CHAIN_MAX];
	size_t chain_count;
	bool trusted, name_match;
	uint32_t verify;
	struct span error, subject, issuer;
	struct wall not_before, not_after;
	struct span names[PAGE_NAMES_MAX];
	size_t name_count;
};

struct page_record {
	struct run_id scan;
	struct addr addr;
	struct span domain;
	enum page_role role;
	struct wall start, end;
	struct page_reply http, https;
	struct page_tls tls;
};

const char *page_state_name(enum page_state s); // "answered"
const char *page_role_name(enum page_role r);   // "control"

// Counts, lengths and families: what a reader may rely on.
enum err page_check(const struct page_record *p) MUSTUSE;
