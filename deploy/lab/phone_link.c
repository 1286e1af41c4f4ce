// SPDX-License-Identifier: Apache-2.0
#include "lab/phone_link.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "sys/clock.h"

struct failure {
	char stage[16], what[160];
};

struct phone_link {
	struct phone_net net;
	struct tls_events ev;
	struct phone_ask *ask;
	struct tls *tls;
	struct loop_timer *timer; // failures are told from the loop, never from within a call
	char name[256];
	uint16_t port;
	struct addr addrs[PHONE_ADDRS_MAX];
	size_t count, at;
	bool was_up;
	struct failure last;
};

static void try_next(struct phone_link *l);

static void fail_soon(struct phone_link *l, const char *stage, const char *what)
{
	snprintf(l->last.stage, sizeof(l->last.stage), "%s", stage);
	snprintf(l->last.what, sizeof(l->last.what), "%s", what);
	loop_timer_at(l->timer, clock_mono());
}

static void on_due(void *self, struct mono now)
{
	struct phone_link *l = self;

	(void)now;
	if (l->at < l->count && !l->was_up) {
		try_next(l);
		return;
	}
	// The owner closes the link before it has read the words.
	struct failure last = l->last;
	l->ev.down(l->ev.self, last.stage, last.what);
}

static void on_up(void *self)
{
	struct phone_link *l = self;

	l->was_up = true;
	l->ev.up(l->ev.self);
}

static size_t on_bytes(void *self, struct span in)
{
	struct phone_link *l = self;

	return l->ev.bytes(l->ev.self, in);
}

static void on_down(void *self, const char *stage, const char *what)
{
	struct phone_link *l = self;

	tls_close(&l->tls);
	fail_soon(l, stage, what);
}

static void try_next(struct phone_link *l)
{
	struct tls_events ev = { .up = on_up, .bytes = on_bytes, .down = on_down, .self = l };
	struct addr to = l->addrs[l->at++];
	struct mono until = mono_add(clock_mono(), PHONE_TRY_NS);
	struct fault f;

	if (tls_connect(l->net.loop, l->net.tls, to, l->port, l->name, until, ev, &l->tls, &f) !=
	    ERR_OK)
		fail_soon(l, "connect", f.what);
}

static void on_name(void *self, const struct addr *addrs, size_t count, const char *why)
{
	struct phone_link *l = self;

	l->ask = NULL;
	if (count > 0)
		memcpy(l->addrs, addrs, count * sizeof(*addrs));
	l->count = count;
	if (count > 0)
		try_next(l);
	else
		fail_soon(l, "name", why);
}

enum err phone_link_open(const struct phone_net *net, const char *name, uint16_t port,
			 struct tls_events ev, struct phone_link **out, struct fault *f)
{
	struct phone_link *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return fault_set(f, ERR_MEMORY, 0, "phone: no memory");
	*l = (struct phone_link){ .net = *net, .ev = ev, .port = port };
	enum err err = text_copy(l->name, sizeof(l->name), span_text(name));
	if (err != ERR_OK)
		fault_set(f, err, 0, "phone: name too long");
	if (err == ERR_OK)
		err = loop_timer(net->loop, on_due, l, &l->timer, f);
	if (err == ERR_OK) {
		struct phone_ask *ask = NULL;
		err = phone_dns_ask(net->dns, l->name, on_name, l, &ask, f);
		l->ask = ask;
	}
	if (err != ERR_OK) {
		phone_link_close(&l);
		return err;
	}
	*out = l;
	return ERR_OK;
}

void phone_link_close(struct phone_link **out)
{
	struct phone_link *l = *out;

	*out = NULL;
	if (l == NULL)
		return;
	phone_ask_drop(&l->ask);
	tls_close(&l->tls);
	loop_timer_drop(&l->timer);
	free(l);
}

void phone_link_send(struct phone_link *l, struct span s)
{
	if (l != NULL && l->tls != NULL && l->was_up)
		tls_send(l->tls, s);
}
