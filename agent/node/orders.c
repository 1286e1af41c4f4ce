// SPDX-License-Identifier: Apache-2.0
#include "node/orders.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "log/log.h"
#include "node/orders_file.h"
#include "node/scan_file_io.h"
#include "node/visit.h"
#include "sys/clock.h"

#define AGAIN_NS NS_PER_S // between two attempts to begin what has to wait

struct orders {
	struct node *node;
	struct records *records;
	struct plan *plan;
	struct loop_timer *timer;
	bool full; // an order waits for what those under way use
	struct visit visits[PLAN_RUNNING];
	char path[NODE_PATH + 32];
};

static void file_outcome(struct orders *o, const struct run_id *order, const struct run_id *run,
			 enum order_state state, const char *detail)
{
	char id[2 * RUN_ID_SIZE + 1];
	const struct outcome_record r = {
		.order = *order,
		.run = *run,
		.state = state,
		.at = clock_wall(),
		.detail = span_text(detail),
	};
	records_outcome(o->records, &r);
	text_hex(span_of(order->bytes, sizeof(order->bytes)), id);
	LOG(state >= ORDER_FAILED ? LOG_WARN : LOG_INFO, "plan", "order", KT("order", id),
	    KT("state", order_state_name(state)), KT("why", detail));
}

// What a crash must not lose: which serials are used up, and what waits or is under way.
static bool keep(struct orders *o)
{
	struct orders_file file = { .serial = plan_serial(o->plan) };
	struct fault f;
	for (size_t i = 0; i < PLAN_SLOTS; i++) {
		bool begun;
		const struct order *order = plan_at(o->plan, i, &begun);
		if (order == NULL)
			continue;
		file.open[file.count].order = order->id;
		file.open[file.count].begun = begun;
		file.open[file.count].withdrawn = plan_withdrawn(o->plan, &order->id);
		file.open[file.count++].run = order->run;
	}
	if (orders_file_write(o->path, &file, &f) == ERR_OK)
		return true;
	log_fault(LOG_ERROR, "plan", "cannot_keep_orders", &f);
	return false;
}

static void arm(struct orders *o)
{
	struct wall due = plan_due(o->plan);
	for (size_t i = 0; i < PLAN_RUNNING; i++)
		if (o->visits[i].waits && due.ns - clock_wall().ns > AGAIN_NS)
			due.ns = clock_wall().ns + AGAIN_NS;
	if (due.ns == INT64_MAX)
		return;
	int64_t wait = due.ns - clock_wall().ns;
	loop_timer_at(o->timer,
		      mono_add(clock_mono(), o->full && wait < AGAIN_NS ? AGAIN_NS : wait));
}

static struct visit *visit_of(struct orders *o, const void *self)
{
	for (size_t i = 0; i < PLAN_RUNNING; i++)
		if (visit_has(&o->visits[i], self))
			return &o->visits[i];
	return NULL;
}

static void close_visit(struct orders *o, struct visit *v, enum order_state state,
			const char *detail)
{
	struct run_id id = v->order->id, run = v->order->run;
	visit_close(v);
	if (visit_is_scan(v->order))
		scan_file_remove(node_config(o->node)->data, &id);
	*v = (struct visit){ 0 };
	plan_done(o->plan, &id);
	(void)keep(o);
	file_outcome(o, &id, &run, state, detail);
}

static void wait_visit(struct orders *o, struct visit *v, const char *detail)
{
	visit_close(v);
	v->waits = true;
	LOG(LOG_WARN, "plan", "scan_waits", KT("why", detail));
	file_outcome(o, &v->order->id, &v->order->run, ORDER_ACCEPTED, detail);
}

static void on_end(struct node *n, void *self, enum order_state state, const char *detail)
{
	struct orders *o = node_orders(n);
	struct visit *v = visit_of(o, self);
	char why[PLAN_DETAIL];
	if (v == NULL)
		return;
	// DETAIL may live in what is about to be freed.
	snprintf(why, sizeof(why), "%s%s", state == ORDER_ACCEPTED ? "waits for the disk: " : "",
		 detail);
	if (state == ORDER_ACCEPTED)
		wait_visit(o, v, why);
	else if (state == ORDER_DONE && plan_withdrawn(o->plan, &v->order->id))
		close_visit(o, v, ORDER_WITHDRAWN, why);
	else
		close_visit(o, v, state, why);
	loop_timer_at(o->timer, clock_mono());
}

// A scan that was taken back is opened only to be written off.
static enum err begin(struct orders *o, struct visit *v, struct fault *f)
{
	enum err err = visit_open(v, o->node, on_end, f);
	if (err == ERR_OK && plan_withdrawn(o->plan, &v->order->id))
		(void)visit_stop(v);
	return err;
}

