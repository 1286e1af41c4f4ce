// SPDX-License-Identifier: Apache-2.0
#include "node/scan_path.h"

#include <stdio.h>
#include <stdlib.h>

#include "dns/path_io.h"
#include "node/scan_manners.h"
#include "node/scan_told_io.h"
#include "sys/clock.h"

#define PORTS     64 // paths traced at once
#define HOPS      24
#define ATTEMPTS  2
#define WAIT_MS   2000
#define LISTEN_NS (3 * NS_PER_S)

struct scan_path {
	struct node *node;
	visit_end_fn *end;
	const struct order *order;
	struct scan_manners manners;
	struct scan_told told; // uint32_t: number of the wish
	uint32_t *wishes;      // of those still to be traced, as the lists have them
	struct dns_list *servers, *names;
	struct dns_path_io *io;
	struct loop_timer *timer;
	size_t count, done, injected;
};

static void on_record(void *self, const struct dns_want *w)
{
	struct scan_path *s = self;
	struct dns_path_finding p;
	const uint32_t number = s->wishes[w->pick.resolver];
	dns_path_read(w->record, &p);
	s->done++;
	s->injected += p.injected;
	if (scan_told_begin(&s->told, &number, node_place(s->node)))
		scan_told_end(&s->told, node_put_dns_pair(s->node, w->record));
	if (scan_told_stopped(&s->told))
		loop_timer_at(s->timer, clock_mono());
}

static void on_ended(void *self)
{
	struct scan_path *s = self;
	loop_timer_at(s->timer, clock_mono()); // not from inside the engine's own turn
}

static void on_tick(void *self, struct mono now)
{
	struct scan_path *s = self;
	char text[120];
	(void)now;
	if (scan_told_stopped(&s->told)) {
		s->end(s->node, s, ORDER_ACCEPTED, s->told.stop.what);
		return;
	}
	int len = snprintf(text, sizeof(text), "%zu paths, %zu with an injector%s", s->done,
			   s->injected,
			   scan_told_count(&s->told) > 0 ? ", since the agent came back" : "");
	if (s->done < s->count)
		snprintf(text + len, sizeof(text) - (size_t)len, ", %zu not traced",
			 s->count - s->done);
	s->end(s->node, s, ORDER_DONE, text);
}

// Wish by wish one server and one name, what was told before apart.
static enum err read_lists(struct scan_path *s, struct fault *f)
{
	const struct path_order *o = &s->order->path;
	s->servers = dns_list_new(o->count + 1, NULL);
	s->names = dns_list_new(o->count + 1, NULL);
	s->wishes = calloc(o->count + 1, sizeof(*s->wishes));
	if (s->servers == NULL || s->names == NULL || s->wishes == NULL)
		return fault_set(f, ERR_MEMORY, 0, "no memory");
	for (uint32_t i = 0; i < o->count; i++) {
		const struct dns_server to = { .addr = o->wishes[i].addr };
		if (scan_told_has(&s->told, &i))
			continue;
		enum err err = dns_list_put_name(s->names, o->wishes[i].domain);
		if (err == ERR_OK)
			err = dns_list_put_server(s->servers, to);
		if (err != ERR_OK)
			return fault_set(f, ERR_FORMAT, 0, "wish %u: not a name", (unsigned)i + 1);
		s->wishes[s->count++] = i;
	}
	return ERR_OK;
}

static enum err open_io(struct scan_path *s, struct fault *f)
{
	const struct path_order *o = &s->order->path;
	const struct dns_path_io_config c = {
		.paths = { .scan = s->order->run,
			   .servers = s->servers,
			   .names = s->names,
			   .paired = true,
			   .type = o->type != 0 ? o->type : (uint16_t)DNS_A,
			   .control = o->control,
			   .options = o->options,
			   .hops = o->hops != 0 ? o->hops : HOPS,
			   .attempts = o->attempts != 0 ? o->attempts : ATTEMPTS,
			   .ports = s->count < PORTS ? (uint32_t)s->count : PORTS,
			   .timeout_ns =
				   (int64_t)(o->wait_ms != 0 ? o->wait_ms : WAIT_MS) * NS_PER_MS,
			   .listen_ns = LISTEN_NS,
			   .pace = s->manners.pace,
			   .seed = random_u64() },
		.record = on_record,
		.ended = on_ended,
		.self = s,
	};
	return dns_path_io_open(node_loop(s->node), &c, &s->io, f);
}

enum err scan_path_open(struct node *n, const struct order *o, visit_end_fn *end,
			struct scan_path **out, struct fault *f)
{
	struct scan_path *s = calloc(1, sizeof(*s));
	if (s == NULL)
		return fault_set(f, ERR_MEMORY, 0, "path: no memory");
	*s = (struct scan_path){ .node = n, .end = end, .order = o };
	enum err err = scan_told_open(&s->told, node_config(n)->data, &o->id, sizeof(uint32_t), f);
	if (err == ERR_OK)
		err = scan_manners_open(n, o, o->path.reserved, &s->manners, f);
	if (err == ERR_OK)
		err = read_lists(s, f);
	if (err == ERR_OK)
		err = loop_timer(node_loop(n), on_tick, s, &s->timer, f);
	if (err == ERR_OK && s->count > 0)
		err = open_io(s, f);
	if (err != ERR_OK) {
		scan_path_close(&s);
		return err;
	}
	if (s->count == 0)
		loop_timer_at(s->timer, clock_mono());
	*out = s;
	return ERR_OK;
}

void scan_path_stop(struct scan_path *s)
{
	if (s->io != NULL)
		dns_path_io_stop(s->io);
}

void scan_path_close(struct scan_path **out)
{
	struct scan_path *s = *out;
	if (s == NULL)
		return;
	dns_path_io_close(&s->io);
	loop_timer_drop(&s->timer);
	scan_manners_close(&s->manners);
	scan_told_close(&s->told);
	dns_list_free(&s->servers);
	dns_list_free(&s->names);
	free(s->wishes);
	free(s);
	*out = NULL;
}
