// SPDX-License-Identifier: Apache-2.0
//
// Batches out of segments again, and what takes the place of those that are lost.
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "spool/inside.h"
#include "sys/clock.h"
#include "sys/fd.h"

// The segment whose numbers hold SEQ, or NULL.
static struct segment *segment_of(struct spool *s, uint64_t seq)
{
	struct segment *found = NULL;
	for (size_t i = 0; i < s->segment_count && s->segments[i].name <= seq; i++)
		found = &s->segments[i];
	return found;
}

static enum err want_index(struct spool *s, struct segment *g, struct fault *f)
{
	// A scan of the active segment would forget that its room is kept.
	uint64_t room = g->room;
	enum err err = s->index_of == g->name ? ERR_OK : spool_segment_scan(s, g, f);
	g->room = room;
	return err;
}

// The place in the index of the first entry not below SEQ.
static size_t index_at(const struct spool *s, uint64_t seq)
{
	size_t low = 0, high = s->index_count;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (s->index[mid].seq < seq)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static struct entry *entry_of(struct spool *s, uint64_t seq)
{
	size_t i = index_at(s, seq);
	return i < s->index_count && s->index[i].seq == seq ? &s->index[i] : NULL;
}

// What is known good on both sides of a lost batch.
struct bounds {
	uint64_t low, low_total;   // the last good head below
	uint64_t high, high_total; // the first good head above
};

static void bounds_in_index(const struct spool *s, uint64_t seq, struct bounds *b)
{
	size_t i = index_at(s, seq);
	if (i > 0 && s->index[i - 1].seq >= b->low) {
		b->low = s->index[i - 1].seq;
		b->low_total = s->index[i - 1].before + s->index[i - 1].records;
	}
	if (i < s->index_count) {
		b->high = s->index[i].seq;
		b->high_total = s->index[i].before;
	}
}

static enum err bounds_of(struct spool *s, uint64_t seq, struct bounds *b, struct fault *f)
{
	*b = (struct bounds){ s->at.acked, s->at.acked_total, s->next_seq, s->total };
	for (size_t i = 0; i < s->segment_count; i++) {
		struct segment *g = &s->segments[i];
		if (g->last < g->first)
			continue;
		if (g->first > seq) {
			b->high = g->first;
			b->high_total = g->before;
			break;
		}
		if (g->last < seq && g->last >= b->low) {
			b->low = g->last;
			b->low_total = g->after;
		}
		if (g->last < seq)
			continue;
		enum err err = want_index(s, g, f);
		if (err != ERR_OK)
			return err;
		bounds_in_index(s, seq, b);
		break;
	}
	return ERR_OK;
}

// What is lost with batch SEQ. When heads are gone too, the count of the whole stretch is known and
// stands in its last batch.
static enum err gap_of(struct spool *s, uint64_t seq, struct spool_gap *gap, struct fault *f)
{
	struct bounds b;
	struct segment *g = segment_of(s, seq);
	*gap = (struct spool_gap){ .reason = seq <= s->at.overflow ? SPOOL_OVERFLOW : SPOOL_DAMAGED,
				   .at = clock_wall(),
				   .first_seq = seq,
				   .last_seq = seq };
	if (seq <= s->at.acked) {
		gap->reason = SPOOL_FORGOTTEN;
		return ERR_OK;
	}
	if (seq == s->too_big)
		gap->reason = SPOOL_TOO_BIG;
	enum err err = g != NULL ? want_index(s, g, f) : ERR_OK;
	const struct entry *e = g != NULL && err == ERR_OK ? entry_of(s, seq) : NULL;
	if (e != NULL) {
		gap->records = e->records;
		gap->bytes = e->size;
		return ERR_OK;
	}
	if (err == ERR_OK)
		err = bounds_of(s, seq, &b, f);
	if (err != ERR_OK)
		return err;
	gap->first_seq = b.low + 1;
	gap->last_seq = b.high - 1;
	if (seq == gap->last_seq && b.high_total > b.low_total)
		gap->records = b.high_total - b.low_total;
	return ERR_OK;
}

static enum err peek_gap(struct spool *s, uint64_t seq, struct spool_batch *out, struct fault *f)
{
	struct spool_gap gap;
	enum err err = gap_of(s, seq, &gap, f);
	if (err != ERR_OK)
		return err;
	struct wr w = wr_of(s->frame + SEAL_SIGNATURE_SIZE, 2 * SPOOL_HEAD_MAX);
	if (s->c.head(s->c.self, &w, s->at.epoch, seq, 1) != ERR_OK ||
	    s->c.gap(s->c.self, &w, &gap) != ERR_OK)
		return fault_set(f, ERR_STATE, 0, "a gap does not fit");
	seal_sign(SEAL_BATCH, wr_span(&w), s->c.secret, s->frame);
	*out = (struct spool_batch){ .body = wr_span(&w), .signature = s->frame };
	return ERR_OK;
}

static bool peek_entry(struct spool *s, const struct segment *g, const struct entry *e,
		       struct spool_batch *out)
{
	char path[PATH_MAX];
	struct seg_record r;
	size_t size;
	spool_segment_path(s, g->name, path);
	AUTO(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || e->size > FRAME_MAX ||
	    pread(fd, s->frame, e->size, (off_t)e->at) != (ssize_t)e->size)
		return false;
	if (seg_record_read(span_of(s->frame, e->size), s->at.epoch, &r, &size) != ERR_OK ||
	    r.type != SEG_BATCH || r.seq != e->seq || r.payload.len <= SEAL_SIGNATURE_SIZE)
		return false;
	out->signature = r.payload.at;
	out->body = span_cut(r.payload, SEAL_SIGNATURE_SIZE, r.payload.len);
	return true;
}

enum err spool_peek(struct spool *s, uint64_t seq, struct spool_batch *out, struct fault *f)
{
	if (seq == 0 || seq >= s->next_seq)
		return ERR_MISSING;
	if (seq <= s->at.acked || seq == s->too_big)
		return peek_gap(s, seq, out, f);
	struct segment *g = segment_of(s, seq);
	enum err err = g != NULL ? want_index(s, g, f) : ERR_OK;
	if (err != ERR_OK && err != ERR_MISSING && err != ERR_IO)
		return err;
	struct entry *e = g != NULL && err == ERR_OK ? entry_of(s, seq) : NULL;
	if (e != NULL && !e->damaged && peek_entry(s, g, e, out))
		return ERR_OK;
	if (e != NULL && !e->damaged) {
		e->damaged = true; // the disk forgot it while we ran
		s->dropped += e->records;
	}
	return peek_gap(s, seq, out, f);
}

// How many records the stream has up to SEQ, as well as is known.
static enum err total_at(struct spool *s, uint64_t seq, uint64_t *total, struct fault *f)
{
	struct bounds b;
	struct segment *g = segment_of(s, seq);
	if (g != NULL && g->last == seq) {
		*total = g->after;
		return ERR_OK;
	}
	enum err err = bounds_of(s, seq + 1, &b, f);
	if (err == ERR_OK)
		*total = b.high == seq + 1 ? b.high_total : b.low_total;
	return err;
}

enum err spool_ack(struct spool *s, uint64_t seq, struct fault *f)
{
	if (seq <= s->at.acked)
		return ERR_OK;
	if (seq >= s->next_seq)
		return fault_set(f, ERR_STATE, 0, "batch %llu was never sealed",
				 (unsigned long long)seq);
	uint64_t total = s->at.acked_total;
	enum err err = total_at(s, seq, &total, f);
	if (err != ERR_OK)
		return err;
	s->at.acked = seq;
	s->at.acked_total = total;
	bool trims = s->segment_count > 1 && s->segments[1].name <= seq + 1;
	err = spool_state_put(s, trims, f);
	if (err == ERR_OK)
		spool_segments_trim(s);
	return err;
}

enum err spool_replace(struct spool *s, uint64_t seq, struct fault *f)
{
	if (seq <= s->at.acked || seq >= s->next_seq)
		return fault_set(f, ERR_STATE, 0, "batch %llu is not held",
				 (unsigned long long)seq);
	s->too_big = seq; // one at a time: the collector takes them in order
	return ERR_OK;
}

enum err spool_jump(struct spool *s, uint64_t seq, struct fault *f)
{
	if (seq < s->next_seq)
		return spool_ack(s, seq, f);
	if (s->total > s->at.acked_total)
		spool_lose(s, SPOOL_DAMAGED, s->total - s->at.acked_total, 0);
	uint64_t was = s->at.acked;
	s->at.acked = seq;
	s->at.acked_total = s->total;
	enum err err = spool_state_put(s, true, f);
	if (err != ERR_OK) {
		s->at.acked = was;
		return err;
	}
	s->next_seq = seq + 1;
	return spool_journal_renumber(s, f);
}
