// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "trace/inflow_state.h"
#include "trace/probe.h"
#include "wire/be.h"
#include "wire/checksum.h"
#include "wire/ip.h"
#include "wire/tcp.h"
#include "wire/udp.h"

#define PAYLOAD 10 // UDP: balance:16 serial:16 cookie:32 "wm", as an ordinary probe's begins

static uint32_t cookie_of(const struct inflow_trace *t)
{
	return (uint32_t)(t->random >> 16) | 1; // never 0
}

static enum err udp_probe(struct wr *w, const struct inflow_trace *t, uint16_t check)
{
	const struct inflow_key *k = &t->key;
	uint8_t payload[PAYLOAD] = { [8] = 'w', 'm' };
	size_t from = w->len;
	be16_put(payload + 2, (uint16_t)t->count);
	be16_put(payload + 4, (uint16_t)(cookie_of(t) >> 16));
	be16_put(payload + 6, (uint16_t)cookie_of(t));
	const struct udp_head h = { .sport = k->lport,
				    .dport = k->rport,
				    .payload = span_of(payload, PAYLOAD) };
	enum err err = udp_write(w, &k->local, &k->remote, &h);
	if (err != ERR_OK)
		return err;
	uint8_t *at = w->at + from + 6;
	be16_put(w->at + from + UDP_HEAD, checksum_balance(be16_at(at), check));
	be16_put(at, check);
	return ERR_OK;
}

bool inflow_probe_write(struct inflow_trace *t, const struct inflow_flow *f, uint8_t tag,
			struct inflow_attempt *a, struct wr *w)
{
	const struct inflow_key *k = &t->key;
	uint16_t serial = (uint16_t)t->count;
	a->seq = f->una - 1 - serial;
	a->check = trace_token((uint16_t)t->random, serial);
	a->ip_id = (uint16_t)(tag << 8 | (uint8_t)(serial + (t->random >> 48)));
	const struct ip_head ip = {
		.src = k->local,
		.dst = k->remote,
		.proto = k->proto,
		.ttl = a->ttl,
		.tos = f->tos & 0xfc, // ECN says something of the app's packets that we do not know
		.id = k->local.family == 4 ? a->ip_id : 0,
		.flow_label = f->label,
	};
	const struct tcp_head tcp = {
		.sport = k->lport,
		.dport = k->rport,
		.seq = a->seq,
		.ack = f->ack,
		.flags = TCP_ACK,
		.window = f->window,
	};
	t->label = f->label;
	wr_bytes(w, span_of(f->link, f->link_len));
	size_t from = w->len;
	enum err err = ip_write(w, &ip, k->proto == IP_TCP ? TCP_HEAD : UDP_HEAD + PAYLOAD);
	if (err == ERR_OK)
		err = k->proto == IP_TCP ? tcp_write(w, &k->local, &k->remote, &tcp)
					 : udp_probe(w, t, a->check);
	return err == ERR_OK && w->err == ERR_OK && w->len > from;
}

// A datagram quoted: the token in its payload, where the quote is long enough, and the checksum;
// for IPv4, whose routers may quote eight bytes of it, the checksum is enough beside the ID. A
// token of somebody else is never ours, whatever the rest says. (Zeros: a router that fills its
// quote up.)
static bool is_datagram(const struct inflow_trace *t, const struct inflow_attempt *a,
			const struct trace_reply *r)
{
	bool check = r->has_check && r->check == a->check;
	if (r->has_token && (r->cookie != 0 || r->serial != 0))
		return r->cookie == cookie_of(t) && r->serial == a - t->attempts;
	return check && t->key.local.family == 4;
}

struct inflow_attempt *inflow_match(struct inflow_trace *t, const struct trace_reply *r)
{
	bool four = t->key.local.family == 4, tcp = t->key.proto == IP_TCP;
	for (size_t i = t->count; i-- > 0;) {
		struct inflow_attempt *a = &t->attempts[i];
		if (four && r->quoted_id != a->ip_id)
			continue;
		if (tcp ? !r->has_seq || r->seq != a->seq : !is_datagram(t, a, r))
			continue;
		a->mark = !tcp && r->has_check && r->check != a->check ? TRACE_REWRITTEN : 0;
		return a;
	}
	return NULL;
}

