// SPDX-License-Identifier: Apache-2.0
//
// What came in: whose it is, what is to be said of it, and whether it counts.
#include <string.h>

#include "dns/state.h"

#define ODD_LOOKS 2000 // packets a second with a strange id that a slot is searched for

// A packet and where it belongs.
struct packet {
	const struct dns_heard *h;
	uint32_t slot;
	unsigned attempt;
	uint32_t mark;
	uint16_t flags;
	bool has_address;
};

static struct addr asked_by(const struct dns_scan *s, const struct dns_slot *t)
{
	return dns_list_server(s->c.servers, t->resolver).addr;
}

static bool from_asked(const struct dns_scan *s, const struct dns_slot *t,
		       const struct dns_heard *h)
{
	return addr_eq(asked_by(s, t), h->from);
}

// The try of T that asked what M asks: the latest.
static uint32_t question_of(const struct dns_scan *s, const struct dns_slot *t, struct span m,
			    unsigned *attempt)
{
	for (unsigned i = t->tries; i-- > 0;) {
		uint32_t mark = dns_question_check(s, t, i, m);
		if (mark == 0)
			continue;
		*attempt = i;
		return mark;
	}
	return 0;
}

static bool has_no_question(struct span m)
{
	return m.len < DNS_HEAD || (m.at[4] | m.at[5]) == 0;
}

// The slot on this port that asked this server this very question, or else the one that has waited
// longest for this server: what came is evidence, and its marks say that neither id nor question
// fit.
static bool look(const struct dns_scan *s, struct packet *p)
{
	const uint32_t *blocks = s->blocks + (size_t)p->h->port_index * BLOCKS;
	int64_t oldest = INT64_MAX;
	for (uint32_t b = 0; b < BLOCKS; b++) {
		const struct dns_slot *t = blocks[b] == 0 ? NULL : &s->slots[blocks[b] - 1];
		if (t == NULL || t->tries == 0 || t->line == LINE_DONE || !from_asked(s, t, p->h))
			continue;
		unsigned attempt = t->tries - 1u;
		uint32_t mark = question_of(s, t, p->h->message, &attempt);
		int64_t since = t->start + t->sent_us[attempt] * NS_PER_US;
		if (mark == 0 && (t->line != LINE_WAIT || since >= oldest))
			continue;
		oldest = since;
		p->slot = blocks[b] - 1;
		p->attempt = attempt;
		p->mark = mark;
		if (mark != 0)
			return true;
	}
	return oldest != INT64_MAX;
}

// An id that leads nowhere, or to somebody else. It costs a walk, so it is done so often and no
// more.
static bool search(struct dns_scan *s, struct mono at, struct packet *p)
{
	if (mono_since(at, s->odd_since) > NS_PER_S) {
		s->odd_since = at;
		s->odd_looks = 0;
	}
	return s->odd_looks++ < ODD_LOOKS && look(s, p);
}

// Whether M has the id of a try of T; ATTEMPT becomes that try: one asked before may be answered
// again when the next was asked already.
static bool id_on_stream(const struct dns_slot *t, struct span m, unsigned *attempt)
{
	uint16_t id = (uint16_t)(m.len < 2 ? 0 : m.at[0] << 8 | m.at[1]);
	unsigned which = dns_slot_attempt(t, id);
	if (m.len < 2 || which >= t->tries || dns_slot_id(t, which) != id)
		return false;
	*attempt = which;
	return true;
}

