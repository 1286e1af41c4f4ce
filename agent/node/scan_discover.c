// SPDX-License-Identifier: Apache-2.0
#include "node/scan_discover.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/rd.h"
#include "discover/discover_io.h"
#include "log/log.h"
#include "node/scan_manners.h"
#include "node/scan_told_io.h"
#include "sys/clock.h"

#define SCAN_DISCOVER_TICK (50 * NS_PER_MS)
#define KEEP_NS            (2 * NS_PER_S)
#define STATE_SIZE         (SCAN_FILE_HEAD + 3 * 8 + SCAN_FILE_TAIL)

// Who was told, as the log keeps it.
struct told {
	struct addr addr;
	uint8_t role;
};

struct scan_discover {
	struct node *node;
	visit_end_fn *end;
	const struct order *order;
	struct scan_manners manners;
	struct discover_io *io;
	struct loop_timer *timer;
	struct space space;
	uint64_t seed[2], place; // of the sweep, from a checkpoint
	size_t next;             // of the list: addrs4, then addrs6
	size_t left;             // of the list: not asked when it was stopped
	char state[SCAN_FILE_PATH];
	struct scan_told told;
	struct mono keep_at;
	bool begun, ended, stopped, unkept;
};

static void on_resolver(void *self, const struct resolver_record *r)
{
	struct scan_discover *s = self;
	const struct told t = { r->addr, (uint8_t)r->role };
	if (scan_told_has(&s->told, &t))
		return;
	s->left += r->state == RESOLVER_NOT_ASKED;
	if (scan_told_begin(&s->told, &t, node_place(s->node)))
		scan_told_end(&s->told, node_put_resolver(s->node, r));
}

// The seed of the sweep and how far it is. What lies behind is told; what of the rest is told
// already stands in the log.
static void keep(struct scan_discover *s)
{
	uint8_t room[STATE_SIZE];
	struct fault f = { 0 };
	struct wr w = scan_file_begin(room, sizeof(room));
	wr_le64(&w, s->seed[0]);
	wr_le64(&w, s->seed[1]);
	wr_le64(&w, s->io != NULL && s->space.addrs > 0 ? discover_io_place(s->io) : s->place);
	bool fails = scan_file_save(s->state, &w, &f) != ERR_OK;
	if (fails && !s->unkept)
		log_fault(LOG_ERROR, "plan", "cannot_keep_scan", &f);
	s->unkept = fails;
}

static enum err read_kept(struct scan_discover *s, struct fault *f)
{
	char *bytes;
	struct span state;
	const char *data = node_config(s->node)->data;
	scan_file_name(data, &s->order->id, "state", s->state);
	s->seed[0] = random_u64();
	s->seed[1] = random_u64();
	enum err err = scan_file_load(s->state, &bytes, &state, f);
	if (err == ERR_OK) {
		struct rd r = rd_of(state);
		s->seed[0] = rd_le64(&r);
		s->seed[1] = rd_le64(&r);
		s->place = rd_le64(&r);
		err = r.err == ERR_OK ? ERR_OK : fault_set(f, ERR_CORRUPT, 0, "%s", s->state);
	}
	free(bytes);
	if (err != ERR_OK && err != ERR_MISSING)
		return err;
	return scan_told_open(&s->told, data, &s->order->id, sizeof(struct told), f);
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
	char text[160];
	if (scan_told_stopped(&s->told)) {
		s->end(s->node, s, ORDER_ACCEPTED, s->told.stop.what);
		return;
	}
	while (next_of_list(s, &a, &role)) {
		const struct told t = { a, (uint8_t)role };
		if (!scan_told_has(&s->told, &t) && discover_io_put(s->io, a, role) != ERR_OK)
			break;
		s->next++;
	}
	if (next_of_list(s, &a, &role) || !discover_io_done(s->io)) {
		if (!mono_before(now, s->keep_at)) {
			keep(s);
			s->keep_at = mono_add(clock_mono(), KEEP_NS);
		}
		loop_timer_at(s->timer, mono_add(now, SCAN_DISCOVER_TICK));
		return;
	}
	const struct discover_counts c = discover_io_counts(s->io);
	int len = snprintf(text, sizeof(text), "%llu asked, %llu denied, %llu told, %llu usable",
			   (unsigned long long)(c.swept + s->next - s->left - c.denied),
			   (unsigned long long)c.denied, (unsigned long long)c.candidates,
			   (unsigned long long)c.usable);
	if (s->stopped)
		snprintf(text + len, sizeof(text) - (size_t)len, ", %llu not asked",
			 (unsigned long long)(s->space.addrs - s->place - c.swept + s->left));
	s->ended = true;
	s->end(s->node, s, ORDER_DONE, text);
}

static enum err read_space(struct scan_discover *s, struct fault *f)
{
	static struct prefix list[SPACE_PREFIXES];
	const struct discover_order *o = &s->order->discover;
	size_t count4 = o->prefixes4.len / 5, count = count4 + o->prefixes6.len / 17;
	if (count > SPACE_PREFIXES)
		return fault_set(f, ERR_RANGE, 0, "more than %d prefixes", SPACE_PREFIXES);
	for (size_t i = 0; i < count; i++)
		list[i].addr = i < count4 ? item(o->prefixes4, 4, i, &list[i].bits)
					  : item(o->prefixes6, 16, i - count4, &list[i].bits);
	if (space_init(&s->space, list, count, s->seed) != ERR_OK)
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
		discover_io_sweep(s->io, &s->space, s->place);
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
	enum err err = read_kept(s, f);
	if (err == ERR_OK)
		err = scan_manners_open(n, o, o->discover.reserved, &s->manners, f);
	if (err == ERR_OK)
		err = open_io(s, f);
	if (err == ERR_OK)
		err = loop_timer(node_loop(n), on_tick, s, &s->timer, f);
	if (err != ERR_OK) {
		scan_discover_close(&s);
		return err;
	}
	s->begun = true;
	loop_timer_at(s->timer, clock_mono());
	*out = s;
	return ERR_OK;
}

// A list is told whole; of a sweep its place says how far it came.
void scan_discover_stop(struct scan_discover *s)
{
	struct addr a;
	enum resolver_role role;
	discover_io_stop(s->io);
	for (; next_of_list(s, &a, &role); s->next++) {
		const struct resolver_record r = { .scan = s->order->run,
						   .addr = a,
						   .role = role,
						   .state = RESOLVER_NOT_ASKED,
						   .start = clock_wall(),
						   .end = clock_wall() };
		on_resolver(s, &r);
	}
	s->stopped = true;
	loop_timer_at(s->timer, clock_mono());
}

void scan_discover_close(struct scan_discover **out)
{
	struct scan_discover *s = *out;
	if (s == NULL)
		return;
	if (s->begun && !s->ended && !scan_told_stopped(&s->told))
		keep(s);
	loop_timer_drop(&s->timer);
	discover_io_close(&s->io);
	scan_manners_close(&s->manners);
	scan_told_close(&s->told);
	free(s);
	*out = NULL;
}
