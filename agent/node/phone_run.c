// SPDX-License-Identifier: Apache-2.0
#include "node/phone_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/phone_io.h"
#include "node/meet_io.h"
#include "node/outside_io.h"
#include "node/selftest_io.h"
#include "node/step.h"
#include "sys/clock.h"
#include "tunnel/tunnel_io.h"

#define PHONE_RUN_TICK   (100 * NS_PER_MS)
#define PHONE_RUN_TUNNEL (6 * NS_PER_S) // after the start: a tunnel not up by then fails the run
#define PHONE_RUN_MEET   (8 * NS_PER_S) // the same where both ends are behind NAT
#define PHONE_RUN_AGAIN  (1500 * NS_PER_MS) // without a handshake: WireGuard waits 5 s by itself
#define PHONE_RUN_LINGER (2 * NS_PER_S)     // the tunnel stays, so that the app's goodbye gets out

enum stage {
	STAGE_LEAK,   // the phone asks without a tunnel, and nothing may get out
	STAGE_MEET,   // both ends are behind NAT: where is the other?
	STAGE_TUNNEL, // waiting for the first handshake
	STAGE_PHONE,  // the phone works
	STAGE_LINGER, // the phone has finished
};

struct phone_run {
	struct node *node;
	visit_end_fn *end;
	const struct order *order;
	struct tunnel *tunnel;
	struct phone_io *phone;
	struct selftest_io *test;
	struct outside_io *outside;
	struct meet_io *meet; // NULL: the vantage node has an address
	struct meet_end other;
	uint16_t port; // of our own; 0: any
	int testing;   // parts of the self-test under way
	struct loop_timer *timer;
	const struct node_phone *at;
	struct wall tunnel_begin;
	struct mono start, leave, asked;
	enum stage stage;
	bool failed;
	char why[FAULT_TEXT];
};

static void on_step(void *self, const struct step_record *record)
{
	struct phone_run *r = self;
	node_put_step(r->node, record);
}

static void on_message(void *self, const struct message_record *record)
{
	struct phone_run *r = self;
	node_put_message(r->node, record);
}

static void on_end(void *self, size_t messages, size_t planned)
{
	struct phone_run *r = self;
	if (messages < planned) {
		r->failed = true;
		snprintf(r->why, sizeof(r->why), "%zu of %zu messages went through", messages,
			 planned);
	}
	r->stage = STAGE_LINGER;
	r->leave = mono_add(clock_mono(), PHONE_RUN_LINGER);
}

static void leave(struct phone_run *r)
{
	r->end(r->node, r, r->failed ? ORDER_FAILED : ORDER_DONE, r->failed ? r->why : "");
}

static void fail(struct phone_run *r, const char *why)
{
	r->failed = true;
	snprintf(r->why, sizeof(r->why), "%s", why);
	leave(r);
}

static void fill_tunnel(const struct phone_run *r, struct tunnel_config *c)
{
	const struct node_phone *phone = r->at;
	const struct tunnel_order *t = &r->order->tunnel;
	*c = (struct tunnel_config){
		.role = TUNNEL_GATEWAY,
		.endpoint = t->meet ? r->other.addr : t->endpoint,
		.endpoint_port = t->meet ? r->other.port : t->port,
		.listen_port = r->port,
		.keepalive_s = 25,
		.mtu = t->mtu,
		.inner4 = { t->gateway4, t->vantage4 },
		.inner6 = { t->gateway6, t->vantage6 },
	};
	memcpy(c->private_key, node_secret(r->node)->wireguard, sizeof(c->private_key));
	memcpy(c->peer_key, t->peer_key, sizeof(c->peer_key));
	snprintf(c->inside, sizeof(c->inside), "%s", phone->interface);
	snprintf(c->outside, sizeof(c->outside), "%s", node_config(r->node)->outside);
	tunnel_name_write(TUNNEL_GATEWAY, r->order->run.bytes, r->order->side == 1 ? 'a' : 'b',
			  c->name);
	c->phones[c->phone_count++] = (struct prefix){ phone->address4, 32 };
	if (phone->address6.family == 6)
		c->phones[c->phone_count++] = (struct prefix){ phone->address6, 128 };
}

static enum err open_tunnel(struct phone_run *r, struct fault *f)
{
	struct tunnel_config c;
	fill_tunnel(r, &c);
	enum err err = tunnel_open(&c, &r->tunnel, f);
	tunnel_config_wipe(&c);
	r->asked = clock_mono();
	if (err != ERR_OK)
		step_put(r->node, &r->order->run, r->order->side, "tunnel", r->tunnel_begin,
			 STEP_FAILED, f->what);
	return err;
}

