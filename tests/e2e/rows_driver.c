// SPDX-License-Identifier: Apache-2.0
//
// Writes rows with the hard cases of every type as COPY BINARY: rows_driver TABLE > FILE. Their
// text twins are in tests/sql/copy.t.
#include <stdio.h>
#include <string.h>

#include "msg/sample.h"
#include "store/rows.h"

static const struct rows_key key = { 1, 2, 3 };

static struct wall at(int64_t ns)
{
	return (struct wall){ ns };
}

static struct addr v6(uint8_t last)
{
	uint8_t b[16] = { 0x20, 1, 0x0d, 0xb8 };
	b[15] = last;
	return addr_of(span_of(b, 16));
}

static enum err traces(struct wr *w)
{
	static const uint8_t tries[] = { 2, 1 }, ref[] = { 1, 0, 2 },
			     a4[] = { 198, 18, 0, 1, 198, 18, 0, 2 };
	static const uint8_t answer[] = { 1, 0, 1 }, reply[] = { 63, 0, 62 },
			     quoted[] = { 1, 0, 2 };
	static const uint32_t rtt[] = { 1500, 0, 250 }, answers[] = { 68352 }, probe[] = { 0, 2 };
	static const uint32_t label[] = { 4294967295u, 16 };
	static const uint32_t borrowed[] = { 0, 2 }, age[] = { 4294967295u, 0 };
	static const uint64_t from[] = { UINT64_MAX, 7 };
	static const uint8_t id[] = { 255, 254, 0, 0, 0, 1 };
	static const uint8_t extra[] = { 0, 2, TRACE_SEEN_TOS, 1, 0 };
	struct trace_record t = { .id = UINT64_MAX,
				  .start = at(1700000000123456789),
				  .duration_us = 2147483647,
				  .purpose = TRACE_DIRECT,
				  .side = 2,
				  .dst = addr_v4(0xc6120063),
				  .method = TRACE_UDP,
				  .sport = 65535,
				  .stop = TRACE_REACHED,
				  .probes_sent = 3,
				  .first_ttl = 1,
				  .tries = span_of(tries, 2),
				  .addrs = span_of(a4, 8),
				  .ref = span_of(ref, 3),
				  .rtt_us = rtt,
				  .probes = 3,
				  .answers = answers,
				  .answer_count = 1,
				  .answer = span_of(answer, 3),
				  .reply_ttl = span_of(reply, 3),
				  .quoted_ttl = span_of(quoted, 3),
				  .mpls_probe = probe,
				  .mpls_label = label,
				  .mpls_count = 2,
				  .borrowed_probe = borrowed,
				  .borrowed_from = from,
				  .borrowed_age_ms = age,
				  .borrowed_count = 2,
				  .reply_id = span_of(id, sizeof(id)),
				  .reply_tos = span_of(quoted, sizeof(quoted)),
				  .extra = span_of(extra, sizeof(extra)),
				  .proto = 6,
				  .peer = span_text("zürich") };
	t.run.bytes[15] = 1;
	enum err err = rows_trace(w, key, 0, &t);
	struct trace_record empty = {
		.start = at(-1), .src = v6(1), .dst = v6(2), .flow_label = 1048575
	};
	if (err == ERR_OK)
		err = rows_trace(w, key, 1, &empty);
	struct addr six = v6(0xff);
	empty.addrs = addr_span(&six);
	empty.start = at(0);
	return err == ERR_OK ? rows_trace(w, key, 2, &empty) : err;
}

