// SPDX-License-Identifier: Apache-2.0
#include "local/flows_print.h"

#include <inttypes.h>
#include <string.h>

#include "base/macro.h"
#include "cli/json.h"
#include "local/flows_dns.h"
#include "wire/dns.h"
#include "wire/ip.h"

#define NAMES_MAX 64   // names printed of one flow
#define LIST_TEXT 4096 // a list in one cell

static const char *const flow_columns[] = {
	"proto",   "a",        "aport", "b",    "bport", "pkts_ab", "bytes_ab",
	"pkts_ba", "bytes_ba", "first", "last", "names", "app",     NULL,
};
static const char *const dns_columns[] = {
	"frame", "resolver", "qname", "qtype", "rcode", "cname", "addrs", NULL,
};
static const char *const name_columns[] = {
	"frame", "transport", "dst", "dport", "sni", "alpn", "quic_version", NULL,
};
static const char *const target_columns[] = {
	"proto", "addr", "port", "local", "lport", "first", NULL,
};
static const char *const *const columns[] = {
	[FLOWS_FLOWS] = flow_columns,
	[FLOWS_DNS] = dns_columns,
	[FLOWS_NAMES] = name_columns,
	[FLOWS_TARGETS] = target_columns,
};
static const enum flow_event_kind kinds[] = {
	[FLOWS_FLOWS] = FLOW_DONE,
	[FLOWS_DNS] = FLOW_ANSWER,
	[FLOWS_NAMES] = FLOW_HELLO,
	[FLOWS_TARGETS] = FLOW_TARGET,
};

void flows_print_init(struct flows_print *p, enum flows_rows rows, enum grid_form form, FILE *out)
{
	*p = (struct flows_print){ .rows = rows, .form = form, .out = out };
	if (form != GRID_JSON)
		p->grid = grid_new(columns[rows]);
}

void flows_print_wipe(struct flows_print *p)
{
	grid_free(&p->grid);
}

void flows_print_finish(struct flows_print *p)
{
	if (p->grid != NULL)
		grid_print(p->grid, p->form, p->out);
	fflush(p->out);
}

// Seconds since 1970 with all nine decimals, which a double could not carry.
static const char *seconds(struct wall t, char out[static 32])
{
	int64_t s = t.ns / NS_PER_S, ns = t.ns % NS_PER_S;
	if (ns < 0) {
		s--;
		ns += NS_PER_S;
	}
	snprintf(out, 32, "%" PRId64 ".%09" PRId64, s, ns);
	return out;
}

static const char *proto_text(uint8_t proto, char out[static 8])
{
	const char *name = ip_proto_name(proto);
	if (name != NULL)
		return name;
	snprintf(out, 8, "%u", proto);
	return out;
}

// --- the names of a flow -------------------------------------------------------------------------

struct name_row {
	struct name_entry entry;
	char end; // 'a' or 'b': whose address the name led to
	bool own; // said in this very flow
};

struct name_rows {
	size_t count;
	struct name_row row[NAMES_MAX];
};

static void add_name(struct name_rows *n, const struct name_entry *e, char end, bool own)
{
	for (size_t i = 0; i < n->count; i++) {
		struct name_row *r = &n->row[i];
		if (r->entry.text != e->text || r->entry.how != e->how || r->end != end)
			continue;
		r->entry = *e; // the walk goes backwards: the first time it was said
		r->own |= own;
		return;
	}
	if (n->count < NAMES_MAX)
		n->row[n->count++] = (struct name_row){ *e, end, own };
}

static void collect_names(struct name_rows *n, const struct flow_table *t, const struct flow *f)
{
	struct name_entry e;
	uint64_t at = 0;
	n->count = 0;
	if (f->said != 0) {
		e = (struct name_entry){
			.asker = f->key.a, .at = f->first, .text = f->said, .how = f->how
		};
		add_name(n, &e, 'b', true);
	}
	while (names_next(flow_names(t), &f->key.b, &at, &e))
		add_name(n, &e, 'b', false);
	at = 0;
	while (names_next(flow_names(t), &f->key.a, &at, &e))
		add_name(n, &e, 'a', false);
}

static void json_names(struct json *j, const struct flow_table *t, const struct name_rows *n)
{
	char at[32];
	json_array(j, "names");
	for (size_t i = 0; i < n->count; i++) {
		const struct name_row *r = &n->row[i];
		json_object(j, NULL);
		json_text(j, "name", flow_text(t, r->entry.text));
		json_text(j, "how", name_how_name(r->entry.how));
		json_text(j, "end", r->end == 'a' ? "a" : "b");
		json_bool(j, "own", r->own);
		json_addr(j, "asker", r->entry.asker);
		json_number(j, "at", seconds(r->entry.at, at));
		json_end_object(j);
	}
	json_end_array(j);
}

