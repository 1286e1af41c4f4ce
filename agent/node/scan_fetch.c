// SPDX-License-Identifier: Apache-2.0
#include "node/scan_fetch.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/version.h"
#include "fetch/fetch_io.h"
#include "node/scan_manners.h"
#include "node/scan_told_io.h"
#include "sys/clock.h"

#define SCAN_FETCH_TICK (100 * NS_PER_MS)

struct scan_fetch {
	struct node *node;
	visit_end_fn *end;
	const struct order *order;
	struct scan_manners manners;
	struct scan_told told; // uint32_t: number of the wish
	struct fetch_io *io;
	struct loop_timer *timer;
	size_t next;
	uint8_t *done;                   // per wish: told since we were begun
	size_t states[PAGE_STATE_COUNT]; // the better of both halves
	char agent[512];
};

static void on_page(void *self, const struct page_record *p, uint64_t tag)
{
	struct scan_fetch *s = self;
	const uint32_t number = (uint32_t)tag;
	bool https = p->https.state == PAGE_ANSWERED || p->http.state == PAGE_STATE_UNKNOWN;
	s->states[https ? p->https.state : p->http.state]++;
	s->done[tag] = true;
	if (scan_told_begin(&s->told, &number, node_place(s->node)))
		scan_told_end(&s->told, node_put_page(s->node, p));
}

static struct fetch_wish wish(const struct scan_fetch *s, size_t i)
{
	const struct fetch_order *w = &s->order->fetches[i];
	return (struct fetch_wish){
		.addr = w->addr,
		.domain = w->domain,
		.role = w->role,
		.scan = s->order->run,
		.tag = i,
	};
}

static void on_tick(void *self, struct mono now)
{
	struct scan_fetch *s = self;
	char text[160];
	if (scan_told_stopped(&s->told)) {
		s->end(s->node, s, ORDER_ACCEPTED, s->told.stop.what);
		return;
	}
	for (; s->next < s->order->fetch_count; s->next++) {
		const struct fetch_wish w = wish(s, s->next);
		const uint32_t number = (uint32_t)s->next;
		if (!scan_told_has(&s->told, &number) && fetch_io_put(s->io, &w) != ERR_OK)
			break;
	}
	if (s->next < s->order->fetch_count || (s->io != NULL && fetch_io_count(s->io) > 0)) {
		loop_timer_at(s->timer, mono_add(now, SCAN_FETCH_TICK));
		return;
	}
	int len =
		snprintf(text, sizeof(text), "%zu answered, %zu failed, %zu timed out, %zu refused",
			 s->states[PAGE_ANSWERED], s->states[PAGE_FAILED],
			 s->states[PAGE_TIMED_OUT], s->states[PAGE_REFUSED]);
	if (s->states[PAGE_NOT_ASKED] > 0)
		len += snprintf(text + len, sizeof(text) - (size_t)len, ", %zu not asked",
				s->states[PAGE_NOT_ASKED]);
	if (scan_told_count(&s->told) > 0)
		snprintf(text + len, sizeof(text) - (size_t)len, ", since the agent came back");
	s->end(s->node, s, ORDER_DONE, text);
}

static enum err open_io(struct scan_fetch *s, struct fault *f)
{
	const struct node_config *c = node_config(s->node);
	struct fetch_config fetch = FETCH_DEFAULT;
	snprintf(s->agent, sizeof(s->agent), "Mozilla/5.0 (compatible; waymark/%s%s%s)",
		 waymark_version, c->contact[0] != '\0' ? "; +" : "", c->contact);
	fetch.roots = c->roots;
	fetch.agent = s->agent;
	fetch.pace = s->manners.pace;
	fetch.done = on_page;
	fetch.self = s;
	if (s->order->body_limit > 0)
		fetch.body_limit = s->order->body_limit;
	return fetch_io_open(node_loop(s->node), &fetch, &s->io, f);
}

enum err scan_fetch_open(struct node *n, const struct order *o, visit_end_fn *end,
			 struct scan_fetch **out, struct fault *f)
{
	struct scan_fetch *s = calloc(1, sizeof(*s));
	if (s == NULL)
		return fault_set(f, ERR_MEMORY, 0, "fetch: no memory");
	s->node = n;
	s->end = end;
	s->order = o;
	s->done = calloc(o->fetch_count + 1, 1);
	// Private and local addresses are refused by the fetch room itself.
	enum err err = s->done == NULL ? fault_set(f, ERR_MEMORY, 0, "fetch: no memory")
				       : scan_told_open(&s->told, node_config(n)->data, &o->id,
							sizeof(uint32_t), f);
	if (err == ERR_OK)
		err = scan_manners_open(n, o, true, &s->manners, f);
	if (err == ERR_OK)
		err = open_io(s, f);
	if (err == ERR_OK)
		err = loop_timer(node_loop(n), on_tick, s, &s->timer, f);
	if (err != ERR_OK) {
		scan_fetch_close(&s);
		return err;
	}
	loop_timer_at(s->timer, clock_mono());
	*out = s;
	return ERR_OK;
}

// A page half fetched would say of its server what our leaving did: it counts as not asked.
void scan_fetch_stop(struct scan_fetch *s)
{
	static const struct page_reply none = { .state = PAGE_NOT_ASKED };
	fetch_io_close(&s->io);
	for (uint32_t i = 0; i < s->order->fetch_count; i++) {
		const struct fetch_order *w = &s->order->fetches[i];
		const struct page_record p = { .scan = s->order->run,
					       .addr = w->addr,
					       .domain = w->domain,
					       .role = w->role,
					       .start = clock_wall(),
					       .end = clock_wall(),
					       .http = none,
					       .https = none };
		if (!s->done[i] && !scan_told_has(&s->told, &i))
			on_page(s, &p, i);
	}
	s->next = s->order->fetch_count;
	loop_timer_at(s->timer, clock_mono());
}

void scan_fetch_close(struct scan_fetch **out)
{
	struct scan_fetch *s = *out;
	if (s == NULL)
		return;
	loop_timer_drop(&s->timer);
	fetch_io_close(&s->io);
	scan_manners_close(&s->manners);
	scan_told_close(&s->told);
	free(s->done);
	free(s);
	*out = NULL;
}
