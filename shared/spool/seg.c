// SPDX-License-Identifier: Apache-2.0
#include "spool/seg.h"

#include <string.h>

#include "base/rd.h"
#include "base/wr.h"
#include "seal/seal.h"

static const uint8_t magic[] = { 'W', 'M', 'S', 'P', 'O', 'O', 'L', 0 };
static const uint8_t state_magic[] = { 'W', 'M', 'S', 'T', 'A', 'T', 'E', 0 };

void seg_head_write(const struct seg_head *in, uint8_t out[static SEG_HEAD_SIZE])
{
	struct wr w = wr_of(out, SEG_HEAD_SIZE);
	wr_bytes(&w, span_of(magic, sizeof(magic)));
	wr_le32(&w, SEG_VERSION);
	wr_le32(&w, in->kind);
	wr_le64(&w, in->epoch);
	wr_le64(&w, in->seq);
	wr_le64(&w, in->before);
	wr_le32(&w, 0);
	wr_le32(&w, seal_crc32c(0, wr_span(&w)));
}

enum err seg_head_read(struct span in, struct seg_head *out)
{
	struct rd r = rd_of(in);
	struct span first = rd_span(&r, sizeof(magic));
	uint32_t version = rd_le32(&r), kind = rd_le32(&r);
	out->epoch = rd_le64(&r);
	out->seq = rd_le64(&r);
	out->before = rd_le64(&r);
	rd_skip(&r, 4);
	uint32_t crc = rd_le32(&r);
	if (r.err != ERR_OK)
		return ERR_SHORT;
	if (!span_eq(first, span_of(magic, sizeof(magic))) ||
	    crc != seal_crc32c(0, span_cut(in, 0, SEG_HEAD_SIZE - 4)))
		return ERR_CORRUPT;
	if (version != SEG_VERSION || (kind != SEG_SEGMENT && kind != SEG_JOURNAL))
		return ERR_UNSUPPORTED;
	out->kind = (enum seg_kind)kind;
	return ERR_OK;
}

size_t seg_size(size_t len)
{
	return SEG_RECORD_HEAD + ((len + 7) & ~(size_t)7);
}

static uint32_t head_crc(const uint8_t *head, uint64_t epoch)
{
	uint8_t seed[8];
	memcpy(seed, &epoch, sizeof(seed));
	return seal_crc32c(seal_crc32c(0, span_of(seed, sizeof(seed))),
			   span_of(head, SEG_RECORD_HEAD - 4));
}

void seg_record_write(const struct seg_record *in, uint64_t epoch, uint8_t *out)
{
	struct wr w = wr_of(out, seg_size(in->payload.len));
	wr_le32(&w, (uint32_t)in->payload.len);
	wr_le32(&w, in->type);
	wr_le64(&w, in->seq);
	wr_le64(&w, in->before);
	wr_le32(&w, in->records);
	wr_le32(&w, seal_crc32c(0, in->payload));
	wr_le32(&w, 0);
	wr_le32(&w, head_crc(out, epoch));
	wr_bytes(&w, in->payload);
	wr_zero(&w, w.cap - w.len);
}

static bool head_good(const uint8_t *at, uint64_t epoch)
{
	struct rd r = rd_of(span_of(at, SEG_RECORD_HEAD));
	uint32_t len = rd_le32(&r), type = rd_le32(&r);
	rd_skip(&r, SEG_RECORD_HEAD - 12);
	// Cheap tests first: seg_seek asks at every eighth byte.
	return len > 0 && len <= SEG_PAYLOAD_MAX && (type == SEG_BATCH || type == SEG_FIELD) &&
	       rd_le32(&r) == head_crc(at, epoch);
}

static bool all_zero(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] != 0)
			return false;
	return true;
}

enum err seg_record_read(struct span in, uint64_t epoch, struct seg_record *out, size_t *size)
{
	*size = 0;
	if (all_zero(span_cut(in, 0, SEG_RECORD_HEAD)))
		return ERR_MISSING;
	if (in.len < SEG_RECORD_HEAD || !head_good(in.at, epoch))
		return ERR_FORMAT;
	struct rd r = rd_of(in);
	size_t len = rd_le32(&r);
	out->type = (enum seg_type)rd_le32(&r);
	out->seq = rd_le64(&r);
	out->before = rd_le64(&r);
	out->records = rd_le32(&r);
	uint32_t crc = rd_le32(&r);
	rd_skip(&r, 8);
	out->payload = rd_span(&r, len);
	*size = seg_size(len) < in.len ? seg_size(len) : in.len;
	return r.err == ERR_OK && seal_crc32c(0, out->payload) == crc ? ERR_OK : ERR_CORRUPT;
}

size_t seg_seek(struct span in, size_t from, uint64_t epoch)
{
	for (size_t at = (from + 7) & ~(size_t)7; at + SEG_RECORD_HEAD <= in.len; at += 8)
		if (head_good(in.at + at, epoch))
			return at;
	return in.len;
}

void seg_state_write(const struct seg_state *in, uint8_t out[static SEG_STATE_SIZE])
{
	struct wr w = wr_of(out, SEG_STATE_SIZE);
	wr_bytes(&w, span_of(state_magic, sizeof(state_magic)));
	wr_le32(&w, SEG_VERSION);
	wr_le32(&w, 0);
	wr_le64(&w, in->generation);
	wr_le64(&w, in->epoch);
	wr_le64(&w, in->acked);
	wr_le64(&w, in->acked_total);
	wr_le64(&w, in->overflow);
	wr_le64(&w, in->lost);
	wr_le64(&w, in->lost_bytes);
	wr_zero(&w, SEG_STATE_SIZE - 4 - w.len);
	wr_le32(&w, seal_crc32c(0, wr_span(&w)));
}

enum err seg_state_read(struct span in, struct seg_state *out)
{
	struct rd r = rd_of(in);
	struct span first = rd_span(&r, sizeof(state_magic));
	uint32_t version = rd_le32(&r);
	rd_skip(&r, 4);
	out->generation = rd_le64(&r);
	out->epoch = rd_le64(&r);
	out->acked = rd_le64(&r);
	out->acked_total = rd_le64(&r);
	out->overflow = rd_le64(&r);
	out->lost = rd_le64(&r);
	out->lost_bytes = rd_le64(&r);
	rd_skip(&r, SEG_STATE_SIZE - 4 - r.pos);
	uint32_t crc = rd_le32(&r);
	if (r.err != ERR_OK || !span_eq(first, span_of(state_magic, sizeof(state_magic))) ||
	    crc != seal_crc32c(0, span_cut(in, 0, SEG_STATE_SIZE - 4)))
		return ERR_CORRUPT;
	return version == SEG_VERSION ? ERR_OK : ERR_UNSUPPORTED;
}