static uint8_t index_addr(struct inflow_scratch *s, struct trace_record *out, struct addr a)
{
	size_t len = addr_bits(a) / 8u;
	for (size_t at = 0; at < out->addrs.len; at += len)
		if (memcmp(s->addrs + at, a.bytes, len) == 0)
			return (uint8_t)(at / len + 1);
	memcpy(s->addrs + out->addrs.len, a.bytes, len);
	out->addrs = span_of(s->addrs, out->addrs.len + len);
	return (uint8_t)(out->addrs.len / len);
}

static uint8_t index_answer(struct inflow_scratch *s, struct trace_record *out, uint32_t answer)
{
	for (size_t i = 0; i < out->answer_count; i++)
		if (s->answers[i] == answer)
			return (uint8_t)(i + 1);
	s->answers[out->answer_count++] = answer;
	return (uint8_t)out->answer_count;
}

static void put(const struct inflow_trace *t, const struct inflow_attempt *a,
		struct inflow_scratch *s, struct trace_record *out)
{
	size_t i = out->probes++;
	int64_t us = (a->rtt + NS_PER_US / 2) / NS_PER_US;
	s->ref[i] = s->answer[i] = s->reply_ttl[i] = s->quoted_ttl[i] = 0;
	s->mark[i] = a->mark;
	s->rtt_us[i] = 0;
	if (!a->answered)
		return;
	s->ref[i] = index_addr(s, out, a->from);
	s->answer[i] = index_answer(s, out, a->answer);
	s->rtt_us[i] = us < 1 ? 1 : us > UINT32_MAX ? UINT32_MAX : (uint32_t)us;
	s->reply_ttl[i] = a->reply_ttl;
	s->quoted_ttl[i] = a->quoted_ttl;
	for (uint8_t k = 0; k < a->labels; k++) {
		s->mpls_probe[out->mpls_count] = (uint32_t)i;
		s->mpls_label[out->mpls_count++] = t->labels[a->label_at + k];
	}
}

// Hops past the last that answered are told only when they were all asked.
static uint8_t end_of(const struct inflow_trace *t)
{
	if (t->unreachable != 0)
		return t->unreachable;
	return t->stop == TRACE_MAX_TTL ? t->last_ttl : t->top;
}

void inflow_record(const struct inflow_trace *t, struct mono now, struct inflow_scratch *s,
		   struct trace_record *out)
{
	int64_t took = mono_since(now, t->begun) / NS_PER_US;
	*out = (struct trace_record){
		.id = t->tag,
		.start = t->start,
		.duration_us = took > UINT32_MAX ? UINT32_MAX : (uint32_t)took,
		.src = t->key.local,
		.dst = t->key.remote,
		.method = TRACE_FLOW,
		.proto = t->key.proto,
		.sport = t->key.lport,
		.dport = t->key.rport,
		.flow_label = t->label,
		.stop = t->stop,
		.probes_sent = (uint32_t)(t->count - t->unsent),
		.first_ttl = 1,
		.addrs = span_of(s->addrs, 0),
		.rtt_us = s->rtt_us,
		.answers = s->answers,
		.mpls_probe = s->mpls_probe,
		.mpls_label = s->mpls_label,
	};
	uint8_t end = end_of(t);
	for (uint8_t ttl = 1; ttl <= end; ttl++) {
		size_t before = out->probes;
		for (size_t i = 0; i < t->count; i++)
			if (t->attempts[i].ttl == ttl)
				put(t, &t->attempts[i], s, out);
		s->tries[ttl - 1] = (uint8_t)(out->probes - before);
	}
	out->tries = span_of(s->tries, end);
	out->ref = span_of(s->ref, out->probes);
	out->answer = span_of(s->answer, out->probes);
	out->reply_ttl = span_of(s->reply_ttl, out->probes);
	out->quoted_ttl = span_of(s->quoted_ttl, out->probes);
	out->mark = span_of(s->mark, out->probes);
}
