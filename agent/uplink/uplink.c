// SPDX-License-Identifier: Apache-2.0
#include "uplink/uplink.h"

#include <stdlib.h>
#include <string.h>

#define WANTS 64 // things to do that one frame or tick can cause, with room to spare

enum state {
	STATE_IDLE,  // no socket; one is wanted at `wake`
	STATE_OPEN,  // a socket was asked for
	STATE_HELLO, // HELLO sent, WELCOME awaited
	STATE_LIVE,
};

struct flight {
	uint64_t seq, bytes;
};

struct uplink {
	enum state state;
	uint64_t random;
	unsigned attempts; // sockets in a row that came to nothing
	struct mono now, wake, heard, pinged;
	struct mono hold, full_at;        // no batch before; when there was no room
	struct mono progress;             // last acknowledgement, or first batch under way
	uint64_t first_unacked, next_seq; // what the spool holds
	uint64_t acked, next_send, credit, outstanding;
	uint64_t refused;                    // last batch whose signature was
	struct flight flight[UPLINK_FLIGHT]; // ring
	size_t flight_first, flight_count;
	bool full, draining, drained, left;
	struct uplink_want wants[WANTS];
	size_t want_first, want_count;
};

const char *uplink_event_name(enum uplink_event e)
{
	static const char *const names[] = {
		[UPLINK_LINK_UP] = "link_up",
		[UPLINK_LINK_LOST] = "link_lost",
		[UPLINK_REFUSED] = "link_refused",
		[UPLINK_REJECTED] = "link_rejected",
		[UPLINK_BATCH_REFUSED] = "batch_refused",
		[UPLINK_BEHIND] = "collector_behind",
		[UPLINK_STALLED] = "link_stalled",
		[UPLINK_AHEAD] = "collector_ahead",
	};
	return (size_t)e < COUNT(names) ? names[e] : "unknown";
}

struct uplink *uplink_new(uint64_t random)
{
	struct uplink *u = calloc(1, sizeof(*u));
	if (u == NULL)
		return NULL;
	u->random = random | 1;
	u->first_unacked = u->next_seq = 1;
	return u;
}

void uplink_free(struct uplink **u)
{
	free(*u);
	*u = NULL;
}

static struct uplink_want *want(struct uplink *u, enum uplink_kind kind)
{
	static struct uplink_want spill; // past WANTS: only words for the log can be lost
	if (u->want_count == WANTS)
		return &spill;
	struct uplink_want *w = &u->wants[(u->want_first + u->want_count++) % WANTS];
	*w = (struct uplink_want){ .kind = kind };
	return w;
}

static struct uplink_want *tell(struct uplink *u, enum uplink_event event)
{
	struct uplink_want *w = want(u, UPLINK_TELL);
	w->event = event;
	return w;
}

// xorshift64: jitter wants spread, not secrecy.
static uint64_t roll(struct uplink *u)
{
	u->random ^= u->random << 13;
	u->random ^= u->random >> 7;
	u->random ^= u->random << 17;
	return u->random;
}

static int64_t pause_ns(struct uplink *u)
{
	int64_t bound = UPLINK_BACK_MIN << (u->attempts < 10 ? u->attempts : 10);
	if (bound > UPLINK_BACK_MAX)
		bound = UPLINK_BACK_MAX;
	return UPLINK_BACK_MIN + (int64_t)(roll(u) % (uint64_t)bound);
}

// What was sent on the old socket may or may not have arrived: WELCOME will say.
static void forget_flight(struct uplink *u)
{
	u->flight_count = 0;
	u->outstanding = 0;
	u->full = false;
}

static void go_idle(struct uplink *u, int64_t least_ns)
{
	int64_t wait = pause_ns(u);
	want(u, UPLINK_CLOSE);
	u->state = STATE_IDLE;
	u->attempts++;
	u->wake = mono_add(u->now, wait > least_ns ? wait : least_ns);
	u->credit = 0;
	forget_flight(u);
}

void uplink_hear_open(struct uplink *u, struct mono now)
{
	u->now = u->heard = u->pinged = now;
	u->state = STATE_HELLO;
	want(u, UPLINK_SEND)->head.verb = LINK_HELLO;
}

void uplink_hear_lost(struct uplink *u, struct mono now, bool refused)
{
	u->now = now;
	if (u->state == STATE_IDLE)
		return;
	// Without a session there was nothing to lose: ZeroMQ keeps trying to connect by itself.
	if (!refused && u->state != STATE_LIVE)
		return;
	tell(u, refused ? UPLINK_REFUSED : UPLINK_LINK_LOST);
	go_idle(u, 0);
}

