// SPDX-License-Identifier: Apache-2.0
#include "lab/app_post.h"

#include <assert.h>
#include <stdlib.h>

#include "lab/app_post_part.h"

struct post *post_new(const char *name)
{
	struct post *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->name = post_word(span_cut(span_text(name), 0, FRAME_WORD_MAX));
	return p;
}

void post_free(struct post **p)
{
	free(*p);
	*p = NULL;
}

// --- what connections say ----------------------------------------------------------------------

static void stored(struct post *p, int link, const struct frame *f)
{
	(void)post_say(p, (struct post_queued){ .link = link,
						.kind = FRAME_STORED,
						.id = post_word(f->id),
						.from = post_word(f->from),
						.item = -1 });
}

static void log_in(struct post *p, int link, const struct frame *f)
{
	int account = f->from.len > 0 ? post_account_put(p, f->from) : -1;

	if (account < 0) {
		post_refuse(p, link, "no such account can be kept");
		return;
	}
	int before = p->accounts[account].link;
	if (before >= 0 && p->links[before].role == POST_PHONE) {
		p->links[before].account = -1;
		post_refuse(p, before, "logged in elsewhere");
	}
	p->accounts[account].link = link;
	p->links[link].role = POST_PHONE;
	p->links[link].account = account;
	(void)post_say(p, (struct post_queued){ .link = link, .kind = FRAME_WELCOME, .item = -1 });
	for (int i = 0; i < POST_LINKS_MAX; i++)
		if (p->links[i].role == POST_OFFICE)
			post_present(p, i, account);
	post_offer_all(p, account);
}

static void announce(struct post *p, int link)
{
	for (int i = 0; i < POST_LINKS_MAX; i++)
		if (p->links[i].role == POST_PHONE && p->links[i].account >= 0)
			post_present(p, link, p->links[i].account);
}

static void introduce(struct post *p, int link)
{
	(void)post_say(p, (struct post_queued){
				  .link = link, .kind = FRAME_PEER, .from = p->name, .item = -1 });
}

static void hear_new(struct post *p, int link, const struct frame *f)
{
	struct post_link *l = &p->links[link];

	if (f->kind == FRAME_HELLO) {
		log_in(p, link, f);
	} else if (f->kind == FRAME_PEER && l->may_office) {
		l->role = POST_OFFICE;
		introduce(p, link);
		announce(p, link);
	} else {
		post_refuse(p, link, f->kind == FRAME_PEER ? "not an office" : "log in first");
	}
}

static void hear_phone(struct post *p, int link, const struct frame *f)
{
	int account = p->links[link].account;

	if (account < 0)
		return; // told to go
	struct frame own = *f;
	struct post_word name = p->accounts[account].name;
	if (f->kind == FRAME_SEND && f->id.len > 0 && f->to.len > 0) {
		own.from = post_word_span(&name); // whatever it claims
		if (post_keep(p, FRAME_DELIVER, &own))
			stored(p, link, &own);
		else
			post_refuse(p, link, "the office is full");
	} else if (f->kind == FRAME_RECEIVED) {
		struct frame receipt = { .id = f->id,
					 .from = post_word_span(&name),
					 .to = f->from };
		if (post_drop(p, link, FRAME_DELIVER, f->id, f->from))
			(void)post_keep(p, FRAME_RECEIPT, &receipt);
	} else if (f->kind == FRAME_STORED) {
		(void)post_drop(p, link, FRAME_RECEIPT, f->id, f->from);
	} else {
		post_refuse(p, link, "a phone does not say that");
	}
}

static void hear_office(struct post *p, int link, const struct frame *f)
{
	if (f->kind == FRAME_PRESENT) {
		int account = post_account_put(p, f->from);
		if (account < 0)
			return;
		int before = p->accounts[account].link;
		if (before >= 0 && p->links[before].role == POST_PHONE) {
			p->links[before].account = -1;
			post_refuse(p, before, "logged in elsewhere");
		}
		p->accounts[account].link = link;
		post_offer_all(p, account);
	} else if (f->kind == FRAME_DELIVER || f->kind == FRAME_RECEIPT) {
		if (!post_on_its_way(p, link, f) && post_keep(p, f->kind, f))
			stored(p, link, f);
	} else if (f->kind == FRAME_STORED) {
		if (!post_drop(p, link, FRAME_DELIVER, f->id, f->from))
			(void)post_drop(p, link, FRAME_RECEIPT, f->id, f->from);
	} else if (f->kind != FRAME_PEER) {
		post_refuse(p, link, "an office does not say that");
	}
}

void post_hear(struct post *p, int link, const struct frame *f)
{
	assert(link >= 0 && link < POST_LINKS_MAX);
	enum post_role role = p->links[link].role;

	if (role == POST_FREE)
		return;
	if (f->kind == FRAME_PING)
		(void)post_say(
			p, (struct post_queued){ .link = link, .kind = FRAME_PONG, .item = -1 });
	else if (f->kind == FRAME_PONG)
		return;
	else if (role == POST_NEW)
		hear_new(p, link, f);
	else if (role == POST_PHONE)
		hear_phone(p, link, f);
	else
		hear_office(p, link, f);
}

void post_join(struct post *p, int link, bool office, bool dialed)
{
	assert(link >= 0 && link < POST_LINKS_MAX && p->links[link].role == POST_FREE);
	p->links[link] =
		(struct post_link){ .role = POST_NEW, .may_office = office, .account = -1 };
	if (!dialed)
		return;
	p->links[link].role = POST_OFFICE;
	introduce(p, link);
	announce(p, link);
}

void post_leave(struct post *p, int link)
{
	p->links[link].role = POST_FREE;
	for (int i = 0; i < p->account_count; i++)
		if (p->accounts[i].link == link)
			p->accounts[i].link = -1;
	for (int i = 0; i < POST_ITEMS_MAX; i++)
		if (p->items[i].passed == link)
			p->items[i].passed = -1;
	// What was queued for it must not reach the next one who gets its number.
	for (size_t i = 0; i < p->count; i++) {
		struct post_queued *q = &p->queue[(p->head + i) % POST_QUEUE_MAX];
		if (q->link == link)
			q->kind = 0;
	}
}

size_t post_kept(const struct post *p)
{
	size_t n = 0;
	for (int i = 0; i < POST_ITEMS_MAX; i++)
		n += p->items[i].kind != 0;
	return n;
}

size_t post_logged_in(const struct post *p)
{
	size_t n = 0;
	for (int i = 0; i < POST_LINKS_MAX; i++)
		n += p->links[i].role == POST_PHONE && p->links[i].account >= 0;
	return n;
}
