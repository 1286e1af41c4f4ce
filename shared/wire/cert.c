// SPDX-License-Identifier: Apache-2.0
#include "wire/cert.h"

#include "base/text.h"

enum {
	DER_OID = 0x06,
	DER_SEQUENCE = 0x30,
	DER_SET = 0x31,
	DER_VERSION = 0xa0,
	DER_EXTENSIONS = 0xa3,
	DER_STRING = 0x04,
	DER_DNS_NAME = 0x82,
	LEN_LONG = 0x80,
};

static const uint8_t common_name[] = { 0x55, 0x04, 0x03 };
static const uint8_t alt_name[] = { 0x55, 0x1d, 0x11 };

struct der {
	uint8_t tag;
	struct rd body;
};

static bool der_next(struct rd *r, struct der *out)
{
	if (rd_left(r) == 0)
		return false;
	out->tag = rd_u8(r);
	size_t len = rd_u8(r);
	if (len >= LEN_LONG) {
		size_t bytes = len - LEN_LONG;
		if (bytes == 0 || bytes > 3)
			rd_fail(r, ERR_FORMAT);
		for (len = 0; bytes > 0; bytes--)
			len = len << 8 | rd_u8(r);
	}
	out->body = rd_child(r, len);
	return r->err == ERR_OK;
}

// The next element must have this tag.
static struct rd enter(struct rd *r, uint8_t tag)
{
	struct der d;
	if (der_next(r, &d) && d.tag == tag)
		return d.body;
	rd_fail(r, ERR_FORMAT);
	return rd_of(span_of(NULL, 0));
}

static bool is_oid(struct rd *r, struct span oid)
{
	struct der d;
	return der_next(r, &d) && d.tag == DER_OID && span_eq(rd_rest(&d.body), oid);
}

static void put(struct cert_names *out, struct span name)
{
	if (name.len > 0 && out->count < CERT_NAMES)
		out->name[out->count++] = name;
}

static void read_alt(struct rd r, struct cert_names *out)
{
	struct der d;
	struct rd string = enter(&r, DER_STRING);
	struct rd names = enter(&string, DER_SEQUENCE);
	while (der_next(&names, &d))
		if (d.tag == DER_DNS_NAME)
			put(out, rd_rest(&d.body));
}

static void read_extensions(struct rd r, struct cert_names *out)
{
	struct der d;
	struct rd list = enter(&r, DER_SEQUENCE);
	while (der_next(&list, &d)) {
		if (d.tag != DER_SEQUENCE || !is_oid(&d.body, span_of(alt_name, sizeof(alt_name))))
			continue;
		struct rd value = d.body;
		if (rd_left(&value) > 0 && rd_rest(&value).at[0] == 1) { // critical
			struct der skipped;
			(void)der_next(&value, &skipped);
		}
		read_alt(value, out);
	}
}

static void read_subject(struct rd subject, struct cert_names *out)
{
	struct der set, value;
	while (der_next(&subject, &set)) {
		struct rd pair = enter(&set.body, DER_SEQUENCE);
		if (set.tag == DER_SET &&
		    is_oid(&pair, span_of(common_name, sizeof(common_name))) &&
		    der_next(&pair, &value))
			put(out, rd_rest(&value.body));
	}
}

enum err cert_first(struct span message, struct span *der)
{
	struct rd r = rd_of(message);
	rd_skip(&r, 4);
	struct rd list = rd_child(&r, rd_u24(&r));
	if (r.err == ERR_OK && rd_left(&list) == 0)
		return ERR_MISSING;
	*der = rd_span(&list, rd_u24(&list));
	return r.err != ERR_OK ? r.err : list.err;
}

enum err cert_names_read(struct span der, struct cert_names *out)
{
	struct rd r = rd_of(der), whole, body;
	struct der d;
	out->count = 0;
	whole = enter(&r, DER_SEQUENCE);
	body = enter(&whole, DER_SEQUENCE);
	if (rd_left(&body) > 0 && rd_rest(&body).at[0] == DER_VERSION)
		(void)der_next(&body, &d);
	for (int i = 0; i < 4; i++) // serial, signature, issuer, validity
		(void)der_next(&body, &d);
	struct rd subject = enter(&body, DER_SEQUENCE);
	if (r.err != ERR_OK || whole.err != ERR_OK || body.err != ERR_OK)
		return ERR_FORMAT;
	while (der_next(&body, &d))
		if (d.tag == DER_EXTENSIONS)
			read_extensions(d.body, out);
	if (out->count == 0)
		read_subject(subject, out);
	return out->count > 0 ? ERR_OK : ERR_MISSING;
}