// The first handshake is lost when the vantage node is not there yet, and WireGuard asks again only
// after five seconds: a tunnel opened anew asks at once.
static bool ask_again(struct phone_run *r, struct mono now)
{
	struct fault f = { 0 };
	if (mono_since(now, r->asked) < PHONE_RUN_AGAIN)
		return true;
	tunnel_close(&r->tunnel);
	if (open_tunnel(r, &f) == ERR_OK)
		return true;
	fail(r, f.what);
	return false;
}

// A failed item stops the run with its name; the phone works when none has.
static void test_over(struct phone_run *r, const char *why)
{
	if (why != NULL)
		fail(r, why);
	else if (--r->testing == 0)
		phone_io_hold(r->phone, false);
}

static void on_tested(void *self, const char *why)
{
	test_over(self, why);
}

static enum err open_test(struct phone_run *r, const struct tunnel_state *state, struct fault *f)
{
	const struct tunnel_order *t = &r->order->tunnel;
	const struct selftest_job job = {
		.node = r->node,
		.run = r->order->run,
		.side = r->order->side,
		.tunnel = tunnel_interface(r->tunnel),
		.inside = r->at->interface,
		.own4 = t->gateway4,
		.peer4 = t->vantage4,
		.own6 = t->gateway6,
		.peer6 = t->vantage6,
		.phone = r->at->address4,
		.mtu = t->mtu != 0 ? t->mtu : TUNNEL_MTU,
		.handshake_ns = state->handshake_ns,
		.end = on_tested,
		.self = r,
	};
	return selftest_io_open(&job, &r->test, f);
}

static bool say(void *self, const struct phone_line *line)
{
	struct phone_run *r = self;
	return phone_io_say(r->phone, line);
}

static void begin_tunnel(struct phone_run *r)
{
	struct fault f = { 0 };
	r->stage = STAGE_TUNNEL;
	r->tunnel_begin = clock_wall();
	if (open_tunnel(r, &f) != ERR_OK)
		fail(r, f.what);
	else
		loop_timer_at(r->timer, mono_add(clock_mono(), PHONE_RUN_TICK));
}

static void on_met(void *self, const struct meet_end *other, uint16_t port, const char *why)
{
	struct phone_run *r = self;
	r->other = *other;
	r->port = port;
	if (why != NULL)
		fail(r, why);
	else
		begin_tunnel(r);
}

static void begin_meet(struct phone_run *r)
{
	const struct meet_job job = {
		.node = r->node,
		.run = r->order->run,
		.side = r->order->side,
		.other = r->order->tunnel.other,
		.end = on_met,
		.self = r,
	};
	struct fault f = { 0 };
	r->stage = STAGE_MEET;
	r->tunnel_begin = clock_wall();
	if (meet_io_open(&job, &r->meet, &f) != ERR_OK)
		fail(r, f.what);
	else
		loop_timer_at(r->timer, mono_add(clock_mono(), PHONE_RUN_TICK));
}

void phone_run_meet(struct phone_run *r, const struct link_meet *m)
{
	if (r->meet != NULL)
		meet_io_hear(r->meet, m);
}

// The phone is locked in, as it must be: now the tunnel.
static void on_outside(void *self, const char *why)
{
	struct phone_run *r = self;
	if (r->stage != STAGE_LEAK) {
		test_over(r, why);
	} else if (why != NULL) {
		fail(r, why);
	} else {
		if (r->order->tunnel.meet)
			begin_meet(r);
		else
			begin_tunnel(r);
	}
}

static enum err open_outside(struct phone_run *r, struct fault *f)
{
	const struct outside_job job = {
		.node = r->node,
		.run = r->order->run,
		.side = r->order->side,
		.phone = r->at,
		.tunnel = &r->order->tunnel,
		.say = say,
		.end = on_outside,
		.self = r,
	};
	return outside_io_open(&job, mono_add(r->start, PHONE_RUN_TUNNEL), &r->outside, f);
}

static void tell_tunnel(struct phone_run *r, enum step_outcome outcome, const char *detail)
{
	step_put(r->node, &r->order->run, r->order->side, "tunnel", r->tunnel_begin, outcome,
		 detail);
}

// Two ends that look for each other need longer, and their first calls are lost at the NATs.
static int64_t patience(const struct phone_run *r)
{
	return r->meet != NULL ? PHONE_RUN_MEET : PHONE_RUN_TUNNEL;
}

