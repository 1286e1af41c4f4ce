// SPDX-License-Identifier: Apache-2.0
#include "local/trace_print.h"

#include "cli/json.h"
#include "trace_format/extra.h"

static struct addr addr_at(const struct trace_record *r, size_t probe)
{
	size_t len = addr_bits(r->dst) / 8u;
	uint8_t ref = r->ref.at[probe];
	return ref == 0 ? (struct addr){ 0 } : addr_of(span_cut(r->addrs, (ref - 1u) * len, len));
}

static uint32_t answer_at(const struct trace_record *r, size_t probe)
{
	return r->answer.at[probe] == 0 ? 0 : r->answers[r->answer.at[probe] - 1];
}

static void json_labels(struct json *j, const struct trace_record *r, size_t probe)
{
	json_array(j, "mpls");
	for (size_t i = 0; i < r->mpls_count; i++)
		if (r->mpls_probe[i] == probe)
			trace_label_json(j, r->mpls_label[i]);
	json_end_array(j);
}

// Nine answers of ten end so: written in one go.
static void json_plain_end(struct json *j)
{
	static const char end[] = "[],\"late\":false,\"rewritten\":false";
	json_raw(j, span_of("mpls", 4), span_of(end, sizeof(end) - 1));
}

static void json_icmp(struct json *j, uint32_t answer)
{
	static const char expired[] = "11,\"icmp_code\":0";
	if (answer == ANSWER(ANSWER_ICMP, 11, 0)) {
		json_raw(j, span_of("icmp_type", 9), span_of(expired, sizeof(expired) - 1));
		return;
	}
	json_int(j, "icmp_type", answer >> 8 & 0xff);
	json_int(j, "icmp_code", answer & 0xff);
}

static void json_loan(struct json *j, const struct trace_record *r, size_t probe)
{
	json_bool(j, "borrowed", true);
	for (size_t i = 0; i < r->borrowed_count; i++) {
		if (r->borrowed_probe[i] != probe)
			continue;
		json_int(j, "borrowed_from", (int64_t)r->borrowed_from[i]);
		json_int(j, "borrowed_age_ms", r->borrowed_age_ms[i]);
	}
}

static void json_marks(struct json *j, const struct trace_record *r, size_t i, uint8_t mark)
{
	json_labels(j, r, i);
	json_bool(j, "late", (mark & TRACE_LATE) != 0);
	json_bool(j, "rewritten", (mark & TRACE_REWRITTEN) != 0);
	if ((mark & TRACE_BORROWED) != 0)
		json_loan(j, r, i);
	if ((mark & TRACE_GUESSED) != 0)
		json_bool(j, "guessed", true);
}

// Of the answer's own IP header, where it is not zero.
static void json_ip(struct json *j, const struct trace_record *r, size_t i)
{
	uint16_t id = 0;
	if (r->reply_id.len > 0)
		id = (uint16_t)(r->reply_id.at[2 * i] << 8 | r->reply_id.at[2 * i + 1]);
	if (id != 0)
		json_int(j, "ip_id", id);
	if (r->reply_tos.len > 0 && r->reply_tos.at[i] != 0)
		json_int(j, "tos", r->reply_tos.at[i]);
}

static void json_name(struct json *j, struct span name)
{
	if (name.len > 0)
		json_span(j, "name", name);
}

static void json_reply(struct json *j, const struct trace_record *r, size_t i, size_t ttl,
		       const struct trace_names *names)
{
	uint32_t answer = answer_at(r, i);
	uint8_t mark = r->mark.len > 0 ? r->mark.at[i] : 0;
	json_object(j, NULL);
	json_addr(j, "addr", addr_at(r, i));
	if (r->ref.at[i] == 0) {
		json_null(j, "rtt_ms");
		if ((mark & TRACE_LOST) != 0)
			json_bool(j, "lost", true);
		json_end_object(j);
		return;
	}
	if (names != NULL)
		json_name(j, trace_names_find(names, addr_at(r, i)));
	json_thousandths(j, "rtt_ms", r->rtt_us[i]);
	if (answer >> 16 == ANSWER_ICMP) {
		json_icmp(j, answer);
	} else {
		json_null(j, "icmp_type");
		json_null(j, "icmp_code");
		if (answer >> 16 == ANSWER_TCP)
			json_int(j, "tcp_flags", answer & 0xff);
	}
	json_int(j, "reply_ttl", r->reply_ttl.at[i]);
	if (trace_back_hops(r->reply_ttl.at[i]) != ttl)
		json_int(j, "back_hops", trace_back_hops(r->reply_ttl.at[i]));
	if (!trace_answer_quotes(r->dst.family, answer))
		json_null(j, "quoted_ttl");
	else
		json_int(j, "quoted_ttl", r->quoted_ttl.len > 0 ? r->quoted_ttl.at[i] : 1);
	json_ip(j, r, i);
	if (mark == 0 && r->mpls_count == 0)
		json_plain_end(j);
	else
		json_marks(j, r, i, mark);
	if (r->extra.len > 0)
		trace_extra_json(j, r, i);
	json_end_object(j);
}