// Everything up to SEQ is committed.
static void acknowledge(struct uplink *u, uint64_t seq)
{
	while (u->flight_count > 0 && u->flight[u->flight_first].seq <= seq) {
		u->outstanding -= u->flight[u->flight_first].bytes;
		u->flight_first = (u->flight_first + 1) % UPLINK_FLIGHT;
		u->flight_count--;
		u->progress = u->now;
	}
	if (seq >= u->next_seq)
		seq = u->next_seq - 1;
	if (seq > u->acked) {
		u->acked = seq;
		want(u, UPLINK_ACK)->seq = seq;
	}
	u->full = false;
}

static void hear_welcome(struct uplink *u, const struct link_head *h)
{
	if (u->state != STATE_HELLO)
		return;
	u->state = STATE_LIVE;
	u->attempts = 0;
	u->drained = false;
	u->credit = h->credit;
	u->hold = u->now;
	forget_flight(u);
	tell(u, UPLINK_LINK_UP)->seq = h->last_seq;
	if (h->last_seq >= u->next_seq) {
		tell(u, UPLINK_AHEAD)->seq = h->last_seq;
		want(u, UPLINK_JUMP)->seq = h->last_seq;
		u->next_seq = h->last_seq + 1;
	}
	acknowledge(u, h->last_seq);
	u->next_send = h->last_seq + 1;
	// Its database is older than ours remembers: those batches are gone for good, and the spool
	// has others that say so in their places. A stream has no holes.
	if (u->next_send < u->first_unacked)
		tell(u, UPLINK_BEHIND)->seq = u->next_send;
}

// LAST_SEQ of a refusal says where to go on, not what is committed: only an ACK or a WELCOME trims.
static void send_again(struct uplink *u, uint64_t last_seq, int64_t pause)
{
	forget_flight(u);
	u->next_send = last_seq + 1;
	u->hold = mono_add(u->now, pause);
}

static bool refused_before(struct uplink *u, uint64_t seq)
{
	bool before = u->refused == seq;
	u->refused = seq;
	return before;
}

static void hear_nack(struct uplink *u, const struct link_head *h)
{
	struct uplink_want *w = tell(u, UPLINK_BATCH_REFUSED);
	w->seq = h->seq;
	w->nack = h->nack;
	switch (h->nack) {
	case NACK_UNREADABLE: // kept in quarantine; the stream goes on, and its ACK follows
		break;
	case NACK_GAP:
		send_again(u, h->last_seq, 0);
		break;
	case NACK_REVOKED:
		go_idle(u, UPLINK_BACK_MAX);
		break;
	case NACK_BUSY:
		send_again(u, h->last_seq, UPLINK_BUSY);
		break;
	case NACK_TOO_BIG:
		if (h->permanent)
			want(u, UPLINK_REPLACE)->seq = h->seq;
		send_again(u, h->last_seq, UPLINK_BUSY);
		break;
	case NACK_SIGNATURE: // damaged on the way, or our key was changed: try again, not in haste
	case NACK_UNKNOWN:
	case NACK_REASON_COUNT:
		send_again(u, h->last_seq,
			   refused_before(u, h->seq) ? 10 * UPLINK_BUSY : UPLINK_BUSY);
		break;
	}
}

static void hear_reject(struct uplink *u, const struct link_head *h)
{
	struct uplink_want *w = tell(u, UPLINK_REJECTED);
	w->reject = h->reject;
	go_idle(u, (int64_t)h->retry_after_s * NS_PER_S);
}

void uplink_hear(struct uplink *u, struct mono now, const struct link_head *h)
{
	u->now = u->heard = now;
	if (u->state != STATE_LIVE && u->state != STATE_HELLO)
		return;
	switch (h->verb) {
	case LINK_WELCOME:
		hear_welcome(u, h);
		break;
	case LINK_REJECT:
		hear_reject(u, h);
		break;
	case LINK_ACK:
		u->credit = h->credit;
		acknowledge(u, h->last_seq);
		break;
	case LINK_NACK:
		hear_nack(u, h);
		break;
	case LINK_PONG:
		u->credit = h->credit;
		break;
	case LINK_ORDER:
		want(u, UPLINK_ORDER)->order = h->signed_order;
		break;
	case LINK_MEET:
		want(u, UPLINK_MEET)->head = *h;
		break;
	case LINK_HELLO:
	case LINK_BATCH:
	case LINK_PING:
	case LINK_ORDER_STATE:
	case LINK_DRAIN:
		break; // an agent's words, not a collector's
	}
}

