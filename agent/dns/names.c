// SPDX-License-Identifier: Apache-2.0
#include "dns/names.h"

#include <stdlib.h>
#include <string.h>

#include "base/table.h"
#include "base/text.h"

#define STRIDE 4 // every so many entries one offset is kept: names are packed

struct dns_list {
	uint8_t *bytes; // length, then the entry
	size_t len, cap, count, limit;
	size_t even;       // what every entry is long; 0: they differ
	uint32_t *offsets; // of entry 0, STRIDE, …
	size_t offset_cap;
	struct table *seen; // its number
	uint32_t last;
	uint64_t seed[2];
};

struct dns_list *dns_list_new(size_t limit, const uint64_t *seed)
{
	struct dns_list *l = calloc(1, sizeof(*l));
	if (l == NULL)
		return NULL;
	l->limit = limit;
	if (seed == NULL)
		return l;
	memcpy(l->seed, seed, sizeof(l->seed));
	l->seen = table_new(sizeof(uint64_t[2]), sizeof(uint32_t), limit, seed);
	if (l->seen == NULL)
		dns_list_free(&l);
	return l;
}

void dns_list_free(struct dns_list **out)
{
	struct dns_list *l = *out;
	if (l == NULL)
		return;
	table_free(&l->seen);
	free(l->bytes);
	free(l->offsets);
	free(l);
	*out = NULL;
}

static bool grow(void **at, size_t *cap, size_t need, size_t size)
{
	if (need <= *cap)
		return true;
	size_t want = *cap < 1024 ? 1024 : *cap + *cap / 2;
	void *more = realloc(*at, want * size);
	if (more == NULL)
		return false;
	*at = more;
	*cap = want;
	return true;
}

// 128 bits of hash stand for an entry: no two differ that agree in it.
static enum err fresh(struct dns_list *l, struct span entry)
{
	const uint64_t other[2] = { ~l->seed[0], l->seed[1] + 1 };
	const uint64_t key[2] = { table_hash(l->seed, entry), table_hash(other, entry) };
	bool new = false;
	if (l->count == l->limit || l->len > UINT32_MAX - 512)
		return ERR_FULL;
	l->last = (uint32_t)l->count;
	if (l->seen == NULL)
		return ERR_OK;
	uint32_t *number = table_put(l->seen, key, &new);
	if (number == NULL)
		return ERR_MEMORY;
	if (new)
		*number = l->last;
	l->last = *number;
	return new ? ERR_OK : ERR_EXISTS;
}

static enum err put(struct dns_list *l, struct span entry)
{
	if (!grow((void **)&l->bytes, &l->cap, l->len + 512, 1) ||
	    !grow((void **)&l->offsets, &l->offset_cap, l->count / STRIDE + 1, sizeof(uint32_t)))
		return ERR_MEMORY;
	l->even = l->count == 0 || l->even == entry.len ? entry.len : 0;
	if (l->count % STRIDE == 0)
		l->offsets[l->count / STRIDE] = (uint32_t)l->len;
	l->bytes[l->len++] = (uint8_t)entry.len;
	memcpy(l->bytes + l->len, entry.at, entry.len);
	l->len += entry.len;
	l->count++;
	return ERR_OK;
}

enum err dns_list_put_name(struct dns_list *l, struct span text)
{
	struct dns_wire_name name, low;
	enum err err = dns_name_read(text, &name);
	if (err != ERR_OK)
		return err;
	low = name;
	dns_name_mix(low.bytes, low.len, 0);
	err = fresh(l, span_of(low.bytes, low.len));
	return err == ERR_OK ? put(l, span_of(name.bytes, name.len)) : err;
}

static bool ends_in(struct span name, const uint8_t *low, size_t len)
{
	if (name.len <= len)
		return false;
	const uint8_t *at = name.at + name.len - len;
	for (size_t i = 0; i < len; i++)
		if ((at[i] >= 'A' && at[i] <= 'Z' ? (at[i] | 0x20) : at[i]) != low[i])
			return false;
	return true;
}

