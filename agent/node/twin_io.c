// SPDX-License-Identifier: Apache-2.0
#include "node/twin_io.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/tuple.h"
#include "log/log.h"
#include "nat/nat.h"
#include "nat/nat_io.h"
#include "node/outer.h"
#include "node/taken.h"
#include "sys/clock.h"

#define TWIN_BATCH 1024            // frames between two looks at anything else
#define TWIN_WAY   (2 * NS_PER_MS) // at most, from one capture to the other through the machine

struct twin {
	struct twin_job job;
	struct capture_record record;
	struct nat *nat;
	struct nat_io *space, *uplink; // where events come from
	struct capture *capture;
	struct flow_table *flows;
	struct fragments fragments;
	struct artefact *kept;
	struct loop_watch *watches[3];
	struct wall until; // 0: it goes on
	uint64_t mappings, changed;
};

static bool port_changed(const struct nat_mapping *m)
{
	return m->inner.aport != m->outer.aport;
}

static struct flow_key key_of(const struct nat_tuple *t)
{
	return (struct flow_key){ t->proto, t->a, t->b, t->aport, t->bport };
}

static void put_mapping(struct twin *o, const struct nat_mapping *m)
{
	const struct mapping_record r = {
		.run = o->record.run,
		.side = o->record.side,
		.at = m->at,
		.proto = m->inner.proto,
		.inner = m->inner.a,
		.inner_port = m->inner.aport,
		.dst = m->inner.b,
		.dst_port = m->inner.bport,
		.outer = m->outer.a,
		.outer_port = m->outer.aport,
		.server = m->outer.b,
		.server_port = m->outer.bport,
	};
	const struct flow_key inside = key_of(&m->inner), outside = key_of(&m->outer);
	o->mappings++;
	o->changed += port_changed(m);
	node_put_mapping(o->job.node, &r);
	o->job.mapped(o->job.self, &inside, &outside);
}

static void hear_space(void *self, const struct nat_event *e)
{
	struct twin *o = self;
	nat_hear(o->nat, NAT_SPACE, e, clock_wall());
}

static void hear_uplink(void *self, const struct nat_event *e)
{
	struct twin *o = self;
	nat_hear(o->nat, NAT_NODE, e, clock_wall());
}

static void stop_watching(struct twin *o)
{
	for (size_t i = 0; i < COUNT(o->watches); i++)
		loop_watch_drop(&o->watches[i]);
}

// The namespace first: what happened there happened before what happened at the node.
static void follow(struct twin *o)
{
	struct nat_mapping m;
	struct fault f = { 0 };
	enum err err = nat_io_read(o->space, hear_space, o, &f);
	if (err == ERR_OK)
		err = nat_io_read(o->uplink, hear_uplink, o, &f);
	while (nat_next(o->nat, &m))
		put_mapping(o, &m);
	if (err == ERR_OK)
		return;
	log_fault(LOG_WARN, "run", "twin_lost", &f);
	stop_watching(o);
}

static void on_events(void *self, uint32_t events)
{
	struct twin *o = self;
	(void)events;
	follow(o);
}

bool twin_find(struct twin *o, const struct flow_key *k, struct flow_key *outside)
{
	const struct nat_tuple t = { k->proto, k->a, k->b, k->aport, k->bport };
	struct nat_mapping newest;
	bool follows = o->watches[0] != NULL;
	if (follows)
		follow(o);
	*outside = *k;
	if (nat_find(o->nat, &t, &newest, 1) == 0)
		return !follows;
	*outside = key_of(&newest.outer);
	return true;
}

// Others' packets are on the uplink too. The event of a connection comes before its first packet.
static void on_packet(void *self, const struct packet *p)
{
	struct twin *o = self;
	struct flow_event ignored;
	struct flow_key k;
	if ((o->until.ns != 0 && p->at.ns > o->until.ns) || !tuple_read(&o->fragments, p, &k))
		return;
	const struct nat_tuple t = { k.proto, k.a, k.b, k.aport, k.bport };
	if (!nat_ours(o->nat, &t))
		return;
	o->record.packets++;
	artefact_put(o->kept, p);
	if (flow_hear(o->flows, p) != ERR_OK)
		return;
	while (flow_next(o->flows, &ignored))
		continue;
}

static void on_frames(void *self, uint32_t events)
{
	struct twin *o = self;
	struct fault f = { 0 };
	(void)events;
	follow(o);
	enum err err = capture_read(o->capture, TWIN_BATCH, on_packet, o, &f);
	if (err == ERR_OK || err == ERR_AGAIN)
		return;
	log_fault(LOG_WARN, "run", "twin_lost", &f);
	stop_watching(o);
}

// --- opening -------------------------------------------------------------------------------------

