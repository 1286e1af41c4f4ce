// SPDX-License-Identifier: Apache-2.0
//
// What the engine wants done next: hand over what has ended, send what waits, begin what is due.
#include <string.h>

#include "dns/state.h"

uint16_t dns_transport_port(enum dns_transport t)
{
#define STREAM_WAIT_NS (20 * NS_PER_MS) // until a connection may be free

	static const uint16_t ports[DNS_TRANSPORT_COUNT] = {
		[DNS_UDP] = 53, [DNS_TCP] = 53, [DNS_DOT] = 853, [DNS_DOH] = 443
	};
	return ports[t];
}

static enum dns_transport transport_of(const struct dns_scan *s, const struct dns_slot *t)
{
	if (s->c.transport == DNS_UDP && t->stream)
		return DNS_TCP;
	return s->c.transport;
}

static void emit(struct dns_scan *s, uint32_t i, struct mono now, struct dns_want *out)
{
	struct dns_slot *t = &s->slots[i];
	unsigned attempt = t->tries;
	bool fallback = t->stream && s->c.transport == DNS_UDP;
	if (t->start == 0)
		t->start = now.ns;
	t->sent_us[attempt] = dns_slot_us(t, now);
	t->attempts[attempt] = (struct dns_attempt){ .role = t->role, .stream = t->stream };
	t->tries++;
	t->tests = (uint8_t)(t->tests + (t->role == DNS_TEST && !fallback));
	int64_t wait = t->stream ? s->c.rules.stream_timeout_ns : s->c.rules.timeout_ns;
	t->due_us = dns_slot_us(t, mono_add(now, wait));
	dns_line_take(s, i);
	dns_line_put(s, i, t->stream ? LINE_STREAM : LINE_WAIT);
	s->counts.sent++;
	s->counts.streams += t->stream;
	s->streaming += t->stream;
	if (t->stream)
		s->stream_ports[(size_t)i * DNS_TRIES_KEPT + attempt] = 0;
	*out = (struct dns_want){
		.kind = t->stream ? DNS_WANT_STREAM : DNS_WANT_SEND,
		.transport = transport_of(s, t),
		.port_index = t->port,
		.to = dns_list_server(s->c.servers, t->resolver),
		.handle = { i, t->epoch, (uint8_t)attempt },
		.message = span_of(s->message, dns_question_put(s, t, attempt, s->message)),
	};
	if (out->to.port == 0)
		out->to.port = dns_transport_port(out->transport);
}

static void hold(struct dns_scan *s, uint32_t i, struct mono until)
{
	struct dns_slot *t = &s->slots[i];
	dns_line_take(s, i);
	t->line = LINE_HELD;
	if (heap_put(&s->held, until, (uint64_t)t->epoch << 32 | i) != ERR_OK)
		dns_line_put(s, i, LINE_SEND);
}

static bool no_stream_free(const struct dns_scan *s, const struct dns_slot *t)
{
	return t->stream && s->c.streams > 0 && s->streaming >= s->c.streams;
}

// False when everything has to wait.
static bool send_waiting(struct dns_scan *s, struct mono now, struct dns_want *out)
{
	uint32_t i;
	while ((i = s->lanes[LINE_SEND].first) != NO_SLOT) {
		struct dns_slot *t = &s->slots[i];
		struct mono until;
		struct addr to = dns_list_server(s->c.servers, t->resolver).addr;
		if (no_stream_free(s, t)) {
			hold(s, i, mono_add(now, STREAM_WAIT_NS));
			continue;
		}
		switch (pace_ask(s->c.pace, now, to, &until)) {
		case PACE_GO:
			emit(s, i, now, out);
			return true;
		case PACE_WAIT_ALL:
			s->all_until = until;
			return false;
		case PACE_WAIT:
		case PACE_WAIT_FIRST:
			hold(s, i, until);
			break;
		case PACE_REFUSED:
			t->detail = DNS_FATE_DENIED;
			dns_step_cut(s, i, now);
			break;
		}
	}
	return true;
}

static void write_off(struct dns_scan *s, struct mono now, const struct dns_pick *p,
		      enum dns_fate fate, struct dns_want *out)
{
	enum dns_state state = fate == DNS_FATE_DENIED ? DNS_REFUSED : DNS_NOT_ASKED;
	dns_matrix_asked(s->matrix, now, p->resolver, DNS_USE_NONE);
	dns_matrix_done(s->matrix, p, state);
	*out = (struct dns_want){ .kind = DNS_WANT_RECORD,
				  .pair_differs = UINT32_MAX,
				  .pick = *p,
				  .record = dns_record_unasked(s, p, fate) };
}

