// SPDX-License-Identifier: Apache-2.0
#include "msg/order_scan.h"

#include "msg/unpack.h"

#define REPETITIONS_MAX 1000
#define FIRST_MAX       1000000
#define ATTEMPTS_MAX    3
#define EVERY_MAX       86400000 // ms
#define WAIT_MAX        60000    // ms
#define BODY_MAX        (256u << 20)

void order_write_dns(struct wr *w, uint32_t number, const struct order *o)
{
	const struct dns_order *d = &o->dns;
	uint32_t types[ORDER_TYPES_MAX];
	uint8_t subnet[DNS_SUBNET_SIZE];
	for (size_t i = 0; i < d->type_count; i++)
		types[i] = d->types[i];
	size_t begun = field_begin(w, number);
	field_bytes(w, 1, d->resolvers4);
	field_bytes(w, 2, d->resolvers6);
	field_bytes(w, 3, d->domains);
	field_packed(w, 4, types, d->type_count);
	field_text(w, 5, d->control);
	field_u64(w, 6, d->profile);
	field_u64(w, 7, d->repetitions);
	field_u64(w, 8, d->transport);
	field_u64(w, 9, d->options);
	field_u64(w, 10, d->kind);
	field_u64(w, 11, d->listen_ms);
	field_u64(w, 12, o->rate);
	field_bytes(w, 13, dns_pair_subnet_write(&d->subnet, subnet));
	field_u64(w, 14, d->size);
	field_u64(w, 15, d->first_repetition);
	field_u64(w, 16, d->reserved);
	field_end(w, begun);
}

void order_write_discover(struct wr *w, uint32_t number, const struct order *o)
{
	const struct discover_order *d = &o->discover;
	size_t begun = field_begin(w, number);
	field_bytes(w, 1, d->prefixes4);
	field_bytes(w, 2, d->prefixes6);
	field_bytes(w, 3, d->addrs4);
	field_bytes(w, 4, d->addrs6);
	field_text(w, 5, d->control);
	field_bytes(w, 6, d->right4);
	field_bytes(w, 7, d->right6);
	field_text(w, 8, d->whoami);
	field_text(w, 9, d->nothing);
	field_u64(w, 10, d->rounds);
	field_u64(w, 11, d->every_ms);
	field_u64(w, 12, d->wait_ms);
	field_u64(w, 13, o->rate);
	field_u64(w, 14, d->reserved);
	field_end(w, begun);
}

void order_write_fetch(struct wr *w, uint32_t number, const struct order *o)
{
	size_t begun = field_begin(w, number);
	for (size_t i = 0; i < o->fetch_count; i++) {
		size_t one = field_begin(w, 1);
		field_addr(w, 1, &o->fetches[i].addr);
		field_text(w, 2, o->fetches[i].domain);
		field_u64(w, 3, o->fetches[i].role);
		field_end(w, one);
	}
	field_u64(w, 2, o->rate);
	field_u64(w, 3, o->body_limit);
	field_end(w, begun);
}

void order_write_path(struct wr *w, uint32_t number, const struct order *o)
{
	const struct path_order *p = &o->path;
	size_t begun = field_begin(w, number);
	for (size_t i = 0; i < p->count; i++) {
		size_t one = field_begin(w, 1);
		field_addr(w, 1, &p->wishes[i].addr);
		field_text(w, 2, p->wishes[i].domain);
		field_end(w, one);
	}
	field_text(w, 2, p->control);
	field_u64(w, 3, p->type);
	field_u64(w, 4, p->options);
	field_u64(w, 5, p->hops);
	field_u64(w, 6, p->attempts);
	field_u64(w, 7, p->wait_ms);
	field_u64(w, 8, o->rate);
	field_u64(w, 9, p->reserved);
	field_end(w, begun);
}

void order_write_withdraw(struct wr *w, uint32_t number, const struct order *o)
{
	size_t begun = field_begin(w, number);
	field_bytes(w, 1, o->withdraw);
	field_end(w, begun);
}

// Options stand in an OPT record, and a subnet is an option.
static enum err read_edns(const Waymark__DnsScan *d, struct dns_order *to)
{
	const uint32_t wants = DNS_DO | DNS_NSID | DNS_SUBNET;
	if ((d->options & ~(uint32_t)DNS_OPTIONS_ALL) != 0)
		return ERR_UNSUPPORTED;
	if (dns_pair_subnet_read(bytes_of(d->subnet), &to->subnet) != ERR_OK)
		return ERR_FORMAT;
	if (((d->options & DNS_SUBNET) != 0) != (to->subnet.addr.family != 0) ||
	    ((d->options & wants) != 0 && (d->options & DNS_EDNS) == 0) ||
	    (d->size != 0 && (d->size < DNS_SIZE_LEAST || d->size > DNS_SIZE_MOST)))
		return ERR_RANGE;
	to->options = d->options;
	to->size = (uint16_t)d->size;
	return ERR_OK;
}

