// SPDX-License-Identifier: Apache-2.0
//
// Lists as orders of a size that a node takes; what does not fit one goes into the next.
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/idn.h"
#include "cli/scan.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "wire/dns_query.h"

#define LIST_MAX    (64 * 1024 * 1024)
#define NAME_GROWTH 4 // "ü" is two bytes, "xn--tda" seven, and a line has its end

static struct order order; // large

struct order *scan_begin(const struct scan_job *j, const struct scan_options *o, enum order_kind k)
{
	order = (struct order){ .kind = k, .audience_count = 1, .rate = (uint32_t)o->rate };
	order.audience[0] = span_text(j->node_name);
	order.expires.ns = clock_wall().ns + o->expires;
	memcpy(order.run.bytes, j->scan, sizeof(j->scan));
	return &order;
}

enum err scan_file(struct scan_job *j, struct fault *f)
{
	enum err err = run_file(j->pg, j->key, j->node, &order, f);
	j->orders += err == ERR_OK;
	return err;
}

struct packed {
	uint8_t four[PACKED_MAX], six[PACKED_MAX];
	struct wr w4, w6;
};

static void packed_init(struct packed *p)
{
	p->w4 = wr_of(p->four, sizeof(p->four));
	p->w6 = wr_of(p->six, sizeof(p->six));
}

static size_t packed_len(const struct packed *p)
{
	return p->w4.len + p->w6.len;
}

static void pack(struct packed *p, struct addr a, int byte)
{
	struct wr *w = a.family == 4 ? &p->w4 : &p->w6;
	wr_bytes(w, addr_span(&a));
	if (byte >= 0)
		wr_u8(w, (uint8_t)byte);
}

static enum err bad_line(struct fault *f, const char *path, size_t number, const char *what)
{
	return fault_set(f, ERR_USAGE, 0, "%s:%zu: not %s", path, number, what);
}

// The next line with something on it.
static bool next_line(struct span *rest, size_t *number, struct span *out)
{
	while (rest->len > 0) {
		struct span line = text_cut(rest, '\n');
		*out = text_trim(text_cut(&line, '#'));
		(*number)++;
		if (out->len > 0)
			return true;
	}
	return false;
}

// --- discovery ---

static enum err pack_right(const struct conf_list *list, struct packed *p, struct fault *f)
{
	packed_init(p);
	for (size_t i = 0; i < list->count; i++) {
		struct addr a;
		if (addr_read(span_text(list->items[i]), &a) != ERR_OK)
			return fault_set(f, ERR_USAGE, 0, "right: \"%s\" is not an address",
					 list->items[i]);
		pack(p, a, -1);
	}
	return ERR_OK;
}

static int role_of(struct span word)
{
	for (int r = RESOLVER_TEST; r < RESOLVER_ROLE_COUNT; r++)
		if (text_is(word, resolver_role_name((enum resolver_role)r)))
			return r;
	return word.len == 0 ? RESOLVER_TEST : -1;
}

static enum err file_list(struct scan_job *j, const struct scan_options *o, struct packed *p,
			  struct fault *f)
{
	char *text = NULL;
	size_t len = 0, number = 0;
	struct span line;
	enum err err = file_read(o->list, LIST_MAX, &text, &len, f);
	struct span rest = span_of(text, len);
	packed_init(p);
	while (err == ERR_OK && next_line(&rest, &number, &line)) {
		struct addr a;
		struct span word = text_word(&line);
		int role = role_of(text_word(&line));
		if (addr_read(word, &a) != ERR_OK || role < 0)
			err = bad_line(f, o->list, number, "ADDRESS [ROLE]");
		else
			pack(p, a, role);
		order.discover.addrs4 = wr_span(&p->w4);
		order.discover.addrs6 = wr_span(&p->w6);
		if (err == ERR_OK && (packed_len(p) > PACKED_MAX - 32 || rest.len == 0)) {
			err = scan_file(j, f);
			order.discover.prefixes4 = order.discover.prefixes6 = span_of("", 0);
			packed_init(p);
		}
	}
	if (err == ERR_OK && (packed_len(p) > 0 || j->orders == 0))
		err = scan_file(j, f);
	free(text);
	return err;
}

