// SPDX-License-Identifier: Apache-2.0
//
// For tests/e2e/kill.t: what a spool's files hold, read without the spool room, so that the
// database can be held against it.
//
//     spool_driver FILE…
//
// For each sealed batch of a segment `batch EPOCH SEQ RECORDS DIGEST`, for each trace in it or in a
// journal `trace EPOCH SEQ ID`. EPOCH is signed, as the database has it.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "msg/record.h"
#include "seal/seal.h"
#include "spool/seg.h"
#include "sys/file.h"

#define FILE_MAX (64 * 1024 * 1024)
#define ARENA    (8 * 1024 * 1024)
#define JOURNAL  (4 * 1024 * 1024) // bytes of all open records with a head in front

static void print_traces(struct span body, uint64_t epoch, uint64_t seq)
{
	struct arena arena;
	struct batch *b = NULL;
	arena_init(&arena, ARENA);
	if (batch_read(body, &arena, &b) != ERR_OK) {
		printf("unreadable %" PRId64 " %" PRIu64 "\n", (int64_t)epoch, seq);
		arena_wipe(&arena);
		return;
	}
	for (size_t i = 0; i < batch_traces(b); i++) {
		struct trace_record r;
		if (batch_trace(b, i, &r) == ERR_OK)
			printf("trace %" PRId64 " %" PRIu64 " %" PRId64 "\n", (int64_t)epoch, seq,
			       (int64_t)r.id);
	}
	arena_wipe(&arena);
}

static void print_batch(const struct seg_record *r, uint64_t epoch)
{
	uint8_t digest[SEAL_DIGEST_SIZE];
	char hex[2 * SEAL_DIGEST_SIZE + 1];
	struct span body = span_cut(r->payload, SEAL_SIGNATURE_SIZE, r->payload.len);
	seal_digest(body, digest);
	text_hex(span_of(digest, sizeof(digest)), hex);
	printf("batch %" PRId64 " %" PRIu64 " %" PRIu32 " %s\n", (int64_t)epoch, r->seq, r->records,
	       hex);
	print_traces(body, epoch, r->seq);
}

// The open batch: its records become a batch of the same number when they are sealed.
static void print_open(struct span records, uint32_t count, uint64_t epoch, uint64_t seq)
{
	static uint8_t bytes[JOURNAL];
	struct wr w = wr_of(bytes, sizeof(bytes));
	const struct batch_head head = {
		.node = span_text("journal"), .epoch = epoch, .seq = seq, .records = count
	};
	if (batch_head_write(&w, &head) != ERR_OK)
		return;
	wr_bytes(&w, records);
	print_traces(wr_span(&w), epoch, seq);
}

static void print_file(struct span in)
{
	static uint8_t bytes[JOURNAL];
	struct wr open = wr_of(bytes, sizeof(bytes));
	struct seg_head head;
	uint32_t count = 0;
	if (seg_head_read(in, &head) != ERR_OK)
		return; // an empty journal
	for (size_t at = SEG_HEAD_SIZE, size; at < in.len; at += size) {
		struct seg_record r;
		if (seg_record_read(span_cut(in, at, in.len), head.epoch, &r, &size) != ERR_OK)
			break; // torn, or not written yet
		if (r.type == SEG_BATCH) {
			print_batch(&r, head.epoch);
		} else if (r.seq == head.seq) {
			wr_bytes(&open, r.payload);
			count += r.records;
		}
	}
	if (count > 0)
		print_open(wr_span(&open), count, head.epoch, head.seq);
}

int main(int argc, char **argv)
{
	struct fault f;
	if (seal_start(&f) != ERR_OK)
		return 1;
	for (int i = 1; i < argc; i++) {
		char *text = NULL;
		size_t len = 0;
		if (file_read(argv[i], FILE_MAX, &text, &len, &f) != ERR_OK) {
			fprintf(stderr, "spool_driver: %s\n", f.what);
			return 1;
		}
		print_file(span_of(text, len));
		free(text);
	}
	return 0;
}
