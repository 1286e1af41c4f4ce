// SPDX-License-Identifier: Apache-2.0
//
// Writes rows with the hard cases of every type as COPY BINARY: rows_driver TABLE > FILE. Their
// text twins are in tests/sql/copy.t.
#include <stdio.h>
#include <string.h>

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
		err = batches(&w, table);
	copy_trailer(&w);
	fwrite(w.at, 1, w.len, stdout);
	if (err != ERR_OK)
		fprintf(stderr, "rows_driver %s: %s\n", table, err_name(err));
	return err != ERR_OK;
}