// What a newer build means is work we cannot do: not something to guess at.
enum err order_read_dns(const Waymark__DnsScan *d, struct order *out)
{
	struct dns_order *to = &out->dns;
	out->kind = ORDER_DNS;
	if (d->n_qtype > ORDER_TYPES_MAX || d->repetitions > REPETITIONS_MAX ||
	    d->first_repetition > FIRST_MAX || d->listen_ms > ORDER_LISTEN_MAX ||
	    d->resolvers4.len % 4 != 0 || d->resolvers6.len % 16 != 0)
		return ERR_RANGE;
	if (d->profile >= DNS_PROFILE_COUNT || d->transport >= DNS_TRANSPORT_COUNT ||
	    d->kind >= DNS_KIND_COUNT)
		return ERR_UNSUPPORTED;
	for (size_t i = 0; i < d->n_qtype; i++)
		if (port_of(d->qtype[i], &to->types[i]) != ERR_OK)
			return ERR_RANGE;
	to->type_count = d->n_qtype;
	to->resolvers4 = bytes_of(d->resolvers4);
	to->resolvers6 = bytes_of(d->resolvers6);
	to->domains = bytes_of(d->domains);
	to->profile = (enum dns_profile)d->profile;
	to->repetitions = d->repetitions;
	to->transport = (enum dns_transport)d->transport;
	to->kind = (enum dns_kind)d->kind;
	to->listen_ms = d->listen_ms;
	to->first_repetition = d->first_repetition;
	to->reserved = d->reserved;
	out->rate = d->rate;
	enum err err = read_edns(d, to);
	return err != ERR_OK ? err : text_of(d->control, DNS_DOMAIN_MAX, &to->control);
}

// Each item is an address and one byte more: MOST is its largest value.
static bool with_byte(struct span s, size_t size, unsigned most)
{
	if (s.len % (size + 1) != 0)
		return false;
	for (size_t at = size; at < s.len; at += size + 1)
		if (s.at[at] > most)
			return false;
	return true;
}

enum err order_read_discover(const Waymark__Discover *d, struct order *out)
{
	struct discover_order *to = &out->discover;
	out->kind = ORDER_DISCOVER;
	*to = (struct discover_order){
		.prefixes4 = bytes_of(d->prefixes4),
		.prefixes6 = bytes_of(d->prefixes6),
		.addrs4 = bytes_of(d->addrs4),
		.addrs6 = bytes_of(d->addrs6),
		.right4 = bytes_of(d->right4),
		.right6 = bytes_of(d->right6),
		.rounds = d->rounds,
		.every_ms = d->every_ms,
		.wait_ms = d->wait_ms,
		.reserved = d->reserved,
	};
	out->rate = d->rate;
	if (!with_byte(to->prefixes4, 4, 32) || !with_byte(to->prefixes6, 16, 128) ||
	    !with_byte(to->addrs4, 4, RESOLVER_ROLE_COUNT - 1) ||
	    !with_byte(to->addrs6, 16, RESOLVER_ROLE_COUNT - 1) || to->right4.len % 4 != 0 ||
	    to->right6.len % 16 != 0 || d->rounds > RESOLVER_ROUNDS_MAX ||
	    d->every_ms > EVERY_MAX || d->wait_ms > WAIT_MAX)
		return ERR_RANGE;
	return ANY(text_of(d->control, DNS_DOMAIN_MAX, &to->control),
		   text_of(d->whoami, DNS_DOMAIN_MAX, &to->whoami),
		   text_of(d->nothing, DNS_DOMAIN_MAX, &to->nothing));
}

enum err order_read_fetch(const Waymark__Fetch *f, struct arena *arena, struct order *out)
{
	out->kind = ORDER_FETCH;
	out->rate = f->rate;
	out->body_limit = f->body_limit;
	if (f->n_wish > ORDER_FETCHES_MAX || f->body_limit > BODY_MAX)
		return ERR_RANGE;
	out->fetches = arena_take(arena, (f->n_wish + 1) * sizeof(*out->fetches));
	if (out->fetches == NULL)
		return ERR_FULL;
	out->fetch_count = f->n_wish;
	for (size_t i = 0; i < f->n_wish; i++) {
		const Waymark__FetchWish *w = f->wish[i];
		struct fetch_order *to = &out->fetches[i];
		to->role = (enum page_role)known_of((int)w->role, PAGE_ROLE_COUNT);
		if (addr_of_bytes(w->addr, &to->addr) != ERR_OK || to->addr.family == 0 ||
		    text_of(w->domain, PAGE_DOMAIN_MAX, &to->domain) != ERR_OK ||
		    to->domain.len == 0)
			return ERR_FORMAT;
	}
	return ERR_OK;
}

enum err order_read_path(const Waymark__DnsPath *p, struct arena *arena, struct order *out)
{
	struct path_order *to = &out->path;
	out->kind = ORDER_PATH;
	out->rate = p->rate;
	if (p->n_wish > ORDER_PATHS_MAX || p->hops > DNS_HOPS_MAX || p->attempts > ATTEMPTS_MAX ||
	    p->wait_ms > WAIT_MAX || port_of(p->qtype, &to->type) != ERR_OK)
		return ERR_RANGE;
	if ((p->options & ~(uint32_t)(DNS_RECURSE | DNS_EDNS)) != 0)
		return ERR_UNSUPPORTED;
	to->options = p->options;
	to->hops = (uint8_t)p->hops;
	to->attempts = (uint8_t)p->attempts;
	to->wait_ms = p->wait_ms;
	to->reserved = p->reserved;
	to->wishes = arena_take(arena, (p->n_wish + 1) * sizeof(*to->wishes));
	if (to->wishes == NULL)
		return ERR_FULL;
	to->count = p->n_wish;
	for (size_t i = 0; i < p->n_wish; i++)
		if (addr_of_bytes(p->wish[i]->addr, &to->wishes[i].addr) != ERR_OK ||
		    to->wishes[i].addr.family == 0 ||
		    text_of(p->wish[i]->domain, DNS_DOMAIN_MAX, &to->wishes[i].domain) != ERR_OK ||
		    to->wishes[i].domain.len == 0)
			return ERR_FORMAT;
	return text_of(p->control, DNS_DOMAIN_MAX, &to->control);
}

enum err order_read_withdraw(const Waymark__Withdraw *w, struct order *out)
{
	out->kind = ORDER_WITHDRAW;
	out->withdraw = bytes_of(w->orders);
	return out->withdraw.len % RUN_ID_SIZE == 0 ? ERR_OK : ERR_RANGE;
}
