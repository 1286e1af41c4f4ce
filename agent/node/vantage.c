// SPDX-License-Identifier: Apache-2.0
#include "node/vantage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/flow.h"
#include "node/flow_out.h"
#include "node/meet_io.h"
#include "node/seen_io.h"
#include "node/server_trace.h"
#include "node/step.h"
#include "node/taken.h"
#include "node/twin_io.h"
#include "node/worth.h"
#include "sys/clock.h"
#include "tunnel/tunnel_io.h"
#include "wire/link.h"

#define VANTAGE_TICK      (200 * NS_PER_MS)
#define VANTAGE_BATCH     1024            // frames between two looks at anything else
#define VANTAGE_LINGER    (2 * NS_PER_S)  // the tunnel stays, so that apps can say goodbye
#define VANTAGE_PATIENCE  (15 * NS_PER_S) // for traces after the capture has ended
#define VANTAGE_FLOWS     16384           // flows whose bursts are kept
#define VANTAGE_LABELS    4096            // flows that get a label, of about 2 KiB each
#define VANTAGE_KEEPALIVE 25              // seconds, where the node is behind NAT

struct vantage {
	struct node *node;
	visit_end_fn *end;
	struct run_id order, run;
	uint8_t side;
	struct tunnel_order tunnel_order;
	struct tunnel *tunnel;
	struct capture *capture;
	struct capture_record record; // of the capture
	struct artefact *kept;
	struct twin *twin; // NULL: nothing is known of the other side of the translation
	struct flow_table *flows;
	struct bursts *bursts;
	struct label *label;  // NULL: flows get none
	struct seen_io *seen; // NULL: no reflector
	struct meet_io *meet; // NULL: the gateway calls us
	struct meet_end other;
	struct loop_watch *watch;
	struct loop_timer *timer;
	struct mono stop, deadline;
	struct wall until; // when the capture ended; 0: it goes on
	struct server_trace servers;
	bool failed;
	char why[FAULT_TEXT];
};

static void give_up(struct vantage *v, const char *why)
{
	if (v->failed)
		return;
	v->failed = true;
	snprintf(v->why, sizeof(v->why), "%s", why);
}

static void on_flow(struct vantage *v, const struct flow *flow)
{
	struct flow_record r;
	if (!worth_telling(node_config(v->node), &flow->key))
		return;
	taken_count(v->capture, &v->record);
	flow_out(v->flows, flow, v->bursts, v->label, &r);
	r.run = v->run;
	r.side = v->side;
	r.kernel_drops = (uint32_t)v->record.kernel_drops;
	r.interface_drops = (uint32_t)v->record.interface_drops;
	if (v->twin != NULL)
		twin_join(v->twin, &r);
	node_put_flow(v->node, &r);
}

static void take_events(struct vantage *v)
{
	struct flow_event e;
	while (flow_next(v->flows, &e)) {
		if (e.kind == FLOW_TARGET)
			server_trace_flow(&v->servers, &v->tunnel_order, &e.key, v->twin);
		else if (e.kind == FLOW_BURST)
			bursts_hear(v->bursts, &e.key, e.at, e.flow.payload);
		else if (e.kind == FLOW_DONE)
			on_flow(v, &e.flow);
	}
}

static void on_packet(void *self, const struct packet *p)
{
	struct vantage *v = self;
	struct span ip;
	if (v->until.ns != 0 && p->at.ns > v->until.ns)
		return;
	v->record.packets++;
	artefact_put(v->kept, p);
	if (v->label != NULL && link_frame_read(p->link, p->bytes, &ip) == ERR_OK)
		label_hear(v->label, p->at, ip);
	if (flow_hear(v->flows, p) == ERR_OK)
		take_events(v);
}

static void on_frames(void *self, uint32_t events)
{
	struct vantage *v = self;
	struct fault f = { .what = "" };
	(void)events;
	enum err err = capture_read(v->capture, VANTAGE_BATCH, on_packet, v, &f);
	if (err != ERR_OK && err != ERR_AGAIN) {
		give_up(v, f.what);
		loop_watch_drop(&v->watch);
	}
}

// Packets are handed over a while after they came: all up to one instant are waited for.
static void stop_capture(struct vantage *v)
{
	v->until = clock_wall();
	server_trace_end(&v->servers);
	if (v->twin != NULL)
		twin_stop(v->twin, v->until);
}

static void end_twin(struct vantage *v)
{
	char text[160];
	twin_end(v->twin);
	twin_tell(v->twin, text, sizeof(text));
	step_put(v->node, &v->run, v->side, "twin", v->record.first, STEP_DONE, text);
}

