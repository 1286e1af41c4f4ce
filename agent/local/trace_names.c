// SPDX-License-Identifier: Apache-2.0
#include "local/trace_names.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "names/names_io.h"
#include "sys/clock.h"

#define HELD_NS    (NAMES_TRIES * NAMES_WAIT_MS * NS_PER_MS + NS_PER_S)
#define HELD_BYTES (1u << 20) // of one trace
#define LOOK_NS    (50 * NS_PER_MS)

struct known {
	struct addr addr; // family 0: free
	uint8_t len;
	char name[TRACE_NAMES_MAX];
};

struct held {
	struct trace_record record; // its arrays lie in the arena
	struct arena arena;
	struct mono until;
	bool used;
};

struct trace_names {
	struct names_io *io;
	struct loop_timer *timer;
	trace_names_fn *fn;
	void *self;
	size_t held_count, known_count;
	struct held held[TRACE_NAMES_HELD];
	struct known known[TRACE_NAMES_KNOWN];
};

static size_t place(struct addr a)
{
	uint64_t h = 14695981039346656037u;
	for (size_t i = 0; i < addr_bits(a) / 8u; i++)
		h = (h ^ a.bytes[i]) * 1099511628211u;
	return (size_t)(h % TRACE_NAMES_KNOWN);
}

// Where A is, or would be.
static const struct known *find(const struct trace_names *n, struct addr a)
{
	size_t i = place(a);
	while (n->known[i].addr.family != 0 && !addr_eq(n->known[i].addr, a))
		i = (i + 1) % TRACE_NAMES_KNOWN;
	return &n->known[i];
}

struct span trace_names_find(const struct trace_names *n, struct addr a)
{
	if (n == NULL || a.family == 0)
		return (struct span){ 0 };
	const struct known *k = find(n, a);
	return span_of(k->name, k->addr.family == 0 ? 0 : k->len);
}

static struct addr addr_at(const struct trace_record *r, size_t i)
{
	size_t len = addr_bits(r->dst) / 8u;
	return addr_of(span_cut(r->addrs, i * len, len));
}

static size_t addr_count(const struct trace_record *r)
{
	return r->addrs.len / (addr_bits(r->dst) / 8u);
}

static bool is_told(const struct trace_names *n, const struct trace_record *r)
{
	for (size_t i = 0; i < addr_count(r); i++)
		if (find(n, addr_at(r, i))->addr.family == 0)
			return false;
	return true;
}

static void look(struct trace_names *n, bool all)
{
	struct mono now = clock_mono();
	bool quiet = names_io_pending(n->io) == 0;
	for (size_t i = 0; i < TRACE_NAMES_HELD && n->held_count > 0; i++) {
		struct held *h = &n->held[i];
		if (!h->used ||
		    !(all || quiet || !mono_before(now, h->until) || is_told(n, &h->record)))
			continue;
		h->used = false;
		n->held_count--;
		n->fn(n->self, &h->record);
		arena_wipe(&h->arena);
	}
	loop_timer_at(n->timer, n->held_count > 0 ? mono_add(now, LOOK_NS) : MONO_NEVER);
}

static void on_look(void *self, struct mono now)
{
	(void)now;
	look(self, false);
}

// Goes to a terminal and between quotes: only what a host name may have.
static bool is_name(struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = s.at[i];
		if (c <= ' ' || c > '~' || c == '"' || c == '\\')
			return false;
	}
	return s.len <= TRACE_NAMES_MAX;
}

static void on_name(void *self, struct addr a, struct span name)
{
	struct trace_names *n = self;
	struct known *k = &n->known[find(n, a) - n->known];
	// One place stays free: a search has to end.
	if (k->addr.family != 0 || n->known_count + 1 == TRACE_NAMES_KNOWN)
		return;
	n->known_count++;
	k->addr = a;
	k->len = is_name(name) ? (uint8_t)name.len : 0;
	if (k->len > 0)
		memcpy(k->name, name.at, k->len);
}

enum err trace_names_open(struct loop *l, trace_names_fn *fn, void *self, struct trace_names **out,
			  struct fault *f)
{
	AUTO(trace_names_close) struct trace_names *n = calloc(1, sizeof(*n));
	if (n == NULL)
		return fault_set(f, ERR_MEMORY, 0, "names of hops: no memory");
	n->fn = fn;
	n->self = self;
	enum err err = names_io_open(l, (struct addr){ 0 }, on_name, n, &n->io, f);
	if (err == ERR_OK)
		err = loop_timer(l, on_look, n, &n->timer, f);
	if (err != ERR_OK)
		return err;
	*out = n;
	n = NULL;
	return ERR_OK;
}

void trace_names_close(struct trace_names **out)
{
	struct trace_names *n = *out;
	if (n == NULL)
		return;
	names_io_close(&n->io);
	loop_timer_drop(&n->timer);
	for (size_t i = 0; i < TRACE_NAMES_HELD; i++)
		if (n->held[i].used)
			arena_wipe(&n->held[i].arena);
	free(n);
	*out = NULL;
}

static bool copy(struct arena *a, const void **at, size_t len)
{
	void *to = arena_take(a, len + 1);
	if (to == NULL)
		return false;
	if (len > 0)
		memcpy(to, *at, len);
	*at = to;
	return true;
}

static bool copy_span(struct arena *a, struct span *s)
{
	const void *at = s->at;
	bool good = copy(a, &at, s->len);
	s->at = at;
	return good;
}

#define COPY_ARRAY(a, field, count) copy(a, (const void **)&(field), (count) * sizeof(*(field)))

static bool copy_record(struct arena *a, struct trace_record *r)
{
	struct span *const spans[] = { &r->tries,     &r->addrs,     &r->ref,  &r->answer,
				       &r->reply_ttl, &r->mark,      &r->peer, &r->quoted_ttl,
				       &r->reply_id,  &r->reply_tos, &r->extra };
	for (size_t i = 0; i < sizeof(spans) / sizeof(*spans); i++)
		if (!copy_span(a, spans[i]))
			return false;
	return COPY_ARRAY(a, r->rtt_us, r->probes) && COPY_ARRAY(a, r->answers, r->answer_count) &&
	       COPY_ARRAY(a, r->mpls_probe, r->mpls_count) &&
	       COPY_ARRAY(a, r->mpls_label, r->mpls_count) &&
	       COPY_ARRAY(a, r->borrowed_probe, r->borrowed_count) &&
	       COPY_ARRAY(a, r->borrowed_from, r->borrowed_count) &&
	       COPY_ARRAY(a, r->borrowed_age_ms, r->borrowed_count);
}

void trace_names_put(struct trace_names *n, const struct trace_record *r)
{
	struct held *h = n->held;
	while (h < n->held + TRACE_NAMES_HELD && h->used)
		h++;
	if (h == n->held + TRACE_NAMES_HELD) {
		n->fn(n->self, r);
		return;
	}
	h->record = *r;
	arena_init(&h->arena, HELD_BYTES);
	if (!copy_record(&h->arena, &h->record)) {
		arena_wipe(&h->arena);
		n->fn(n->self, r);
		return;
	}
	h->used = true;
	h->until = mono_add(clock_mono(), HELD_NS);
	n->held_count++;
	for (size_t i = 0; i < addr_count(r); i++)
		if (find(n, addr_at(r, i))->addr.family == 0)
			names_io_ask(n->io, addr_at(r, i));
	loop_timer_at(n->timer, clock_mono());
}

void trace_names_stop(struct trace_names *n)
{
	look(n, true);
}

size_t trace_names_count(const struct trace_names *n)
{
	return n == NULL ? 0 : n->held_count;
}