// False when it is nobody's.
static bool attribute(struct dns_scan *s, struct mono at, struct packet *p)
{
	const struct dns_heard *h = p->h;
	struct packet odd = *p;
	if (h->stream) {
		struct dns_slot *t = dns_slot_of(s, h->handle);
		if (t == NULL || t->line == LINE_DONE)
			return false;
		p->slot = h->handle.slot;
		p->attempt = h->handle.attempt;
		p->mark = id_on_stream(t, h->message, &p->attempt) ? DNS_MARK_ID : 0;
		p->mark |= dns_question_check(s, t, p->attempt, h->message);
		return true;
	}
	if (h->message.len < 2)
		return search(s, at, p);
	uint16_t id = (uint16_t)(h->message.at[0] << 8 | h->message.at[1]);
	uint32_t i = dns_slot_find(s, h->port_index, id);
	const struct dns_slot *t = i == NO_SLOT ? NULL : &s->slots[i];
	if (t == NULL || t->line == LINE_DONE || dns_slot_attempt(t, id) >= t->tries)
		return search(s, at, p);
	p->slot = i;
	p->attempt = dns_slot_attempt(t, id);
	p->mark = DNS_MARK_ID | dns_question_check(s, t, p->attempt, h->message);
	if ((p->mark & DNS_MARK_QUESTION) != 0)
		return true;
	if (!has_no_question(h->message) && search(s, at, &odd) && odd.mark != 0) {
		*p = odd;
		return true;
	}
	return from_asked(s, t, h);
}

static uint32_t mark_records(struct packet *p)
{
	struct dns_walk w;
	struct dns_record r;
	uint32_t mark = 0;
	if (dns_walk_init(&w, p->h->message) != ERR_OK)
		return DNS_MARK_UNREADABLE;
	p->flags = w.head.flags;
	if (!w.head.response)
		mark |= DNS_MARK_NOT_RESPONSE;
	if (w.head.truncated)
		mark |= DNS_MARK_TRUNCATED;
	while (dns_record_next(&w, &r)) {
		if (r.type == DNS_OPT && r.section == DNS_ADDITIONAL)
			mark |= DNS_MARK_OPT;
		p->has_address |=
			r.section == DNS_ANSWER && ((r.type == DNS_A && r.data.len == 4) ||
						    (r.type == DNS_AAAA && r.data.len == 16));
	}
	// What TC says was cut may well end in the middle.
	if (w.r.err != ERR_OK && !(w.head.truncated && w.r.err == ERR_SHORT))
		mark |= DNS_MARK_UNREADABLE;
	return mark;
}

static void mark_packet(struct dns_scan *s, struct packet *p)
{
	const struct dns_heard *h = p->h;
	const struct dns_slot *t = &s->slots[p->slot];
	const struct dns_attempt *a = &t->attempts[p->attempt];
	p->mark |= mark_records(p);
	if (!h->stream) {
		struct dns_server asked = dns_list_server(s->c.servers, t->resolver);
		p->mark |= addr_eq(asked.addr, h->from) ? 0 : DNS_MARK_OTHER_SOURCE;
		p->mark |= h->from_port == (asked.port == 0 ? 53 : asked.port)
				   ? 0
				   : DNS_MARK_OTHER_PORT;
	}
	if (a->outcome != DNS_OUTCOME_UNKNOWN && a->outcome != DNS_TRY_ANSWERED)
		p->mark |= DNS_MARK_LATE;
	p->mark |= h->dont_fragment ? DNS_MARK_DONT_FRAGMENT : 0;
	p->mark |= h->cut ? DNS_MARK_CUT : 0;
}

static void put_head(struct wr *w, const struct dns_slot *t, const struct packet *p, struct mono at,
		     uint32_t mark, size_t len)
{
	wr_le32(w, dns_slot_us(t, at));
	wr_le16(w, (uint16_t)mark);
	wr_le16(w, p->flags);
	wr_le16(w, (uint16_t)(p->h->ip_id - (p->h->ip_id != 0)));
	wr_u8(w, p->h->ttl);
	wr_u8(w, (uint8_t)((p->attempt + 1) | (p->h->ip_id != 0 ? 0x80u : 0)));
	wr_le16(w, (uint16_t)len);
	if ((mark & DNS_MARK_OTHER_SOURCE) != 0)
		wr_bytes(w, addr_span(&p->h->from));
}

// Every section's count fits into one byte.
static bool few_records(struct span m)
{
	return m.len >= DNS_HEAD && (m.at[6] | m.at[8] | m.at[10]) == 0;
}

