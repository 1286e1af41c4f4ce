// SPDX-License-Identifier: Apache-2.0
//
// What a batch must pass before it is taken.
#include <string.h>

#include "ingest/ingest_own.h"

#define GAP_AGAIN      NS_PER_S // a gap is told again after this, should the answer be lost
#define SIGNATURE_SIZE 64

struct admission {
	struct ingest *in;
	const struct ingest_message *m;
	const struct link_head *head;
	struct session *session;
	struct stream *stream;
	const struct roll_key *key; // the one that verified
};

// last_seq says where to go on: behind what was taken, committed or not.
static void refuse(struct admission *a, enum ingest_refusal count, enum nack_reason why,
		   bool permanent, const char *detail)
{
	own_count(a->in, count);
	own_send(a->in, a->session,
		 &(struct link_head){ .verb = LINK_NACK,
				      .epoch = a->head->epoch,
				      .seq = a->head->seq,
				      .nack = why,
				      .permanent = permanent,
				      .last_seq = a->stream == NULL ? 0 : a->stream->taken,
				      .detail = span_text(detail) });
}

// Everything behind a gap is out of order too: it is told once, and again when nothing happens.
static void refuse_gap(struct admission *a)
{
	struct stream *t = a->stream;
	struct mono now = a->m->now;
	if (t->gap_told == t->taken + 1 && mono_since(now, t->gap_at) < GAP_AGAIN) {
		own_count(a->in, INGEST_GAP);
		return;
	}
	t->gap_told = t->taken + 1;
	t->gap_at = now;
	own_count(a->in, INGEST_GAP);
	own_send(a->in, a->session,
		 &(struct link_head){ .verb = LINK_NACK,
				      .epoch = t->epoch,
				      .seq = a->head->seq,
				      .nack = NACK_GAP,
				      .last_seq = t->taken,
				      .detail = span_text("send again from last_seq + 1") });
}

static bool in_session(struct admission *a)
{
	struct session *s = a->session;
	const struct roll_key *key = a->in->roll == NULL ? NULL : roll_find(a->in->roll, s->key);
	if (s->stream != NO_STREAM)
		a->stream = &a->in->streams[s->stream];
	if (!roll_good(key, a->m->wall)) {
		refuse(a, INGEST_REVOKED, NACK_REVOKED, true, "this key is revoked or ended");
		own_session_drop(a->in, s);
		return false;
	}
	a->key = key;
	if (!s->live || a->stream == NULL || a->stream->epoch != a->head->epoch) {
		own_count(a->in, INGEST_NO_HELLO);
		// Before the welcome it will be sent again; after it, it belongs to no stream here.
		if (s->live)
			own_reject(a->in, &a->m->from, REJECT_UNKNOWN, 0, "say HELLO first");
		return false;
	}
	return true;
}

static bool in_order(struct admission *a)
{
	struct stream *t = a->stream;
	if (a->head->seq <= t->committed) {
		a->in->counts.duplicates++;
		own_ack(a->in, t);
		return false;
	}
	if (a->head->seq <= t->taken) {
		a->in->counts.duplicates++; // its ack follows its commit
		return false;
	}
	if (a->head->seq != t->taken + 1) {
		refuse_gap(a);
		return false;
	}
	return true;
}

static bool in_bounds(struct admission *a)
{
	size_t len = a->m->frames[2].len;
	if (len > BATCH_SIZE_MAX) {
		refuse(a, INGEST_TOO_BIG, NACK_TOO_BIG, true, "larger than a batch may be");
		return false;
	}
	// One batch more than granted is no offence: grants shrink while batches are under way.
	if (a->stream->outstanding > INGEST_CREDIT_MOST + BATCH_SIZE_MAX ||
	    a->in->counts.outstanding > a->in->config.budget * 2 + BATCH_SIZE_MAX) {
		refuse(a, INGEST_BUSY, NACK_BUSY, false, "over credit");
		return false;
	}
	return true;
}

static bool verifies(const struct admission *a, const struct roll_key *key)
{
	return a->in->config.verify(a->in->config.domain, a->in->digest, key->sign,
				    a->m->frames[3].at);
}

// The session's own key signs; batches sealed before a rotation are signed by an older one.
static bool is_signed(struct admission *a)
{
	struct ingest *in = a->in;
	if (a->m->frames[3].len == SIGNATURE_SIZE) {
		in->config.digest(a->m->frames[2], in->digest);
		if (verifies(a, a->key))
			return true;
		const struct roll_key *own = a->key;
		for (a->key = NULL; (a->key = roll_each_of(in->roll, own->node, a->key)) != NULL;)
			if (a->key->id != own->id && verifies(a, a->key))
				return true;
	}
	refuse(a, INGEST_SIGNATURE, NACK_SIGNATURE, false, "the signature does not verify");
	return false;
}

static bool says_the_same(struct admission *a, const struct batch *b)
{
	const struct batch_head *h = batch_head(b);
	if (!span_eq(h->node, span_text(a->key->name))) {
		refuse(a, INGEST_WRONG_NAME, NACK_SIGNATURE, false, "signed under another name");
		return false;
	}
	if (h->epoch != a->head->epoch || h->seq != a->head->seq) {
		refuse(a, INGEST_WRONG_HEAD, NACK_SIGNATURE, false,
		       "epoch or seq differ from the signed ones");
		return false;
	}
	if (a->key->to.ns != 0 && h->sealed.ns >= a->key->to.ns) {
		refuse(a, INGEST_REVOKED, NACK_REVOKED, false, "sealed after its key had ended");
		return false;
	}
	return true;
}

static void take(struct admission *a, const struct batch *read, enum err why)
{
	struct ingest *in = a->in;
	struct stream *t = a->stream;
	t->taken = a->head->seq;
	t->outstanding += a->m->frames[2].len;
	a->session->stored = a->m->now;
	in->counts.outstanding += a->m->frames[2].len;
	in->counts.batches++;
	in->counts.bytes += a->m->frames[2].len;
	if (read == NULL)
		own_count(in, INGEST_UNREADABLE);
	struct ingest_want *w = own_want(in, INGEST_STORE);
	w->batch = (struct ingest_batch){
		.ticket = (uint32_t)(t - in->streams),
		.node = t->node,
		.stream = t->id,
		.key = a->key->id,
		.seq = a->head->seq,
		.received = a->m->wall,
		.body = a->m->frames[2],
		.digest = in->digest,
		.signature = a->m->frames[3].at,
		.read = read,
		.why = why,
	};
}

void admit_batch(struct ingest *in, const struct ingest_message *m, const struct link_head *head,
		 struct session *s)
{
	struct admission a = { .in = in, .m = m, .head = head, .session = s };
	if (!in_session(&a) || !in_order(&a) || !in_bounds(&a) || !is_signed(&a))
		return;
	struct batch *read = NULL;
	enum err err = batch_read(m->frames[2], &in->arena, &read);
	if (err == ERR_MEMORY) {
		refuse(&a, INGEST_BUSY, NACK_BUSY, false, "no memory");
		return;
	}
	if (err == ERR_OK && !says_the_same(&a, read))
		return;
	take(&a, err == ERR_OK ? read : NULL, err);
}
