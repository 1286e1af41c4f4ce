// SPDX-License-Identifier: Apache-2.0
#include "node/scan_discover.h"

#include <stdio.h>
#include <stdlib.h>

#include "discover/discover_io.h"
#include "node/scan_manners.h"
#include "sys/clock.h"

#define SCAN_DISCOVER_TICK (50 * NS_PER_MS)

struct scan_discover {
	struct node *node;
	visit_end_fn *end;
	const struct order *order;
	struct scan_manners manners;
	struct discover_io *io;
	struct loop_timer *timer;
	struct space space;
	size_t next; // of the list: addrs4, then addrs6
};

static void on_resolver(void *self, const struct resolver_record *r)
{
	struct scan_discover *s = self;
	node_put_resolver(s->node, r);
}

// Item I of addresses that each have a byte behind them.
static struct addr item(struct span packed, size_t size, size_t i, uint8_t *byte)
{
	size_t at = i * (size + 1);
	*byte = packed.at[at + size];
	return addr_of(span_cut(packed, at, size));
}

static bool next_of_list(const struct scan_discover *s, struct addr *a, enum resolver_role *role)
{
	const struct discover_order *o = &s->order->discover;
	size_t count4 = o->addrs4.len / 5, i = s->next;
	uint8_t byte;
	if (i < count4)
		*a = item(o->addrs4, 4, i, &byte);
	else if (i - count4 < o->addrs6.len / 17)
		*a = item(o->addrs6, 16, i - count4, &byte);
	else
		return false;
	*role = byte == RESOLVER_ROLE_UNKNOWN ? RESOLVER_TEST : (enum resolver_role)byte;
	return true;
}

static void on_tick(void *self, struct mono now)
{
	struct scan_discover *s = self;
	struct addr a;
	enum resolver_role role;
	char text[120];
	while (next_of_list(s, &a, &role) && discover_io_put(s->io, a, role) == ERR_OK)
		s->next++;
	if (next_of_list(s, &a, &role) || !discover_io_done(s->io)) {
		loop_timer_at(s->timer, mono_add(now, SCAN_DISCOVER_TICK));
		return;
	}
	const struct discover_counts c = discover_io_counts(s->io);
	snprintf(text, sizeof(text), "%llu asked, %llu denied, %llu told, %llu usable",
		 (unsigned long long)(c.swept + s->next - c.denied), (unsigned long long)c.denied,
		 (unsigned long long)c.candidates, (unsigned long long)c.usable);
	s->end(s->node, s, ORDER_DONE, text);
}

static enum err read_space(struct scan_discover *s, struct fault *f)
{
	static struct prefix list[SPACE_PREFIXES];
	const struct discover_order *o = &s->order->discover;
	const uint64_t seed[2] = { random_u64(), random_u64() };
	size_t count4 = o->prefixes4.len / 5, count = count4 + o->prefixes6.len / 17;
	if (count > SPACE_PREFIXES)
		return fault_set(f, ERR_RANGE, 0, "more than %d prefixes", SPACE_PREFIXES);
	for (size_t i = 0; i < count; i++)
		list[i].addr = i < count4 ? item(o->prefixes4, 4, i, &list[i].bits)
					  : item(o->prefixes6, 16, i - count4, &list[i].bits);
	if (space_init(&s->space, list, count, seed) != ERR_OK)
		return fault_set(f, ERR_RANGE, 0, "more addresses than one sweep may have");
	return ERR_OK;
}

static enum err read_names(const struct discover_order *o, struct discover_config *c,
			   struct fault *f)
{
	struct span whoami = o->whoami;
	c->whoami_any = whoami.len > 2 && whoami.at[0] == '*' && whoami.at[1] == '.';
	if (c->whoami_any)
		whoami = span_cut(whoami, 2, whoami.len);
	if (o->control.len == 0 || dns_name_read(o->control, &c->control) != ERR_OK ||
	    (whoami.len > 0 && dns_name_read(whoami, &c->whoami) != ERR_OK) ||
	    (o->nothing.len > 0 && dns_name_read(o->nothing, &c->nothing) != ERR_OK))
		return fault_set(f, ERR_FORMAT, 0, "control, whoami or nothing is not a name");
	for (size_t at = 0; at < o->right4.len && c->right_count < DISCOVER_CONTROL_MAX; at += 4)
		c->right[c->right_count++] = addr_of(span_cut(o->right4, at, 4));
	for (size_t at = 0; at < o->right6.len && c->right_count < DISCOVER_CONTROL_MAX; at += 16)
		c->right[c->right_count++] = addr_of(span_cut(o->right6, at, 16));
	return ERR_OK;
}

static enum err open_io(struct scan_discover *s, struct fault *f)
{
	const struct discover_order *o = &s->order->discover;
	const struct node_config *config = node_config(s->node);
	struct discover_io_config c = { .engine = DISCOVER_DEFAULT,
					.rate = (double)s->manners.rate,
					.done = on_resolver,
					.self = s };
	c.engine.scan = s->order->run;
	c.engine.helper =
		config->resolver4.family != 0 ? config->resolver4 : discover_helper_find();
	c.engine.rounds = o->rounds > 0 ? o->rounds : 1;
	c.engine.round_ns = (int64_t)o->every_ms * NS_PER_MS;
	if (o->wait_ms > 0)
		c.engine.wait_ns = (int64_t)o->wait_ms * NS_PER_MS;
	c.engine.pace = s->manners.pace;
	enum err err = read_names(o, &c.engine, f);
	if (err == ERR_OK)
		err = read_space(s, f);
	if (err == ERR_OK)
		err = discover_io_open(node_loop(s->node), &c, &s->io, f);
	if (err == ERR_OK && s->space.addrs > 0)
		discover_io_sweep(s->io, &s->space, 0);
	return err;
}

enum err scan_discover_open(struct node *n, const struct order *o, visit_end_fn *end,
			    struct scan_discover **out, struct fault *f)
{
	struct scan_discover *s = calloc(1, sizeof(*s));
	if (s == NULL)
		return fault_set(f, ERR_MEMORY, 0, "discover: no memory");
	s->node = n;
	s->end = end;
	s->order = o;
	enum err err = scan_manners_open(n, o, o->discover.reserved, &s->manners, f);
	if (err == ERR_OK)
		err = open_io(s, f);
	if (err == ERR_OK)
		err = loop_timer(node_loop(n), on_tick, s, &s->timer, f);
	if (err != ERR_OK) {
		scan_discover_close(&s);
		return err;
	}
	loop_timer_at(s->timer, clock_mono());
	*out = s;
	return ERR_OK;
}

void scan_discover_close(struct scan_discover **out)
{
	struct scan_discover *s = *out;
	if (s == NULL)
		return;
	if (s->io != NULL)
		discover_io_stop(s->io);
	loop_timer_drop(&s->timer);
	discover_io_close(&s->io);
	scan_manners_close(&s->manners);
	free(s);
	*out = NULL;
}
