// SPDX-License-Identifier: Apache-2.0
//
// A slot that has ended, as a record.
#include <string.h>

#include "base/rd.h"
#include "dns/state.h"

static void fill_common(struct dns_scan *s, struct dns_pair_record *r, const struct dns_pick *p)
{
	const struct dns_server server = dns_list_server(s->c.servers, p->resolver);
	struct span wire = dns_list_name(s->c.names, p->domain);
	*r = (struct dns_pair_record){
		.scan = s->c.scan,
		.kind = s->c.kind,
		.profile = s->c.rules.profile,
		.resolver = server.addr,
		.port = server.port != 0 ? server.port : dns_transport_port(s->c.transport),
		.qtype = dns_question_type(s, wire, p->type),
		.repetition = s->c.first_repetition + p->repetition,
		.control = s->c.rules.control ? s->c.control : (struct span){ NULL, 0 },
		.options = s->c.options,
		.listen_ms = (uint32_t)(s->c.rules.listen_ns / NS_PER_MS),
		.subnet = dns_pair_subnet_write(&s->c.subnet, s->out.subnet),
	};
	if ((s->c.options & DNS_EDNS) != 0)
		r->size = s->c.size != 0 ? s->c.size : DNS_EDNS_SIZE;
	if (dns_name_write((struct dns_name){ .message = wire }, s->out.domain) == ERR_OK)
		r->domain = span_text(s->out.domain);
}

const struct dns_pair_record *dns_record_unasked(struct dns_scan *s, const struct dns_pick *p,
						 enum dns_fate fate)
{
	struct dns_pair_record *r = &s->out.record;
	fill_common(s, r, p);
	r->state = fate == DNS_FATE_DENIED ? DNS_REFUSED : DNS_NOT_ASKED;
	r->detail = span_text(dns_fate_name(fate));
	return r;
}

static void fill_tries(struct dns_scan *s, const struct dns_slot *t, struct dns_pair_record *r)
{
	struct dns_scratch *o = &s->out;
	for (unsigned i = 0; i < t->tries; i++) {
		const struct dns_attempt *a = &t->attempts[i];
		enum dns_transport over = s->c.transport;
		if (over == DNS_UDP && a->stream)
			over = DNS_TCP;
		o->role[i] = a->role;
		o->transport[i] = (uint8_t)over;
		o->outcome[i] = a->outcome == 0 ? DNS_TRY_ABANDONED : a->outcome;
		o->error[i] = a->error;
		o->sent_us[i] = t->sent_us[i];
		o->id[i] = dns_slot_id(t, i);
		o->sport[i] = a->stream ? dns_slot_ports(s, t)[i] : s->ports[t->port];
		o->first[i] = a->first;
		o->rcode[i] = 0;
	}
	r->tries = t->tries;
	r->try_role = span_of(o->role, t->tries);
	r->try_transport = span_of(o->transport, t->tries);
	r->try_outcome = span_of(o->outcome, t->tries);
	r->try_error = span_of(o->error, t->tries);
	r->try_rcode = span_of(o->rcode, t->tries);
	r->try_first = span_of(o->first, t->tries);
	r->try_sent_us = o->sent_us;
	r->try_id = o->id;
	r->try_sport = t->stream_port != 0 ? o->sport : NULL;
}

static uint8_t source_ref(struct dns_scratch *o, struct dns_pair_record *r, struct span addr)
{
	for (size_t i = 0; i * addr.len < r->sources.len; i++)
		if (memcmp(o->sources + i * addr.len, addr.at, addr.len) == 0)
			return (uint8_t)(i + 1);
	if (r->sources.len / addr.len == DNS_SOURCES_MAX)
		return 0;
	memcpy(o->sources + r->sources.len, addr.at, addr.len);
	r->sources.len += addr.len;
	return (uint8_t)(r->sources.len / addr.len);
}

// What was kept of a message.
struct kept {
	uint16_t flags;
	struct span counts, opt, rest;
};

