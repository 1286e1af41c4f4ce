// SPDX-License-Identifier: Apache-2.0
#include "tunnel/tunnel_io.h"

#include <stdlib.h>
#include <string.h>

#include "sys/clock.h"
#include "tunnel/record_io.h"
#include "tunnel/route.h"
#include "tunnel/route_io.h"
#include "tunnel/rules.h"
#include "tunnel/rules_io.h"
#include "tunnel/undo_io.h"
#include "tunnel/wireguard.h"

struct tunnel {
	char name[TUNNEL_NAME];
	const struct wireguard_backend *backend; // NULL: no interface yet
	pid_t daemon;                            // 0: none
	struct rules *rules;                     // owned; the tunnel's own table lives in it
	uint8_t record[RECORD_TEXT];             // what close takes back
	size_t record_len;
};

// The guard first and the pass in the same transaction: there is no moment without it.
static enum err rules_step(struct tunnel *t, const struct tunnel_config *c, struct fault *f)
{
	uint8_t text[RULES_TEXT];
	struct wr w = wr_of(text, sizeof(text));
	const char *const inside[] = { c->inside };
	if (c->role == TUNNEL_GATEWAY) {
		rules_guard_write(&w, inside, COUNT(inside));
		rules_pass_write(&w, c);
	}
	rules_tunnel_write(&w, c);
	if (w.err != ERR_OK)
		return fault_set(f, w.err, 0, "tunnel %s: rules too long", c->name);
	return rules_open(wr_span(&w), &t->rules, f);
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
	if (err == ERR_OK && t->daemon != 0)
		err = record_put(c, t->daemon, f);
	return err;
}

static enum err route_step(const struct tunnel_config *c, struct fault *f)
{
	uint8_t text[ROUTE_TEXT];
	enum err err = ERR_OK;
	for (uint8_t family = 4; family <= 6 && err == ERR_OK; family += 2) {
		struct wr w = wr_of(text, sizeof(text));
		route_write(&w, c, family);
		err = w.err != ERR_OK
			      ? fault_set(f, w.err, 0, "tunnel %s: routes too long", c->name)
			      : route_run(family, wr_span(&w), f);
	}
	return err;
}

static enum err key_step(const struct tunnel *t, const struct tunnel_config *c, struct fault *f)
{
	struct wireguard_config wg;
	wireguard_config_of(c, &wg);
	enum err err = t->backend->set(&wg, f);
	explicit_bzero(&wg, sizeof(wg));
	return err;
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
	err = record_step(t, c, f);
	if (err == ERR_OK)
		err = rules_step(t, c, f);
	if (err == ERR_OK)
		err = interface_step(t, c, f);
	if (err == ERR_OK)
		err = route_step(c, f);
	if (err == ERR_OK)
		err = route_forward(c, f);
	if (err == ERR_OK)
		err = key_step(t, c, f);
	if (err != ERR_OK)
		tunnel_close(&t);
	*out = t;
	return err;
}

void tunnel_state(const struct tunnel *t, struct tunnel_state *out)
{
	struct wireguard_state s;
	*out = (struct tunnel_state){ .handshake_ns = INT64_MAX, .backend = t->backend->name };
	if (t->backend->state(t->name, &s, NULL) != ERR_OK)
		return;
	out->alive = true;
	if (s.handshake.ns != 0) {
		int64_t age = clock_wall().ns - s.handshake.ns;
		out->handshake_ns = age > 0 ? age : 0;
	}
	out->rx_bytes = s.rx_bytes;
	out->tx_bytes = s.tx_bytes;
	out->listen_port = s.listen_port;
	out->endpoint = s.endpoint;
	out->endpoint_port = s.endpoint_port;
}

const char *tunnel_interface(const struct tunnel *t)
{
	return t->name;
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
	if (t->backend != NULL) {
		t->backend->close(t->name, t->daemon);
		undo_routes(record);
	}
	rules_close(&t->rules);
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

enum err tunnel_release(struct fault *f)
{
	// Adding first makes deleting never fail for want of one.
	return rules_run(
		span_text("add table inet " RULES_GUARD "\ndelete table inet " RULES_GUARD "\n"),
		f);
}
