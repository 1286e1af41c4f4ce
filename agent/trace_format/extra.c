// SPDX-License-Identifier: Apache-2.0
#include "trace_format/extra.h"

#include "base/text.h"
#include "wire/icmp_iface.h"

const char *const trace_extra_keys[] = { "seen", "objects", "tcp_options", NULL };

void trace_flow_json(struct json *j, uint16_t beside_sport, enum trace_not_inside why,
		     uint8_t server_hops)
{
	if (beside_sport != 0)
		json_int(j, "beside_sport", beside_sport);
	if (why != TRACE_INSIDE)
		json_text(j, "not_inside", trace_not_inside_name(why));
	if (server_hops != 0)
		json_int(j, "server_hops", server_hops);
}

void trace_label_json(struct json *j, uint32_t word)
{
	json_object(j, NULL);
	json_int(j, "label", word >> 12);
	json_int(j, "tc", word >> 9 & 7);
	json_bool(j, "bottom", (word >> 8 & 1) != 0);
	json_int(j, "ttl", word & 0xff);
	json_end_object(j);
}

static void hex(struct json *j, const char *key, struct span data)
{
	char text[2 * UINT8_MAX + 1];
	text_hex(span_cut(data, 0, UINT8_MAX), text);
	json_text(j, key, text);
}

static void interface(struct json *j, const struct icmp_iface *i)
{
	json_text(j, "role", icmp_iface_role_name(i->role));
	if (i->has_index)
		json_int(j, "index", i->index);
	if (i->addr.family != 0)
		json_addr(j, "addr", i->addr);
	if (i->name.len > 0)
		json_span(j, "name", i->name);
	if (i->has_mtu)
		json_int(j, "mtu", i->mtu);
}

static void object(struct json *j, struct span data)
{
	struct icmp_iface iface;
	struct span body = span_cut(data, 2, data.len);
	json_object(j, NULL);
	json_int(j, "class", data.at[0]);
	json_int(j, "ctype", data.at[1]);
	hex(j, "data", body);
	if (data.at[0] == ICMP_IFACE_CLASS && icmp_iface_read(data.at[1], body, &iface) == ERR_OK)
		interface(j, &iface);
	json_end_object(j);
}

static void seen(struct json *j, const struct trace_extra *e)
{
	static const char *const keys[] = {
		"", "tos", "ip_id", "sport", "dport", "src", "checksum"
	};
	if (e->kind == TRACE_SEEN_SRC)
		json_addr(j, keys[e->kind], addr_of(e->data));
	else
		json_int(j, keys[e->kind], trace_extra_number(e->data));
}

// The next entry of PROBE whose kind lies within FROM and TO.
static bool next(struct span *rest, size_t probe, int from, int to, struct trace_extra *out)
{
	while (trace_extra_next(rest, out))
		if (out->probe == probe && out->kind >= from && out->kind <= to)
			return true;
	return false;
}

void trace_extras_json(struct json *j, struct span extra, size_t number)
{
	struct trace_extra e;
	struct span rest = extra;
	if (next(&rest, number, TRACE_SEEN_TOS, TRACE_SEEN_CHECK, &e)) {
		json_object(j, "seen");
		do
			seen(j, &e);
		while (next(&rest, number, TRACE_SEEN_TOS, TRACE_SEEN_CHECK, &e));
		json_end_object(j);
	}
	rest = extra;
	if (next(&rest, number, TRACE_TOLD_OBJECT, TRACE_TOLD_OBJECT, &e)) {
		json_array(j, "objects");
		do
			if (e.data.len >= 2)
				object(j, e.data);
		while (next(&rest, number, TRACE_TOLD_OBJECT, TRACE_TOLD_OBJECT, &e));
		json_end_array(j);
	}
	rest = extra;
	if (next(&rest, number, TRACE_TOLD_TCP_OPTIONS, TRACE_TOLD_TCP_OPTIONS, &e))
		hex(j, "tcp_options", e.data);
	rest = extra;
	if (next(&rest, number, TRACE_TOLD_MTU, TRACE_TOLD_MTU, &e))
		json_int(j, "mtu", trace_extra_number(e.data));
}

void trace_extra_json(struct json *j, const struct trace_record *r, size_t probe)
{
	trace_extras_json(j, r->extra, probe);
}
