// SPDX-License-Identifier: Apache-2.0
//
// The journal: the records of the open batch.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "spool/inside.h"
#include "sys/fd.h"
#include "sys/file.h"

#define JOURNAL_MAX (4 * 1024 * 1024) // bytes read back: far more than an open batch can be

static enum err journal_head(struct spool *s, struct fault *f)
{
	uint8_t head[SEG_HEAD_SIZE];
	const struct seg_head h = { SEG_JOURNAL, s->at.epoch, s->next_seq, s->total };
	seg_head_write(&h, head);
	if (pwrite(s->journal, head, sizeof(head), 0) != (ssize_t)sizeof(head))
		return fault_set(f, errno == ENOSPC ? ERR_FULL : ERR_IO, errno,
				 "cannot write the journal of %s", s->dir);
	return ERR_OK;
}

enum err spool_journal_begin(struct spool *s, struct fault *f)
{
	s->journal_len = SEG_HEAD_SIZE;
	s->open_len = 0;
	s->open_records = 0;
	enum err err = journal_head(s, f);
	if (err == ERR_OK && ftruncate(s->journal, SEG_HEAD_SIZE) != 0)
		err = fault_set(f, ERR_IO, errno, "cannot empty the journal of %s", s->dir);
	return err;
}

enum err spool_journal_put(struct spool *s, struct span fields, uint32_t records, struct fault *f)
{
	const struct seg_record r = { SEG_FIELD, s->next_seq, s->open_records, records, fields };
	size_t size = seg_size(fields.len);
	seg_record_write(&r, s->at.epoch, s->frame);
	errno = 0;
	ssize_t n = pwrite(s->journal, s->frame, size, (off_t)s->journal_len);
	if (n == (ssize_t)size) {
		s->journal_len += size;
		return ERR_OK;
	}
	int sys = n < 0 ? errno : ENOSPC;
	// What a short write left is no record; a reader would call it torn.
	if (ftruncate(s->journal, (off_t)s->journal_len) != 0)
		sys = errno;
	bool full = sys == ENOSPC || sys == EDQUOT;
	return fault_set(f, full ? ERR_FULL : ERR_IO, sys, "cannot write the journal of %s%s",
			 s->dir, full ? ": make room on its disk" : "");
}

// What a walk through the journal found, and the journal as it should be.
struct found {
	struct wr image;
	uint64_t place; // of the next record, as its writer counted
	uint64_t whole; // past the last that is
	bool damaged;
};

static void found_lost(struct spool *s, struct found *to, enum spool_loss why, uint64_t records,
		       uint64_t bytes)
{
	to->damaged = true;
	spool_lose(s, why, records, bytes);
}

static void found_keep(struct spool *s, struct found *to, struct span field, uint32_t records)
{
	if (s->open_len + field.len > SPOOL_BATCH_SIZE + SPOOL_FIELD_MAX) {
		found_lost(s, to, SPOOL_DAMAGED, records, field.len);
		return;
	}
	const struct seg_record r = { SEG_FIELD, s->next_seq, s->open_records, records, field };
	uint8_t *at = wr_reserve(&to->image, seg_size(field.len));
	if (at != NULL)
		seg_record_write(&r, s->at.epoch, at);
	memcpy(s->open + SPOOL_HEAD_MAX + s->open_len, field.at, field.len);
	s->open_len += field.len;
	s->open_records += records;
}

static void found_record(struct spool *s, struct found *to, const struct seg_record *r, bool whole)
{
	if (r->type != SEG_FIELD || r->seq != s->next_seq || r->before < to->place)
		return; // of a batch already sealed
	uint64_t lost = r->before - to->place + (whole ? 0 : r->records);
	if (lost > 0)
		found_lost(s, to, SPOOL_DAMAGED, lost, whole ? 0 : r->payload.len);
	to->place = r->before + r->records;
	if (!whole)
		return;
	to->whole = to->place;
	found_keep(s, to, r->payload, r->records);
}

