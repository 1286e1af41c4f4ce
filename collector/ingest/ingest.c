// SPDX-License-Identifier: Apache-2.0
#include "ingest/ingest.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "ingest/ingest_own.h"

#define BATCH_ARENA  (16u * 1024 * 1024)
#define SHARE_TICK   (250 * NS_PER_MS) // how often credit is shared out anew
#define ACTIVE_FOR   (2 * NS_PER_S)    // a stream is active for so long after a batch
#define ASK_AGAIN    NS_PER_S
#define ASK_MOST     128 // streams asked for again in one tick
#define BUSY_AFTER_S 5

const char *ingest_refusal_name(enum ingest_refusal r)
{
	static const char *const names[INGEST_REFUSALS] = {
		[INGEST_NO_HELLO] = "no_hello",
		[INGEST_UNKNOWN_KEY] = "unknown_key",
		[INGEST_REVOKED] = "revoked",
		[INGEST_VERSION] = "version",
		[INGEST_WRONG_NAME] = "wrong_name",
		[INGEST_WRONG_HEAD] = "wrong_head",
		[INGEST_GAP] = "gap",
		[INGEST_SIGNATURE] = "bad_signature",
		[INGEST_UNREADABLE] = "unreadable",
		[INGEST_TOO_BIG] = "too_big",
		[INGEST_BUSY] = "busy",
		[INGEST_FRAMES] = "frames",
	};
	return (size_t)r < COUNT(names) ? names[r] : "unknown";
}

struct ingest *ingest_new(const struct ingest_config *c)
{
	struct ingest *in = calloc(1, sizeof(*in));
	if (in == NULL)
		return NULL;
	in->config = *c;
	in->session_free = in->stream_free = NO_FREE;
	in->share = INGEST_CREDIT_MOST;
	arena_init(&in->arena, BATCH_ARENA);
	// Slots are touched only when used; the kernel gives pages as they are.
	in->sessions = calloc(INGEST_SESSIONS_MAX, sizeof(in->sessions[0]));
	in->streams = calloc(INGEST_STREAMS_MAX, sizeof(in->streams[0]));
	in->by_peer = table_new(sizeof(struct ingest_peer), sizeof(uint32_t), INGEST_SESSIONS_MAX,
				c->seed);
	in->by_epoch =
		table_new(sizeof(struct stream_key), sizeof(uint32_t), INGEST_STREAMS_MAX, c->seed);
	in->wants = calloc(WANTS_FIRST, sizeof(in->wants[0]));
	in->want_cap = WANTS_FIRST;
	if (!in->sessions || !in->streams || !in->by_peer || !in->by_epoch || !in->wants)
		ingest_free(&in);
	return in;
}

void ingest_free(struct ingest **out)
{
	struct ingest *in = *out;
	if (in == NULL)
		return;
	roll_free(&in->roll);
	table_free(&in->by_peer);
	table_free(&in->by_epoch);
	free(in->sessions);
	free(in->streams);
	free(in->wants);
	arena_wipe(&in->arena);
	free(in);
	*out = NULL;
}

const struct ingest_counts *ingest_counts(const struct ingest *in)
{
	return &in->counts;
}

const struct roll *ingest_roll_now(const struct ingest *in)
{
	return in->roll;
}

void ingest_roll(struct ingest *in, struct roll **roll)
{
	roll_free(&in->roll);
	in->roll = *roll;
	*roll = NULL;
}

// --- verbs ---------------------------------------------------------------------------------------

static void welcome(struct ingest *in, struct session *s, struct stream *t)
{
	s->live = true;
	own_send(in, s,
		 &(struct link_head){ .verb = LINK_WELCOME,
				      .version = LINK_VERSION,
				      .last_seq = t->committed,
				      .credit = in->paused ? 0 : INGEST_CREDIT_ONE,
				      .answered = s->hello });
	struct ingest_want *w = own_want(in, INGEST_WELCOME);
	w->peer = s->peer;
	w->node = s->node;
}

// May this key come in at all? Answers and counts when not.
static const struct roll_key *who(struct ingest *in, const struct ingest_message *m)
{
	const struct roll_key *key = in->roll == NULL ? NULL : roll_find(in->roll, m->key);
	if (roll_good(key, m->wall))
		return key;
	bool known = key != NULL;
	own_count(in, known ? INGEST_REVOKED : INGEST_UNKNOWN_KEY);
	own_reject(in, &m->from, known ? REJECT_REVOKED : REJECT_NOT_ADMITTED, 60,
		   known ? "this key is revoked or ended" : "this key is not admitted");
	return NULL;
}

static void ask_for(struct ingest *in, struct stream *t, struct mono now)
{
	struct ingest_want *w = own_want(in, INGEST_OPEN);
	w->node = t->node;
	w->epoch = t->epoch;
	t->asked = now;
}

