// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "base/table.h"
#include "base/text.h"
#include "base/wr.h"
#include "geo/geo.h"
#include "geo/geo_own.h"
#include "seal/seal.h"

#define NAMES_LIMIT ((size_t)1 << 24) // different networks; there are some 100,000 in the world
#define NAME_MAX    255

enum column { FIRST, LAST, NETWORK, COUNTRY, ASN, AS_NAME, LATITUDE, LONGITUDE, COLUMNS };

static const char *const column_names[COLUMNS] = {
	[FIRST] = "first",       [LAST] = "last",
	[NETWORK] = "network",   [COUNTRY] = "country",
	[ASN] = "asn",           [AS_NAME] = "as_name",
	[LATITUDE] = "latitude", [LONGITUDE] = "longitude",
};

struct range {
	struct addr first, last;
	char country[2];
	uint32_t asn, name;
	int32_t latitude, longitude;
	size_t line;
};

struct compiler {
	struct csv csv;
	size_t column[COLUMNS]; // index of the field, or CSV_FIELDS
	struct range *ranges;
	size_t count, cap, count4;
	struct table *seen; // hash of a name -> its offset
	char *names;
	size_t names_len, names_cap;
	struct fault *fault;
};

static enum err bad(struct compiler *c, const char *what)
{
	return fault_set(c->fault, ERR_USAGE, 0, "line %zu: %s", c->csv.line, what);
}

static struct span field(const struct compiler *c, enum column column)
{
	size_t i = c->column[column];
	return i < c->csv.count ? text_trim(c->csv.field[i]) : span_of(NULL, 0);
}

static enum err next_row(struct compiler *c)
{
	enum err err = csv_next(&c->csv);
	if (err == ERR_FORMAT)
		return bad(c, "a quote is not closed, or not around the whole field");
	return err == ERR_FULL ? bad(c, "too many fields, or a quoted field too long") : err;
}

static enum err read_heading(struct compiler *c)
{
	enum err err = next_row(c);
	if (err == ERR_MISSING)
		return fault_set(c->fault, ERR_USAGE, 0, "the table is empty");
	for (size_t k = 0; k < COLUMNS; k++) {
		c->column[k] = CSV_FIELDS;
		for (size_t i = 0; err == ERR_OK && i < c->csv.count; i++)
			if (text_is(text_trim(c->csv.field[i]), column_names[k]))
				c->column[k] = i;
	}
	bool ranges = c->column[FIRST] < CSV_FIELDS && c->column[LAST] < CSV_FIELDS;
	if (err == ERR_OK &&
	    ((!ranges && c->column[NETWORK] == CSV_FIELDS) || c->column[COUNTRY] == CSV_FIELDS))
		return bad(c, "the heading wants first and last, or network; and country");
	return err;
}

