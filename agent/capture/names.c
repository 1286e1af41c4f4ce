// SPDX-License-Identifier: Apache-2.0
#include "capture/names.h"

#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "base/table.h"

#define NAME_TEXT 255 // longest name kept

// Links are serial numbers that start at 1 and never repeat. An entry lives at serial % entries, so
// a link that is `entries` or more behind the newest leads nowhere: overwriting needs no unlinking.
struct logged {
	struct name_entry entry;
	uint64_t before; // serial of the next older entry in the same bucket
};

struct names {
	uint64_t seed[2];
	struct logged *log; // owned
	size_t entries;
	uint64_t newest; // serial
	uint64_t *heads; // owned; heads of the back-linked lists
	size_t buckets;  // power of two
	char *text;      // owned; texts with NUL, one after the other; the first is ""
	size_t text_len, text_cap;
	uint32_t *index; // owned; open addressing, places in `text`, 0 is free
	size_t slots;    // power of two
	uint64_t lost;
};

static size_t power_of_two(size_t least)
{
	size_t n = 16;
	while (n < least)
		n *= 2;
	return n;
}

struct names *names_new(size_t entries, size_t text, const uint64_t seed[2])
{
	struct names *n = calloc(1, sizeof(*n));
	if (n == NULL)
		return NULL;
	memcpy(n->seed, seed, sizeof(n->seed));
	n->entries = entries > 0 ? entries : 1;
	n->text_cap = text > 2 ? text : 2;
	n->text_len = 1;
	n->slots = power_of_two(n->text_cap / 8); // half full with names of 16 bytes
	n->log = calloc(n->entries, sizeof(*n->log));
	n->buckets = power_of_two(n->entries);
	n->heads = calloc(n->buckets, sizeof(*n->heads));
	n->text = calloc(n->text_cap, 1);
	n->index = calloc(n->slots, sizeof(*n->index));
	if (n->log == NULL || n->heads == NULL || n->text == NULL || n->index == NULL)
		names_free(&n);
	return n;
}

void names_free(struct names **n)
{
	if (*n == NULL)
		return;
	free((*n)->log);
	free((*n)->heads);
	free((*n)->text);
	free((*n)->index);
	free(*n);
	*n = NULL;
}

uint32_t names_put(struct names *n, struct span text)
{
	char low[NAME_TEXT + 1];
	if (text.len == 0 || text.len > NAME_TEXT || memchr(text.at, '\0', text.len) != NULL)
		return 0;
	for (size_t i = 0; i < text.len; i++) {
		char c = (char)text.at[i];
		low[i] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
	}
	low[text.len] = '\0';
	size_t mask = n->slots - 1;
	size_t at = (size_t)table_hash(n->seed, span_of(low, text.len)) & mask;
	for (size_t tries = 0; tries < n->slots; tries++, at = (at + 1) & mask) {
		if (n->index[at] != 0 && strcmp(n->text + n->index[at], low) == 0)
			return n->index[at];
		if (n->index[at] != 0)
			continue;
		if (n->text_cap - n->text_len <= text.len || n->text_len > UINT32_MAX)
			break;
		n->index[at] = (uint32_t)n->text_len;
		memcpy(n->text + n->text_len, low, text.len + 1);
		n->text_len += text.len + 1;
		return n->index[at];
	}
	n->lost++;
	return 0;
}

const char *names_text(const struct names *n, uint32_t text)
{
	return n->text + text;
}

static uint64_t *head(const struct names *n, const struct addr *a)
{
	return &n->heads[table_hash(n->seed, addr_span(a)) & (n->buckets - 1)];
}

// The entry with this serial, or NULL when it was overwritten.
static const struct logged *logged(const struct names *n, uint64_t serial)
{
	if (serial == 0 || serial + n->entries <= n->newest)
		return NULL;
	return &n->log[serial % n->entries];
}

static bool known(const struct names *n, const struct name_entry *e)
{
	uint64_t serial = *head(n, &e->addr);
	for (int i = 0; i < NAMES_WALK; i++) {
		const struct logged *l = logged(n, serial);
		if (l == NULL || serial + n->entries / 2 < n->newest)
			return false; // not there, or soon to be overwritten
		if (l->entry.text == e->text && l->entry.how == e->how &&
		    addr_eq(l->entry.addr, e->addr) && addr_eq(l->entry.asker, e->asker))
			return true;
		serial = l->before;
	}
	return false;
}

void names_hear(struct names *n, const struct name_entry *e)
{
	if (e->text == 0 || known(n, e))
		return;
	uint64_t *first = head(n, &e->addr);
	n->newest++;
	n->log[n->newest % n->entries] = (struct logged){ .entry = *e, .before = *first };
	*first = n->newest;
}

bool names_next(const struct names *n, const struct addr *of, uint64_t *at, struct name_entry *out)
{
	uint64_t serial = *at == 0 ? *head(n, of) : *at - 1;
	for (int i = 0; i < NAMES_WALK; i++) {
		const struct logged *l = logged(n, serial);
		if (l == NULL)
			break;
		serial = l->before;
		if (addr_eq(l->entry.addr, *of)) {
			*out = l->entry;
			*at = serial + 1; // so that "no older one" is not taken for a start
			return true;
		}
	}
	return false;
}

uint64_t names_lost(const struct names *n)
{
	return n->lost;
}