// The tunnel carries traffic only after a handshake; the phone is driven from then on.
static void wait_tunnel(struct phone_run *r, struct mono now)
{
	char none[FAULT_TEXT] = "no WireGuard handshake with the vantage node";
	struct tunnel_state state;
	struct fault f = { 0 };
	char text[120];
	tunnel_state(r->tunnel, &state);
	if (tunnel_ready(&state)) {
		snprintf(text, sizeof(text), "%s WireGuard, MTU %s", state.backend,
			 r->order->tunnel.mtu >= TUNNEL_MTU_WHOLE
				 ? "1500 with outer packets in fragments"
				 : "1420 with the MSS set");
		tell_tunnel(r, STEP_DONE, text);
		r->stage = STAGE_PHONE;
		if (open_test(r, &state, &f) != ERR_OK) {
			fail(r, f.what);
			return;
		}
		r->testing = 2;
		outside_io_begin_inside(r->outside);
	} else if (!mono_before(now, mono_add(r->start, patience(r)))) {
		if (r->meet != NULL)
			meet_io_why(r->meet, none, sizeof(none));
		tell_tunnel(r, STEP_FAILED, none);
		fail(r, none);
		return;
	} else if (!ask_again(r, now)) {
		return;
	}
	loop_timer_at(r->timer, mono_add(now, PHONE_RUN_TICK));
}

static void wait_met(struct phone_run *r, struct mono now)
{
	char why[FAULT_TEXT];
	if (mono_before(now, mono_add(r->start, patience(r)))) {
		loop_timer_at(r->timer, mono_add(now, PHONE_RUN_TICK));
		return;
	}
	meet_io_why(r->meet, why, sizeof(why));
	tell_tunnel(r, STEP_FAILED, why);
	fail(r, why);
}

static void on_tick(void *self, struct mono now)
{
	struct phone_run *r = self;
	if (r->stage == STAGE_LEAK)
		return;
	if (r->stage == STAGE_MEET) {
		wait_met(r, now);
		return;
	}
	if (r->stage == STAGE_TUNNEL)
		wait_tunnel(r, now);
	else if (r->stage == STAGE_LINGER && !mono_before(now, r->leave))
		leave(r);
	else
		loop_timer_at(r->timer, mono_add(now, PHONE_RUN_TICK));
}

// A firewall that was loaded anew may have taken the guard away since the agent's start.
static enum err lock_in(const struct phone_run *r, struct fault *f)
{
	const char *const interfaces[] = { r->at->interface };
	return tunnel_lockdown(interfaces, COUNT(interfaces), f);
}

static enum err find_phone(struct node *n, const struct order *o, const struct node_phone **out,
			   struct fault *f)
{
	*out = node_phone_find(node_config(n), o->phone);
	if (*out == NULL)
		return fault_set(f, ERR_MISSING, 0, "no phone \"%.*s\" behind this gateway",
				 (int)o->phone.len, (const char *)o->phone.at);
	return ERR_OK;
}

enum err phone_run_open(struct node *n, const struct order *o, visit_end_fn *end,
			struct phone_run **out, struct fault *f)
{
	const struct node_phone *phone;
	enum err err = find_phone(n, o, &phone, f);
	if (err != ERR_OK)
		return err;
	struct phone_run *r = calloc(1, sizeof(*r));
	if (r == NULL)
		return fault_set(f, ERR_MEMORY, 0, "phone run: no memory");
	r->node = n;
	r->end = end;
	r->order = o;
	r->at = phone;
	r->tunnel_begin = clock_wall();
	r->start = mono_add(clock_mono(), o->start.ns - clock_wall().ns);
	err = loop_timer(node_loop(n), on_tick, r, &r->timer, f);
	const struct phone_io_events events = { on_step, on_message, on_end, r };
	if (err == ERR_OK)
		err = phone_io_open(node_loop(n), phone->socket, o, node_config(n)->isolate, events,
				    &r->phone, f);
	if (err == ERR_OK)
		phone_io_hold(r->phone, true);
	if (err == ERR_OK)
		err = lock_in(r, f);
	if (err == ERR_OK)
		err = open_outside(r, f);
	if (err != ERR_OK) {
		phone_run_close(&r);
		return err;
	}
	*out = r;
	return ERR_OK;
}

void phone_run_close(struct phone_run **out)
{
	struct phone_run *r = *out;
	if (r == NULL)
		return;
	outside_io_close(&r->outside);
	meet_io_close(&r->meet);
	phone_io_close(&r->phone);
	selftest_io_close(&r->test);
	loop_timer_drop(&r->timer);
	tunnel_close(&r->tunnel);
	free(r);
	*out = NULL;
}
