// SPDX-License-Identifier: Apache-2.0
#include "node/outside_io.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "capture/capture_io.h"
#include "node/ask_io.h"
#include "node/outside.h"
#include "node/step.h"
#include "sys/clock.h"
#include "tunnel/tunnel.h"
#include "wire/ip.h"
#include "wire/link.h"

#define TICK     (20 * NS_PER_MS)
#define AGAIN    (100 * NS_PER_MS) // between two control questions
#define RING     (1 << 20)
#define FRAMES   256
#define TCP_IPV4 40 // headers, less which an MTU is an MSS
#define TCP_IPV6 60

struct watch {
	struct outside_io *owner;
	struct capture *capture;
	struct loop_watch *watch;
	bool uplink;
};

struct outside_io {
	struct outside_job job;
	struct outside outside;
	struct watch inside, uplink;
	struct loop_timer *timer;
	struct ask_io *ask; // the control question
	struct mono until, control_at;
	struct wall begin;
	bool running;
	size_t said;
	char why[FAULT_TEXT]; // of the first item that failed
};

void outside_token(const struct run_id *run, uint8_t side, uint8_t out[static 16])
{
	uint8_t text[RUN_ID_SIZE + 1], digest[SEAL_DIGEST_SIZE];
	memcpy(text, run->bytes, RUN_ID_SIZE);
	text[RUN_ID_SIZE] = side;
	seal_digest(span_of(text, sizeof(text)), digest);
	memcpy(out, digest, REFLECT_TOKEN);
}

static void tell(struct outside_io *o, enum outside_item item)
{
	static const enum step_outcome outcomes[] = {
		[OUTSIDE_PASSED] = STEP_DONE,
		[OUTSIDE_FAILED] = STEP_FAILED,
		[OUTSIDE_SKIPPED] = STEP_SKIPPED,
	};
	struct outside_result r;
	const char *name = outside_item_name(item);
	outside_judge(&o->outside, item, &r);
	step_put(o->job.node, &o->job.run, o->job.side, name, o->begin, outcomes[r.verdict],
		 r.detail);
	if (r.verdict == OUTSIDE_FAILED && o->why[0] == '\0')
		snprintf(o->why, sizeof(o->why), "%s failed: %s", name, r.detail);
}

static void finish(struct outside_io *o)
{
	o->running = false;
	if (!o->outside.inside)
		tell(o, OUTSIDE_LEAK);
	for (int i = OUTSIDE_EGRESS; o->outside.inside && i < OUTSIDE_ITEM_COUNT_; i++)
		tell(o, (enum outside_item)i);
	o->job.end(o->job.self, o->why[0] == '\0' ? NULL : o->why); // may close O
}

// --- watching ------------------------------------------------------------------------------------

static void on_packet(void *self, const struct packet *p)
{
	struct watch *w = self;
	struct span ip;
	if (link_frame_read(p->link, p->bytes, &ip) != ERR_OK)
		return;
	if (w->uplink)
		outside_hear_uplink(&w->owner->outside, ip);
	else
		outside_hear(&w->owner->outside, ip);
}

static void on_frames(void *self, uint32_t events)
{
	struct watch *w = self;
	struct fault f;
	(void)events;
	// A capture that breaks sees nothing, and then its items fail.
	if (capture_read(w->capture, FRAMES, on_packet, w, &f) != ERR_OK)
		return;
}

static enum err open_watch(struct outside_io *o, struct watch *w, const char *interface,
			   struct fault *f)
{
	const struct capture_config c = { .interface = interface, .ring = RING };
	*w = (struct watch){ .owner = o, .uplink = w == &o->uplink };
	enum err err = capture_open(&w->capture, &c, f);
	if (err == ERR_OK)
		err = loop_watch(node_loop(o->job.node), capture_fd(w->capture), EPOLLIN, on_frames,
				 w, &w->watch, f);
	return err;
}

static void close_watch(struct watch *w)
{
	loop_watch_drop(&w->watch);
	capture_close(&w->capture);
}

// --- asking --------------------------------------------------------------------------------------

static void say_probe(struct outside_io *o, const struct outside_probe *p, struct span bytes)
{
	char id[16], to[ADDR_TEXT], hex[2 * REFLECT_NAME + 1], way[PHONE_TEXT_MAX];
	addr_write(p->to, to);
	text_hex(bytes, hex);
	snprintf(id, sizeof(id), "reach-%zu", o->said++);
	snprintf(way, sizeof(way), "%s %s %u %s", p->proto == IP_TCP ? "tcp" : "udp", to, p->port,
		 hex);
	const struct phone_line line = { .word = PHONE_REACH,
					 .id = span_text(id),
					 .text = span_text(way) };
	// The engine asks again by itself while answers are missing.
	(void)o->job.say(o->job.self, &line);
}