static enum err flows(struct wr *w)
{
	struct flow_record f = { .first = at(946684800000000000),
				 .last = at(946684800000001999),
				 .proto = 17,
				 .a = addr_v4(1),
				 .b = v6(9),
				 .bytes_ab = INT64_MAX };
	enum err err = rows_flow(w, key, 0, &f);
	f.name_count = 3;
	f.names[0] = (struct flow_name){ span_text("a.example"), NAME_DNS };
	f.names[1] = (struct flow_name){ span_of("b\0\xff\xc3(", 5), NAME_SNI }; // not UTF-8
	f.names[2] = (struct flow_name){ span_text(""), NAME_HTTPDNS };
	f.burst_count = 2;
	f.bursts[1] = (struct flow_burst){ 1500, 7 };
	f.app = span_text("x");
	f.interface_drops = 8;
	f.fragments = 9;
	f.tcp_a = (struct flow_tcp){ FLOW_TCP_SYN | 2, 1, UINT32_MAX >> 1, INT64_MAX };
	f.tcp_b = (struct flow_tcp){ FLOW_TCP_SYN_ACK | 6, 2, 3, 0 };
	f.outer = (struct flow_outer){ .a = addr_v4(2),
				       .b = addr_v4(3),
				       .aport = 65535,
				       .bport = 53,
				       .pkts_ab = 1,
				       .bytes_ab = INT64_MAX,
				       .pkts_ba = 2,
				       .bytes_ba = 3,
				       .drops = 4,
				       .mappings = 5 };
	if (err == ERR_OK)
		err = rows_flow(w, key, 1, &f);
	f.bytes_ba = UINT64_MAX; // does not fit: must be told, not written
	size_t len = w->len;
	if (err == ERR_OK && rows_flow(w, key, 2, &f) != ERR_RANGE)
		return ERR_STATE;
	w->len = len;
	w->err = ERR_OK;
	return err;
}

static enum err both_sides(struct wr *w, const char *table)
{
	static uint8_t digest[CAPTURE_SHA256] = { 0xab };
	const struct mapping_record m = { .at = at(1000),
					  .proto = 6,
					  .inner = addr_v4(1),
					  .dst = addr_v4(2),
					  .outer = addr_v4(3),
					  .server = addr_v4(4),
					  .inner_port = 65535,
					  .dst_port = 2,
					  .outer_port = 3,
					  .server_port = 4 };
	struct capture_record c = { .side = 1,
				    .place = CAPTURE_INSIDE,
				    .last = at(1000),
				    .packets = 1,
				    .kernel_drops = 2,
				    .interface_drops = 3,
				    .snap = 4 };
	if (strcmp(table, "mapping") == 0)
		return rows_mapping(w, key, 0, &m);
	enum err err = rows_capture(w, key, 0, &c);
	c.bytes = 5;
	c.sha256 = span_of(digest, sizeof(digest));
	return err == ERR_OK ? rows_capture(w, key, 1, &c) : err;
}

static enum err others(struct wr *w, const char *table)
{
	struct message_record m = { .side = 1, .id = span_text("m1"), .sent = at(1000) };
	struct gap_record g = { .reason = GAP_TORN, .at = at(1000) }, h = g;
	h.first_seq = 4;
	h.last_seq = 9;
	struct step_record s = { .name = span_text("open"), .outcome = STEP_DONE };
	struct name_record n = { .addr = v6(3), .name = span_text("") };
	struct outcome_record o = { .state = ORDER_REFUSED_BUSY };
	o.order.bytes[0] = 0xab;
	enum err err = ERR_MISSING;
	if (strcmp(table, "mapping") == 0 || strcmp(table, "capture") == 0)
		return both_sides(w, table);
	if (strcmp(table, "message") == 0)
		err = rows_message(w, key, 0, &m);
	else if (strcmp(table, "gap") == 0)
		err = rows_gap(w, key, 0, &g) == ERR_OK ? rows_gap(w, key, 1, &h) : ERR_STATE;
	else if (strcmp(table, "step") == 0)
		err = rows_step(w, key, 0, &s);
	else if (strcmp(table, "name") == 0)
		err = rows_name(w, key, 0, &n);
	else if (strcmp(table, "outcome") == 0)
		err = rows_outcome(w, key, 0, &o);
	return err;
}

// a.example: CNAME b.example, an address, RRSIG, OPT with BADVERS and extended error 16, NSID and
// client subnet.
static const uint8_t
	wire[] = {
		0x12, 0x34, 0x81, 0x80, 0,   1,   0,    3,    0,    0,    0,   1, // head
		1,    'a',  7,    'e',  'x', 'a', 'm',  'p',  'l',  'e',  0,   0, 1,
		0,    1, // question
		0xc0, 12,   0,    5,    0,   1,   0,    0,    0,    60,   0,   4, 1,
		'b',  0xc0, 14, // CNAME
		0xc0, 39,   0,    1,    0,   1,   0xff, 0xff, 0xff, 0xff, 0,   4, 198,
		18,   9,    1,                                                       // A
		0xc0, 39,   0,    46,   0,   1,   0,    0,    0,    60,   0,   1, 0, // RRSIG
		0,    0,    41,   4,    208, 1,   0,    0,    0,    0,    24,  0, 15,
		0,    3,    0,    16,   'x', 0,   3,    0,    2,    'n',  's', 0, 8,
		0,    7,    0,    1,    24,  16,  198,  18,   1, // OPT
	};