void uplink_hear_spool(struct uplink *u, uint64_t first_unacked, uint64_t next_seq)
{
	u->first_unacked = first_unacked;
	u->next_seq = next_seq;
	if (u->acked + 1 < first_unacked)
		u->acked = first_unacked - 1;
}

void uplink_hear_sent(struct uplink *u, uint64_t seq, uint64_t bytes)
{
	if (u->flight_count == 0)
		u->progress = u->now;
	size_t at = (u->flight_first + u->flight_count++) % UPLINK_FLIGHT;
	u->flight[at] = (struct flight){ seq, bytes };
	u->outstanding += bytes;
	u->next_send = seq + 1;
}

void uplink_hear_full(struct uplink *u)
{
	u->full = true;
	u->full_at = u->now;
}

void uplink_say(struct uplink *u, const struct link_head *head)
{
	if (u->state == STATE_LIVE)
		want(u, UPLINK_SEND)->head = *head;
}

void uplink_drain(struct uplink *u)
{
	u->draining = true;
}

void uplink_tick(struct uplink *u, struct mono now)
{
	u->now = now;
	if (u->full && mono_since(now, u->full_at) >= UPLINK_BACK_MIN)
		u->full = false;
	if (u->state == STATE_IDLE && !mono_before(now, u->wake)) {
		u->state = STATE_OPEN;
		want(u, UPLINK_OPEN);
	} else if (u->state == STATE_HELLO && mono_since(now, u->heard) >= UPLINK_WELCOME) {
		go_idle(u, 0);
	} else if (u->state == STATE_LIVE && mono_since(now, u->heard) >= UPLINK_SILENCE) {
		tell(u, UPLINK_LINK_LOST);
		go_idle(u, 0);
	} else if (u->state == STATE_LIVE && u->flight_count > 0 && u->credit > 0 &&
		   mono_since(now, u->progress) >= UPLINK_STALL) {
		// A lost ACK, or a lost batch: the answer to HELLO says which.
		tell(u, UPLINK_STALLED)->seq = u->acked;
		uplink_hear_open(u, now);
	} else if (u->state == STATE_LIVE && mono_since(now, u->heard) >= UPLINK_PING &&
		   mono_since(now, u->pinged) >= UPLINK_PING) {
		u->pinged = now;
		want(u, UPLINK_SEND)->head.verb = LINK_PING;
	}
}

static bool next_batch(struct uplink *u, struct uplink_want *out)
{
	if (u->state != STATE_LIVE || u->full || u->next_send >= u->next_seq || u->credit == 0 ||
	    u->flight_count == UPLINK_FLIGHT || mono_before(u->now, u->hold))
		return false;
	if (u->outstanding >= u->credit)
		return false;
	*out = (struct uplink_want){
		.kind = UPLINK_BATCH,
		.seq = u->next_send,
		// One batch may always go, however large, or a small credit would be no credit.
		.room = u->outstanding == 0 ? UINT64_MAX : u->credit - u->outstanding,
	};
	return true;
}

static bool next_leave(struct uplink *u, struct uplink_want *out)
{
	if (!u->draining || u->left || u->state != STATE_LIVE || u->acked + 1 < u->next_seq)
		return false;
	*out = (struct uplink_want){ .kind = u->drained ? UPLINK_LEFT : UPLINK_SEND };
	out->head.verb = LINK_DRAIN;
	u->left = u->drained;
	u->drained = true;
	return true;
}

bool uplink_next(struct uplink *u, struct uplink_want *out)
{
	if (u->want_count > 0) {
		*out = u->wants[u->want_first];
		u->want_first = (u->want_first + 1) % WANTS;
		u->want_count--;
		return true;
	}
	return next_batch(u, out) || next_leave(u, out);
}

struct mono uplink_due(const struct uplink *u)
{
	switch (u->state) {
	case STATE_IDLE:
		return u->wake;
	case STATE_OPEN:
		return MONO_NEVER;
	case STATE_HELLO:
		return mono_add(u->heard, UPLINK_WELCOME);
	case STATE_LIVE:
		break;
	}
	struct mono last = u->pinged.ns > u->heard.ns ? u->pinged : u->heard;
	struct mono due = mono_min(mono_add(last, UPLINK_PING), mono_add(u->heard, UPLINK_SILENCE));
	if (u->flight_count > 0 && u->credit > 0)
		due = mono_min(due, mono_add(u->progress, UPLINK_STALL));
	if (u->full)
		due = mono_min(due, mono_add(u->full_at, UPLINK_BACK_MIN));
	return mono_before(u->now, u->hold) ? mono_min(due, u->hold) : due;
}