// The OPT record without options that most servers end an answer with is taken off M.
static bool cut_opt(struct span *m, uint8_t out[static DNS_KEPT_OPT_SIZE])
{
	static const uint8_t none[11] = { 0, 0, DNS_OPT };
	if (m->len < sizeof(none))
		return false;
	const uint8_t *opt = m->at + m->len - sizeof(none);
	if (memcmp(opt, none, 3) != 0 || memcmp(opt + 5, none + 5, 2) != 0 ||
	    memcmp(opt + 8, none + 8, 3) != 0)
		return false;
	out[0] = opt[7];
	memcpy(out + 1, opt + 3, 2);
	m->len -= sizeof(none);
	return true;
}

// Keeps it. What the try tells already, id and question, is not written down again.
static bool keep(struct dns_scan *s, struct packet *p, struct mono at)
{
	const uint32_t same = DNS_MARK_ID | DNS_MARK_QUESTION | DNS_MARK_CASE;
	struct dns_slot *t = &s->slots[p->slot];
	const struct dns_attempt *a = &t->attempts[p->attempt];
	uint8_t head[DNS_KEPT_HEAD + 16 + DNS_KEPT_COUNTS + DNS_KEPT_OPT_SIZE];
	struct wr w = wr_of(head, sizeof(head));
	struct span m = p->h->message;
	bool brief = (p->mark & same) == same && (p->mark & DNS_MARK_ICMP) == 0 && few_records(m);
	size_t whole = m.len;
	if (brief)
		m = span_cut(m, DNS_HEAD + dns_question_name(s, t, (enum dns_role)a->role).len + 4,
			     m.len);
	uint8_t opt[DNS_KEPT_OPT_SIZE];
	bool bare = brief && cut_opt(&m, opt);
	if (t->answers == DNS_ANSWERS_MAX || t->heard.len + whole > DNS_WIRES_MAX)
		return false;
	put_head(&w, t, p, at, p->mark | (brief ? DNS_KEPT_SHORT : 0) | (bare ? DNS_KEPT_OPT : 0),
		 m.len);
	for (size_t i = 0; brief && i < DNS_KEPT_COUNTS; i++)
		wr_u8(&w, p->h->message.at[7 + 2 * i]);
	if (bare)
		wr_bytes(&w, span_of(opt, sizeof(opt)));
	uint32_t before = t->heard.len;
	if (!dns_cells_put(s->cells, &t->heard, wr_span(&w)))
		return false;
	if (!dns_cells_put(s->cells, &t->heard, m)) {
		// The pool is full; a head without its bytes would shift what follows.
		dns_cells_cut(s->cells, &t->heard, before);
		return false;
	}
	t->answers++;
	return true;
}

static void lose(struct dns_scan *s, struct dns_slot *t)
{
	s->counts.lost++;
	t->lost = t->lost < UINT8_MAX ? (uint8_t)(t->lost + 1) : t->lost;
}

static bool usable(const struct dns_scan *s, const struct packet *p)
{
	const uint32_t bad = DNS_MARK_UNREADABLE | DNS_MARK_NOT_RESPONSE;
	const struct span m = p->h->message;
	if ((p->mark & bad) != 0 || (p->mark & DNS_MARK_ID) == 0)
		return false;
	if ((p->mark & DNS_MARK_QUESTION) != 0)
		return true;
	// Servers that could not read the question leave it out.
	return (m.at[4] | m.at[5]) == 0 && (p->flags & 15) != 0 &&
	       (p->h->stream || from_asked(s, &s->slots[p->slot], p->h));
}

static void count(struct dns_scan *s, const struct packet *p, bool good)
{
	s->counts.usable += good;
	s->counts.late += (p->mark & DNS_MARK_LATE) != 0;
	s->counts.odd_source += (p->mark & DNS_MARK_OTHER_SOURCE) != 0;
	s->counts.odd_id += (p->mark & DNS_MARK_ID) == 0;
	s->counts.unreadable += (p->mark & DNS_MARK_UNREADABLE) != 0;
	s->counts.repeated += s->slots[p->slot].attempts[p->attempt].outcome == DNS_TRY_ANSWERED;
}