static void end_capture(struct vantage *v)
{
	struct fault f;
	char text[160];
	while (capture_read(v->capture, VANTAGE_BATCH, on_packet, v, &f) == ERR_OK)
		continue;
	if (v->twin != NULL)
		end_twin(v);
	flow_finish(v->flows);
	take_events(v);
	taken_put(v->node, v->capture, &v->record, &v->kept);
	snprintf(text, sizeof(text), "packets %llu drops %llu targets %zu traces %zu refused %zu",
		 (unsigned long long)v->record.packets, (unsigned long long)v->record.kernel_drops,
		 v->servers.targets, v->servers.traces, v->servers.refused);
	step_put(v->node, &v->run, v->side, "capture", v->record.first, STEP_DONE, text);
	loop_watch_drop(&v->watch);
	capture_close(&v->capture);
}

static void finish(struct vantage *v)
{
	char why[FAULT_TEXT];
	if (v->tunnel == NULL && v->meet != NULL) {
		meet_io_why(v->meet, why, sizeof(why));
		give_up(v, why);
	}
	if (v->capture != NULL)
		end_capture(v);
	if (v->servers.traced < v->servers.traces)
		step_put(v->node, &v->run, v->side, "traces", clock_wall(), STEP_FAILED,
			 "some traces did not end in time");
	v->end(v->node, v, v->failed ? ORDER_FAILED : ORDER_DONE, v->failed ? v->why : "");
}

static void on_tick(void *self, struct mono now)
{
	struct vantage *v = self;
	if (v->capture != NULL) {
		while (!flow_tick(v->flows, clock_wall()))
			take_events(v);
		take_events(v);
		if (v->until.ns != 0)
			end_capture(v);
		else if (!mono_before(now, v->stop) || v->failed)
			stop_capture(v);
	}
	bool traced = v->servers.traced >= v->servers.traces || !mono_before(now, v->deadline);
	bool lingered = !mono_before(now, mono_add(v->stop, VANTAGE_LINGER));
	if (v->capture == NULL && (v->failed || (traced && lingered)))
		finish(v);
	else
		loop_timer_at(v->timer, mono_add(now, VANTAGE_TICK));
}

static void fill_tunnel(const struct vantage *v, struct tunnel_config *c)
{
	const struct node_config *config = node_config(v->node);
	const struct tunnel_order *t = &v->tunnel_order;
	*c = (struct tunnel_config){
		.role = TUNNEL_VANTAGE,
		.listen_port = t->port,
		.mtu = t->mtu,
		.inner4 = { t->vantage4, t->gateway4 },
		.inner6 = { t->vantage6, t->gateway6 },
		.resolver4 = config->resolver4,
		.resolver6 = config->resolver6,
		.endpoint = v->other.addr,
		.endpoint_port = v->other.port,
		.keepalive_s = v->other.addr.family != 0 ? VANTAGE_KEEPALIVE : 0,
	};
	memcpy(c->private_key, node_secret(v->node)->wireguard, sizeof(c->private_key));
	memcpy(c->peer_key, t->peer_key, sizeof(c->peer_key));
	snprintf(c->outside, sizeof(c->outside), "%s", config->outside);
	tunnel_name_write(TUNNEL_VANTAGE, v->run.bytes, v->side == 1 ? 'a' : 'b', c->name);
	if (t->phone4.family == 4)
		c->phones[c->phone_count++] = (struct prefix){ t->phone4, 32 };
	if (t->phone6.family == 6)
		c->phones[c->phone_count++] = (struct prefix){ t->phone6, 128 };
}

static enum err open_tunnel(struct vantage *v, struct fault *f)
{
	struct wall begin = clock_wall();
	struct tunnel_config c;
	fill_tunnel(v, &c);
	enum err err = tunnel_open(&c, &v->tunnel, f);
	tunnel_config_wipe(&c);
	step_put(v->node, &v->run, v->side, "tunnel", begin,
		 err == ERR_OK ? STEP_DONE : STEP_FAILED, err == ERR_OK ? "" : f->what);
	return err;
}

static enum err open_inside(void *self, struct fault *f)
{
	struct vantage *v = self;
	const struct node_config *n = node_config(v->node);
	const struct capture_config c = { .interface = tunnel_interface(v->tunnel),
					  .snap = (uint32_t)n->capture_snap,
					  .ring = (uint32_t)n->capture_ring };
	return capture_open(&v->capture, &c, f);
}

static enum err open_tables(struct vantage *v, struct fault *f)
{
	struct flow_config flows = flow_config_live;
	flows.idle_ns = 0; // a run is short: its flows end with it
	if (v->tunnel_order.phone4.family != 0)
		flows.local[flows.locals++] = (struct prefix){ v->tunnel_order.phone4, 32 };
	if (v->tunnel_order.phone6.family != 0)
		flows.local[flows.locals++] = (struct prefix){ v->tunnel_order.phone6, 128 };
	random_bytes(flows.seed, sizeof(flows.seed));
	v->flows = flow_table_new(&flows);
	v->bursts = bursts_new(VANTAGE_FLOWS, flows.seed);
	if (v->flows == NULL || v->bursts == NULL)
		return fault_set(f, ERR_MEMORY, 0, "capture: no memory for the flow table");
	struct label_model *labels = node_labels(v->node);
	return labels != NULL ? label_new(&v->label, labels, VANTAGE_LABELS, flows.seed, f)
			      : ERR_OK;
}