static struct addr prefix_last(struct prefix p)
{
	struct addr a = p.addr;
	for (size_t bit = p.bits; bit < addr_bits(a); bit++)
		a.bytes[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	return a;
}

static enum err read_addresses(struct compiler *c, struct range *r)
{
	struct prefix p;
	struct span network = field(c, NETWORK);
	if (network.len > 0) {
		if (prefix_read(network, &p) != ERR_OK)
			return bad(c, "network is no prefix, or bits are set after its length");
		r->first = p.addr;
		r->last = prefix_last(p);
		return ERR_OK;
	}
	if (addr_read(field(c, FIRST), &r->first) != ERR_OK ||
	    addr_read(field(c, LAST), &r->last) != ERR_OK)
		return bad(c, "first or last is no address");
	if (r->first.family != r->last.family || addr_cmp(r->first, r->last) > 0)
		return bad(c, "first does not come before last");
	return ERR_OK;
}

// Codes that look like countries and are none: user-assigned by ISO 3166, or made up by makers of
// tables for satellites, proxies, Europe and Asia-Pacific at large.
static bool pseudo(const char *cc)
{
	static const char *const codes[] = { "AA", "AP", "EU", "FX", "OO", "UK", "UN", "ZZ" };
	for (size_t i = 0; i < COUNT(codes); i++)
		if (memcmp(codes[i], cc, 2) == 0)
			return true;
	return cc[0] == 'X' || (cc[0] == 'Q' && cc[1] >= 'M');
}

static enum err read_country(struct compiler *c, struct range *r)
{
	struct span s = field(c, COUNTRY);
	if (s.len > 2)
		return bad(c, "country is not a code of two letters");
	if (s.len < 2 || s.at[0] < 'A' || s.at[0] > 'Z' || s.at[1] < 'A' || s.at[1] > 'Z' ||
	    pseudo((const char *)s.at))
		return ERR_OK;
	memcpy(r->country, s.at, 2);
	return ERR_OK;
}

// Well-formed UTF-8 (RFC 3629) without NUL: what a database takes as text.
static bool is_text(struct span s)
{
	for (size_t i = 0; i < s.len;) {
		uint8_t c = s.at[i];
		size_t more = c < 0x80 ? 0 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
		if (c == 0 || (c >= 0x80 && c < 0xc2) || c > 0xf4 || i + more >= s.len)
			return false;
		uint8_t next = more > 0 ? s.at[i + 1] : 0x80;
		if ((c == 0xe0 && next < 0xa0) || (c == 0xed && next > 0x9f) ||
		    (c == 0xf0 && next < 0x90) || (c == 0xf4 && next > 0x8f))
			return false;
		for (size_t k = 1; k <= more; k++)
			if ((s.at[i + k] & 0xc0) != 0x80)
				return false;
		i += more + 1;
	}
	return true;
}

static enum err put_name(struct compiler *c, struct span name, uint32_t *out)
{
	const uint64_t seeds[2][2] = { { 1, 2 }, { 3, 4 } };
	uint64_t key[2] = { table_hash(seeds[0], name), table_hash(seeds[1], name) };
	bool fresh;
	if (name.len == 0)
		return ERR_OK;
	if (!is_text(name))
		return bad(c, "as_name is no UTF-8 text");
	if (name.len > NAME_MAX)
		return bad(c, "as_name is longer than 255 bytes");
	uint32_t *offset = table_put(c->seen, key, &fresh);
	if (offset == NULL)
		return fault_set(c->fault, ERR_MEMORY, 0, "no memory for the names");
	if (fresh) {
		if (c->names_len + name.len + 1 > c->names_cap) {
			size_t cap = 2 * c->names_cap + NAME_MAX + 2;
			char *grown = realloc(c->names, cap);
			if (grown == NULL || cap > UINT32_MAX)
				return fault_set(c->fault, ERR_MEMORY, 0,
						 "no memory for the names");
			c->names = grown;
			c->names_cap = cap;
		}
		*offset = (uint32_t)c->names_len;
		memcpy(c->names + c->names_len, name.at, name.len);
		c->names[c->names_len + name.len] = '\0';
		c->names_len += name.len + 1;
	}
	*out = *offset;
	return ERR_OK;
}

static enum err read_network(struct compiler *c, struct range *r)
{
	struct span s = field(c, ASN);
	uint64_t asn = 0;
	if (s.len > 2 && (s.at[0] | 32) == 'a' && (s.at[1] | 32) == 's')
		s = span_cut(s, 2, s.len - 2);
	if (s.len > 0 && text_u64(s, 0, UINT32_MAX, &asn) != ERR_OK)
		return bad(c, "asn is no number of an autonomous system");
	r->asn = (uint32_t)asn;
	return put_name(c, field(c, AS_NAME), &r->name);
}

static enum err read_degrees(struct compiler *c, enum column column, double most, int32_t *out)
{
	struct span s = field(c, column);
	double v = 0;
	*out = GEO_NOWHERE;
	if (s.len == 0)
		return ERR_OK;
	if (text_f64(s, -most, most, &v) != ERR_OK)
		return bad(c, column == LATITUDE ? "latitude is not in -90..90"
						 : "longitude is not in -180..180");
	*out = (int32_t)lround(v * 1e4);
	return ERR_OK;
}

static enum err put_range(struct compiler *c, const struct range *r)
{
	if (c->count == c->cap) {
		size_t cap = c->cap == 0 ? 1024 : 2 * c->cap;
		struct range *grown = reallocarray(c->ranges, cap, sizeof(*grown));
		if (grown == NULL || cap > UINT32_MAX)
			return fault_set(c->fault, ERR_MEMORY, 0, "no memory for the ranges");
		c->ranges = grown;
		c->cap = cap;
	}
	c->ranges[c->count++] = *r;
	c->count4 += r->first.family == 4;
	return ERR_OK;
}

static enum err read_rows(struct compiler *c)
{
	enum err err;
	while ((err = next_row(c)) == ERR_OK) {
		struct range r = { .line = c->csv.line };
		err = read_addresses(c, &r);
		if (err == ERR_OK)
			err = read_country(c, &r);
		if (err == ERR_OK)
			err = read_network(c, &r);
		if (err == ERR_OK)
			err = read_degrees(c, LATITUDE, 90, &r.latitude);
		if (err == ERR_OK)
			err = read_degrees(c, LONGITUDE, 180, &r.longitude);
		if (err == ERR_OK)
			err = put_range(c, &r);
		if (err != ERR_OK)
			return err;
	}
	return err == ERR_MISSING ? ERR_OK : err;
}

static int compare(const void *a, const void *b)
{
	const struct range *x = a, *y = b;
	return addr_cmp(x->first, y->first);
}

static enum err check_apart(struct compiler *c)
{
	if (c->count == 0)
		return fault_set(c->fault, ERR_USAGE, 0, "the table has a heading and no rows");
	qsort(c->ranges, c->count, sizeof(*c->ranges), compare);
	for (size_t i = 1; i < c->count; i++) {
		const struct range *a = &c->ranges[i - 1], *b = &c->ranges[i];
		if (a->first.family == b->first.family && addr_cmp(a->last, b->first) >= 0)
			return fault_set(c->fault, ERR_USAGE, 0,
					 "line %zu: overlaps the range of line %zu",
					 a->line > b->line ? a->line : b->line,
					 a->line > b->line ? b->line : a->line);
	}
	return ERR_OK;
}

static void write_range(struct wr *w, const struct range *r)
{
	wr_bytes(w, addr_span(&r->first));
	wr_bytes(w, addr_span(&r->last));
	wr_bytes(w, span_of(r->country, 2));
	wr_zero(w, 2);
	wr_le32(w, r->asn);
	wr_le32(w, r->name);
	wr_le32(w, (uint32_t)r->latitude);
	wr_le32(w, (uint32_t)r->longitude);
}

static enum err write_all(struct compiler *c, uint8_t **out, size_t *len)
{
	size_t count6 = c->count - c->count4;
	*len = GEO_HEAD + c->count4 * GEO_ROW4 + count6 * GEO_ROW6 + c->names_len;
	*out = malloc(*len);
	if (*out == NULL)
		return fault_set(c->fault, ERR_MEMORY, 0, "no memory for %zu bytes", *len);
	struct wr w = wr_of(*out, *len), head = w;
	wr_zero(&w, GEO_CHECKED);
	wr_le32(&w, (uint32_t)c->count4);
	wr_le32(&w, (uint32_t)count6);
	wr_le32(&w, (uint32_t)c->names_len);
	wr_zero(&w, 4);
	for (size_t i = 0; i < c->count; i++)
		write_range(&w, &c->ranges[i]);
	wr_bytes(&w, span_of(c->names, c->names_len));
	wr_bytes(&head, span_of(GEO_MAGIC, GEO_MAGIC_LEN));
	wr_le32(&head, seal_crc32c(0, span_of(*out + GEO_CHECKED, *len - GEO_CHECKED)));
	return w.err;
}

enum err geo_compile(struct span csv, uint8_t **out, size_t *len, struct fault *f)
{
	struct compiler *c = calloc(1, sizeof(*c));
	const uint64_t seed[2] = { 0, 0 };
	enum err err = ERR_OK;
	*out = NULL;
	*len = 0;
	if (c == NULL)
		return fault_set(f, ERR_MEMORY, 0, "no memory");
	c->fault = f;
	c->names_cap = 4096;
	c->names = calloc(1, c->names_cap);
	c->names_len = 1; // the empty name
	c->seen = table_new(2 * sizeof(uint64_t), sizeof(uint32_t), NAMES_LIMIT, seed);
	if (c->names == NULL || c->seen == NULL)
		err = fault_set(f, ERR_MEMORY, 0, "no memory");
	csv_init(&c->csv, csv);
	if (err == ERR_OK)
		err = read_heading(c);
	if (err == ERR_OK)
		err = read_rows(c);
	if (err == ERR_OK)
		err = check_apart(c);
	if (err == ERR_OK)
		err = write_all(c, out, len);
	table_free(&c->seen);
	free(c->names);
	free(c->ranges);
	free(c);
	return err;
}