static void json_hops(struct json *j, const struct trace_record *r, const struct trace_names *names)
{
	size_t probe = 0;
	json_array(j, "hops");
	for (size_t hop = 0; hop < r->tries.len; hop++) {
		json_object(j, NULL);
		json_int(j, "ttl", (int64_t)(r->first_ttl + hop));
		json_array(j, "replies");
		for (size_t k = 0; k < r->tries.at[hop]; k++)
			json_reply(j, r, probe++, r->first_ttl + hop, names);
		json_end_array(j);
		json_end_object(j);
	}
	json_end_array(j);
}

void trace_print_json(FILE *out, const struct trace_record *r, const char *name, bool id,
		      const struct trace_names *names)
{
	struct json j = json_of(out);
	json_object(&j, NULL);
	if (id)
		json_int(&j, "id", (int64_t)r->id);
	json_text(&j, "target", name);
	json_addr(&j, "addr", r->dst);
	json_addr(&j, "src", r->src);
	json_text(&j, "method", trace_method_name(r->method));
	if (r->proto != 0)
		json_text(&j, "proto", r->proto == 6 ? "tcp" : "udp");
	json_int(&j, "sport", r->sport);
	if (r->extra.len > 0)
		trace_flow_json(&j, trace_beside_sport(r), trace_not_inside(r),
				trace_server_hops(r));
	if (r->method == TRACE_ICMP)
		json_null(&j, "dport");
	else
		json_int(&j, "dport", r->dport);
	json_int(&j, "flow_id", r->dst.family == 4 ? r->sport : r->flow_label);
	json_wall(&j, "start", r->start);
	json_thousandths(&j, "duration_ms", r->duration_us);
	json_text(&j, "stop_reason", trace_stop_name(r->stop));
	json_int(&j, "probes_sent", r->probes_sent);
	json_int(&j, "kernel_drops", r->kernel_drops);
	if (r->extra.len > 0 && trace_path_mtu(r) != 0)
		json_int(&j, "path_mtu", trace_path_mtu(r));
	if (r->extra.len > 0 && trace_probe_tos(r) != 0)
		json_int(&j, "tos", trace_probe_tos(r));
	json_hops(&j, r, names);
	json_end_object(&j);
}

static void plan_json(FILE *out, const struct trace_target *t, const char *denied, const char *name)
{
	struct json j = json_of(out);
	json_object(&j, NULL);
	json_text(&j, "target", name);
	json_addr(&j, "addr", t->dst);
	json_addr(&j, "src", t->src);
	json_text(&j, "method", trace_method_name(t->method));
	json_int(&j, "dport", t->dport);
	json_int(&j, "first_ttl", t->first_ttl);
	json_int(&j, "max_ttl", t->max_ttl);
	json_int(&j, "most_probes", (int64_t)trace_most_probes(t));
	json_text(&j, "denied_by", denied);
	json_end_object(&j);
}

void trace_print_plan(FILE *out, bool json, const struct trace_target *t,
		      const struct prefix *denied, const char *name)
{
	char src[ADDR_TEXT], dst[ADDR_TEXT], prefix[PREFIX_TEXT] = "";
	addr_write(t->src, src);
	addr_write(t->dst, dst);
	if (denied != NULL)
		prefix_write(*denied, prefix);
	if (json) {
		plan_json(out, t, denied == NULL ? NULL : prefix, name);
		return;
	}
	fprintf(out, "%s (%s) from %s, %s", name, dst, src, trace_method_name(t->method));
	if (t->method != TRACE_ICMP)
		fprintf(out, " to port %u", t->dport);
	if (denied != NULL)
		fprintf(out, ": denied by %s\n", prefix);
	else
		fprintf(out, ", hops %u to %u, at most %zu probes\n", t->first_ttl, t->max_ttl,
			trace_most_probes(t));
}
