// SPDX-License-Identifier: Apache-2.0
#include "local/flows_dns.h"

#include <inttypes.h>

#include "base/text.h"
#include "cli/json.h"

#define LIST_TEXT 4096 // a list in one cell
#define DATA_MAX  512  // bytes shown of a record's data

static void json_data(struct json *j, const struct dns_record *r)
{
	char text[DNS_TEXT + 1];
	bool addr = (r->type == DNS_A && r->data.len == 4) ||
		    (r->type == DNS_AAAA && r->data.len == 16);
	bool name = r->type == DNS_CNAME || r->type == DNS_NS || r->type == DNS_PTR;
	if (addr) {
		json_addr(j, "data", addr_of(r->data));
	} else if (name && dns_name_write(r->target, text) == ERR_OK) {
		json_text(j, "data", text);
	} else {
		text_hex(span_cut(r->data, 0, DATA_MAX), text);
		json_text(j, "hex", text);
	}
}

// Every record of the message, whatever its section and type; that of EDNS is no record.
static void json_records(struct json *j, struct span message)
{
	static const char *const sections[] = {
		[DNS_ANSWER] = "answer",
		[DNS_AUTHORITY] = "authority",
		[DNS_ADDITIONAL] = "additional",
	};
	char text[DNS_TEXT];
	struct dns_walk w;
	struct dns_record r;
	enum err err = dns_walk_init(&w, message);
	json_array(j, "records");
	for (int i = 0; i < DNS_RECORDS && err == ERR_OK && dns_record_next(&w, &r); i++) {
		if (r.type == DNS_OPT)
			continue;
		json_object(j, NULL);
		json_text(j, "section", sections[r.section]);
		json_text(j, "name", dns_name_write(r.name, text) == ERR_OK ? text : NULL);
		json_int(j, "type", r.type);
		json_int(j, "ttl", r.ttl);
		json_data(j, &r);
		json_end_object(j);
	}
	json_end_array(j);
}

static void put_list(struct grid *g, const struct wr *w)
{
	grid_putf(g, "%.*s", (int)w->len, (const char *)w->at);
}

void flows_dns_json(FILE *out, const struct flow_event *e, const struct dns_answer *a)
{
	char text[DNS_TEXT];
	struct json j = json_of(out);
	json_object(&j, NULL);
	json_int(&j, "frame", (int64_t)e->frame);
	json_addr(&j, "resolver", e->key.b);
	json_text(&j, "qname", dns_name_write(a->question.name, text) == ERR_OK ? text : NULL);
	json_int(&j, "qtype", a->question.type);
	json_int(&j, "rcode", a->head.rcode);
	json_array(&j, "cname");
	for (size_t i = 0; i < a->chain_count; i++)
		if (dns_name_write(a->chain[i], text) == ERR_OK)
			json_text(&j, NULL, text);
	json_end_array(&j);
	json_array(&j, "addrs");
	for (size_t i = 0; i < a->addr_count; i++)
		json_addr(&j, NULL, a->addrs[i]);
	json_end_array(&j);
	json_addr(&j, "client", e->key.a);
	json_bool(&j, "quoted", e->quoted);
	json_records(&j, e->message);
	json_end_object(&j);
}

void flows_dns_grid(struct grid *g, const struct flow_event *e, const struct dns_answer *a)
{
	char text[DNS_TEXT], list[LIST_TEXT];
	struct wr w = wr_of(list, sizeof(list));
	grid_putf(g, "%" PRIu64, e->frame);
	addr_write(e->key.b, text);
	grid_put(g, text);
	grid_put(g, dns_name_write(a->question.name, text) == ERR_OK ? text : NULL);
	grid_putf(g, "%u", a->question.type);
	grid_putf(g, "%u", a->head.rcode);
	for (size_t i = 0; i < a->chain_count; i++)
		if (dns_name_write(a->chain[i], text) == ERR_OK)
			wr_format(&w, "%s%s", i > 0 ? " " : "", text);
	put_list(g, &w);
	w = wr_of(list, sizeof(list));
	for (size_t i = 0; i < a->addr_count; i++) {
		addr_write(a->addrs[i], text);
		wr_format(&w, "%s%s", i > 0 ? " " : "", text);
	}
	put_list(g, &w);
}