static void json_rtt(struct json *j, const char *key, int64_t ns)
{
	if (ns > 0)
		json_thousandths(j, key, (uint64_t)(ns / NS_PER_US));
	else
		json_null(j, key);
}

// In the order of the header's bits: FIN, SYN, RST, PSH, ACK, URG, ECE, CWR, AE.
static void json_flags(struct json *j, const char *key, uint16_t flags)
{
	static const char letters[] = "FSRPAUECN";
	char text[sizeof(letters)];
	size_t len = 0;
	for (size_t i = 0; i < sizeof(letters) - 1; i++)
		if (flags >> i & 1)
			text[len++] = letters[i];
	text[len] = '\0';
	json_text(j, key, text);
}

// Whose header had it: "a", "b", "ab", or null.
static void json_ends(struct json *j, const char *key, const struct flow *f, uint16_t flag)
{
	bool a = (f->ab.tcp_flags & flag) != 0, b = (f->ba.tcp_flags & flag) != 0;
	if (a || b)
		json_text(j, key, a && b ? "ab" : a ? "a" : "b");
	else
		json_null(j, key);
}

static void json_facts(struct json *j, const struct flow *f)
{
	json_int(j, "fragments", (int64_t)f->ab.fragments + f->ba.fragments);
	if (f->key.proto != IP_TCP)
		return;
	json_object(j, "tcp");
	json_flags(j, "flags_ab", f->ab.tcp_flags);
	json_flags(j, "flags_ba", f->ba.tcp_flags);
	json_ends(j, "syn", f, FLOW_TCP_SYN);
	json_ends(j, "syn_ack", f, FLOW_TCP_SYN_ACK);
	json_rtt(j, "rtt_a_ms", f->rtt_a_ns);
	json_rtt(j, "rtt_b_ms", f->rtt_b_ns);
	json_int(j, "again_ab", f->ab.again);
	json_int(j, "again_ba", f->ba.again);
	json_int(j, "late_ab", f->ab.late);
	json_int(j, "late_ba", f->ba.late);
	json_end_object(j);
}

static const char *app_of(struct flows_print *p, const struct flow *f)
{
	const struct flow_key *k = &f->key;
	if (p->label == NULL)
		return NULL;
	return label_take(p->label, k->proto, k->a, k->aport, k->b, k->bport);
}

static void json_flow(struct flows_print *p, const struct flow_table *t, const struct flow *f,
		      const struct name_rows *n)
{
	char proto[8], first[32], last[32];
	struct json j = json_of(p->out);
	json_object(&j, NULL);
	json_text(&j, "proto", proto_text(f->key.proto, proto));
	json_addr(&j, "a", f->key.a);
	json_int(&j, "aport", f->key.aport);
	json_addr(&j, "b", f->key.b);
	json_int(&j, "bport", f->key.bport);
	json_int(&j, "pkts_ab", (int64_t)f->ab.packets);
	json_int(&j, "bytes_ab", (int64_t)f->ab.bytes);
	json_int(&j, "pkts_ba", (int64_t)f->ba.packets);
	json_int(&j, "bytes_ba", (int64_t)f->ba.bytes);
	json_number(&j, "first", seconds(f->first, first));
	json_number(&j, "last", seconds(f->last, last));
	json_names(&j, t, n);
	json_text(&j, "app", app_of(p, f));
	json_facts(&j, f);
	json_end_object(&j);
}

static void put_addr(struct grid *g, struct addr a)
{
	char text[ADDR_TEXT];
	addr_write(a, text);
	grid_put(g, text);
}

static void put_list(struct grid *g, struct wr *w)
{
	grid_putf(g, "%.*s", (int)w->len, (const char *)w->at);
}

static void grid_flow(struct flows_print *p, const struct flow_table *t, const struct flow *f,
		      const struct name_rows *n)
{
	char text[32], list[LIST_TEXT];
	struct wr w = wr_of(list, sizeof(list));
	for (size_t i = 0; i < n->count; i++)
		wr_format(&w, "%s%s:%s", i > 0 ? " " : "", name_how_name(n->row[i].entry.how),
			  flow_text(t, n->row[i].entry.text));
	grid_put(p->grid, proto_text(f->key.proto, text));
	put_addr(p->grid, f->key.a);
	grid_putf(p->grid, "%u", f->key.aport);
	put_addr(p->grid, f->key.b);
	grid_putf(p->grid, "%u", f->key.bport);
	grid_putf(p->grid, "%" PRIu64, f->ab.packets);
	grid_putf(p->grid, "%" PRIu64, f->ab.bytes);
	grid_putf(p->grid, "%" PRIu64, f->ba.packets);
	grid_putf(p->grid, "%" PRIu64, f->ba.bytes);
	grid_put(p->grid, seconds(f->first, text));
	grid_put(p->grid, seconds(f->last, text));
	put_list(p->grid, &w);
	grid_put(p->grid, app_of(p, f));
}

