// SPDX-License-Identifier: Apache-2.0
//
// Where addresses are, by one table: address ranges with country, network and position, compiled
// into bytes that are mapped and searched in place. What enters: a CSV text (geo_compile) or the
// compiled bytes (geo_read); what leaves: the place of an address. It knows no files (geo_io.h), no
// other tables and no corrections by people.
//
//     0  16  "waymark-geo-v1", two NUL
//    16   4  CRC-32C of everything from 24 on      20  4  zero
//    24   4  IPv4 ranges (N4)                      28  4  IPv6 ranges (N6)
//    32   4  bytes of names (T)                    36  4  zero
//    40      N4 rows of 28: first 4, last 4, tail 20
//            N6 rows of 52: first 16, last 16, tail 20
//            T bytes: names, each ending in NUL; the first one is empty
//
// Tail: country 2 (NUL NUL: not known), zero 2, AS number 4 (0: not known), offset of its name 4,
// latitude 4, longitude 4 in 1/10000 degree (GEO_NOWHERE: not known). Integers are little-endian,
// addresses as on the wire, rows in order and apart.
#pragma once

#include "base/addr.h"
#include "base/err.h"
#include "base/span.h"

#define GEO_NOWHERE INT32_MIN

struct geo {
	struct span rows4, rows6, names; // borrowed from the compiled bytes
	uint32_t count4, count6;
};

struct geo_place {
	char country[3];     // ISO 3166-1 alpha-2; empty: not known
	uint32_t asn;        // 0: not known
	const char *as_name; // borrowed; "" when not known
	int32_t latitude, longitude;
	struct addr first, last; // the range that says so
};

// Checks the bytes (header, lengths, checksum) and borrows them. ERR_CORRUPT: the checksum is
// wrong.
enum err geo_read(struct span in, struct geo *out) MUSTUSE;

// False: no range holds A.
bool geo_find(const struct geo *g, struct addr a, struct geo_place *out);

// Compiles a CSV text with a heading; columns by name, in any order: first and last, or network;
// country; asn, as_name, latitude, longitude if there. A country that is no pair of capitals, or a
// pseudo code (AP EU ZZ XX A1 A2 …), means "not known". Rows may come in any order; ranges that
// overlap are refused. Faults name the line. Caller frees *OUT.
enum err geo_compile(struct span csv, uint8_t **out, size_t *len, struct fault *f) MUSTUSE;
