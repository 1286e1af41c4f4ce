// SPDX-License-Identifier: Apache-2.0
#include "fetch/fetch_io.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/heap.h"
#include "base/text.h"
#include "fetch/half_io.h"
#include "fetch/multi_io.h"
#include "sys/clock.h"

#define PAGE_ARENA (256 * 1024) // for what one handshake shows
#define HALVES     2

struct page_job {
	struct fetch_io *io;
	size_t at; // its slot
	struct addr addr;
	char host[FETCH_HOST_MAX + 1];
	enum page_role role;
	struct run_id scan;
	uint64_t tag;
	struct wall start;
	struct arena arena;
	unsigned left; // halves not done
	struct half *half[HALVES];
	struct page_reply reply[HALVES];
	char domain[PAGE_DOMAIN_MAX + 1]; // as it was given
};

struct fetch_io {
	struct fetch_config c;
	struct loop_timer *kick;
	struct multi *multi;
	CURLM *curl; // of multi
	struct tls_roots *roots;
	struct page_job **slots; // by slot, NULL is free
	size_t slot_count, next_slot, count;
	size_t running;   // transfers
	struct heap wait; // halves not begun: slot * HALVES + half
	bool stopping;
};

static void arm(struct fetch_io *io, struct mono now)
{
	bool room = io->running < io->c.parallel * HALVES;
	struct mono first = room ? heap_first(&io->wait) : MONO_NEVER;
	loop_timer_at(io->kick, mono_before(first, now) ? now : first);
}

static struct page_record page_of(const struct page_job *j)
{
	struct page_record p = {
		.scan = j->scan,
		.addr = j->addr,
		.domain = span_text(j->domain),
		.role = j->role,
		.start = j->start,
		.end = clock_wall(),
		.http = j->reply[0],
		.https = j->reply[1],
	};
	if (j->half[1] != NULL)
		p.tls = j->half[1]->tls.seen;
	// What was agreed without a certificate seen is no use to anyone.
	if (!p.tls.seen)
		p.tls = (struct page_tls){ 0 };
	return p;
}

static void drop_job(struct page_job *j)
{
	for (int i = 0; i < HALVES; i++)
		if (j->half[i] != NULL) {
			half_wipe(j->half[i]);
			free(j->half[i]);
		}
	arena_wipe(&j->arena);
	j->io->slots[j->at] = NULL;
	j->io->count--;
	free(j);
}

static void end_half(struct page_job *j)
{
	if (--j->left > 0)
		return;
	struct page_record p = page_of(j);
	struct fetch_io *io = j->io;
	io->c.done(io->c.self, &p, j->tag);
	drop_job(j);
}

static void give_up(struct page_job *j, unsigned half, enum page_state state, const char *why)
{
	j->reply[half] = (struct page_reply){ .state = state, .error = span_text(why) };
	end_half(j);
}

// "Answered": the half may begin. "Not asked": not yet, and it waits again. Else it ends so.
static enum page_state allow(struct page_job *j, unsigned half, struct mono now, const char **why)
{
	struct fetch_io *io = j->io;
	struct mono until = now;
	enum pace_verdict v = PACE_GO;
	*why = "not a host name";
	if (j->host[0] == '\0')
		return PAGE_FAILED;
	*why = fetch_denied(j->addr);
	if (*why != NULL)
		return PAGE_REFUSED;
	if (io->c.pace != NULL)
		v = pace_ask(io->c.pace, now, j->addr, &until);
	*why = "deny list";
	if (v == PACE_REFUSED)
		return PAGE_REFUSED;
	if (v == PACE_GO)
		return PAGE_ANSWERED;
	*why = "no memory";
	return heap_put(&io->wait, until, j->at * HALVES + half) == ERR_OK ? PAGE_NOT_ASKED
									   : PAGE_FAILED;
}

static bool open_half(struct page_job *j, unsigned half)
{
	struct fetch_io *io = j->io;
	struct half *h = calloc(1, sizeof(*h));
	const struct half_config c = {
		.addr = j->addr,
		.port = half == 0 ? io->c.http_port : io->c.https_port,
		.host = j->host,
		.agent = io->c.agent,
		.tls = half == 1,
		.connect_ns = io->c.connect_ns,
		.timeout_ns = io->c.timeout_ns,
		.body_limit = io->c.body_limit,
		.roots = io->roots,
		.self = j,
	};
	if (h == NULL || !half_open(h, &c, &j->arena)) {
		free(h);
		return false;
	}
	j->half[half] = h;
	return curl_multi_add_handle(io->curl, h->easy) == CURLM_OK;
}

static void begin(struct page_job *j, unsigned half, struct mono now)
{
	const char *why;
	enum page_state s = allow(j, half, now, &why);
	if (s == PAGE_NOT_ASKED)
		return; // its time will come
	if (j->start.ns == 0)
		j->start = clock_wall();
	if (s == PAGE_ANSWERED && open_half(j, half))
		j->io->running++;
	else
		give_up(j, half, s == PAGE_ANSWERED ? PAGE_FAILED : s,
			s == PAGE_ANSWERED ? "no memory" : why);
}