enum err scan_file_discover(struct scan_job *j, const struct scan_options *o, char *const *words,
			    size_t count, struct fault *f)
{
	static struct packed prefixes, right, list;
	packed_init(&prefixes);
	scan_begin(j, o, ORDER_DISCOVER);
	enum err err = pack_right(&o->right, &right, f);
	for (size_t i = 0; err == ERR_OK && i < count; i++) {
		struct prefix p;
		if (prefix_read(span_text(words[i]), &p) != ERR_OK)
			err = fault_set(f, ERR_USAGE, 0, "\"%s\" is not a prefix", words[i]);
		else
			pack(&prefixes, p.addr, p.bits);
	}
	if (err != ERR_OK)
		return err;
	if (prefixes.w4.err != ERR_OK || prefixes.w6.err != ERR_OK)
		return fault_set(f, ERR_RANGE, 0, "too many prefixes for one order");
	order.discover = (struct discover_order){
		.prefixes4 = wr_span(&prefixes.w4),
		.prefixes6 = wr_span(&prefixes.w6),
		.control = span_text(o->control),
		.right4 = wr_span(&right.w4),
		.right6 = wr_span(&right.w6),
		.whoami = span_text(o->whoami),
		.nothing = span_text(o->nothing),
		.rounds = (uint32_t)o->rounds,
		.every_ms = (uint32_t)(o->every / NS_PER_MS),
		.wait_ms = (uint32_t)(o->wait / NS_PER_MS),
		.reserved = o->reserved,
	};
	return o->list[0] == '\0' ? scan_file(j, f) : file_list(j, o, &list, f);
}

// --- questions ---

static enum err read_types(const char *text, struct dns_order *d, struct fault *f)
{
	struct span rest = span_text(text);
	while (rest.at != NULL && rest.len > 0) {
		struct span word = text_trim(text_cut(&rest, ','));
		if (d->type_count == ORDER_TYPES_MAX ||
		    dns_type_read(word, &d->types[d->type_count++]) != ERR_OK)
			return fault_set(f, ERR_USAGE, 0,
					 "types: %.*s is none of A, AAAA, … or a number",
					 (int)word.len, (const char *)word.at);
	}
	return ERR_OK;
}

static enum err make_dns(const struct scan_options *o, struct fault *f)
{
	struct dns_order *d = &order.dns;
	*d = (struct dns_order){
		.control = span_text(o->control),
		.repetitions = (uint32_t)o->repetitions,
		.options = (uint32_t)(DNS_RECURSE | (o->mixed ? DNS_CASE : 0) |
				      (o->dnssec ? DNS_DO : 0) | (o->nsid ? DNS_NSID : 0)),
		.size = (uint16_t)o->size,
		.kind = o->nobody ? DNS_KIND_NOBODY : DNS_KIND_PAIR,
		.listen_ms = (uint32_t)(o->listen / NS_PER_MS),
		.reserved = o->reserved,
	};
	if (o->profile[0] != '\0' && dns_profile_read(span_text(o->profile), &d->profile) != ERR_OK)
		return fault_set(f, ERR_USAGE, 0, "profile: \"%s\" is none", o->profile);
	// Satellite's questions have no OPT record; what is asked for in one puts it there.
	bool bare = d->profile == DNS_V2_1 || d->profile == DNS_V2_2;
	if (!bare || o->dnssec || o->nsid || o->size > 0 || o->subnets.count > 0)
		d->options |= DNS_EDNS;
	if (dns_transport_read(span_text(o->transport), &d->transport) != ERR_OK)
		return fault_set(f, ERR_USAGE, 0, "transport: \"%s\" is none", o->transport);
	return read_types(o->types, d, f);
}

// The resolvers of a file, or the usable ones that discovery found in this scan.
static enum err read_resolvers(struct scan_job *j, const struct scan_options *o, struct addr **out,
			       size_t *count, struct fault *f)
{
	AUTO(pg_rows_free) struct pg_rows *rows = NULL;
	char *text = NULL, id[RUN_ID_TEXT];
	size_t len = 0, number = 0, cap;
	struct span line;
	enum err err;
	run_id_text(j->scan, id);
	if (o->resolvers[0] != '\0')
		err = file_read(o->resolvers, LIST_MAX, &text, &len, f);
	else
		err = pg_query(j->pg, "scan_resolvers",
			       PG_VALUES(pg_text(id), pg_bool(o->infrastructure)), &rows, f);
	cap = err != ERR_OK ? 0 : rows != NULL ? pg_rows_count(rows) : len / 2 + 1;
	*out = calloc(cap + 1, sizeof(**out));
	*count = 0;
	if (err == ERR_OK && *out == NULL)
		err = fault_set(f, ERR_MEMORY, 0, "no memory");
	for (size_t i = 0; err == ERR_OK && rows != NULL && i < cap; i++)
		(*out)[(*count)++] = pg_rows_addr(rows, i, 0);
	struct span rest = span_of(text, len);
	while (err == ERR_OK && next_line(&rest, &number, &line))
		if (addr_read(text_word(&line), &(*out)[(*count)++]) != ERR_OK || line.len > 0)
			err = bad_line(f, o->resolvers, number, "an address alone (no role)");
	free(text);
	if (err == ERR_OK && *count == 0)
		err = fault_set(
			f, ERR_MISSING, 0,
			"no resolvers: give --resolvers FILE, or a --scan with usable ones");
	return err;
}