// What is outside is evidence more; a run without it is still a run.
static void open_twin(struct vantage *v)
{
	struct fault f = { 0 };
	const struct twin_job job = {
		.node = v->node,
		.tunnel = v->tunnel,
		.run = v->run,
		.side = v->side,
		.port = v->tunnel_order.port,
		.mapped = server_trace_mapped,
		.self = &v->servers,
	};
	if (twin_open(&job, &v->twin, &f) != ERR_OK)
		step_put(v->node, &v->run, v->side, "twin", clock_wall(), STEP_FAILED, f.what);
}

static enum err open_capture(struct vantage *v, struct fault *f)
{
	v->record = (struct capture_record){
		.run = v->run,
		.side = v->side,
		.place = CAPTURE_INSIDE,
		.first = clock_wall(),
		.snap = (uint32_t)node_config(v->node)->capture_snap,
	};
	open_twin(v);
	enum err err = open_tables(v, f);
	if (err == ERR_OK)
		err = tunnel_within(v->tunnel, open_inside, v, f);
	if (err == ERR_OK)
		err = loop_watch(node_loop(v->node), capture_fd(v->capture), EPOLLIN, on_frames, v,
				 &v->watch, f);
	if (err == ERR_OK)
		err = artefact_open(node_config(v->node), &v->record, capture_link(v->capture),
				    &v->kept, f);
	if (err != ERR_OK)
		step_put(v->node, &v->run, v->side, "capture", v->record.first, STEP_FAILED,
			 f->what);
	return err;
}

static enum err open_all(struct vantage *v, struct fault *f)
{
	enum err err = open_tunnel(v, f);
	return err == ERR_OK ? open_capture(v, f) : err;
}

static void on_met(void *self, const struct meet_end *other, uint16_t port, const char *why)
{
	struct vantage *v = self;
	struct fault f = { 0 };
	(void)port;
	v->other = *other;
	if (why == NULL && open_all(v, &f) != ERR_OK)
		why = f.what;
	if (why != NULL)
		give_up(v, why);
}

static enum err open_meet(struct vantage *v, struct fault *f)
{
	const struct meet_job job = {
		.node = v->node,
		.run = v->run,
		.side = v->side,
		.other = v->tunnel_order.other,
		.port = v->tunnel_order.port,
		.end = on_met,
		.self = v,
	};
	return meet_io_open(&job, &v->meet, f);
}

void vantage_meet(struct vantage *v, const struct link_meet *m)
{
	if (v->meet != NULL)
		meet_io_hear(v->meet, m);
}

static void copy_order(struct vantage *v, const struct order *o)
{
	v->order = o->id;
	v->run = o->run;
	v->side = o->side;
	v->tunnel_order = o->tunnel;
	v->servers = (struct server_trace){
		.node = v->node, .run = o->run, .side = o->side, .limits = o->limits
	};
	int64_t until_stop = o->start.ns - clock_wall().ns + (int64_t)o->length_ms * NS_PER_MS;
	v->stop = mono_add(clock_mono(), until_stop);
	v->deadline = mono_add(v->stop, VANTAGE_PATIENCE);
}

enum err vantage_open(struct node *n, const struct order *o, visit_end_fn *end,
		      struct vantage **out, struct fault *f)
{
	struct vantage *v = calloc(1, sizeof(*v));
	if (v == NULL)
		return fault_set(f, ERR_MEMORY, 0, "vantage run: no memory");
	v->node = n;
	v->end = end;
	copy_order(v, o);
	enum err err = loop_timer(node_loop(n), on_tick, v, &v->timer, f);
	if (err == ERR_OK)
		err = o->tunnel.meet ? open_meet(v, f) : open_all(v, f);
	if (err == ERR_OK)
		err = seen_io_open(n, &v->run, v->side, &v->seen, f);
	if (err != ERR_OK) {
		vantage_close(&v);
		return err;
	}
	loop_timer_at(v->timer, mono_add(clock_mono(), VANTAGE_TICK));
	for (size_t i = 0; i < o->target_count; i++)
		server_trace_one(&v->servers, &o->targets[i], TRACE_DIRECT);
	*out = v;
	return ERR_OK;
}

void vantage_close(struct vantage **out)
{
	struct vantage *v = *out;
	if (v == NULL)
		return;
	node_trace_forget(v->node, &v->servers);
	seen_io_close(&v->seen);
	meet_io_close(&v->meet);
	loop_watch_drop(&v->watch);
	loop_timer_drop(&v->timer);
	if (v->kept != NULL) // a run that was cut short
		taken_put(v->node, v->capture, &v->record, &v->kept);
	twin_close(&v->twin);
	capture_close(&v->capture);
	flow_table_free(&v->flows);
	bursts_free(&v->bursts);
	label_free(&v->label);
	tunnel_close(&v->tunnel);
	free(v);
	*out = NULL;
}