static void take_done(struct fetch_io *io)
{
	int left;
	CURLMsg *m;
	while ((m = curl_multi_info_read(io->curl, &left)) != NULL) {
		if (m->msg != CURLMSG_DONE)
			continue;
		CURL *easy = m->easy_handle;
		CURLcode code = m->data.result;
		struct page_job *j = NULL;
		curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&j);
		unsigned half = j->half[1] != NULL && j->half[1]->easy == easy;
		curl_multi_remove_handle(io->curl, easy);
		half_finish(j->half[half], code, &j->reply[half]);
		io->running--;
		end_half(j);
	}
}

static void on_kick(void *self, struct mono now)
{
	struct fetch_io *io = self;
	struct heap_item item;
	while (io->running < io->c.parallel * HALVES && heap_take(&io->wait, now, &item)) {
		struct page_job *j = io->slots[item.id / HALVES];
		if (j != NULL)
			begin(j, (unsigned)(item.id % HALVES), now);
	}
	take_done(io);
	arm(io, now);
}

static void on_action(void *self)
{
	struct fetch_io *io = self;
	take_done(io);
	arm(io, clock_mono());
}

enum err fetch_io_open(struct loop *l, const struct fetch_config *c, struct fetch_io **out,
		       struct fault *f)
{
	struct fetch_io *io = calloc(1, sizeof(*io));
	*out = io;
	if (io == NULL)
		return fault_set(f, ERR_MEMORY, 0, "no memory");
	io->c = *c;
	io->slot_count = c->parallel + c->waiting;
	io->slots = calloc(io->slot_count, sizeof(struct page_job *));
	heap_init(&io->wait, io->slot_count * HALVES);
	enum err err = io->slots == NULL ? fault_set(f, ERR_MEMORY, 0, "no memory") : ERR_OK;
	if (err == ERR_OK)
		err = loop_timer(l, on_kick, io, &io->kick, f);
	if (err == ERR_OK)
		err = tls_roots_open(c->roots, &io->roots, f);
	if (err == ERR_OK)
		err = multi_open(l, on_action, io, &io->multi, f);
	if (err == ERR_OK)
		io->curl = multi_curl(io->multi);
	else
		fetch_io_close(out);
	return err;
}

static void forget(struct page_job *j)
{
	for (int i = 0; i < HALVES; i++)
		if (j->half[i] != NULL)
			curl_multi_remove_handle(j->io->curl, j->half[i]->easy);
	drop_job(j);
}

void fetch_io_close(struct fetch_io **pio)
{
	struct fetch_io *io = *pio;
	if (io == NULL)
		return;
	for (size_t i = 0; io->slots != NULL && i < io->slot_count; i++)
		if (io->slots[i] != NULL)
			forget(io->slots[i]);
	multi_close(&io->multi);
	if (io->kick != NULL)
		loop_timer_drop(&io->kick);
	tls_roots_close(&io->roots);
	heap_wipe(&io->wait);
	free(io->slots);
	free(io);
	*pio = NULL;
}

static size_t free_slot(struct fetch_io *io)
{
	while (io->slots[io->next_slot] != NULL)
		io->next_slot = (io->next_slot + 1) % io->slot_count;
	return io->next_slot;
}

enum err fetch_io_put(struct fetch_io *io, const struct fetch_wish *w)
{
	if (io->count == io->slot_count || io->stopping)
		return ERR_FULL;
	struct page_job *j = calloc(1, sizeof(*j));
	if (j == NULL)
		return ERR_MEMORY;
	j->io = io;
	j->at = free_slot(io);
	j->addr = w->addr;
	j->role = w->role;
	j->scan = w->scan;
	j->tag = w->tag;
	j->left = HALVES;
	arena_init(&j->arena, PAGE_ARENA);
	(void)!fetch_host_read(w->domain, j->host);
	(void)!text_copy(j->domain, sizeof(j->domain), span_cut(w->domain, 0, PAGE_DOMAIN_MAX));
	for (unsigned i = 0; i < HALVES; i++)
		if (heap_put(&io->wait, (struct mono){ 0 }, j->at * HALVES + i) != ERR_OK) {
			free(j);
			return ERR_MEMORY;
		}
	io->slots[j->at] = j;
	io->count++;
	arm(io, clock_mono());
	return ERR_OK;
}

static void stop_job(struct page_job *j)
{
	for (unsigned i = 0; i < HALVES; i++) {
		struct half *h = j->half[i];
		bool begun = h != NULL, done = j->reply[i].state != PAGE_STATE_UNKNOWN;
		if (done)
			continue;
		j->reply[i].state = begun ? PAGE_FAILED : PAGE_NOT_ASKED;
		j->reply[i].error = span_text("interrupted");
		if (!begun)
			continue;
		curl_multi_remove_handle(j->io->curl, h->easy);
		j->io->running--;
	}
	j->left = 1;
	end_half(j);
}

void fetch_io_stop(struct fetch_io *io)
{
	struct heap_item item;
	io->stopping = true;
	while (heap_take(&io->wait, MONO_NEVER, &item))
		;
	for (size_t i = 0; i < io->slot_count; i++)
		if (io->slots[i] != NULL)
			stop_job(io->slots[i]);
}

size_t fetch_io_count(const struct fetch_io *io)
{
	return io->count;
}