void dns_scan_hear(struct dns_scan *s, struct mono at, const struct dns_heard *h)
{
	struct packet p = { .h = h };
	s->counts.heard++;
	if (h->port_index >= s->c.ports || !attribute(s, at, &p) ||
	    asked_by(s, &s->slots[p.slot]).family != h->from.family) {
		s->counts.strange++;
		return;
	}
	mark_packet(s, &p);
	struct dns_slot *t = &s->slots[p.slot];
	struct dns_attempt *a = &t->attempts[p.attempt];
	bool good = usable(s, &p), kept = keep(s, &p, at);
	count(s, &p, good);
	if (!kept)
		lose(s, t);
	if (a->outcome != DNS_OUTCOME_UNKNOWN || p.attempt + 1u != t->tries)
		return;
	// What fits neither by id nor by question tells nothing of this try, unless nobody else can
	// have sent it.
	if (!good && !h->stream && (p.mark & (DNS_MARK_ID | DNS_MARK_QUESTION)) == 0)
		return;
	if (!good) {
		a->error = h->message.len < DNS_HEAD ? DNS_ERROR_SHORT : DNS_ERROR_PROTOCOL;
		return;
	}
	a->outcome = DNS_TRY_ANSWERED;
	a->error = DNS_ERROR_NONE;
	a->first = kept ? t->answers : 0;
	a->address = p.has_address;
	a->refused = (p.flags & 15) == 5;
	t->cut_off = (p.mark & DNS_MARK_TRUNCATED) != 0 && !h->stream;
	dns_step_ended(s, p.slot, at);
}

static void fail_with(struct dns_scan *s, struct mono now, uint32_t slot, unsigned attempt,
		      enum dns_error e)
{
	struct dns_slot *t = &s->slots[slot];
	struct dns_attempt *a = &t->attempts[attempt];
	if (a->outcome != DNS_OUTCOME_UNKNOWN || attempt + 1u != t->tries)
		return;
	if (a->stream && a->error != DNS_ERROR_NONE) {
		a->outcome = DNS_TRY_UNUSABLE;
	} else {
		a->outcome = e == DNS_ERROR_TIMEOUT ? DNS_TRY_TIMEOUT : DNS_TRY_ERROR;
		a->error = (uint8_t)e;
	}
	dns_step_ended(s, slot, now);
}

void dns_scan_fail(struct dns_scan *s, struct mono now, struct dns_handle h, enum dns_error e)
{
	if (dns_slot_of(s, h) != NULL)
		fail_with(s, now, h.slot, h.attempt, e);
}

void dns_scan_icmp(struct dns_scan *s, struct mono at, const struct dns_icmp *i)
{
	uint32_t slot =
		i->port_index >= s->c.ports ? NO_SLOT : dns_slot_find(s, i->port_index, i->id);
	if (slot == NO_SLOT || s->slots[slot].line == LINE_DONE)
		return;
	struct dns_slot *t = &s->slots[slot];
	unsigned attempt = dns_slot_attempt(t, i->id);
	if (attempt >= t->tries || !addr_eq(asked_by(s, t), i->asked) ||
	    i->from.family != i->asked.family)
		return;
	const struct dns_heard h = { .from = i->from, .ttl = i->ttl, .message = i->message };
	struct packet p = { .h = &h, .slot = slot, .attempt = attempt };
	p.mark = DNS_MARK_ICMP | (addr_eq(i->from, i->asked) ? 0 : (uint32_t)DNS_MARK_OTHER_SOURCE);
	if (t->attempts[attempt].outcome != DNS_OUTCOME_UNKNOWN)
		p.mark |= DNS_MARK_LATE;
	s->counts.icmp++;
	if (!keep(s, &p, at))
		lose(s, t);
	fail_with(s, at, slot, attempt, i->error);
}
