// SPDX-License-Identifier: Apache-2.0
//
// What flows between the rooms of the collector while it runs.
#include <string.h>

#include "log/log.h"
#include "sys/clock.h"
#include "sys/notify.h"

#include "main_own.h"

#define GROUP_TRACES 2000               // a transaction's worth of traces
#define GROUP_BYTES  (4u * 1024 * 1024) // or of bodies
#define GROUP_WAIT   (20 * NS_PER_MS)   // or of waiting
#define IN_FLIGHT    2                  // groups the writer has at once
#define STOP_WITHIN  (10 * NS_PER_S)    // to make durable what was taken
#define REPORT_EVERY NS_PER_S

// --- groups --------------------------------------------------------------------------------------

static void send_group(struct collector *c)
{
	store_put(c->store, &c->filling);
	loop_timer_at(c->flush, MONO_NEVER);
}

static bool is_full(const struct group *g)
{
	return g->traces >= GROUP_TRACES || g->bytes >= GROUP_BYTES || g->rows >= 4 * GROUP_TRACES;
}

// While the writer is busy the group grows: the slower the disk, the larger the transaction.
static void maybe_send(struct collector *c, struct mono now)
{
	if (c->filling == NULL || c->filling->batch_count == 0 ||
	    store_pending(c->store) >= IN_FLIGHT)
		return;
	if (is_full(c->filling) || !mono_before(now, c->due))
		send_group(c);
}

static void give_up(struct collector *c, enum err err, const char *what)
{
	LOG(LOG_ERROR, "main", "stop", KT("err", err_name(err)), KT("what", what));
	c->failed = err;
	loop_stop(c->loop);
}

// What was taken and cannot be put is not acknowledged: agents send it again after a restart.
static void store_batch(struct collector *c, const struct ingest_batch *b)
{
	const struct rows_batch told = {
		.key = { .node = b->node, .stream = b->stream, .seq = b->seq },
		.sign_key = b->key,
		.received = b->received,
		.body = b->body,
		.digest = b->digest,
		.signature = b->signature,
	};
	enum err err = ERR_FULL;
	for (int i = 0; i < 2 && err == ERR_FULL; i++) {
		if (c->filling == NULL) {
			c->filling = store_take(c->store);
			c->due = mono_add(loop_now(c->loop), GROUP_WAIT);
			loop_timer_at(c->flush, c->due);
		}
		if (c->filling == NULL)
			break;
		err = group_put(c->filling, b->ticket, &told, b->read, b->why, NULL);
		if (err == ERR_FULL)
			send_group(c);
	}
	if (err != ERR_OK)
		give_up(c, err, "no memory for a batch");
	else
		maybe_send(c, loop_now(c->loop));
}

void traffic_flush(void *self, struct mono now)
{
	maybe_send(self, now);
}

void traffic_stored(void *self, const struct group *g)
{
	struct collector *c = self;
	for (size_t i = 0; i < g->batch_count; i++)
		if (g->batches[i].unreadable && !g->conflict)
			ingest_quarantined(c->ingest, g->batches[i].ticket, g->batches[i].key.seq);
	for (size_t i = 0; i < g->cursor_count; i++) {
		const struct group_cursor *k = &g->cursors[i];
		if (g->conflict)
			ingest_conflict(c->ingest, k->ticket, k->to, k->bytes);
		else
			ingest_committed(c->ingest, k->ticket, k->to, k->bytes);
	}
	if (g->conflict)
		LOG(LOG_WARN, "store", "conflict", KU("batches", g->batch_count));
	c->spoiled += g->spoiled;
	maybe_send(c, loop_now(c->loop));
}

// --- what the rooms tell -------------------------------------------------------------------------

void traffic_store_state(void *self, bool up, const char *what)
{
	struct collector *c = self;
	c->store_up = up;
	ingest_pause(c->ingest, !up || c->stopping);
	if (up)
		LOG(LOG_INFO, "store", "database_up", KU("pending", store_pending(c->store)));
	else
		LOG(LOG_WARN, "store", "database_down", KT("what", what));
}