static void hello(struct ingest *in, const struct ingest_message *m, const struct link_head *h)
{
	const struct roll_key *key = who(in, m);
	if (key == NULL)
		return;
	if (h->version < LINK_VERSION) {
		own_count(in, INGEST_VERSION);
		own_reject(in, &m->from, REJECT_VERSION, 3600, "this collector speaks version 1");
		return;
	}
	if (!span_eq(h->node, span_text(key->name))) {
		own_count(in, INGEST_WRONG_NAME);
		own_reject(in, &m->from, REJECT_WRONG_NAME, 3600,
			   "the key was admitted under another name");
		return;
	}
	struct session *s = own_session(in, &m->from, true);
	struct stream *t = s == NULL ? NULL : own_stream(in, key->node, h->epoch, true);
	if (t == NULL) {
		own_count(in, INGEST_BUSY);
		own_reject(in, &m->from, REJECT_BUSY, BUSY_AFTER_S, "too many sessions");
		return;
	}
	uint32_t stream = (uint32_t)(t - in->streams), session = (uint32_t)(s - in->sessions);
	if (s->stream != stream)
		own_stream_leave(in, s);
	// The stream follows its newest session: an agent that reconnected left the older one.
	if (t->session != NO_SESSION && t->session != session) {
		in->sessions[t->session].stream = NO_STREAM;
		own_session_drop(in, &in->sessions[t->session]);
	}
	*s = (struct session){ .used = true,
			       .peer = m->from,
			       .node = key->node,
			       .key = key->id,
			       .stream = stream,
			       .last_serial = h->last_serial,
			       .heard = m->now,
			       .hello = m->wall };
	t->session = session;
	t->gap_told = 0;
	in->counts.sessions_opened++;
	if (t->open) {
		welcome(in, s, t);
		return;
	}
	ask_for(in, t, m->now);
}

static void ping(struct ingest *in, const struct ingest_message *m, const struct link_head *h,
		 struct session *s)
{
	own_send(in, s,
		 &(struct link_head){ .verb = LINK_PONG,
				      .sent = h->sent,
				      .received = m->wall,
				      .answered = m->wall,
				      .credit = own_credit(in, s) });
}

// Handed on to the node it is for, under the name that the sender's key proves.
static void meet(struct ingest *in, const struct link_head *h, const struct session *from)
{
	const struct roll_key *sender = roll_find(in->roll, from->key);
	for (uint32_t i = 0; i < in->session_top && sender != NULL; i++) {
		struct session *s = &in->sessions[i];
		const struct roll_key *key =
			s->used && s->live ? roll_find(in->roll, s->key) : NULL;
		if (key == NULL || !span_eq(h->meet.other, span_text(key->name)))
			continue;
		struct link_head on = *h;
		on.meet.other = span_text(sender->name);
		own_send(in, s, &on);
	}
}

static bool read_head(struct ingest *in, const struct ingest_message *m, struct link_head *out)
{
	arena_reset(&in->arena);
	return m->frame_count >= 2 && m->frames[1].len <= LINK_HEAD_MAX &&
	       link_read(m->frames[0], m->frames[1], &in->arena, out) == ERR_OK &&
	       m->frame_count == (out->verb == LINK_BATCH ? 4u : 2u);
}

static void no_hello(struct ingest *in, const struct ingest_message *m)
{
	own_count(in, INGEST_NO_HELLO);
	own_reject(in, &m->from, REJECT_UNKNOWN, 0, "say HELLO first");
}

void ingest_hear(struct ingest *in, const struct ingest_message *m)
{
	struct link_head h;
	in->counts.messages++;
	if (!read_head(in, m, &h)) {
		own_count(in, INGEST_FRAMES);
		return;
	}
	struct session *s = own_session(in, &m->from, false);
	if (h.verb == LINK_HELLO) {
		hello(in, m, &h);
		return;
	}
	// A collector that was restarted knows nobody: the agent's socket did not notice.
	if (s == NULL || s->key != m->key) {
		no_hello(in, m);
		return;
	}
	if (h.verb != LINK_BATCH && who(in, m) == NULL) {
		own_session_drop(in, s);
		return;
	}
	s->heard = m->now;
	if (h.verb == LINK_BATCH)
		admit_batch(in, m, &h, s);
	else if (h.verb == LINK_PING)
		ping(in, m, &h, s);
	else if (h.verb == LINK_DRAIN && s->stream != NO_STREAM && s->live)
		own_ack(in, &in->streams[s->stream]);
	else if (h.verb == LINK_MEET)
		meet(in, &h, s);
	else if (h.verb != LINK_ORDER_STATE && h.verb != LINK_DRAIN)
		own_count(in, INGEST_FRAMES);
}

// --- what the rest of the collector says ---------------------------------------------------------