// From the gateway itself by its uplink: what shows that the watch works.
static void control(struct outside_io *o, struct mono now)
{
	uint8_t room[REFLECT_SIZE];
	struct wr w = wr_of(room, sizeof(room));
	const struct outside_config *c = &o->outside.config;
	static const struct addr far = { 4, { 192, 0, 2, 1 } };
	struct addr to = c->reflector4.family == 4   ? c->reflector4
			 : c->reflector6.family == 6 ? c->reflector6
						     : far;
	if (o->outside.inside || o->outside.own > 0 || mono_before(now, o->control_at))
		return;
	o->control_at = mono_add(now, AGAIN);
	outside_control_write(&o->outside, &w);
	ask_io_send(o->ask, to, c->port, wr_span(&w));
}

static bool phone_there(struct outside_io *o)
{
	const struct phone_line line = { .word = PHONE_STATUS };
	return o->outside.probe_count > 0 || o->job.say(o->job.self, &line);
}

static void on_time(void *self, struct mono now)
{
	struct outside_io *o = self;
	uint8_t room[REFLECT_NAME];
	struct wr w = wr_of(room, sizeof(room));
	const struct outside_probe *p;
	if (!o->running)
		return;
	if (outside_done(&o->outside, now) || (!o->outside.inside && !mono_before(now, o->until))) {
		finish(o);
		return;
	}
	control(o, now);
	if (phone_there(o) && (p = outside_next(&o->outside, now, &w)) != NULL && w.err == ERR_OK)
		say_probe(o, p, wr_span(&w));
	loop_timer_at(o->timer, mono_add(now, TICK));
}

static uint16_t clamp_of(const struct tunnel_order *t, int headers)
{
	int mtu = t->mtu != 0 ? t->mtu : TUNNEL_MTU;
	return mtu >= TUNNEL_MTU_WHOLE ? 0 : (uint16_t)(mtu - headers);
}

static void fill(const struct outside_io *o, struct outside_config *c)
{
	const struct node_config *config = node_config(o->job.node);
	const struct tunnel_order *t = o->job.tunnel;
	*c = (struct outside_config){
		.reflector4 = config->reflector4,
		.reflector6 = config->reflector6,
		.port = (uint16_t)config->reflector_port,
		.zone = config->whoami,
		.phone4 = o->job.phone->address4,
		.node = t->endpoint,
		.clamp4 = clamp_of(t, TCP_IPV4),
		.clamp6 = clamp_of(t, TCP_IPV6),
	};
	if (t->gateway6.family == 6)
		c->phone6 = o->job.phone->address6;
	outside_token(&o->job.run, o->job.side, c->token);
	random_bytes(c->random, sizeof(c->random));
}

enum err outside_io_open(const struct outside_job *job, struct mono until, struct outside_io **out,
			 struct fault *f)
{
	struct loop *l = node_loop(job->node);
	struct outside_config c;
	struct outside_io *o = calloc(1, sizeof(*o));
	if (o == NULL)
		return fault_set(f, ERR_MEMORY, 0, "self-test: no memory");
	o->job = *job;
	o->until = until;
	o->begin = clock_wall();
	o->running = true;
	fill(o, &c);
	outside_init(&o->outside, &c, clock_mono());
	enum err err = open_watch(o, &o->inside, job->phone->interface, f);
	if (err == ERR_OK)
		err = open_watch(o, &o->uplink, node_config(job->node)->outside, f);
	if (err == ERR_OK)
		err = ask_io_open(&o->ask, f);
	if (err == ERR_OK)
		err = loop_timer(l, on_time, o, &o->timer, f);
	if (err != ERR_OK) {
		outside_io_close(&o);
		return err;
	}
	loop_timer_at(o->timer, clock_mono());
	*out = o;
	return ERR_OK;
}

void outside_io_begin_inside(struct outside_io *o)
{
	struct mono now = clock_mono();
	close_watch(&o->uplink);
	outside_begin_inside(&o->outside, now);
	o->begin = clock_wall();
	o->running = true;
	loop_timer_at(o->timer, now);
}

void outside_io_close(struct outside_io **out)
{
	struct outside_io *o = *out;
	if (o == NULL)
		return;
	close_watch(&o->inside);
	close_watch(&o->uplink);
	loop_timer_drop(&o->timer);
	ask_io_close(&o->ask);
	free(o);
	*out = NULL;
}
