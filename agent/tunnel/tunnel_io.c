// SPDX-License-Identifier: Apache-2.0
#include "tunnel/tunnel_io.h"

#include <stdlib.h>
#include <string.h>

#include "sys/clock.h"
#include "sys/fd.h"
#include "tunnel/cable.h"
#include "tunnel/hops.h"
#include "tunnel/record_io.h"
#include "tunnel/route.h"
#include "tunnel/route_io.h"
#include "tunnel/rules.h"
#include "tunnel/rules_io.h"
#include "tunnel/space_io.h"
#include "tunnel/undo_io.h"
#include "tunnel/wireguard.h"

struct tunnel {
	char name[TUNNEL_NAME];
	const struct wireguard_backend *backend; // NULL: no interface yet
	pid_t daemon;                            // 0: none
	struct rules *rules;                     // owned; the tunnel's own table lives in it
	uint8_t record[RECORD_TEXT];             // what close takes back
	size_t record_len;
	// Of a vantage node's end; -1 and NULL at a gateway.
	int space, port;           // the namespace; the UDP port, kept from others
	struct rules *space_rules; // owned
	struct cable cable;
};

// What the steps are about; it goes through space_run.
struct opening {
	struct tunnel *t;
	const struct tunnel_config *c;
	uint16_t port; // that WireGuard binds
};

static enum err run_rules(const struct tunnel_config *c, const struct wr *w, struct rules **out,
			  struct fault *f)
{
	if (w->err != ERR_OK)
		return fault_set(f, w->err, 0, "tunnel %s: rules too long", c->name);
	return rules_open(wr_span(w), out, f);
}

static enum err run_routes(const struct tunnel_config *c, uint8_t family, const struct wr *w,
			   struct fault *f)
{
	if (w->err != ERR_OK)
		return fault_set(f, w->err, 0, "tunnel %s: routes too long", c->name);
	return route_run(family, wr_span(w), f);
}

static enum err interface_step(struct tunnel *t, const struct tunnel_config *c, struct fault *f)
{
	static const struct wireguard_backend *const backends[] = {
		&wireguard_kernel,
		&wireguard_user,
	};
	enum err err = ERR_UNSUPPORTED;
	for (size_t i = 0; i < COUNT(backends) && err == ERR_UNSUPPORTED; i++) {
		err = backends[i]->open(c->name, &t->daemon, f);
		if (err == ERR_OK)
			t->backend = backends[i];
	}
	return err;
}

static enum err route_step(const struct tunnel_config *c, struct fault *f)
{
	uint8_t text[ROUTE_TEXT];
	enum err err = ERR_OK;
	for (uint8_t family = 4; family <= 6 && err == ERR_OK; family += 2) {
		struct wr w = wr_of(text, sizeof(text));
		route_write(&w, c, family);
		err = run_routes(c, family, &w, f);
	}
	return err;
}

static enum err key_step(const struct opening *o, struct fault *f)
{
	struct wireguard_config wg;
	wireguard_config_of(o->c, &wg);
	wg.listen_port = o->port;
	enum err err = o->t->backend->set(&wg, f);
	explicit_bzero(&wg, sizeof(wg));
	return err;
}

// Where the interface is, wherever that is.
static enum err inside_step(const struct opening *o, const char *other, struct fault *f)
{
	enum err err = interface_step(o->t, o->c, f);
	if (err == ERR_OK)
		err = route_step(o->c, f);
	if (err == ERR_OK)
		err = route_forward(o->c, o->c->name, other, f);
	return err == ERR_OK ? key_step(o, f) : err;
}

// The guard first and the pass in the same transaction: there is no moment without it.
static enum err gateway_step(const struct opening *o, struct fault *f)
{
	uint8_t text[RULES_TEXT];
	struct wr w = wr_of(text, sizeof(text));
	const char *const inside[] = { o->c->inside };
	rules_guard_write(&w, inside, COUNT(inside));
	rules_pass_write(&w, o->c);
	rules_tunnel_write(&w, o->c);
	hops_write(&w, o->c);
	enum err err = run_rules(o->c, &w, &o->t->rules, f);
	return err == ERR_OK ? inside_step(o, o->c->inside, f) : err;
}

static enum err in_space(void *self, struct fault *f)
{
	const struct opening *o = self;
	uint8_t text[RULES_TEXT];
	struct wr w = wr_of(text, sizeof(text));
	rules_tunnel_write(&w, o->c);
	hops_write(&w, o->c);
	enum err err = run_rules(o->c, &w, &o->t->space_rules, f);
	w = wr_of(text, sizeof(text));
	cable_space_write(&w, &o->t->cable);
	if (err == ERR_OK)
		err = run_routes(o->c, 0, &w, f);
	return err == ERR_OK ? inside_step(o, CABLE_INSIDE, f) : err;
}