static enum err dns_pairs(struct wr *w)
{
	static const uint8_t roles[] = { 1, 2 }, transports[] = { 1, 1 }, outcomes[] = { 2, 1 },
			     errors[] = { 1, 0 }, rcodes[] = { 0, 1 }, firsts[] = { 0, 1 },
			     of[] = { 2, 0 }, refs[] = { 1, 0 }, ttls[] = { 63, 0 },
			     source[] = { 198, 18, 0, 7 }, subnet[] = { 24, 198, 18, 1, 99 };
	static const uint32_t sent[] = { 0, 2000000 }, ids[] = { 1, 2 },
			      heard[] = { 2010000, 2020000 }, ip_ids[] = { 1, 0 },
			      flags[] = { 0x8180, 0 }, marks[] = { 7, DNS_MARK_UNREADABLE },
			      lengths[] = { sizeof(wire), 2 };
	uint8_t wires[sizeof(wire) + 2] = { 0 };
	memcpy(wires, wire, sizeof(wire));
	struct dns_pair_record p = { .kind = DNS_KIND_PAIR,
				     .state = DNS_NOT_ASKED,
				     .resolver = v6(1),
				     .domain = span_text("A.Example"),
				     .qtype = 28,
				     .detail = span_text("silent") };
	enum err err = rows_dns_pair(w, key, 0, &p);
	p = (struct dns_pair_record){ .kind = DNS_KIND_PAIR,
				      .state = DNS_ANSWERED,
				      .profile = DNS_WAYMARK,
				      .resolver = addr_v4(0xc6120001),
				      .src = addr_v4(0xc6120063),
				      .port = 53,
				      .sport = 4000,
				      .domain = span_text("a.example"),
				      .qtype = 1,
				      .repetition = 2,
				      .control = span_text("C.example"),
				      .start = at(1700000000123456789),
				      .options = 35,
				      .subnet = span_of(subnet, 5),
				      .listen_ms = 3000,
				      .size = 4096,
				      .tries = 2,
				      .try_role = span_of(roles, 2),
				      .try_transport = span_of(transports, 2),
				      .try_outcome = span_of(outcomes, 2),
				      .try_error = span_of(errors, 2),
				      .try_rcode = span_of(rcodes, 2),
				      .try_sent_us = sent,
				      .try_first = span_of(firsts, 2),
				      .try_id = ids,
				      .answers = 2,
				      .answer_try = span_of(of, 2),
				      .answer_at_us = heard,
				      .answer_ref = span_of(refs, 2),
				      .sources = span_of(source, 4),
				      .answer_ttl = span_of(ttls, 2),
				      .answer_ip_id = ip_ids,
				      .answer_flags = flags,
				      .answer_mark = marks,
				      .answer_length = lengths,
				      .wires = span_of(wires, sizeof(wires)),
				      .answers_lost = 9 };
	p.scan.bytes[15] = 1;
	return err == ERR_OK ? rows_dns_pair(w, key, 1, &p) : err;
}

static enum err pages(struct wr *w)
{
	static const uint8_t hash[32];
	struct page_record p = { .addr = v6(1),
				 .domain = span_text("a.example"),
				 .role = PAGE_CONTROL,
				 .start = at(1000),
				 .end = at(2000),
				 .http = { .state = PAGE_ANSWERED,
					   .duration_us = UINT32_MAX,
					   .status = 200,
					   .status_line = span_text("HTTP/1.1 200 OK"),
					   .headers = span_text("A: b\r\n"),
					   .body = span_text("x"),
					   .body_bytes = 70000,
					   .body_sha256 = span_of(hash, 32),
					   .cut = true },
				 .https = { .state = PAGE_FAILED, .error = span_text("reset") } };
	enum err err = rows_page(w, key, 0, &p);
	p.tls = (struct page_tls){ .seen = true,
				   .version = 771,
				   .cipher = 4865,
				   .chain = { span_text("c") },
				   .chain_count = 1,
				   .verify = 18,
				   .error = span_text("self-signed"),
				   .subject = span_text("s"),
				   .issuer = span_text("i"),
				   .not_before = at(1000),
				   .not_after = at(2000),
				   .names = { span_text("n") },
				   .name_count = 1 };
	return err == ERR_OK ? rows_page(w, key, 1, &p) : err;
}