static enum err follow_space(void *self, struct fault *f)
{
	struct twin *o = self;
	return nat_io_open("tunnel", &o->space, f);
}

static enum err open_tables(struct twin *o, const struct twin_job *job, struct fault *f)
{
	struct flow_config flows = flow_config_live;
	flows.idle_ns = flows.silence_ns = 0;
	flows.flows = NAT_MAPPINGS;
	flows.targets = flows.streams = 1;
	random_bytes(flows.seed, sizeof(flows.seed));
	o->flows = flow_table_new(&flows);
	o->nat = nat_new(tunnel_space(job->tunnel, 4), tunnel_space(job->tunnel, 6), flows.seed);
	return o->flows != NULL && o->nat != NULL
		       ? ERR_OK
		       : fault_set(f, ERR_MEMORY, 0, "twin: no memory for its tables");
}

static enum err open_capture(struct twin *o, const struct twin_job *job, struct fault *f)
{
	const struct node_config *config = node_config(o->job.node);
	char filter[64];
	snprintf(filter, sizeof(filter), "not udp port %u", job->port);
	const struct capture_config c = {
		.interface = config->outside,
		.filter = filter,
		.snap = (uint32_t)config->capture_snap,
		.ring = (uint32_t)config->capture_ring,
	};
	enum err err = capture_open(&o->capture, &c, f);
	if (err == ERR_OK)
		err = artefact_open(config, &o->record, capture_link(o->capture), &o->kept, f);
	return err;
}

static enum err watch(struct twin *o, struct fault *f)
{
	struct loop *l = node_loop(o->job.node);
	enum err err = loop_watch(l, nat_io_fd(o->space), EPOLLIN, on_events, o, &o->watches[0], f);
	if (err == ERR_OK)
		err = loop_watch(l, nat_io_fd(o->uplink), EPOLLIN, on_events, o, &o->watches[1], f);
	if (err == ERR_OK)
		err = loop_watch(l, capture_fd(o->capture), EPOLLIN, on_frames, o, &o->watches[2],
				 f);
	return err;
}

enum err twin_open(const struct twin_job *job, struct twin **out, struct fault *f)
{
	struct twin *o = calloc(1, sizeof(*o));
	*out = o;
	if (o == NULL)
		return fault_set(f, ERR_MEMORY, 0, "twin: no memory");
	o->job = *job;
	o->record = (struct capture_record){
		.run = job->run,
		.side = job->side,
		.place = CAPTURE_OUTSIDE,
		.first = clock_wall(),
		.snap = (uint32_t)node_config(job->node)->capture_snap,
	};
	enum err err = open_tables(o, job, f);
	if (err == ERR_OK)
		err = tunnel_within(job->tunnel, follow_space, o, f);
	if (err == ERR_OK)
		err = nat_io_open("node", &o->uplink, f);
	if (err == ERR_OK)
		err = open_capture(o, job, f);
	if (err == ERR_OK)
		err = watch(o, f);
	if (err != ERR_OK)
		twin_close(out);
	return err;
}

void twin_close(struct twin **out)
{
	struct twin *o = *out;
	if (o == NULL)
		return;
	stop_watching(o);
	if (o->kept != NULL) // a run that was cut short
		taken_put(o->job.node, o->capture, &o->record, &o->kept);
	capture_close(&o->capture);
	nat_io_close(&o->space);
	nat_io_close(&o->uplink);
	nat_free(&o->nat);
	flow_table_free(&o->flows);
	free(o);
	*out = NULL;
}

// --- the end -------------------------------------------------------------------------------------

void twin_stop(struct twin *o, struct wall until)
{
	o->until = (struct wall){ until.ns + TWIN_WAY };
}

void twin_end(struct twin *o)
{
	struct fault f = { 0 };
	stop_watching(o);
	follow(o);
	while (capture_read(o->capture, TWIN_BATCH, on_packet, o, &f) == ERR_OK)
		continue;
	taken_put(o->job.node, o->capture, &o->record, &o->kept);
}

void twin_join(const struct twin *o, struct flow_record *r)
{
	outer_join(o->nat, o->flows, r);
	if (r->outer.mappings > 0)
		r->outer.drops = (uint32_t)o->record.kernel_drops;
}

void twin_tell(const struct twin *o, char *out, size_t cap)
{
	snprintf(out, cap, "packets %llu drops %llu mappings %llu ports changed %llu lost %llu",
		 (unsigned long long)o->record.packets, (unsigned long long)o->record.kernel_drops,
		 (unsigned long long)o->mappings, (unsigned long long)o->changed,
		 (unsigned long long)(nat_lost(o->nat) + nat_io_lost(o->space) +
				      nat_io_lost(o->uplink)));
}
