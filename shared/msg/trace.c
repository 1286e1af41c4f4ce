// SPDX-License-Identifier: Apache-2.0
#include "msg/trace.h"

static bool per_probe(struct span s, size_t probes)
{
	return s.len == 0 || s.len == probes;
}

bool trace_extra_next(struct span *rest, struct trace_extra *out)
{
	if (rest->len < TRACE_EXTRA_HEAD || rest->at[3] + (size_t)TRACE_EXTRA_HEAD > rest->len)
		return false;
	out->probe = (uint16_t)(rest->at[0] << 8 | rest->at[1]);
	out->kind = rest->at[2];
	out->data = span_cut(*rest, TRACE_EXTRA_HEAD, rest->at[3]);
	*rest = span_cut(*rest, TRACE_EXTRA_HEAD + out->data.len, rest->len);
	return true;
}

uint32_t trace_extra_number(struct span data)
{
	uint32_t n = 0;
	for (size_t i = 0; i < data.len; i++)
		n = n << 8 | data.at[i];
	return n;
}

unsigned trace_back_hops(uint8_t reply_ttl)
{
	unsigned start = reply_ttl <= 64 ? 64 : reply_ttl <= 128 ? 128 : 255;
	return start - reply_ttl + 1;
}

bool trace_answer_quotes(uint8_t family, uint32_t answer)
{
	uint32_t type = answer >> 8 & 0xff, echo_reply = family == 4 ? 0 : 129;
	return answer >> 16 == ANSWER_ICMP && type != echo_reply;
}

// What an entry of this kind says, which there is one of at most; 0: there is none.
static uint32_t number_of(const struct trace_record *r, enum trace_extra_kind kind)
{
	struct span rest = r->extra;
	struct trace_extra e;
	while (trace_extra_next(&rest, &e))
		if (e.kind == kind)
			return trace_extra_number(e.data);
	return 0;
}

uint16_t trace_path_mtu(const struct trace_record *r)
{
	return (uint16_t)number_of(r, TRACE_PROBE_SIZE);
}

uint8_t trace_probe_tos(const struct trace_record *r)
{
	return (uint8_t)number_of(r, TRACE_PROBE_TOS);
}

uint8_t trace_server_hops(const struct trace_record *r)
{
	return (uint8_t)number_of(r, TRACE_SERVER_HOPS);
}

enum trace_not_inside trace_not_inside(const struct trace_record *r)
{
	return (enum trace_not_inside)(number_of(r, TRACE_NOT_INSIDE) % TRACE_NOT_INSIDE_COUNT);
}

uint16_t trace_beside_sport(const struct trace_record *r)
{
	return (uint16_t)number_of(r, TRACE_BESIDE_SPORT);
}

static enum err check_extra(const struct trace_record *t)
{
	struct span rest = t->extra;
	struct trace_extra e;
	if (rest.len > TRACE_EXTRA_MAX)
		return ERR_FORMAT;
	while (trace_extra_next(&rest, &e))
		if (e.probe >= t->probes && (e.probe != 0 || e.kind < TRACE_SERVER_HOPS))
			return ERR_FORMAT;
	return rest.len == 0 ? ERR_OK : ERR_FORMAT;
}

static enum err check_shape(const struct trace_record *t)
{
	size_t sum = 0;
	for (size_t i = 0; i < t->tries.len; i++) {
		if (t->tries.at[i] > TRACE_TRIES_MAX)
			return ERR_FORMAT;
		sum += t->tries.at[i];
	}
	if (t->tries.len > TRACE_HOPS_MAX || sum != t->probes)
		return ERR_FORMAT;
	if (t->tries.len > 0 && (t->first_ttl == 0 || t->first_ttl + t->tries.len > 256))
		return ERR_FORMAT;
	if (t->ref.len != t->probes || t->answer.len != t->probes || t->reply_ttl.len != t->probes)
		return ERR_FORMAT;
	if (!per_probe(t->quoted_ttl, t->probes) || !per_probe(t->mark, t->probes) ||
	    !per_probe(t->reply_id, 2 * t->probes) || !per_probe(t->reply_tos, t->probes))
		return ERR_FORMAT;
	return check_extra(t);
}

static enum err check_values(const struct trace_record *t)
{
	if ((unsigned)t->method >= TRACE_METHOD_COUNT || (unsigned)t->stop >= TRACE_STOP_COUNT ||
	    (unsigned)t->purpose >= TRACE_PURPOSE_COUNT)
		return ERR_FORMAT;
	if (t->dst.family != 4 && t->dst.family != 6)
		return ERR_FORMAT;
	if (t->src.family != 0 && t->src.family != t->dst.family)
		return ERR_FORMAT;
	if (t->side > 2 || t->flow_label > TRACE_LABEL_MAX || t->peer.len > NODE_NAME_MAX)
		return ERR_FORMAT;
	return ERR_OK;
}

enum err trace_check(const struct trace_record *t)
{
	if (check_values(t) != ERR_OK || check_shape(t) != ERR_OK)
		return ERR_FORMAT;
	size_t size = t->dst.family == 4 ? 4 : 16;
	size_t addrs = t->addrs.len / size;
	if (t->addrs.len % size != 0 || addrs > TRACE_ADDRS_MAX ||
	    t->answer_count > TRACE_ANSWERS_MAX || t->mpls_count > TRACE_MPLS_MAX)
		return ERR_FORMAT;
	for (size_t i = 0; i < t->probes; i++) {
		bool answered = t->ref.at[i] != 0;
		if (t->ref.at[i] > addrs || t->answer.at[i] > t->answer_count ||
		    answered != (t->answer.at[i] != 0) || (!answered && t->rtt_us[i] != 0))
			return ERR_FORMAT;
	}
	for (size_t i = 0; i < t->mpls_count; i++)
		if (t->mpls_probe[i] >= t->probes)
			return ERR_FORMAT;
	for (size_t i = 0; i < t->borrowed_count; i++)
		if (t->borrowed_probe[i] >= t->probes)
			return ERR_FORMAT;
	return t->borrowed_count > TRACE_HOPS_MAX ? ERR_FORMAT : ERR_OK;
}