static void print_flow(struct flows_print *p, const struct flow_table *t, const struct flow *f)
{
	struct name_rows names;
	collect_names(&names, t, f);
	if (p->form == GRID_JSON)
		json_flow(p, t, f, &names);
	else
		grid_flow(p, t, f, &names);
}

// --- DNS answers ---------------------------------------------------------------------------------

static void print_dns(struct flows_print *p, const struct flow_event *e)
{
	struct dns_answer a;
	if (dns_answer_read(e->message, &a) != ERR_OK)
		return;
	if (p->form == GRID_JSON)
		flows_dns_json(p->out, e, &a);
	else
		flows_dns_grid(p->grid, e, &a);
}

// --- names said in hellos ------------------------------------------------------------------------

static const char *const transports[] = {
	[FLOW_TLS] = "tls",
	[FLOW_DTLS] = "dtls",
	[FLOW_QUIC] = "quic",
};

static const char *quic_version(const struct flow_event *e, char out[static 16])
{
	snprintf(out, 16, "0x%08" PRIx32, e->quic_version);
	return out;
}

static void json_hello(FILE *out, const struct flow_event *e)
{
	struct json j = json_of(out);
	struct rd r = rd_of(e->hello.alpn);
	struct span word;
	char version[16];
	json_object(&j, NULL);
	json_int(&j, "frame", (int64_t)e->frame);
	json_text(&j, "transport", transports[e->transport]);
	json_addr(&j, "dst", e->key.b);
	json_int(&j, "dport", e->key.bport);
	if (e->hello.has_sni)
		json_span(&j, "sni", e->hello.sni);
	else
		json_null(&j, "sni");
	json_array(&j, "alpn");
	while (tls_alpn_next(&r, &word))
		json_span(&j, NULL, word);
	json_end_array(&j);
	if (e->transport == FLOW_QUIC)
		json_text(&j, "quic_version", quic_version(e, version));
	else
		json_null(&j, "quic_version");
	json_addr(&j, "src", e->key.a);
	json_int(&j, "sport", e->key.aport);
	json_end_object(&j);
}

static void print_hello(struct flows_print *p, const struct flow_event *e)
{
	struct rd r = rd_of(e->hello.alpn);
	struct span word;
	char list[LIST_TEXT], version[16];
	struct wr w = wr_of(list, sizeof(list));
	if (p->form == GRID_JSON) {
		json_hello(p->out, e);
		return;
	}
	grid_putf(p->grid, "%" PRIu64, e->frame);
	grid_put(p->grid, transports[e->transport]);
	put_addr(p->grid, e->key.b);
	grid_putf(p->grid, "%u", e->key.bport);
	grid_putf(p->grid, "%.*s", (int)e->hello.sni.len, (const char *)e->hello.sni.at);
	for (const char *sep = ""; tls_alpn_next(&r, &word); sep = "|")
		wr_format(&w, "%s%.*s", sep, (int)word.len, (const char *)word.at);
	put_list(p->grid, &w);
	grid_put(p->grid, e->transport == FLOW_QUIC ? quic_version(e, version) : NULL);
}

// --- targets -------------------------------------------------------------------------------------

static void print_target(struct flows_print *p, const struct flow_event *e)
{
	char proto[8], first[32];
	if (p->form != GRID_JSON) {
		grid_put(p->grid, proto_text(e->key.proto, proto));
		put_addr(p->grid, e->key.b);
		grid_putf(p->grid, "%u", e->key.bport);
		put_addr(p->grid, e->key.a);
		grid_putf(p->grid, "%u", e->key.aport);
		grid_put(p->grid, seconds(e->at, first));
		return;
	}
	struct json j = json_of(p->out);
	json_object(&j, NULL);
	json_text(&j, "proto", proto_text(e->key.proto, proto));
	json_addr(&j, "addr", e->key.b);
	json_int(&j, "port", e->key.bport);
	json_addr(&j, "local", e->key.a);
	json_int(&j, "lport", e->key.aport);
	json_number(&j, "first", seconds(e->at, first));
	json_end_object(&j);
}

void flows_print_event(struct flows_print *p, const struct flow_table *t,
		       const struct flow_event *e)
{
	if (e->kind != kinds[p->rows])
		return;
	switch (p->rows) {
	case FLOWS_FLOWS:
		print_flow(p, t, &e->flow);
		break;
	case FLOWS_DNS:
		print_dns(p, e);
		break;
	case FLOWS_NAMES:
		print_hello(p, e);
		break;
	case FLOWS_TARGETS:
		print_target(p, e);
		break;
	}
}