// The message again.
static size_t rebuild(const struct dns_scan *s, const struct dns_slot *t, unsigned attempt,
		      const struct kept *k, uint8_t *out)
{
	uint8_t asked[DNS_NAME + 4];
	struct wr w = wr_of(out, DNS_WIRES_MAX);
	wr_u16(&w, dns_slot_id(t, attempt));
	wr_u16(&w, k->flags);
	wr_u16(&w, 1);
	for (size_t i = 0; i < k->counts.len; i++)
		wr_u16(&w, k->counts.at[i]);
	wr_bytes(&w, span_of(asked, dns_question_asked(s, t, attempt, asked)));
	wr_bytes(&w, k->rest);
	if (k->opt.len == 0)
		return w.len;
	const uint8_t opt[11] = { 0, 0, DNS_OPT, k->opt.at[1], k->opt.at[2], 0, 0, k->opt.at[0] };
	wr_bytes(&w, span_of(opt, sizeof(opt)));
	return w.len;
}

static void fill_answer(struct dns_scan *s, const struct dns_slot *t, struct rd *in,
			struct dns_pair_record *r)
{
	struct dns_scratch *o = &s->out;
	size_t i = r->answers;
	o->at_us[i] = rd_le32(in);
	uint16_t mark = rd_le16(in), flags = rd_le16(in), ip_id = rd_le16(in);
	o->ttl[i] = rd_u8(in);
	uint8_t attempt = rd_u8(in);
	size_t len = rd_le16(in), size = r->resolver.family == 4 ? 4 : 16;
	o->ref[i] = 0;
	if ((mark & DNS_MARK_OTHER_SOURCE) != 0)
		o->ref[i] = source_ref(o, r, rd_span(in, size));
	struct kept k = { .flags = flags };
	if ((mark & DNS_KEPT_SHORT) != 0)
		k.counts = rd_span(in, DNS_KEPT_COUNTS);
	if ((mark & DNS_KEPT_OPT) != 0)
		k.opt = rd_span(in, DNS_KEPT_OPT_SIZE);
	struct span rest = k.rest = rd_span(in, len);
	uint8_t *to = o->wires + r->wires.len;
	if (r->wires.len + rest.len + DNS_QUERY_MAX > DNS_WIRES_MAX) {
		r->answers_lost++;
		return;
	}
	if (k.counts.len > 0)
		rest.len = rebuild(s, t, (attempt & 0x7fu) - 1, &k, to);
	else if (rest.len > 0)
		memcpy(to, rest.at, rest.len);
	o->answer_try[i] = attempt & 0x7f;
	o->ip_id[i] = (attempt & 0x80) != 0 ? ip_id + 1u : 0;
	o->flags[i] = flags;
	o->mark[i] = mark & ~(DNS_KEPT_SHORT | DNS_KEPT_OPT);
	o->length[i] = (uint32_t)rest.len;
	r->wires.len += rest.len;
	r->answers++;
}

// What an answer says: its code and its records, whatever their order and their TTL.
static uint32_t fingerprint(struct span m)
{
	static const uint64_t seed[2] = { 3, 4 };
	struct dns_walk w;
	struct dns_record r;
	uint64_t sum = 0;
	if (dns_walk_init(&w, m) != ERR_OK)
		return (uint32_t)table_hash(seed, m);
	sum = w.head.rcode * 0x9e3779b97f4a7c15u + 1;
	while (dns_record_next(&w, &r) && r.section == DNS_ANSWER)
		if (r.type != 46)
			sum += table_hash(seed, r.data) ^ r.type;
	return (uint32_t)(sum ^ sum >> 32);
}

