// SPDX-License-Identifier: Apache-2.0
#include "node/node.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/version.h"
#include "keys/keys.h"
#include "log/log.h"
#include "node/artefact_io.h"
#include "node/orders.h"
#include "node/records.h"
#include "node/scan_manners.h"
#include "node/scan_told_io.h"
#include "node/tracing.h"
#include "sys/clock.h"
#include "uplink/uplink_io.h"

struct node {
	struct loop *loop;
	const struct node_config *config;
	const struct seal_secret *secret;
	struct records *records;
	struct tracing *tracing;
	struct orders *orders;
	struct uplink_io *uplink;
	struct label_model *labels; // owned; NULL: none
	struct loop_timer *leave;
	struct scan_share scans;
	uint64_t serial; // as last seen, for when orders are closed
	char spool[NODE_PATH + 16];
};

struct loop *node_loop(const struct node *n)
{
	return n->loop;
}

const struct node_config *node_config(const struct node *n)
{
	return n->config;
}

const struct seal_secret *node_secret(const struct node *n)
{
	return n->secret;
}

struct orders *node_orders(const struct node *n)
{
	return n->orders;
}

struct label_model *node_labels(const struct node *n)
{
	return n->labels;
}

void node_put_flow(struct node *n, const struct flow_record *r)
{
	records_flow(n->records, r);
}

void node_put_mapping(struct node *n, const struct mapping_record *r)
{
	records_mapping(n->records, r);
}

void node_put_capture(struct node *n, const struct capture_record *r)
{
	records_capture(n->records, r);
}

void node_put_message(struct node *n, const struct message_record *r)
{
	records_message(n->records, r);
}

void node_put_step(struct node *n, const struct step_record *r)
{
	records_step(n->records, r);
}

struct spool_place node_place(const struct node *n)
{
	return spool_place(records_spool(n->records));
}

bool node_put_dns_pair(struct node *n, const struct dns_pair_record *r)
{
	return records_dns_pair(n->records, r);
}

bool node_put_page(struct node *n, const struct page_record *r)
{
	return records_page(n->records, r);
}

bool node_put_resolver(struct node *n, const struct resolver_record *r)
{
	return records_resolver(n->records, r);
}

struct scan_share *node_scan_share(struct node *n)
{
	return &n->scans;
}

enum err node_trace(struct node *n, const struct node_trace *t)
{
	return tracing_put(n->tracing, t);
}

void node_trace_refused(struct node *n, const struct node_trace *t, enum trace_not_inside why)
{
	tracing_refused(n->tracing, t, why);
}

void node_trace_forget(struct node *n, const void *self)
{
	tracing_forget(n->tracing, self);
}

static void on_order(void *self, struct span bytes)
{
	struct node *n = self;
	if (n->orders != NULL) // NULL: leaving
		orders_hear(n->orders, bytes);
}

static void on_meet(void *self, const struct link_meet *meet)
{
	struct node *n = self;
	if (n->orders != NULL)
		orders_meet(n->orders, meet);
}

void node_meet(struct node *n, const struct link_meet *meet)
{
	if (n->uplink != NULL)
		uplink_io_meet(n->uplink, meet);
}

static uint64_t on_serial(void *self)
{
	struct node *n = self;
	if (n->orders != NULL)
		n->serial = orders_serial(n->orders);
	return n->serial;
}

static struct clock_record on_clock(void *self)
{
	(void)self;
	return records_clock();
}

static void on_left(void *self)
{
	struct node *n = self;
	loop_stop(n->loop);
}

static void on_patience(void *self, struct mono now)
{
	struct node *n = self;
	(void)now;
	LOG(LOG_WARN, "agent", "left_undrained",
	    KU("batches", spool_state(records_spool(n->records)).next_seq -
				  spool_state(records_spool(n->records)).first_unacked));
	loop_stop(n->loop);
}

static enum err open_uplink(struct node *n, struct fault *f)
{
	struct seal_public collector;
	enum err err =
		keys_load_public(n->config->collector_key, "waymark-collector-v1", &collector, f);
	if (err == ERR_MISSING)
		fault_set(
			f, err, 0,
			"collector-key: no %s; it is collector.pub in the collector's data folder",
			n->config->collector_key);
	if (err != ERR_OK)
		return err;
	struct uplink_io_config c = {
		.endpoint = n->config->collector,
		.node = n->config->name,
		.software = waymark_version,
		.secret = n->secret,
		.spool = records_spool(n->records),
		.order = on_order,
		.meet = on_meet,
		.serial = on_serial,
		.clock = on_clock,
		.left = on_left,
		.self = n,
	};
	memcpy(c.server, collector.curve, sizeof(c.server));
	return uplink_io_open(n->loop, &c, &n->uplink, f);
}

// A node without labels is a node all the same.
static void open_labels(struct node *n)
{
	struct fault f = { 0 };
	if (!n->config->capture_label || strcmp(n->config->role, "vantage") != 0)
		return;
	if (label_model_new(&n->labels, &f) != ERR_OK)
		log_fault(LOG_INFO, "agent", "no_labels", &f);
}

enum err node_open(struct loop *l, const struct node_config *c, const struct seal_secret *secret,
		   struct node **out, struct fault *f)
{
	struct node *n = calloc(1, sizeof(*n));
	if (n == NULL)
		return fault_set(f, ERR_MEMORY, 0, "agent: no memory");
	*n = (struct node){ .loop = l, .config = c, .secret = secret };
	snprintf(n->spool, sizeof(n->spool), "%s/spool", c->data);
	const struct records_config records = {
		.node = c->name,
		.dir = n->spool,
		.limit = c->spool_limit,
		.secret = secret,
	};
	artefacts_tidy(c);
	open_labels(n);
	enum err err = scan_share_open(&n->scans, c, f);
	if (err == ERR_OK)
		err = records_open(l, &records, &n->records, f);
	if (err == ERR_OK)
		err = scan_told_settle(c->data, spool_found(records_spool(n->records)), f);
	if (err == ERR_OK)
		err = tracing_open(l, c, n->records, &n->tracing, f);
	if (err == ERR_OK)
		err = orders_open(n, n->records, &n->orders, f);
	if (err == ERR_OK)
		err = open_uplink(n, f);
	if (err == ERR_OK)
		err = loop_timer(l, on_patience, n, &n->leave, f);
	if (err != ERR_OK)
		node_close(&n);
	else
		*out = n;
	return err;
}

void node_leave(struct node *n, int64_t patience_ns)
{
	orders_close(&n->orders);
	records_seal(n->records);
	uplink_io_drain(n->uplink);
	loop_timer_at(n->leave, mono_add(clock_mono(), patience_ns));
}

void node_close(struct node **out)
{
	struct node *n = *out;
	if (n == NULL)
		return;
	loop_timer_drop(&n->leave);
	uplink_io_close(&n->uplink);
	orders_close(&n->orders);
	scan_share_close(&n->scans);
	tracing_close(&n->tracing);
	records_close(&n->records);
	label_model_free(&n->labels);
	free(n);
	*out = NULL;
}
