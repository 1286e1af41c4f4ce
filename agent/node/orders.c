// SPDX-License-Identifier: Apache-2.0
#include "node/orders.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "log/log.h"
#include "node/orders_file.h"
#include "node/phone_run.h"
#include "node/scan_discover.h"
#include "node/scan_dns.h"
#include "node/scan_fetch.h"
#include "node/scan_keep.h"
#include "node/trace_list.h"
#include "node/vantage.h"
#include "sys/clock.h"

struct visit {
	const struct order *order; // NULL: free; plan owns it
	struct vantage *vantage;
	struct phone_run *phone;
	struct trace_list *list;
	struct scan_fetch *fetch;
	struct scan_discover *discover;
	struct scan_dns *dns;
	struct order *own; // of a scan gone on with: plan does not know it
	struct arena arena;
};

struct orders {
	struct node *node;
	struct records *records;
	struct plan *plan;
	struct loop_timer *timer;
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

// What a crash must not lose: which serials are used up, and what was under way.
static bool keep(struct orders *o)
{
	struct orders_file file = { .serial = plan_serial(o->plan) };
	struct fault f;
	for (size_t i = 0; i < PLAN_RUNNING; i++) {
		if (o->visits[i].order == NULL)
			continue;
		file.open[file.count].order = o->visits[i].order->id;
		file.open[file.count++].run = o->visits[i].order->run;
	}
	if (orders_file_write(o->path, &file, &f) == ERR_OK)
		return true;
	log_fault(LOG_ERROR, "plan", "cannot_keep_orders", &f);
	return false;
}

static void arm(struct orders *o)
{
	struct wall due = plan_due(o->plan);
	if (due.ns == INT64_MAX)
		return;
	loop_timer_at(o->timer, mono_add(clock_mono(), due.ns - clock_wall().ns));
}

static struct visit *visit_of(struct orders *o, const void *self)
{
	for (size_t i = 0; i < PLAN_RUNNING; i++) {
		struct visit *v = &o->visits[i];
		if (v->order != NULL &&
		    (self == v->vantage || self == v->phone || self == v->list ||
		     self == v->fetch || self == v->discover || self == v->dns))
			return v;
	}
	return NULL;
}

static void close_visit(struct orders *o, struct visit *v, enum order_state state,
			const char *detail)
{
	struct run_id id = v->order->id, run = v->order->run;
	vantage_close(&v->vantage);
	phone_run_close(&v->phone);
	trace_list_close(&v->list);
	scan_fetch_close(&v->fetch);
	scan_discover_close(&v->discover);
	scan_dns_close(&v->dns);
	free(v->own);
	arena_wipe(&v->arena);
	*v = (struct visit){ 0 };
	plan_done(o->plan, &id);
	(void)keep(o);
	file_outcome(o, &id, &run, state, detail);
}

static void on_end(struct node *n, void *self, enum order_state state, const char *detail)
{
	struct orders *o = node_orders(n);
	struct visit *v = visit_of(o, self);
	char why[PLAN_DETAIL];
	if (v == NULL)
		return;
	// DETAIL may live in what is about to be freed.
	snprintf(why, sizeof(why), "%s", detail);
	close_visit(o, v, state, why);
	loop_timer_at(o->timer, clock_mono());
}

static enum err begin(struct orders *o, struct visit *v, struct fault *f)
{
	switch (v->order->kind) {
	case ORDER_VANTAGE:
		return vantage_open(o->node, v->order, on_end, &v->vantage, f);
	case ORDER_GATEWAY:
		return phone_run_open(o->node, v->order, on_end, &v->phone, f);
	case ORDER_TRACE:
	case ORDER_GRAPH:
		return trace_list_open(o->node, v->order, on_end, &v->list, f);
	case ORDER_FETCH:
		return scan_fetch_open(o->node, v->order, on_end, &v->fetch, f);
	case ORDER_DISCOVER:
		return scan_discover_open(o->node, v->order, on_end, &v->discover, f);
	case ORDER_DNS:
		return scan_dns_open(o->node, v->order, on_end, &v->dns, f);
	case ORDER_NONE:
		break;
	}
	return fault_set(f, ERR_UNSUPPORTED, 0, "an order of a kind this agent does not know");
}

static struct visit *free_visit(struct orders *o)
{
	for (size_t i = 0; i < PLAN_RUNNING; i++)
		if (o->visits[i].order == NULL)
			return &o->visits[i];
	return NULL;
}

static void begin_due(struct orders *o)
{
	bool expired;
	struct visit *v;
	while ((v = free_visit(o)) != NULL &&
	       (v->order = plan_next(o->plan, clock_wall(), &expired)) != NULL) {
		struct fault f = { 0 };
		(void)keep(o);
		if (expired)
			close_visit(o, v, ORDER_REFUSED_EXPIRED, "expired while it waited");
		else if (begin(o, v, &f) != ERR_OK)
			close_visit(o, v, ORDER_FAILED, f.what);
	}
}

static void on_time(void *self, struct mono now)
{
	struct orders *o = self;
	(void)now;
	begin_due(o);
	arm(o);
}

void orders_hear(struct orders *o, struct span bytes)
{
	struct plan_verdict v;
	bool repeat;
	plan_hear(o->plan, clock_wall(), bytes, &v, &repeat);
	if (repeat)
		return;
	// An order whose serial cannot be noted down could be played to us again after a crash.
	if (v.state == ORDER_ACCEPTED && !keep(o)) {
		plan_done(o->plan, &v.order);
		v.state = ORDER_REFUSED_BUSY;
		snprintf(v.detail, sizeof(v.detail), "the node cannot note down its serial");
	}
	file_outcome(o, &v.order, &v.run, v.state, v.detail);
	arm(o);
}

void orders_meet(struct orders *o, const struct link_meet *m)
{
	for (size_t i = 0; i < PLAN_RUNNING; i++) {
		struct visit *v = &o->visits[i];
		if (v->order == NULL || v->order->side != m->side ||
		    memcmp(&v->order->run, &m->run, sizeof(m->run)) != 0 ||
		    !span_eq(v->order->tunnel.other, m->other))
			continue;
		if (v->vantage != NULL)
			vantage_meet(v->vantage, m);
		if (v->phone != NULL)
			phone_run_meet(v->phone, m);
	}
}

// A scan of resolvers goes on where it was. False: there is none of that order, or it cannot.
static bool go_on(struct orders *o, const struct run_id *id)
{
	struct fault f = { 0 };
	struct visit *v = free_visit(o);
	if (v == NULL)
		return false;
	arena_init(&v->arena, PLAN_ARENA);
	v->own = calloc(1, sizeof(*v->own));
	if (v->own != NULL &&
	    scan_keep_find(node_config(o->node)->data, id, &v->arena, v->own, &f) == ERR_OK) {
		v->order = v->own;
		if (begin(o, v, &f) == ERR_OK)
			return true;
	}
	if (f.err != ERR_OK)
		log_fault(LOG_ERROR, "plan", "scan_cannot_go_on", &f);
	free(v->own);
	arena_wipe(&v->arena);
	*v = (struct visit){ 0 };
	return false;
}

static void report_interrupted(struct orders *o, const struct orders_file *file)
{
	for (size_t i = 0; i < file->count; i++)
		if (!go_on(o, &file->open[i].order))
			file_outcome(o, &file->open[i].order, &file->open[i].run, ORDER_FAILED,
				     "the agent was restarted meanwhile");
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
	for (size_t i = 0; i < PLAN_RUNNING; i++)
		if (o->visits[i].order != NULL && o->visits[i].dns == NULL)
			close_visit(o, &o->visits[i], ORDER_FAILED, "the agent was stopped");
	// What goes on when the agent comes back stays noted down as under way.
	for (size_t i = 0; i < PLAN_RUNNING; i++) {
		scan_dns_suspend(&o->visits[i].dns);
		free(o->visits[i].own);
		arena_wipe(&o->visits[i].arena);
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

size_t orders_running(const struct orders *o)
{
	size_t n = 0;
	for (size_t i = 0; i < PLAN_RUNNING; i++)
		n += o->visits[i].order != NULL;
	return n;
}
