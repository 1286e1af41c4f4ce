// SPDX-License-Identifier: Apache-2.0
//
// What the parts of the post office share. Private to app_post*.c.
#pragma once

#include "lab/app_post.h"

enum post_role {
	POST_FREE,
	POST_NEW,   // has not said who it is
	POST_PHONE, // logged in
	POST_OFFICE,
};

struct post_word {
	uint8_t len;
	uint8_t at[FRAME_WORD_MAX];
};

struct post_link {
	enum post_role role;
	bool may_office; // certificate says so
	int account;
};

struct post_account {
	struct post_word name;
	int link; // where it is logged in, or of the office that has it; -1: nowhere
};

struct post_item {
	enum frame_kind kind; // FRAME_DELIVER or FRAME_RECEIPT; 0: free
	struct post_word id, from;
	int to;     // account
	int passed; // link it was passed to and not yet confirmed by; -1
	uint64_t order;
	uint16_t text_len;
	uint8_t text[FRAME_TEXT_MAX];
};

struct post_queued {
	int link;
	enum frame_kind kind;
	bool close;
	struct post_word id, from, to;
	const char *why; // text of a refusal
	int item;        // whose text goes along; -1
	uint64_t order;  // of that item: its place may have been given to another since
};

struct post {
	struct post_word name;
	struct post_link links[POST_LINKS_MAX];
	struct post_account accounts[POST_ACCOUNTS_MAX];
	int account_count;
	struct post_item items[POST_ITEMS_MAX];
	uint64_t order;
	struct post_queued queue[POST_QUEUE_MAX];
	size_t head, count;
	struct post_queued out; // what post_next lent
};

struct post_word post_word(struct span s);
struct span post_word_span(const struct post_word *w);

// A full queue loses the frame, never the item: it is offered again when its owner comes back.
bool post_say(struct post *p, struct post_queued q);
void post_refuse(struct post *p, int link, const char *why);

// The account's index, made when new; -1 at the limit.
int post_account_put(struct post *p, struct span name);
void post_present(struct post *p, int link, int account); // tells another office

// True when the office has it (now, or already).
bool post_keep(struct post *p, enum frame_kind kind, const struct frame *f);
// LINK confirms: forgets what was passed to it. False when there is no such item.
bool post_drop(struct post *p, int link, enum frame_kind kind, struct span id, struct span from);
void post_offer_all(struct post *p, int account);
bool post_on_its_way(const struct post *p, int link, const struct frame *f);