static enum err graphs(struct wr *w)
{
	static const uint32_t label = 1048575, zero = 0;
	static const uint8_t one[] = { 1 }, none[16];
	struct graph_record g;
	sample_graph(&g);
	enum err err = rows_graph(w, key, 0, &g);
	g = (struct graph_record){ .start = at(-1), .dst = v6(2) };
	if (err == ERR_OK)
		err = rows_graph(w, key, 1, &g);
	g.flows = 1;
	g.flow_label = &label;
	g.flow_label_count = 1;
	g.width = g.mark = span_of(one, 1);
	g.nodes = 1;
	g.addrs = span_of(none, 16);
	g.rtt_us = g.answer = g.seen = &zero;
	g.reply_ttl = g.quoted_ttl = g.out = span_of(none, 1);
	return err == ERR_OK ? rows_graph(w, key, 2, &g) : err;
}

static enum err resolvers(struct wr *w)
{
	static const uint32_t ms[] = { 0, 60000 }, rtt[] = { 1500, 0 };
	static const uint8_t outcome[] = { 1, 7 }, rcode[] = { 0, 0 }, four[] = { 198, 18, 0, 7 };
	struct resolver_record r = { .addr = addr_v4(0xc6120001),
				     .role = RESOLVER_TEST,
				     .state = RESOLVER_USABLE,
				     .start = at(1000),
				     .end = at(2000),
				     .payload = span_text("p"),
				     .rtt_us = 7,
				     .ttl = 60,
				     .answered_from = span_of(four, 4),
				     .names = { span_text("ns.example") },
				     .name_marks = { 5 },
				     .name_count = 1,
				     .ptr = 1,
				     .infrastructure = true,
				     .infra_rule = span_text("label:ns"),
				     .class = RESOLVER_TRANSPARENT,
				     .egress4 = span_of(four, 4),
				     .egress6 = addr_span(&(struct addr){ .family = 6 }),
				     .nxdomain = RESOLVER_NX_HONEST,
				     .nx_addrs = span_of(four, 4),
				     .round_ms = ms,
				     .round_rtt_us = rtt,
				     .round_outcome = span_of(outcome, 2),
				     .round_rcode = span_of(rcode, 2),
				     .rounds = 2 };
	enum err err = rows_resolver(w, key, 0, &r);
	struct resolver_record none = { .addr = v6(1) };
	return err == ERR_OK ? rows_resolver(w, key, 1, &none) : err;
}

static enum err scans(struct wr *w, const char *table)
{
	if (strcmp(table, "dns_pair") == 0)
		return dns_pairs(w);
	if (strcmp(table, "page") == 0)
		return pages(w);
	if (strcmp(table, "graph") == 0)
		return graphs(w);
	return strcmp(table, "resolver") == 0 ? resolvers(w) : ERR_MISSING;
}

static enum err batches(struct wr *w, const char *table)
{
	static uint8_t digest[32], signature[64];
	static const struct clock_record clock = {
		.synced = true, .offset_ns = -1500, .max_error_ns = UINT64_MAX, .wall = { 1 }
	};
	const struct batch_head head = { .sealed = at(5000),
					 .clock = clock,
					 .records = UINT32_MAX };
	struct rows_batch b = { key, 4, at(7000), span_text("body"), digest, signature };
	if (strcmp(table, "batch_body") == 0)
		return rows_body(w, &b);
	if (strcmp(table, "quarantine") == 0)
		return rows_quarantine(w, &b, "format", NULL);
	enum err err = rows_batch(w, &b, &head);
	b.key.seq++;
	return err == ERR_OK ? rows_batch(w, &b, NULL) : err;
}

int main(int argc, char **argv)
{
	static uint8_t bytes[65536];
	struct wr w = wr_of(bytes, sizeof(bytes));
	const char *table = argc > 1 ? argv[1] : "";
	copy_header(&w);
	enum err err = strcmp(table, "trace") == 0  ? traces(&w)
		       : strcmp(table, "flow") == 0 ? flows(&w)
						    : others(&w, table);
	if (err == ERR_MISSING)
		err = scans(&w, table);
	if (err == ERR_MISSING)
		err = batches(&w, table);
	copy_trailer(&w);
	fwrite(w.at, 1, w.len, stdout);
	if (err != ERR_OK)
		fprintf(stderr, "rows_driver %s: %s\n", table, err_name(err));
	return err != ERR_OK;
}
