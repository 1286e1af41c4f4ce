// SPDX-License-Identifier: Apache-2.0
//
// As traceroute of Linux prints; without names as with -n.
#include "base/macro.h"
#include "trace_format/format.h"

#define QUIC_BYTES 1208 // behind the IP header: UDP, and the least a server hears (RFC 9000 14.1)
#define REST_BYTES 24

// Of a trace that looked for the path MTU: of its last probes.
static unsigned packet_bytes(const struct trace_doc *d)
{
	unsigned head = d->dst.family == 6 ? 40 : 20;
	if (d->path_mtu != 0)
		return d->path_mtu;
	return head + (d->method == TRACE_QUIC ? QUIC_BYTES : REST_BYTES);
}

// Of an answer to a probe that was too big: what the next link carries.
static void too_big(FILE *out, const struct trace_doc_reply *r)
{
	fputs(" !F", out);
	if (r->mtu != 0)
		fprintf(out, "-%u", r->mtu);
}

// What traceroute says of codes it has no letter for: <code>, and <type-code>.
static void note(FILE *out, uint8_t family, uint32_t answer)
{
	static const char *const v4[] = { "!N", "!H", "!P", "",   "!F", "!S", "!N", "!H",
					  "!N", "!X", "!X", "!N", "!H", "!X", "!V", "!C" };
	static const char *const v6[] = { "!N", "!X", "!H", "!H", "" };
	unsigned type = answer >> 8 & 0xff, code = answer & 0xff;
	bool four = family == 4;
	if (answer >> 16 != ANSWER_ICMP || type == (four ? 0u : 129u) ||
	    (type == (four ? 11u : 3u) && code == 0))
		return;
	const char *const *names = four ? v4 : v6;
	size_t count = four ? COUNT(v4) : COUNT(v6);
	if (type != (four ? 3u : 1u))
		fprintf(out, " !<%u-%u>", type, code);
	else if (code >= count)
		fprintf(out, " !<%u>", code);
	else if (names[code][0] != '\0')
		fprintf(out, " %s", names[code]);
}

static void reply(FILE *out, const struct trace_doc_reply *r, struct addr *last)
{
	char text[ADDR_TEXT];
	int host = (int)r->host.len;
	bool named = r->from.family == 0 && r->has_rtt && host > 0;
	if (r->from.family == 0 && !named) {
		fputs(" *", out);
		return;
	}
	// Some tools tell the name and not the address.
	if (named) {
		fprintf(out, " %.*s", host, (const char *)r->host.at);
	} else if (!addr_eq(r->from, *last)) {
		addr_write(r->from, text);
		if (host > 0)
			fprintf(out, " %.*s (%s)", host, (const char *)r->host.at, text);
		else
			fprintf(out, " %s", text);
		*last = r->from;
	}
	if (r->has_rtt)
		fprintf(out, "  %u.%03u ms", r->rtt_us / 1000, r->rtt_us % 1000);
	if (r->answer ==
	    (r->from.family == 6 ? ANSWER(ANSWER_ICMP, 2, 0) : ANSWER(ANSWER_ICMP, 3, 4)))
		too_big(out, r);
	else
		note(out, r->from.family, r->answer);
}

static void hop(FILE *out, const struct trace_doc_reply *r, size_t n)
{
	struct addr last = { 0 };
	fprintf(out, "%2u ", r->ttl);
	for (size_t k = 0; k < n; k++)
		reply(out, &r[k], &last);
	fputc('\n', out);
}

void trace_text_write(FILE *out, const struct trace_doc *d, unsigned max_ttl)
{
	char dst[ADDR_TEXT];
	unsigned ttl = d->first_ttl;
	addr_write(d->dst, dst);
	bool nameless = d->name.len == 0, nowhere = dst[0] == '\0';
	fprintf(out, "traceroute to %.*s%s%s%s, %u hops max, %u byte packets\n",
		nameless ? 1 : (int)d->name.len, nameless ? "?" : (const char *)d->name.at,
		nowhere ? "" : " (", dst, nowhere ? "" : ")", max_ttl, packet_bytes(d));
	for (size_t i = 0; i < d->count;) {
		size_t n = trace_doc_hop(d, i);
		// Some formats leave silent hops out.
		for (; ttl < d->replies[i].ttl && d->replies[i].ttl < 255; ttl++)
			fprintf(out, "%2u  *\n", ttl);
		if (d->replies[i].ttl != 0)
			hop(out, &d->replies[i], n);
		ttl = d->replies[i].ttl + 1u;
		i += n;
	}
}