static struct visit *free_visit(struct orders *o)
{
	for (size_t i = 0; i < PLAN_RUNNING; i++)
		if (o->visits[i].order == NULL)
			return &o->visits[i];
	return NULL;
}

// Those under way use all there is of something (scan_manners.h): until one of them has ended.
static void hold(struct orders *o, struct visit *v)
{
	plan_back(o->plan, &v->order->id);
	*v = (struct visit){ 0 };
	o->full = true;
}

// Each goes on where it was. What its outcome said while the disk took nothing may be lost.
static void begin_waiting(struct orders *o)
{
	for (size_t i = 0; i < PLAN_RUNNING && records_kept(o->records); i++) {
		struct visit *v = &o->visits[i];
		struct fault f = { 0 };
		enum err err = v->waits ? begin(o, v, &f) : ERR_AGAIN;
		if (err == ERR_AGAIN)
			continue;
		v->waits = false;
		if (err == ERR_OK)
			file_outcome(o, &v->order->id, &v->order->run, ORDER_ACCEPTED,
				     "goes on after it had waited for the disk");
		else
			close_visit(o, v, ORDER_FAILED, f.what);
	}
}

static void begin_due(struct orders *o)
{
	bool expired;
	struct visit *v;
	o->full = false;
	while (!o->full && (v = free_visit(o)) != NULL &&
	       (v->order = plan_next(o->plan, clock_wall(), &expired)) != NULL) {
		struct fault f = { 0 };
		(void)keep(o);
		if (expired) {
			close_visit(o, v, ORDER_REFUSED_EXPIRED, "expired while it waited");
			continue;
		}
		// F may tell of an attempt before the one that went well.
		enum err err = begin(o, v, &f);
		if (err == ERR_AGAIN)
			hold(o, v);
		else if (err != ERR_OK)
			close_visit(o, v, ORDER_FAILED, f.what);
	}
}

static void on_time(void *self, struct mono now)
{
	struct orders *o = self;
	(void)now;
	begin_waiting(o);
	begin_due(o);
	arm(o);
}

// A scan of resolvers goes on after a crash: its order is noted down whole.
static bool keep_scan(struct orders *o, const struct run_id *id)
{
	struct fault f = { 0 };
	for (size_t i = 0; i < PLAN_SLOTS; i++) {
		bool begun;
		const struct order *order = plan_at(o->plan, i, &begun);
		if (order == NULL || memcmp(&order->id, id, sizeof(*id)) != 0 ||
		    !visit_is_scan(order))
			continue;
		if (scan_file_put(node_config(o->node)->data, order, &f) == ERR_OK)
			return true;
		log_fault(LOG_ERROR, "plan", "cannot_keep_orders", &f);
		return false;
	}
	return true;
}

static struct run_id withdrawn_id(const struct order *w, size_t i)
{
	struct run_id id;
	memcpy(id.bytes, w->withdraw.at + i * RUN_ID_SIZE, RUN_ID_SIZE);
	return id;
}

static struct visit *visit_for(struct orders *o, const struct run_id *id)
{
	for (size_t i = 0; i < PLAN_RUNNING; i++) {
		const struct order *order = o->visits[i].order;
		if (order != NULL && memcmp(&order->id, id, sizeof(*id)) == 0)
			return &o->visits[i];
	}
	return NULL;
}

static void drop_waiting(struct orders *o, const struct run_id *id)
{
	struct run_id run = plan_find(o->plan, id)->run;
	scan_file_remove(node_config(o->node)->data, id);
	plan_done(o->plan, id);
	(void)keep(o);
	file_outcome(o, id, &run, ORDER_WITHDRAWN, "never begun");
}

static bool under_way(struct orders *o, const struct run_id *id)
{
	return visit_for(o, id) != NULL || scan_file_begun(node_config(o->node)->data, id);
}

// A scan that is under way ends by itself then, later if it waits for the disk or for its turn to
// go on; nothing is asked before.
static void take_back(struct orders *o, const struct run_id *id)
{
	struct visit *v = visit_for(o, id);
	if (!under_way(o, id))
		drop_waiting(o, id);
	else if (v != NULL && !visit_stop(v) && !v->waits)
		close_visit(o, v, ORDER_WITHDRAWN, "stopped");
}