// The next pair of R; fills OUT when there is one.
static void begin(struct dns_scan *s, struct mono now, uint32_t r, struct dns_want *out)
{
	struct mono until;
	struct dns_pick p;
	switch (pace_ask(s->c.pace, now, dns_list_server(s->c.servers, r).addr, &until)) {
	case PACE_REFUSED:
		dns_matrix_fate(s->matrix, r, DNS_FATE_DENIED);
		break;
	case PACE_WAIT_ALL:
		s->all_until = until;
		break;
	case PACE_WAIT:
	case PACE_WAIT_FIRST:
		dns_matrix_delay(s->matrix, r, until);
		break;
	case PACE_GO:
		if (dns_matrix_take(s->matrix, r, &p)) {
			uint32_t i = dns_slot_new(s, &p);
			dns_step_begin(s, i);
			emit(s, i, now, out);
		}
		break;
	}
}

static void begin_next(struct dns_scan *s, struct mono now, struct dns_want *out)
{
	uint32_t r;
	enum dns_fate fate;
	while (out->kind == DNS_WANT_NOTHING && dns_matrix_next(s->matrix, now, &r, &fate)) {
		struct dns_pick p;
		if (fate != DNS_FATE_ASK) {
			if (dns_matrix_take(s->matrix, r, &p))
				write_off(s, now, &p, fate, out);
			continue;
		}
		if (s->used >= s->c.slots || mono_before(now, s->all_until))
			break;
		begin(s, now, r, out);
	}
}

// Counts a repetition, whose answer has a PRINT (NULL: not asked); the last one tells how many
// differ from the first.
static uint32_t compare(struct dns_scan *s, const struct dns_pick *p, const uint32_t *print)
{
	const uint32_t key[3] = { p->resolver, p->domain, p->type };
	bool fresh;
	struct dns_rep *r = s->reps == NULL ? NULL : table_put(s->reps, key, &fresh);
	if (r == NULL)
		return UINT32_MAX;
	if (fresh && print != NULL)
		r->first = *print;
	r->seen++;
	r->unasked |= print == NULL;
	r->differing = (uint16_t)(r->differing + (print != NULL && r->first != *print));
	if (r->seen < s->c.repetitions)
		return UINT32_MAX;
	uint32_t differing = r->unasked ? UINT32_MAX : r->differing;
	s->counts.paths_compared += !r->unasked;
	s->counts.path_dependent += !r->unasked && differing > 0;
	(void)table_take(s->reps, key);
	return differing;
}

static void hand_over(struct dns_scan *s, uint32_t i, struct dns_want *out)
{
	struct dns_slot *t = &s->slots[i];
	uint32_t print = 0;
	*out = (struct dns_want){ .kind = DNS_WANT_RECORD,
				  .pair_differs = UINT32_MAX,
				  .handle = { i, t->epoch, 0 },
				  .streamed = t->stream_port != 0,
				  .pick = { t->resolver, t->domain, t->type, t->repetition } };
	dns_line_take(s, i);
	out->record = t->tries == 0 ? dns_record_unasked(s, &out->pick, (enum dns_fate)t->detail)
				    : dns_record_of(s, t, &print);
	enum dns_state state = out->record->state;
	bool asked = state != DNS_REFUSED && state != DNS_NOT_ASKED;
	out->pair_differs = compare(s, &out->pick, asked ? &print : NULL);
	dns_matrix_done(s->matrix, &out->pick, state);
	dns_slot_drop(s, i);
}

enum dns_want_kind dns_scan_next(struct dns_scan *s, struct mono now, struct dns_want *out)
{
	out->kind = DNS_WANT_NOTHING;
	out->pair_differs = UINT32_MAX;
	if (s->lanes[LINE_DONE].first != NO_SLOT) {
		hand_over(s, s->lanes[LINE_DONE].first, out);
		return out->kind;
	}
	if (!s->stopping && !mono_before(now, s->all_until) && !send_waiting(s, now, out))
		return out->kind;
	if (out->kind == DNS_WANT_NOTHING && s->lanes[LINE_DONE].first != NO_SLOT)
		hand_over(s, s->lanes[LINE_DONE].first, out);
	if (out->kind == DNS_WANT_NOTHING && (!s->stopping || s->write_off))
		begin_next(s, now, out);
	return out->kind;
}