static enum err cable_step(const struct opening *o, struct fault *f)
{
	struct tunnel *t = o->t;
	uint8_t text[RULES_TEXT];
	char path[SPACE_PATH];
	struct wr w = wr_of(text, sizeof(text));
	cable_rules_write(&w, o->c, &t->cable, o->port);
	hops_node_write(&w, o->c, &t->cable);
	enum err err = run_rules(o->c, &w, &t->rules, f);
	if (err == ERR_OK)
		err = space_open(&t->space, f);
	w = wr_of(text, sizeof(text));
	space_path(t->space, path);
	cable_node_write(&w, &t->cable, path);
	if (err == ERR_OK)
		err = run_routes(o->c, 0, &w, f);
	return err == ERR_OK ? route_forward(o->c, t->cable.name, o->c->outside, f) : err;
}

static enum err vantage_step(struct opening *o, struct fault *f)
{
	cable_of(o->c, &o->t->cable);
	enum err err = space_hold_port(&o->port, &o->t->port, f);
	if (err == ERR_OK)
		err = cable_step(o, f);
	return err == ERR_OK ? space_run(o->t->space, in_space, o, f) : err;
}

// A record that a living process made is not ours to write over.
static enum err record_step(struct tunnel *t, const struct tunnel_config *c, struct fault *f)
{
	struct wr w = wr_of(t->record, sizeof(t->record));
	struct record r;
	size_t len;
	if (record_find(c->name, &r, t->record, &len, NULL) == ERR_OK && record_alive(r.owner))
		return fault_set(f, ERR_EXISTS, 0, "tunnel %s is open already, by process %lld",
				 c->name, (long long)r.owner.pid);
	record_write(&w, c, &(struct record){ 0 });
	t->record_len = w.len;
	memcpy(t->name, c->name, sizeof(t->name));
	return record_put(c, 0, f);
}

enum err tunnel_open(const struct tunnel_config *c, struct tunnel **out, struct fault *f)
{
	*out = NULL;
	enum err err = tunnel_check(c, f);
	if (err != ERR_OK)
		return err;
	struct tunnel *t = calloc(1, sizeof(*t));
	if (t == NULL)
		return fault_set(f, ERR_MEMORY, 0, "tunnel %s: no memory", c->name);
	t->space = t->port = -1;
	struct opening o = { .t = t, .c = c, .port = c->listen_port };
	err = record_step(t, c, f);
	if (err == ERR_OK)
		err = c->role == TUNNEL_VANTAGE ? vantage_step(&o, f) : gateway_step(&o, f);
	if (err == ERR_OK && t->daemon != 0)
		err = record_put(c, t->daemon, f);
	if (err != ERR_OK)
		tunnel_close(&t);
	*out = t;
	return err;
}

struct question {
	const struct tunnel *t;
	struct wireguard_state state;
};

static enum err ask_state(void *self, struct fault *f)
{
	struct question *q = self;
	return q->t->backend->state(q->t->name, &q->state, f);
}

void tunnel_state(const struct tunnel *t, struct tunnel_state *out)
{
	struct question q = { .t = t };
	const struct wireguard_state *s = &q.state;
	*out = (struct tunnel_state){ .handshake_ns = INT64_MAX, .backend = t->backend->name };
	if (space_run(t->space, ask_state, &q, NULL) != ERR_OK)
		return;
	out->alive = true;
	if (s->handshake.ns != 0) {
		int64_t age = clock_wall().ns - s->handshake.ns;
		out->handshake_ns = age > 0 ? age : 0;
	}
	out->rx_bytes = s->rx_bytes;
	out->tx_bytes = s->tx_bytes;
	out->listen_port = s->listen_port;
	out->endpoint = s->endpoint;
	out->endpoint_port = s->endpoint_port;
}

const char *tunnel_interface(const struct tunnel *t)
{
	return t->name;
}

struct addr tunnel_space(const struct tunnel *t, uint8_t family)
{
	return family == 4 ? t->cable.space4 : t->cable.space6;
}

enum err tunnel_within(const struct tunnel *t, tunnel_fn *fn, void *self, struct fault *f)
{
	return space_run(t->space, fn, self, f);
}

static enum err close_interface(void *self, struct fault *f)
{
	const struct tunnel *t = self;
	(void)f;
	t->backend->close(t->name, t->daemon);
	return ERR_OK;
}

// Traffic is stopped before anything it relied on goes.
void tunnel_close(struct tunnel **out)
{
	struct tunnel *t = *out;
	if (t == NULL)
		return;
	struct span record = span_of(t->record, t->record_len);
	if (t->rules != NULL)
		undo_rules(record);
	if (t->backend != NULL && space_run(t->space, close_interface, t, NULL) != ERR_OK)
		t->backend->close(t->name, t->daemon);
	if (t->backend != NULL || t->space >= 0)
		undo_routes(record);
	rules_close(&t->space_rules);
	rules_close(&t->rules);
	fd_close(&t->space);
	fd_close(&t->port);
	if (t->name[0] != '\0')
		record_take(t->name);
	free(t);
	*out = NULL;
}

enum err tunnel_lockdown(const char *const *phones, size_t count, struct fault *f)
{
	uint8_t text[RULES_TEXT];
	struct wr w = wr_of(text, sizeof(text));
	rules_guard_write(&w, phones, count);
	if (w.err != ERR_OK)
		return fault_set(f, w.err, 0, "%zu phone interfaces are too many", count);
	return rules_run(wr_span(&w), f);
}
