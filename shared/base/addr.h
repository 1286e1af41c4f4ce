// SPDX-License-Identifier: Apache-2.0
//
// IPv4 and IPv6 addresses and prefixes as values. Text is canonical (RFC 5952 for IPv6); an
// IPv4-mapped IPv6 address stays IPv6.
#pragma once

#include "base/err.h"
#include "base/span.h"

struct addr {
	uint8_t family;    // 4, 6, or 0 for "none"
	uint8_t bytes[16]; // as on the wire; IPv4 uses the first four, the rest are zero
};

struct prefix {
	struct addr addr; // host bits are zero
	uint8_t bits;     // 0..32 or 0..128
};

#define ADDR_TEXT   46 // room for the longest text with NUL
#define PREFIX_TEXT 50

struct addr addr_v4(uint32_t host_order);
uint32_t addr_to_v4(struct addr a); // host order; 0 unless IPv4

// 4 bytes make IPv4, 16 make IPv6; any other length gives family 0.
static inline struct addr addr_of(struct span bytes)
{
	struct addr a = { 0 };
	if (bytes.len == 4) {
		a.family = 4;
		memcpy(a.bytes, bytes.at, 4);
	} else if (bytes.len == 16) {
		a.family = 6;
		memcpy(a.bytes, bytes.at, 16);
	}
	return a;
}

struct span addr_span(const struct addr *a); // borrowed from A

enum err addr_read(struct span text, struct addr *out) MUSTUSE;
size_t addr_write(struct addr a, char out[static ADDR_TEXT]); // how long it is, without NUL

bool addr_eq(struct addr a, struct addr b);
int addr_cmp(struct addr a, struct addr b); // by family, then bytes: <0, 0, >0
uint8_t addr_bits(struct addr a);           // 32, 128 or 0

// "198.18.0.0/15"; a bare address means its full length. Host bits set: ERR_FORMAT.
enum err prefix_read(struct span text, struct prefix *out) MUSTUSE;
void prefix_write(struct prefix p, char out[static PREFIX_TEXT]);
bool prefix_holds(struct prefix p, struct addr a);