void ingest_opened(struct ingest *in, int32_t node, uint64_t epoch, int32_t id, uint64_t last_seq)
{
	struct stream *t = own_stream(in, node, epoch, false);
	if (t == NULL || t->open)
		return;
	t->open = true;
	t->id = id;
	t->committed = t->taken = last_seq;
	if (t->session != NO_SESSION)
		welcome(in, &in->sessions[t->session], t);
	else
		own_stream_forget(in, (uint32_t)(t - in->streams));
}

static struct stream *returned(struct ingest *in, uint32_t ticket, uint64_t bytes)
{
	assert(ticket < in->stream_top && in->streams[ticket].open);
	struct stream *t = &in->streams[ticket];
	t->outstanding -= bytes < t->outstanding ? bytes : t->outstanding;
	in->counts.outstanding -= bytes < in->counts.outstanding ? bytes : in->counts.outstanding;
	return t;
}

void ingest_committed(struct ingest *in, uint32_t ticket, uint64_t last_seq, uint64_t bytes)
{
	struct stream *t = returned(in, ticket, bytes);
	if (last_seq > t->committed)
		t->committed = last_seq;
	if (t->taken < t->committed)
		t->taken = t->committed;
	own_ack(in, t);
	if (t->session == NO_SESSION && t->outstanding == 0)
		own_stream_forget(in, ticket);
}

static void nack(struct ingest *in, struct stream *t, uint64_t seq, enum nack_reason why,
		 bool permanent, const char *detail)
{
	if (t->session == NO_SESSION)
		return;
	own_send(in, &in->sessions[t->session],
		 &(struct link_head){ .verb = LINK_NACK,
				      .epoch = t->epoch,
				      .seq = seq,
				      .nack = why,
				      .permanent = permanent,
				      .last_seq = t->committed,
				      .detail = span_text(detail) });
}

void ingest_quarantined(struct ingest *in, uint32_t ticket, uint64_t seq)
{
	assert(ticket < in->stream_top);
	nack(in, &in->streams[ticket], seq, NACK_UNREADABLE, true, "kept in quarantine");
}

void ingest_conflict(struct ingest *in, uint32_t ticket, uint64_t last_seq, uint64_t bytes)
{
	struct stream *t = returned(in, ticket, bytes);
	t->committed = t->taken = last_seq;
	nack(in, t, last_seq + 1, NACK_GAP, false, "the cursor stands elsewhere");
}

void ingest_order(struct ingest *in, int32_t node, uint64_t serial, struct span signed_order)
{
	for (uint32_t i = 0; i < in->session_top; i++) {
		struct session *s = &in->sessions[i];
		if (!s->used || !s->live || s->node != node || s->last_serial >= serial)
			continue;
		s->last_serial = serial;
		own_send(in, s,
			 &(struct link_head){ .verb = LINK_ORDER, .signed_order = signed_order });
	}
}

// --- credit --------------------------------------------------------------------------------------

// The budget is shared by the streams that send; one that is quiet still may send one batch.
static void share_out(struct ingest *in, struct mono now)
{
	uint64_t active = 0;
	for (uint32_t i = 0; i < in->session_top; i++) {
		const struct session *s = &in->sessions[i];
		active += s->used && s->live && s->stored.ns != 0 &&
			  mono_since(now, s->stored) < ACTIVE_FOR;
	}
	uint64_t share = in->config.budget / (active > 0 ? active : 1);
	share = share < INGEST_CREDIT_ONE ? INGEST_CREDIT_ONE : share;
	in->share = share > INGEST_CREDIT_MOST ? INGEST_CREDIT_MOST : share;
}

void ingest_pause(struct ingest *in, bool paused)
{
	if (paused == in->paused)
		return;
	in->paused = paused;
	for (uint32_t i = 0; i < in->session_top; i++)
		if (in->sessions[i].used && in->sessions[i].live &&
		    in->sessions[i].stream != NO_STREAM)
			own_ack(in, &in->streams[in->sessions[i].stream]);
}

// A question that got lost, as when thousands of agents come back at once.
static bool ask_again(struct ingest *in, const struct session *s, struct mono now)
{
	struct stream *t = s->stream == NO_STREAM ? NULL : &in->streams[s->stream];
	if (t == NULL || t->open || mono_since(now, t->asked) < ASK_AGAIN)
		return false;
	ask_for(in, t, now);
	return true;
}

void ingest_tick(struct ingest *in, struct mono now)
{
	if (mono_since(now, in->ticked) < SHARE_TICK)
		return;
	in->ticked = now;
	share_out(in, now);
	size_t asked = 0;
	for (uint32_t i = 0; i < in->session_top; i++) {
		struct session *s = &in->sessions[i];
		if (s->used && mono_since(now, s->heard) > INGEST_QUIET)
			own_session_drop(in, s);
		else if (s->used && !s->live && asked < ASK_MOST)
			asked += ask_again(in, s, now);
	}
}
