// SPDX-License-Identifier: Apache-2.0
#include <assert.h>
#include <string.h>

#include "lab/app_post_part.h"

struct post_word post_word(struct span s)
{
	struct post_word w = { 0 };

	assert(s.len <= FRAME_WORD_MAX);
	w.len = (uint8_t)s.len;
	if (s.len > 0)
		memcpy(w.at, s.at, s.len);
	return w;
}

struct span post_word_span(const struct post_word *w)
{
	return span_of(w->at, w->len);
}

static bool word_is(const struct post_word *w, struct span s)
{
	return span_eq(post_word_span(w), s);
}

// --- the queue ---------------------------------------------------------------------------------

// A full queue loses the frame, never the item: it is offered again when its owner comes back.
bool post_say(struct post *p, struct post_queued q)
{
	if (p->count == POST_QUEUE_MAX)
		return false;
	p->queue[(p->head + p->count++) % POST_QUEUE_MAX] = q;
	return true;
}

void post_refuse(struct post *p, int link, const char *why)
{
	(void)post_say(p, (struct post_queued){ .link = link,
						.kind = FRAME_REFUSED,
						.why = why,
						.close = true,
						.item = -1 });
}

static bool stale(const struct post *p, const struct post_queued *q)
{
	if (q->kind == 0 || p->links[q->link].role == POST_FREE)
		return true;
	return q->item >= 0 &&
	       (p->items[q->item].kind != q->kind || p->items[q->item].order != q->order);
}

bool post_next(struct post *p, struct post_want *out)
{
	do {
		if (p->count == 0)
			return false;
		p->out = p->queue[p->head];
		p->head = (p->head + 1) % POST_QUEUE_MAX;
		p->count--;
	} while (stale(p, &p->out));
	const struct post_queued *q = &p->out;
	*out = (struct post_want){ .link = q->link, .close = q->close };
	out->frame = (struct frame){ .kind = q->kind,
				     .id = post_word_span(&q->id),
				     .from = post_word_span(&q->from),
				     .to = post_word_span(&q->to) };
	if (q->why != NULL)
		out->frame.text = span_text(q->why);
	else if (q->item >= 0)
		out->frame.text = span_of(p->items[q->item].text, p->items[q->item].text_len);
	return true;
}

// --- accounts ----------------------------------------------------------------------------------

int post_account_put(struct post *p, struct span name)
{
	for (int i = 0; i < p->account_count; i++)
		if (word_is(&p->accounts[i].name, name))
			return i;
	if (p->account_count == POST_ACCOUNTS_MAX)
		return -1;
	p->accounts[p->account_count] =
		(struct post_account){ .name = post_word(name), .link = -1 };
	return p->account_count++;
}

void post_present(struct post *p, int link, int account)
{
	(void)post_say(p, (struct post_queued){ .link = link,
						.kind = FRAME_PRESENT,
						.from = p->accounts[account].name,
						.item = -1 });
}

// --- items -------------------------------------------------------------------------------------

static void offer(struct post *p, int item)
{
	struct post_item *it = &p->items[item];
	int link = p->accounts[it->to].link;

	if (link < 0)
		return;
	it->passed = link;
	(void)post_say(p, (struct post_queued){ .link = link,
						.kind = it->kind,
						.id = it->id,
						.from = it->from,
						.to = p->accounts[it->to].name,
						.item = item,
						.order = it->order });
}

// In the order of arrival, so that a phone sees messages as they were written.
void post_offer_all(struct post *p, int account)
{
	uint64_t after = 0;

	for (;;) {
		int best = -1;
		for (int i = 0; i < POST_ITEMS_MAX; i++) {
			const struct post_item *it = &p->items[i];
			if (it->kind != 0 && it->to == account && it->order > after &&
			    (best < 0 || it->order < p->items[best].order))
				best = i;
		}
		if (best < 0)
			return;
		after = p->items[best].order;
		offer(p, best);
	}
}

static bool same(const struct post_item *it, enum frame_kind kind, struct span id, struct span from)
{
	return it->kind == kind && word_is(&it->id, id) && word_is(&it->from, from);
}

// True when the office has it (now, or already).
bool post_keep(struct post *p, enum frame_kind kind, const struct frame *f)
{
	int to = post_account_put(p, f->to), room = -1, held = 0;

	if (to < 0 || f->to.len == 0)
		return false;
	for (int i = 0; i < POST_ITEMS_MAX; i++) {
		const struct post_item *it = &p->items[i];
		if (it->kind == 0) {
			room = room < 0 ? i : room;
			continue;
		}
		held += it->to == to;
		if (it->to == to && same(it, kind, f->id, f->from))
			return true;
	}
	if (room < 0 || held >= POST_BOX_MAX)
		return false;
	struct post_item *it = &p->items[room];
	*it = (struct post_item){ .kind = kind,
				  .id = post_word(f->id),
				  .from = post_word(f->from),
				  .to = to,
				  .passed = -1,
				  .order = ++p->order,
				  .text_len = (uint16_t)f->text.len };
	if (f->text.len > 0)
		memcpy(it->text, f->text.at, f->text.len);
	offer(p, room);
	return true;
}

// LINK confirms. The text of a frame still queued would be lost with the item, but it was
// confirmed, so it was sent.
bool post_drop(struct post *p, int link, enum frame_kind kind, struct span id, struct span from)
{
	for (int i = 0; i < POST_ITEMS_MAX; i++) {
		struct post_item *it = &p->items[i];
		if (same(it, kind, id, from) && it->passed == link) {
			it->kind = 0;
			return true;
		}
	}
	return false;
}

// Two offices that each think the other has the account would confirm an item to each other until
// nobody holds it.
bool post_on_its_way(const struct post *p, int link, const struct frame *f)
{
	for (int i = 0; i < POST_ITEMS_MAX; i++)
		if (p->items[i].passed == link && same(&p->items[i], f->kind, f->id, f->from))
			return true;
	return false;
}