// Packets beside the one that counts: the same again, or something else?
static void compare(struct dns_scratch *o, const struct dns_pair_record *r, size_t attempt,
		    const struct span *wires)
{
	size_t first = o->first[attempt];
	if (first == 0)
		return;
	uint32_t said = 0;
	for (size_t i = 0; i < r->answers; i++) {
		if (o->answer_try[i] != attempt + 1 || i + 1 == first ||
		    (o->mark[i] & DNS_MARK_ICMP) != 0)
			continue;
		if (said == 0)
			said = fingerprint(wires[first - 1]);
		if (fingerprint(wires[i]) != said)
			o->mark[i] |= DNS_MARK_DIFFERS;
		for (size_t j = 0; j < i; j++)
			if (o->answer_try[j] == attempt + 1 && span_eq(wires[i], wires[j]))
				o->mark[i] |= DNS_MARK_AGAIN;
	}
}

static uint8_t rcode_of(struct span m)
{
	struct dns_walk w;
	struct dns_record r;
	if (dns_walk_init(&w, m) != ERR_OK)
		return 0;
	unsigned code = w.head.rcode;
	while (w.head.count[3] > 0 && dns_record_next(&w, &r))
		if (r.type == DNS_OPT && r.section == DNS_ADDITIONAL)
			code |= r.ttl >> 24 << 4;
	return (uint8_t)(code > 253 ? 255 : code + 1);
}

static void fill_answers(struct dns_scan *s, const struct dns_slot *t, struct dns_pair_record *r)
{
	struct dns_scratch *o = &s->out;
	struct span wires[DNS_ANSWERS_MAX];
	dns_cells_copy(s->cells, &t->heard, o->heard);
	struct rd in = rd_of(span_of(o->heard, t->heard.len));
	r->sources = span_of(o->sources, 0);
	r->wires = span_of(o->wires, 0);
	while (rd_left(&in) > 0 && in.err == ERR_OK)
		fill_answer(s, t, &in, r);
	r->answer_try = span_of(o->answer_try, r->answers);
	r->answer_ref = span_of(o->ref, r->answers);
	r->answer_ttl = span_of(o->ttl, r->answers);
	r->answer_at_us = o->at_us;
	r->answer_ip_id = o->ip_id;
	r->answer_flags = o->flags;
	r->answer_mark = o->mark;
	r->answer_length = o->length;
	r->answers_lost += t->lost;
	for (size_t i = 0, at = 0; i < r->answers; i++)
		wires[i] = dns_pair_wire(r, i, &at);
	for (size_t i = 0; i < t->tries; i++) {
		if (o->first[i] > r->answers)
			o->first[i] = 0;
		if (o->first[i] != 0)
			o->rcode[i] = rcode_of(wires[o->first[i] - 1]);
		if (r->answers > 1)
			compare(o, r, i, wires);
	}
}

// Of the test: the answer that counts, or the silence.
static uint32_t print_of(const struct dns_pair_record *r)
{
	size_t at = 0;
	for (size_t i = r->tries; i-- > 0;) {
		size_t first = r->try_first.at[i];
		if (r->try_role.at[i] != DNS_TEST || first == 0)
			continue;
		for (size_t j = 0; j + 1 < first; j++)
			(void)dns_pair_wire(r, j, &at);
		return fingerprint(dns_pair_wire(r, first - 1, &at));
	}
	return 0;
}

const struct dns_pair_record *dns_record_of(struct dns_scan *s, const struct dns_slot *t,
					    uint32_t *print)
{
	struct dns_pair_record *r = &s->out.record;
	const struct dns_pick p = { t->resolver, t->domain, t->type, t->repetition };
	fill_common(s, r, &p);
	r->state = (enum dns_state)t->state;
	if (t->detail != 0)
		r->detail = span_text(dns_fate_name((enum dns_fate)t->detail));
	r->sport = s->c.transport == DNS_UDP ? s->ports[t->port] : t->stream_port;
	const struct addr *src = r->resolver.family == 4 ? &s->source4 : &s->source6;
	r->src = *src;
	r->start.ns = s->c.wall.ns + (t->start - s->c.now.ns);
	fill_tries(s, t, r);
	fill_answers(s, t, r);
	if (s->c.repetitions > 1)
		*print = print_of(r);
	return r;
}