static void journal_walk(struct spool *s, struct span in, struct found *to)
{
	for (size_t at = SEG_HEAD_SIZE, size; at < in.len; at += size) {
		struct seg_record r;
		enum err read = seg_record_read(span_cut(in, at, in.len), s->at.epoch, &r, &size);
		if (read == ERR_OK || read == ERR_CORRUPT) {
			found_record(s, to, &r, read == ERR_OK);
			continue;
		}
		size_t next = seg_seek(in, at + 8, s->at.epoch);
		if (next == in.len) // its end is torn: one record at least
			found_lost(s, to, SPOOL_TORN, 1, in.len - at);
		size = next - at;
	}
}

// Puts the mended journal in the place of the damaged one, with the gaps that say what is missing:
// were they only in memory, a second crash would lose the count too.
static enum err journal_mend(struct spool *s, struct found *found, struct fault *f)
{
	char path[PATH_MAX];
	uint8_t gap[SPOOL_HEAD_MAX];
	const struct seg_head h = { SEG_JOURNAL, s->at.epoch, s->next_seq, s->total };
	for (size_t why = 0; why < SPOOL_LOSS_COUNT; why++) {
		struct wr w = wr_of(gap, sizeof(gap));
		if (!spool_lost_write(s, (enum spool_loss)why, &w))
			continue;
		found_keep(s, found, wr_span(&w), 1);
		s->lost[why] = (struct spool_gap){ 0 };
	}
	if (found->image.err != ERR_OK)
		return fault_set(f, ERR_FULL, 0, "the journal of %s cannot be mended", s->dir);
	seg_head_write(&h, found->image.at);
	snprintf(path, sizeof(path), "%s/journal", s->dir);
	enum err err = file_write(path, 0600, wr_span(&found->image), f);
	if (err != ERR_OK)
		return err;
	s->journal_len = found->image.len;
	s->at.lost = s->at.lost_bytes = 0;
	err = spool_state_put(s, false, f);
	if (err != ERR_OK)
		return err;
	fd_close(&s->journal);
	return spool_file(s, "journal", &s->journal, f);
}

enum err spool_journal_load(struct spool *s, struct span in, struct fault *f)
{
	size_t room = in.len + SEG_HEAD_SIZE + (size_t)SPOOL_LOSS_COUNT * 2 * SPOOL_HEAD_MAX;
	uint8_t *image = malloc(room);
	if (image == NULL)
		return fault_set(f, ERR_MEMORY, 0, "spool: no memory");
	struct found found = { .image = wr_of(image, room) };
	wr_zero(&found.image, SEG_HEAD_SIZE);
	s->open_len = 0;
	s->open_records = 0;
	journal_walk(s, in, &found);
	s->found = s->total + found.whole;
	enum err err = ERR_OK;
	if (found.damaged)
		err = journal_mend(s, &found, f);
	else if (s->open_records == 0)
		err = spool_journal_begin(s, f);
	else {
		s->journal_len = in.len;
		err = journal_head(s, f);
	}
	free(image);
	return err;
}

enum err spool_journal_open(struct spool *s, char **bytes, size_t *len, struct fault *f)
{
	char path[PATH_MAX];
	enum err err = spool_file(s, "journal", &s->journal, f);
	snprintf(path, sizeof(path), "%s/journal", s->dir);
	return err != ERR_OK ? err : file_read(path, JOURNAL_MAX, bytes, len, f);
}

// The open batch gets a new number: every record's head names it.
enum err spool_journal_renumber(struct spool *s, struct fault *f)
{
	uint8_t *copy = malloc(s->open_len + 1);
	uint32_t records = s->open_records;
	if (copy == NULL)
		return fault_set(f, ERR_MEMORY, 0, "spool: no memory");
	struct span all = span_of(copy, s->open_len);
	memcpy(copy, s->open + SPOOL_HEAD_MAX, all.len);
	enum err err = spool_journal_begin(s, f);
	if (err == ERR_OK && all.len > 0)
		err = spool_journal_put(s, all, records, f);
	if (err == ERR_OK) {
		memcpy(s->open + SPOOL_HEAD_MAX, copy, all.len);
		s->open_len = all.len;
		s->open_records = records;
	}
	free(copy);
	return err;
}
