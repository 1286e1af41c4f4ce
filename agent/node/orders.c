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
#include "node/scan_file.h"
#include "node/scan_path.h"
#include "node/trace_list.h"
#include "node/vantage.h"
#include "sys/clock.h"

#define AGAIN_NS NS_PER_S // between two attempts to begin what has to wait

struct visit {
	const struct order *order; // NULL: free; plan owns it
	struct vantage *vantage;
	struct phone_run *phone;
	struct trace_list *list;
	struct scan_fetch *fetch;
	struct scan_discover *discover;
	struct scan_dns *dns;
	struct scan_path *path;
	bool waits; // for the disk
};

struct orders {
	struct node *node;
	struct records *records;
	struct plan *plan;
	struct loop_timer *timer;
	bool full; // an order waits for what those under way use
	struct visit visits[PLAN_RUNNING];
	char path[NODE_PATH + 32];
};

static bool is_scan(const struct order *o)
{
	return o->kind >= ORDER_DNS && o->kind <= ORDER_PATH;
}

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
	for (size_t i = 0; i < PLAN_RUNNING; i++) {
		struct visit *v = &o->visits[i];
		if (v->order != NULL &&
		    (self == v->vantage || self == v->phone || self == v->list ||
		     self == v->fetch || self == v->discover || self == v->dns || self == v->path))
			return v;
	}
	return NULL;
}

static void close_scan(struct visit *v)
{
	scan_fetch_close(&v->fetch);
	scan_discover_close(&v->discover);
	scan_dns_close(&v->dns);
	scan_path_close(&v->path);
}

static void close_visit(struct orders *o, struct visit *v, enum order_state state,
			const char *detail)
{
	struct run_id id = v->order->id, run = v->order->run;
	vantage_close(&v->vantage);
	phone_run_close(&v->phone);
	trace_list_close(&v->list);
	close_scan(v);
	if (is_scan(v->order))
		scan_file_remove(node_config(o->node)->data, &id);
	*v = (struct visit){ 0 };
	plan_done(o->plan, &id);
	(void)keep(o);
	file_outcome(o, &id, &run, state, detail);
}

static void wait_visit(struct orders *o, struct visit *v, const char *detail)
{
	close_scan(v);
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
	else
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
	case ORDER_PATH:
		return scan_path_open(o->node, v->order, on_end, &v->path, f);
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
		if (order == NULL || memcmp(&order->id, id, sizeof(*id)) != 0 || !is_scan(order))
			continue;
		if (scan_file_put(node_config(o->node)->data, order, &f) == ERR_OK)
			return true;
		log_fault(LOG_ERROR, "plan", "cannot_keep_orders", &f);
		return false;
	}
	return true;
}

void orders_hear(struct orders *o, struct span bytes)
{
	struct plan_verdict v;
	bool repeat;
	plan_hear(o->plan, clock_wall(), bytes, &v, &repeat);
	if (repeat)
		return;
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
		if (go_on(o, id, file->open[i].begun))
			continue;
		scan_file_remove(node_config(o->node)->data, id);
		file_outcome(o, id, &file->open[i].run, ORDER_FAILED,
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
		if (v->order != NULL && !is_scan(v->order))
			close_visit(o, v, ORDER_FAILED, "the agent was stopped");
		close_scan(v);
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
