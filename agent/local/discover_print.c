// SPDX-License-Identifier: Apache-2.0
#include "local/discover_print.h"

#include "base/text.h"
#include "cli/json.h"

static void json_addrs(struct json *j, struct span packed, size_t size)
{
	for (size_t i = 0; i + size <= packed.len; i += size)
		json_addr(j, NULL, addr_of(span_cut(packed, i, size)));
}

static void json_names(struct json *j, const struct resolver_record *r)
{
	json_array(j, "names");
	for (size_t i = 0; i < r->name_count; i++) {
		json_object(j, NULL);
		json_span(j, "name", r->names[i]);
		json_bool(j, "confirmed", (r->name_marks[i] & RESOLVER_CONFIRMED) != 0);
		json_bool(j, "embeds_address", (r->name_marks[i] & RESOLVER_EMBEDDED) != 0);
		json_bool(j, "labelled", (r->name_marks[i] & RESOLVER_LABELLED) != 0);
		json_end_object(j);
	}
	json_end_array(j);
	if (r->ptr == 0) {
		json_null(j, "ptr_rcode");
		json_null(j, "infra_rule");
		return;
	}
	json_int(j, "ptr_rcode", r->ptr - 1);
	json_bool(j, "infrastructure", r->infrastructure);
	json_span(j, "infra_rule", r->infra_rule);
}

static void json_rounds(struct json *j, const struct resolver_record *r)
{
	json_array(j, "rounds");
	for (size_t i = 0; i < r->rounds; i++) {
		json_object(j, NULL);
		json_int(j, "after_ms", r->round_ms[i]);
		json_text(j, "outcome",
			  resolver_round_name((enum resolver_round)r->round_outcome.at[i]));
		json_int(j, "rcode", r->round_rcode.at[i]);
		if (r->round_rtt_us[i] > 0)
			json_thousandths(j, "rtt_ms", r->round_rtt_us[i]);
		json_end_object(j);
	}
	json_end_array(j);
}

static void json_found(struct json *j, const struct resolver_record *r)
{
	size_t size = r->addr.family == 4 ? 4 : 16;
	json_text(j, "class", resolver_class_name(r->class));
	json_array(j, "egress");
	json_addrs(j, r->egress4, 4);
	json_addrs(j, r->egress6, 16);
	json_end_array(j);
	json_array(j, "answered_from");
	json_addrs(j, r->answered_from, size);
	json_end_array(j);
	json_names(j, r);
	json_text(j, "nxdomain", resolver_nx_name(r->nxdomain));
	json_array(j, "nx_addrs");
	json_addrs(j, r->nx_addrs, 4);
	json_end_array(j);
}

void discover_print_json(FILE *out, const struct resolver_record *r)
{
	struct json j = json_of(out);
	char hex[2 * 512 + 1] = "";
	json_object(&j, NULL);
	json_addr(&j, "addr", r->addr);
	json_text(&j, "role", resolver_role_name(r->role));
	json_text(&j, "state", resolver_state_name(r->state));
	json_wall(&j, "start", r->start);
	json_wall(&j, "end", r->end);
	if (r->rtt_us > 0)
		json_thousandths(&j, "rtt_ms", r->rtt_us);
	if (r->ttl > 0)
		json_int(&j, "ip_ttl", r->ttl);
	json_found(&j, r);
	json_rounds(&j, r);
	text_hex(span_cut(r->payload, 0, 512), hex);
	json_text(&j, "data", hex);
	json_end_object(&j);
}

void discover_print_text(FILE *out, const struct resolver_record *r)
{
	char addr[ADDR_TEXT];
	addr_write(r->addr, addr);
	fprintf(out, "%-15s  %-9s  %-11s  %-9s  %.*s%s%.*s\n", addr, resolver_state_name(r->state),
		resolver_class_name(r->class), resolver_nx_name(r->nxdomain),
		r->name_count > 0 ? (int)r->names[0].len : 1,
		r->name_count > 0 ? (const char *)r->names[0].at : "-",
		r->infra_rule.len > 0 ? "  " : "", (int)r->infra_rule.len,
		r->infra_rule.len > 0 ? (const char *)r->infra_rule.at : "");
}
