// SPDX-License-Identifier: Apache-2.0
//
// Questions: a name from its presentation text, and a whole query (RFC 1035) with an OPT record
// (RFC 6891) that may ask for the server's id (RFC 5001), signatures (DO) and an answer as for a
// client elsewhere (RFC 7871). And what an OPT record in an answer says. Knows no transport.
#pragma once

#include "base/wr.h"
#include "wire/dns.h"

#define DNS_QUERY_MAX 400  // room for the longest query written here
#define DNS_EDNS_SIZE 1232 // largest UDP answer asked for: no fragments on common paths

// A name as on the wire, uncompressed.
struct dns_wire_name {
	uint8_t len; // with the root's zero
	uint8_t bytes[DNS_NAME];
};

// "www.example", "www.example.", "." with `\.` and `\ddd`. ERR_FORMAT: empty label or bad escape;
// ERR_RANGE: a label past 63 or a name past 255 bytes.
enum err dns_name_read(struct span text, struct dns_wire_name *out) MUSTUSE;

// The name that PTR records of A stand at.
void dns_name_reverse(struct addr a, struct dns_wire_name *out);

struct dns_query {
	uint16_t id;
	struct span name; // wire form, at most DNS_NAME bytes
	uint16_t type;
	bool recurse, no_check, edns, dnssec, nsid;
	struct prefix subnet; // client subnet when family is not 0
	uint16_t size;        // largest UDP answer asked for; 0: DNS_EDNS_SIZE
};

// The client subnet option itself, for those who answer: SCOPE is how much of it counted.
void dns_subnet_write(struct wr *out, const struct prefix *subnet, uint8_t scope);

// Where the name of a query written here stands.
#define DNS_QUERY_NAME DNS_HEAD

enum err dns_query_write(struct wr *out, const struct dns_query *q) MUSTUSE;

// Mixes the letter case of an uncompressed name by the bits of SEED (RFC draft "0x20"): the same
// seed makes the same letters.
void dns_name_mix(uint8_t *name, size_t len, uint64_t seed);

// "A", "aaaa", "TYPE65", "65".
enum err dns_type_read(struct span text, uint16_t *out) MUSTUSE;

#define DNS_EDE_MAX 4 // extended errors of one answer looked at

// What an OPT record says. Spans borrow from the record.
struct dns_opt {
	uint16_t size;
	uint8_t extended_rcode, version;
	bool dnssec;
	bool has_nsid, has_subnet;
	struct span nsid;
	struct prefix subnet;
	uint8_t scope;
	size_t error_count;
	struct {
		uint16_t code;
		struct span text;
	} errors[DNS_EDE_MAX];
};

// R: of type OPT. Options that are broken or unknown are passed over.
void dns_opt_read(const struct dns_record *r, struct dns_opt *out);

const char *dns_ede_name(uint16_t code);   // "Blocked"; NULL when not registered
const char *dns_rcode_name(uint16_t code); // "NXDOMAIN"; NULL when not registered

// A record's data as in a master file ("10 mail.example"), `\# len hex` (RFC 3597) for types not
// known here and for data that breaks its type's rules. Cut at the room there is.
void dns_data_write(const struct dns_record *r, struct wr *out);