void traffic_registry_state(void *self, bool up, const char *what)
{
	const struct collector *c = self;
	if (up)
		LOG(LOG_INFO, "schedule", "registry_up", KU("orders", book_count(c->orders)));
	else
		LOG(LOG_WARN, "schedule", "registry_down", KT("what", what));
}

static void hand_out(struct collector *c, int32_t node)
{
	struct book_order o;
	struct wall now = clock_wall();
	for (size_t at = 0; book_each(c->orders, &at, node, now, &o);)
		ingest_order(c->ingest, o.node, o.serial, o.signed_order);
}

void traffic_keys(void *self, const struct schedule_keys *keys)
{
	struct collector *c = self;
	struct roll *roll = roll_new();
	enum err err = roll == NULL ? ERR_MEMORY : ERR_OK;
	for (size_t i = 0; i < keys->count && err == ERR_OK; i++) {
		const struct schedule_key *k = &keys->keys[i];
		struct roll_key e = { .id = k->id,
				      .node = k->node,
				      .revoked = k->revoked,
				      .from = k->from,
				      .to = k->to };
		memcpy(e.name, k->name, sizeof(e.name));
		memcpy(e.curve, k->curve, sizeof(e.curve));
		memcpy(e.sign, k->sign, sizeof(e.sign));
		err = roll_put(roll, &e);
	}
	if (err != ERR_OK) {
		roll_free(&roll);
		give_up(c, err, "no memory for the key table");
		return;
	}
	const struct roll *before = ingest_roll_now(c->ingest);
	if (before == NULL || roll_count(before) != keys->count)
		LOG(LOG_INFO, "ingest", "keys", KU("count", keys->count));
	ingest_roll(c->ingest, &roll);
	c->has_keys = true;
}

void traffic_orders(void *self, struct book **orders)
{
	struct collector *c = self;
	book_free(&c->orders);
	c->orders = *orders;
	*orders = NULL;
	hand_out(c, 0);
	if (c->link != NULL)
		ingest_io_flush(c->link); // what was handed out borrows from the list
}

void traffic_stream(void *self, int32_t node, uint64_t epoch, int32_t id, uint64_t last_seq)
{
	struct collector *c = self;
	ingest_opened(c->ingest, node, epoch, id, last_seq);
}

void traffic_wanted(void *self, const struct ingest_want *w)
{
	struct collector *c = self;
	if (w->kind == INGEST_STORE)
		store_batch(c, &w->batch);
	else if (w->kind == INGEST_OPEN)
		schedule_io_stream(c->registry, w->node, w->epoch);
	else if (w->kind == INGEST_WELCOME)
		hand_out(c, w->node);
}

void traffic_report(void *self, struct mono now)
{
	struct collector *c = self;
	const struct ingest_counts *n = ingest_counts(c->ingest);
	for (int r = 0; r < INGEST_REFUSALS; r++)
		if (n->refused[r] != c->told.refused[r])
			LOG(LOG_WARN, "ingest", "refused",
			    KT("reason", ingest_refusal_name((enum ingest_refusal)r)),
			    KU("total", n->refused[r]));
	if (c->spoiled > 0)
		LOG(LOG_WARN, "store", "spoiled_records", KU("count", c->spoiled));
	c->spoiled = 0;
	c->told = *n;
	loop_timer_at(c->report, mono_add(now, REPORT_EVERY));
	if (c->stopping && !mono_before(now, c->stop_by))
		loop_stop(c->loop);
}

// Runs last in a turn: the acknowledgements of this turn are with ZeroMQ by now.
void traffic_rest(void *self, struct mono now)
{
	struct collector *c = self;
	(void)now;
	if (c->stopping && c->filling == NULL && store_pending(c->store) == 0)
		loop_stop(c->loop);
}

void traffic_stop(struct collector *c)
{
	c->stopping = true;
	c->stop_by = mono_add(loop_now(c->loop), STOP_WITHIN);
	notify_send("STOPPING=1");
	LOG(LOG_INFO, "main", "stopping", KU("pending", store_pending(c->store)));
	ingest_pause(c->ingest, true);
	if (c->filling != NULL && c->filling->batch_count > 0)
		send_group(c);
}
