// SPDX-License-Identifier: Apache-2.0
//
// Sessions, streams, and the queue of what the engine wants done.
#include <stdlib.h>

#include "ingest/ingest_own.h"

// --- wants ---------------------------------------------------------------------------------------

// The ring grows: one commit may have to acknowledge every stream there is. Without memory the want
// is lost, which an agent cures by asking again.
struct ingest_want *own_want(struct ingest *in, enum ingest_kind kind)
{
	static struct ingest_want lost;
	if (in->want_count == in->want_cap) {
		struct ingest_want *at = calloc(in->want_cap * 2, sizeof(*at));
		if (at == NULL)
			return &lost;
		for (size_t i = 0; i < in->want_count; i++)
			at[i] = in->wants[(in->want_at + i) % in->want_cap];
		free(in->wants);
		in->wants = at;
		in->want_at = 0;
		in->want_cap *= 2;
	}
	struct ingest_want *w = &in->wants[(in->want_at + in->want_count++) % in->want_cap];
	*w = (struct ingest_want){ .kind = kind };
	return w;
}

bool ingest_next(struct ingest *in, struct ingest_want *out)
{
	if (in->want_count == 0)
		return false;
	*out = in->wants[in->want_at];
	in->want_at = (in->want_at + 1) % in->want_cap;
	in->want_count--;
	return true;
}

void own_send(struct ingest *in, struct session *s, const struct link_head *head)
{
	struct ingest_want *w = own_want(in, INGEST_SEND);
	w->peer = s->peer;
	w->head = *head;
	if (head->verb == LINK_WELCOME || head->verb == LINK_ACK || head->verb == LINK_PONG)
		s->told = head->credit;
}

void own_count(struct ingest *in, enum ingest_refusal r)
{
	in->counts.refused[r]++;
}

void own_reject(struct ingest *in, const struct ingest_peer *peer, enum reject_reason why,
		uint32_t after_s, const char *detail)
{
	struct ingest_want *w = own_want(in, INGEST_SEND);
	w->peer = *peer;
	w->head = (struct link_head){ .verb = LINK_REJECT,
				      .reject = why,
				      .retry_after_s = after_s,
				      .detail = span_text(detail) };
}

uint64_t own_credit(const struct ingest *in, const struct session *s)
{
	if (in->paused || !s->live)
		return 0;
	return in->share;
}

void own_ack(struct ingest *in, struct stream *t)
{
	if (t->session == NO_SESSION)
		return;
	struct session *s = &in->sessions[t->session];
	in->counts.acks++;
	own_send(in, s,
		 &(struct link_head){ .verb = LINK_ACK,
				      .epoch = t->epoch,
				      .last_seq = t->committed,
				      .credit = own_credit(in, s) });
}

// --- sessions and streams ------------------------------------------------------------------------

struct session *own_session(struct ingest *in, const struct ingest_peer *peer, bool make)
{
	uint32_t *at = table_find(in->by_peer, peer);
	if (at != NULL)
		return &in->sessions[*at];
	if (!make || (in->session_free == NO_FREE && in->session_top == INGEST_SESSIONS_MAX))
		return NULL;
	at = table_put(in->by_peer, peer, NULL);
	if (at == NULL)
		return NULL;
	uint32_t i = in->session_free;
	if (i != NO_FREE)
		in->session_free = in->sessions[i].stream;
	else
		i = in->session_top++;
	*at = i;
	in->counts.sessions++;
	in->sessions[i] = (struct session){ .used = true, .peer = *peer, .stream = NO_STREAM };
	return &in->sessions[i];
}

void own_stream_forget(struct ingest *in, uint32_t i)
{
	struct stream *t = &in->streams[i];
	table_take(in->by_epoch, &(struct stream_key){ .epoch = t->epoch, .node = t->node });
	*t = (struct stream){ .session = in->stream_free };
	in->stream_free = i;
	in->counts.streams--;
}

// A stream with nothing under way is told by the database again when its agent comes back.
void own_stream_leave(struct ingest *in, struct session *s)
{
	if (s->stream == NO_STREAM)
		return;
	struct stream *t = &in->streams[s->stream];
	if (t->session == (uint32_t)(s - in->sessions))
		t->session = NO_SESSION;
	if (t->session == NO_SESSION && t->open && t->outstanding == 0)
		own_stream_forget(in, s->stream);
	s->stream = NO_STREAM;
}

void own_session_drop(struct ingest *in, struct session *s)
{
	own_stream_leave(in, s);
	table_take(in->by_peer, &s->peer);
	*s = (struct session){ .stream = in->session_free };
	in->session_free = (uint32_t)(s - in->sessions);
	in->counts.sessions--;
}

struct stream *own_stream(struct ingest *in, int32_t node, uint64_t epoch, bool make)
{
	struct stream_key key = { .epoch = epoch, .node = node };
	uint32_t *at = table_find(in->by_epoch, &key);
	if (at != NULL)
		return &in->streams[*at];
	if (!make || (in->stream_free == NO_FREE && in->stream_top == INGEST_STREAMS_MAX))
		return NULL;
	at = table_put(in->by_epoch, &key, NULL);
	if (at == NULL)
		return NULL;
	uint32_t i = in->stream_free;
	if (i != NO_FREE)
		in->stream_free = in->streams[i].session;
	else
		i = in->stream_top++;
	*at = i;
	in->counts.streams++;
	in->streams[i] = (struct stream){
		.used = true, .node = node, .epoch = epoch, .session = NO_SESSION
	};
	return &in->streams[i];
}