uint16_t dns_name_type(struct span name)
{
	static const uint8_t v4[] = "\7in-addr\4arpa", v6[] = "\3ip6\4arpa";
	if (name.len < sizeof(v6) || (name.at[name.len - 3] | 0x20) != 'p') // few names go on here
		return DNS_A;
	return ends_in(name, v4, sizeof(v4)) || ends_in(name, v6, sizeof(v6)) ? DNS_PTR : DNS_A;
}

static enum err port_read(struct span text, uint16_t *out)
{
	uint64_t v = 0;
	enum err err = text_u64(text, 1, UINT16_MAX, &v);
	*out = (uint16_t)v;
	return err;
}

enum err dns_server_read(struct span text, struct dns_server *out)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	struct span rest = text, host = text_cut(&rest, '#');
	*out = (struct dns_server){ 0 };
	if (text.len == 0)
		return ERR_FORMAT;
	if (rest.at == NULL && text.len > 0 && text.at[0] == '[') {
		rest = span_cut(text, 1, text.len);
		host = text_cut(&rest, ']');
		if (rest.at == NULL || (rest.len > 0 && rest.at[0] != ':'))
			return ERR_FORMAT;
		rest = rest.len > 0 ? span_cut(rest, 1, rest.len) : (struct span){ NULL, 0 };
	} else if (rest.at == NULL && memchr(text.at, '.', text.len) != NULL) {
		rest = text;
		host = text_cut(&rest, ':');
		if (rest.at != NULL && memchr(rest.at, ':', rest.len) != NULL) {
			host = text; // ::ffff:192.0.2.1
			rest = (struct span){ NULL, 0 };
		}
	}
	if (rest.at != NULL && port_read(rest, &out->port) != ERR_OK)
		return ERR_FORMAT;
	enum err err = addr_read(host, &out->addr);
	if (err == ERR_OK && memcmp(out->addr.bytes, mapped, sizeof(mapped)) == 0)
		out->addr = addr_of(span_of(out->addr.bytes + sizeof(mapped), 4));
	return err;
}

enum err dns_list_put_server(struct dns_list *l, struct dns_server s)
{
	uint8_t entry[20];
	struct wr w = wr_of(entry, sizeof(entry));
	wr_u16(&w, s.port);
	wr_bytes(&w, addr_span(&s.addr));
	enum err err = fresh(l, wr_span(&w));
	return err == ERR_OK ? put(l, wr_span(&w)) : err;
}

uint32_t dns_list_last(const struct dns_list *l)
{
	return l->last;
}

void dns_list_end(struct dns_list *l)
{
	table_free(&l->seen);
	uint8_t *bytes = realloc(l->bytes, l->len + 1);
	if (bytes != NULL)
		l->bytes = bytes;
}

size_t dns_list_count(const struct dns_list *l)
{
	return l->count;
}

struct span dns_list_name(const struct dns_list *l, size_t i)
{
	if (l->even != 0)
		return span_of(l->bytes + i * (l->even + 1) + 1, l->even);
	const uint8_t *at = l->bytes + l->offsets[i / STRIDE];
	for (size_t n = i % STRIDE; n > 0; n--)
		at += 1u + *at;
	return span_of(at + 1, *at);
}

struct dns_server dns_list_server(const struct dns_list *l, size_t i)
{
	struct span s = dns_list_name(l, i);
	return (struct dns_server){ .addr = addr_of(span_cut(s, 2, s.len)),
				    .port = (uint16_t)(s.at[0] << 8 | s.at[1]) };
}

uint64_t dns_list_hash(const struct dns_list *l)
{
	const uint64_t seed[2] = { 1, 2 };
	return table_hash(seed, span_of(l->bytes, l->len)) ^ l->count;
}
