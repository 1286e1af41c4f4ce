// SPDX-License-Identifier: Apache-2.0
#include "trace/record.h"

#include <stdlib.h>
#include <string.h>

#include "base/macro.h"

struct trace_scratch {
	uint8_t tries[TRACE_HOPS_MAX];
	uint8_t addrs[TRACE_ADDRS_MAX * 16];
	size_t addr_count, addr_len;
	uint8_t ref[TRACE_PROBES_MAX], answer[TRACE_PROBES_MAX];
	uint8_t reply_ttl[TRACE_PROBES_MAX], quoted_ttl[TRACE_PROBES_MAX], mark[TRACE_PROBES_MAX];
	uint32_t rtt_us[TRACE_PROBES_MAX];
	uint32_t answers[TRACE_ANSWERS_MAX];
	size_t answer_count;
	uint32_t mpls_probe[TRACE_PATH_MPLS], mpls_label[TRACE_PATH_MPLS];
	size_t mpls_count;
	uint32_t borrowed_probe[TRACE_HOPS_MAX], borrowed_age_ms[TRACE_HOPS_MAX];
	uint64_t borrowed_from[TRACE_HOPS_MAX];
	size_t borrowed_count;
	size_t probes;
	uint8_t reply_id[2 * TRACE_PROBES_MAX], reply_tos[TRACE_PROBES_MAX];
	uint8_t extra[TRACE_EXTRA_MAX];
	size_t extra_len;
	bool odd_quotes, marks, ids, services;
};

struct trace_scratch *trace_scratch_new(void)
{
	return calloc(1, sizeof(struct trace_scratch));
}

void trace_scratch_free(struct trace_scratch **s)
{
	free(*s);
	*s = NULL;
}

// Lengths the compiler knows: a compare, no call.
static bool same(const uint8_t *a, const uint8_t *b, size_t len)
{
	return len == 4 ? memcmp(a, b, 4) == 0 : memcmp(a, b, 16) == 0;
}

// 1-based index of A in the dictionary; 0 when it is full.
static uint8_t addr_ref(struct trace_scratch *s, struct addr a)
{
	size_t len = addr_bits(a) / 8u;
	for (size_t i = 0; i < s->addr_count; i++)
		if (same(s->addrs + i * len, a.bytes, len))
			return (uint8_t)(i + 1);
	if (s->addr_count == TRACE_ADDRS_MAX)
		return 0;
	memcpy(s->addrs + s->addr_count++ * len, a.bytes, len);
	s->addr_len += len;
	return (uint8_t)s->addr_count;
}

static uint8_t answer_ref(struct trace_scratch *s, uint32_t answer)
{
	for (size_t i = 0; i < s->answer_count; i++)
		if (s->answers[i] == answer)
			return (uint8_t)(i + 1);
	if (s->answer_count == TRACE_ANSWERS_MAX)
		return 0;
	s->answers[s->answer_count++] = answer;
	return (uint8_t)s->answer_count;
}

static void put_labels(struct trace_scratch *s, const struct trace_path *p, uint16_t serial)
{
	for (size_t i = 0; i < p->mpls_count; i++) {
		if (p->mpls[i].serial != serial)
			continue;
		s->mpls_probe[s->mpls_count] = (uint32_t)s->probes;
		s->mpls_label[s->mpls_count++] = p->mpls[i].word;
	}
}

// The path numbers entries by serial, the record by probe.
static void put_extra(struct trace_scratch *s, const struct trace_path *p, uint16_t serial)
{
	struct span rest = span_of(p->extra.bytes, p->extra.len), before = rest;
	struct trace_extra e;
	for (; trace_extra_next(&rest, &e); before = rest) {
		size_t len = TRACE_EXTRA_HEAD + e.data.len;
		if (e.probe != serial || s->extra_len + len > sizeof(s->extra))
			continue;
		uint8_t *to = s->extra + s->extra_len;
		memcpy(to, before.at, len);
		to[0] = (uint8_t)(s->probes >> 8);
		to[1] = (uint8_t)s->probes;
		s->extra_len += len;
	}
}

static void put_loan(struct trace_scratch *s, const struct trace_path *p, uint16_t serial)
{
	for (size_t i = 0; i < p->loan_count; i++) {
		if (p->loans[i].serial != serial)
			continue;
		s->borrowed_probe[s->borrowed_count] = (uint32_t)s->probes;
		s->borrowed_from[s->borrowed_count] = p->loans[i].from;
		s->borrowed_age_ms[s->borrowed_count++] = p->loans[i].age_ms;
	}
}