// Asked as for another network it is another question: it gets numbers of its own.
static enum err number_repetitions(struct scan_job *j, const struct scan_options *o,
				   struct fault *f)
{
	AUTO(pg_rows_free) struct pg_rows *rows = NULL;
	enum err err =
		pg_query(j->pg, "scan_repetitions",
			 PG_VALUES(pg_uuid(j->scan), pg_int((int64_t)o->repetitions)), &rows, f);
	if (err == ERR_OK)
		order.dns.first_repetition = (uint32_t)pg_rows_int(rows, 0, 0);
	return err;
}

// Domains in pieces that leave room for resolvers; each with every piece of the resolvers.
enum err scan_file_matrix(struct scan_job *j, struct span domains, const struct addr *resolvers,
			  size_t count, struct fault *f)
{
	static struct packed p;
	enum err err = ERR_OK;
	while (err == ERR_OK && domains.len > 0) {
		size_t len = domains.len;
		while (len > PACKED_MAX / 2 || (len < domains.len && domains.at[len - 1] != '\n'))
			len--;
		order.dns.domains = span_cut(domains, 0, len);
		domains = span_cut(domains, len, domains.len);
		for (size_t i = 0; err == ERR_OK && i < count;) {
			packed_init(&p);
			while (i < count && packed_len(&p) < PACKED_MAX / 2)
				pack(&p, resolvers[i++], -1);
			order.dns.resolvers4 = wr_span(&p.w4);
			order.dns.resolvers6 = wr_span(&p.w6);
			err = scan_file(j, f);
		}
	}
	return err;
}

// The matrix once, or once for each client subnet.
static enum err file_subnets(struct scan_job *j, const struct scan_options *o, struct span domains,
			     const struct addr *resolvers, size_t count, struct fault *f)
{
	enum err err = ERR_OK;
	for (size_t i = 0; err == ERR_OK && i < (o->subnets.count > 0 ? o->subnets.count : 1);
	     i++) {
		struct dns_order *d = &order.dns;
		if (o->subnets.count > 0) {
			d->options |= DNS_SUBNET;
			if (prefix_read(span_text(o->subnets.items[i]), &d->subnet) != ERR_OK)
				return fault_set(f, ERR_USAGE, 0, "subnet: \"%s\" is not a prefix",
						 o->subnets.items[i]);
			err = number_repetitions(j, o, f);
		}
		if (err == ERR_OK)
			err = scan_file_matrix(j, domains, resolvers, count, f);
	}
	return err;
}

enum err scan_file_dns(struct scan_job *j, const struct scan_options *o, struct fault *f)
{
	struct addr *resolvers = NULL;
	char *text = NULL, *names;
	size_t len = 0, count = 0, number = 0;
	struct span line;
	scan_begin(j, o, ORDER_DNS);
	enum err err = make_dns(o, f);
	if (err == ERR_OK)
		err = file_read(o->domains, LIST_MAX, &text, &len, f);
	if (err == ERR_OK)
		err = read_resolvers(j, o, &resolvers, &count, f);
	struct span rest = span_of(text, len);
	size_t size = len * NAME_GROWTH;
	names = calloc(1, size + 2);
	struct wr w = wr_of(names, names == NULL ? 0 : size + 1);
	while (err == ERR_OK && next_line(&rest, &number, &line)) {
		struct span word = text_word(&line), name;
		struct dns_wire_name wire;
		char room[IDN_TEXT];
		err = idn_read(word, room, &name);
		wr_bytes(&w, name);
		wr_u8(&w, '\n');
		if (err != ERR_OK || line.len > 0 || memchr(word.at, ',', word.len) != NULL ||
		    dns_name_read(name, &wire) != ERR_OK)
			err = bad_line(f, o->domains, number, "a name");
	}
	if (err == ERR_OK && w.len == 0)
		err = fault_set(f, ERR_USAGE, 0, "%s: no names", o->domains);
	if (err == ERR_OK)
		err = w.err == ERR_OK ? file_subnets(j, o, wr_span(&w), resolvers, count, f)
				      : fault_set(f, w.err, 0, "no memory");
	if (err == ERR_OK && scan_wants_keys(o, &order.dns))
		err = scan_file_keys(j, o, names, f);
	free(names);
	free(resolvers);
	free(text);
	return err;
}