// All are marked, that is noted down, and the order itself is answered, before the first of them
// stops: to tell what was not asked may take a while.
static void obey_withdrawal(struct orders *o, const struct plan_verdict *v)
{
	const struct order *w = v->withdraw;
	size_t count = w->withdraw.len / RUN_ID_SIZE, here = 0, stopped = 0;
	char text[PLAN_DETAIL];
	for (size_t i = 0; i < count; i++) {
		struct run_id id = withdrawn_id(w, i);
		if (!plan_withdraw(o->plan, &id))
			continue;
		here++;
		stopped += under_way(o, &id);
	}
	(void)keep(o);
	snprintf(text, sizeof(text), "%zu stopped, %zu never begun, %zu not here", stopped,
		 here - stopped, count - here);
	file_outcome(o, &v->order, &v->run, ORDER_DONE, text);
	for (size_t i = 0; i < count; i++) {
		struct run_id id = withdrawn_id(w, i);
		if (plan_withdrawn(o->plan, &id))
			take_back(o, &id);
	}
}

void orders_hear(struct orders *o, struct span bytes)
{
	struct plan_verdict v;
	bool repeat;
	plan_hear(o->plan, clock_wall(), bytes, &v, &repeat);
	if (repeat)
		return;
	if (v.withdraw != NULL) {
		obey_withdrawal(o, &v);
		arm(o);
		return;
	}
	// An order whose serial cannot be noted down could be played to us again after a crash.
	if (v.state == ORDER_ACCEPTED && !(keep_scan(o, &v.order) && keep(o))) {
		plan_done(o->plan, &v.order);
		scan_file_remove(node_config(o->node)->data, &v.order);
		v.state = ORDER_REFUSED_BUSY;
		snprintf(v.detail, sizeof(v.detail), "the node cannot note down its serial");
	}
	file_outcome(o, &v.order, &v.run, v.state, v.detail);
	arm(o);
}

void orders_meet(struct orders *o, const struct link_meet *m)
{
	for (size_t i = 0; i < PLAN_RUNNING; i++)
		visit_meet(&o->visits[i], m);
}

// A scan of resolvers goes on where it was. False: the order is none, or it cannot.
static bool go_on(struct orders *o, const struct run_id *id, bool begun)
{
	struct fault f = { 0 };
	char *order;
	size_t len;
	enum err err = scan_file_take(node_config(o->node)->data, id, &order, &len, &f);
	if (err == ERR_OK && plan_again(o->plan, span_of(order, len), begun) != ERR_OK)
		err = fault_set(&f, ERR_CORRUPT, 0, "what was noted down is no order");
	free(order);
	if (err != ERR_OK && err != ERR_MISSING)
		log_fault(LOG_ERROR, "plan", "scan_cannot_go_on", &f);
	return err == ERR_OK;
}

static void report_interrupted(struct orders *o, const struct orders_file *file)
{
	for (size_t i = 0; i < file->count; i++) {
		const struct run_id *id = &file->open[i].order;
		const char *data = node_config(o->node)->data;
		bool withdrawn = file->open[i].withdrawn;
		if ((!withdrawn || scan_file_begun(data, id)) &&
		    go_on(o, id, file->open[i].begun)) {
			if (withdrawn)
				(void)plan_withdraw(o->plan, id);
			continue;
		}
		scan_file_remove(data, id);
		file_outcome(o, id, &file->open[i].run, withdrawn ? ORDER_WITHDRAWN : ORDER_FAILED,
			     "the agent was restarted meanwhile");
	}
	loop_timer_at(o->timer, clock_mono());
}

enum err orders_open(struct node *n, struct records *records, struct orders **out, struct fault *f)
{
	struct orders_file file;
	struct orders *o = calloc(1, sizeof(*o));
	if (o == NULL)
		return fault_set(f, ERR_MEMORY, 0, "orders: no memory");
	o->node = n;
	o->records = records;
	snprintf(o->path, sizeof(o->path), "%s/orders", node_config(n)->data);
	enum err err = orders_file_read(o->path, &file, f);
	if (err == ERR_OK)
		err = plan_new(&node_config(n)->policy, file.serial, &o->plan);
	if (err == ERR_OK)
		err = loop_timer(node_loop(n), on_time, o, &o->timer, f);
	if (err != ERR_OK) {
		orders_close(&o);
		return err;
	}
	report_interrupted(o, &file);
	(void)keep(o);
	*out = o;
	return ERR_OK;
}

void orders_close(struct orders **out)
{
	struct orders *o = *out;
	if (o == NULL)
		return;
	// Scans go on when the agent comes back, and stay noted down as under way.
	for (size_t i = 0; i < PLAN_RUNNING; i++) {
		struct visit *v = &o->visits[i];
		if (v->order != NULL && !visit_is_scan(v->order))
			close_visit(o, v, ORDER_FAILED, "the agent was stopped");
		visit_close(v);
	}
	loop_timer_drop(&o->timer);
	plan_free(&o->plan);
	free(o);
	*out = NULL;
}

uint64_t orders_serial(const struct orders *o)
{
	return plan_serial(o->plan);
}