static void put(struct trace_scratch *s, const struct trace_path *p, uint16_t serial)
{
	const struct trace_attempt *a = &p->attempts[serial];
	size_t i = s->probes;
	s->ref[i] = s->answer[i] = s->reply_ttl[i] = s->quoted_ttl[i] = s->mark[i] = 0;
	s->reply_id[2 * i] = s->reply_id[2 * i + 1] = s->reply_tos[i] = 0;
	s->rtt_us[i] = 0;
	if (a->state == TRACE_ATTEMPT_SILENT && (a->mark & TRACE_LOST) != 0) {
		s->mark[i] = TRACE_LOST;
		s->marks = true;
	}
	if (a->state == TRACE_ATTEMPT_ANSWERED && a->from != 0) {
		uint8_t ref = addr_ref(s, trace_path_from(p, a));
		uint8_t answer = answer_ref(s, ANSWER(a->kind, a->type, a->code));
		// A dictionary that is full loses the answer, not the record.
		if (ref == 0 || answer == 0) {
			s->probes++;
			return;
		}
		bool quotes = trace_answer_quotes(p->target.dst.family,
						  ANSWER(a->kind, a->type, a->code));
		s->ref[i] = ref;
		s->answer[i] = answer;
		s->rtt_us[i] = a->time;
		s->reply_ttl[i] = a->reply_ttl;
		s->quoted_ttl[i] = a->quoted_ttl;
		s->mark[i] = a->mark;
		s->odd_quotes =
			s->odd_quotes || a->quoted_ttl > 1 || (a->quoted_ttl == 0 && quotes);
		s->marks = s->marks || a->mark != 0;
		s->reply_id[2 * i] = (uint8_t)(a->reply_id >> 8);
		s->reply_id[2 * i + 1] = (uint8_t)a->reply_id;
		s->reply_tos[i] = a->reply_tos;
		s->ids = s->ids || a->reply_id != 0;
		s->services = s->services || a->reply_tos != 0;
		if (p->extra.len > 0)
			put_extra(s, p, serial);
		put_labels(s, p, serial);
		if ((a->mark & TRACE_BORROWED) != 0)
			put_loan(s, p, serial);
	}
	s->probes++;
}

// By TTL, then in the order sent: what the record promises.
static void put_all(struct trace_scratch *s, const struct trace_path *p, uint8_t first, uint8_t end)
{
	for (uint8_t ttl = first; ttl <= end; ttl++) {
		size_t before = s->probes;
		for (uint16_t i = 0; i < p->serials; i++)
			if (p->attempts[i].ttl == ttl)
				put(s, p, i);
		s->tries[ttl - first] = (uint8_t)(s->probes - before);
	}
}

static void put_common(struct trace_scratch *s, enum trace_extra_kind kind, uint32_t value,
		       size_t len)
{
	const uint8_t head[TRACE_EXTRA_HEAD] = { 0, 0, (uint8_t)kind, (uint8_t)len };
	const uint8_t data[] = { (uint8_t)(value >> 8), (uint8_t)value };
	if (value == 0 || s->extra_len + sizeof(head) + len > sizeof(s->extra))
		return;
	memcpy(s->extra + s->extra_len, head, sizeof(head));
	memcpy(s->extra + s->extra_len + sizeof(head), data + sizeof(data) - len, len);
	s->extra_len += sizeof(head) + len;
}

// What all its probes had in common, told as of the first, and of what flow it tells.
static void put_target(struct trace_scratch *s, const struct trace_target *t)
{
	if (s->probes > 0) {
		put_common(s, TRACE_PROBE_SIZE, t->size, 2);
		put_common(s, TRACE_PROBE_TOS, t->tos, 1);
	}
	if (t->method == TRACE_FLOW)
		put_common(s, TRACE_SERVER_HOPS, t->distance, 1);
	put_common(s, TRACE_NOT_INSIDE, t->not_inside, 1);
	put_common(s, TRACE_BESIDE_SPORT, t->beside_sport, 2);
}

void trace_record_make(struct trace_scratch *s, const struct trace_path *p, struct mono now,
		       struct trace_record *out)
{
	const struct trace_target *t = &p->target;
	uint8_t end = trace_path_end(p);
	// One that was stopped on its way back has not come to the first hop.
	uint8_t first = p->loan_count > 0 ? t->first_ttl : p->low;
	s->addr_count = s->addr_len = s->answer_count = s->mpls_count = s->probes = 0;
	s->borrowed_count = s->extra_len = 0;
	s->odd_quotes = s->marks = s->ids = s->services = false;
	put_all(s, p, first, end);
	put_target(s, t);
	int64_t took = mono_since(now, p->begun) / NS_PER_US;
	*out = (struct trace_record){
		.id = t->tag,
		.start = t->start,
		.duration_us = took > UINT32_MAX ? UINT32_MAX : (uint32_t)took,
		.src = t->src,
		.dst = t->dst,
		.method = t->method,
		.sport = t->sport,
		.dport = t->dport,
		.flow_label = trace_path_flow_label(p),
		.stop = trace_path_stop(p, now),
		.probes_sent = (uint32_t)(p->serials - p->unsent - p->loan_count),
		.kernel_drops = t->drops,
		.first_ttl = first,
		.tries = span_of(s->tries, end < first ? 0 : (size_t)(end + 1 - first)),
		.addrs = span_of(s->addrs, s->addr_len),
		.ref = span_of(s->ref, s->probes),
		.rtt_us = s->rtt_us,
		.probes = s->probes,
		.answers = s->answers,
		.answer_count = s->answer_count,
		.answer = span_of(s->answer, s->probes),
		.reply_ttl = span_of(s->reply_ttl, s->probes),
		.quoted_ttl = span_of(s->quoted_ttl, s->odd_quotes ? s->probes : 0),
		.mark = span_of(s->mark, s->marks ? s->probes : 0),
		.mpls_probe = s->mpls_probe,
		.mpls_label = s->mpls_label,
		.mpls_count = s->mpls_count,
		.borrowed_probe = s->borrowed_probe,
		.borrowed_from = s->borrowed_from,
		.borrowed_age_ms = s->borrowed_age_ms,
		.borrowed_count = s->borrowed_count,
		.reply_id = span_of(s->reply_id, s->ids ? 2 * s->probes : 0),
		.reply_tos = span_of(s->reply_tos, s->services ? s->probes : 0),
		.extra = span_of(s->extra, s->extra_len),
	};
}

size_t trace_record_lost(const struct trace_record *r)
{
	size_t n = 0;
	for (size_t i = 0; i < r->mark.len; i++)
		n += (r->mark.at[i] & TRACE_LOST) != 0;
	return n;
}
