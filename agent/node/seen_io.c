// SPDX-License-Identifier: Apache-2.0
#include "node/seen_io.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/ask_io.h"
#include "node/outside_io.h"
#include "node/step.h"
#include "sys/clock.h"
#include "wire/reflect.h"

#define SEEN_PACE  (300 * NS_PER_MS)
#define SEEN_TURNS 30
#define DNS_PORT   53

struct seen_io {
	struct node *node;
	struct run_id run;
	uint8_t side;
	struct ask_io *ask;
	struct loop_timer *timer;
	struct wall begin;
	struct reflect_ask question;
	struct reflect_answer last;
	size_t turns;
	bool heard;
};

static bool missing(struct addr reflector, const struct reflect_view *v)
{
	return reflector.family != 0 && v->addr.family == 0;
}

static bool complete(const struct seen_io *s)
{
	const struct node_config *c = node_config(s->node);
	return !missing(c->reflector4, &s->last.node4) && !missing(c->reflector6, &s->last.node6) &&
	       (c->whoami[0] == '\0' || s->last.resolver_node.family != 0);
}

static void ask(struct seen_io *s)
{
	const struct node_config *c = node_config(s->node);
	uint8_t room[REFLECT_SIZE], name[REFLECT_NAME];
	struct wr w = wr_of(room, sizeof(room)), q = wr_of(name, sizeof(name));
	struct addr resolver = c->resolver4.family != 0 ? c->resolver4 : c->resolver6;
	if (c->whoami[0] != '\0' && s->last.resolver_node.family == 0) {
		reflect_query_write(&q, &s->question, c->whoami);
		ask_io_send(s->ask, resolver, DNS_PORT, wr_span(&q));
	}
	reflect_ask_write(&w, &s->question);
	ask_io_send(s->ask, c->reflector4, (uint16_t)c->reflector_port, wr_span(&w));
	ask_io_send(s->ask, c->reflector6, (uint16_t)c->reflector_port, wr_span(&w));
}

static void hear(struct seen_io *s)
{
	uint8_t room[2048];
	struct reflect_answer a;
	struct span in;
	while (ask_io_hear(s->ask, room, sizeof(room), &in)) {
		if (reflect_answer_read(in, &a) != ERR_OK ||
		    memcmp(&a.ask, &s->question, sizeof(a.ask)) != 0)
			continue;
		s->last = a;
		s->heard = true;
	}
}

static void tell(struct seen_io *s)
{
	char four[ADDR_TEXT], six[ADDR_TEXT], resolver[ADDR_TEXT], text[240];
	addr_write(s->last.node4.addr, four);
	addr_write(s->last.node6.addr, six);
	addr_write(s->last.resolver_node, resolver);
	snprintf(text, sizeof(text), "IPv4 %s ttl %u; IPv6 %s ttl %u; resolver %s",
		 s->last.node4.addr.family != 0 ? four : "-", s->last.node4.ttl,
		 s->last.node6.addr.family != 0 ? six : "-", s->last.node6.ttl,
		 s->last.resolver_node.family != 0 ? resolver : "-");
	step_put(s->node, &s->run, s->side, "reflector", s->begin,
		 complete(s) ? STEP_DONE : STEP_FAILED, s->heard ? text : "no answer");
}

static void on_time(void *self, struct mono now)
{
	struct seen_io *s = self;
	hear(s);
	if (complete(s) || s->turns++ == SEEN_TURNS) {
		tell(s);
		return;
	}
	ask(s);
	loop_timer_at(s->timer, mono_add(now, SEEN_PACE));
}

enum err seen_io_open(struct node *n, const struct run_id *run, uint8_t side, struct seen_io **out,
		      struct fault *f)
{
	const struct node_config *c = node_config(n);
	*out = NULL;
	if (c->reflector4.family == 0 && c->reflector6.family == 0)
		return ERR_OK;
	struct seen_io *s = calloc(1, sizeof(*s));
	if (s == NULL)
		return fault_set(f, ERR_MEMORY, 0, "reflector: no memory");
	*s = (struct seen_io){ .node = n, .run = *run, .side = side, .begin = clock_wall() };
	s->question.kind = REFLECT_NODE;
	outside_token(run, side, s->question.token);
	random_bytes(s->question.nonce, sizeof(s->question.nonce));
	enum err err = ask_io_open(&s->ask, f);
	if (err == ERR_OK)
		err = loop_timer(node_loop(n), on_time, s, &s->timer, f);
	if (err != ERR_OK) {
		seen_io_close(&s);
		return err;
	}
	loop_timer_at(s->timer, clock_mono());
	*out = s;
	return ERR_OK;
}

void seen_io_close(struct seen_io **out)
{
	struct seen_io *s = *out;
	if (s == NULL)
		return;
	loop_timer_drop(&s->timer);
	ask_io_close(&s->ask);
	free(s);
	*out = NULL;
}
