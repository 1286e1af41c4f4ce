// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "spool/inside.h"
#include "sys/fd.h"
#include "sys/file.h"

void spool_segment_path(const struct spool *s, uint64_t name, char out[static PATH_MAX])
{
	snprintf(out, PATH_MAX, "%s/%016llx.seg", s->dir, (unsigned long long)name);
}

uint64_t spool_segments_bytes(const struct spool *s)
{
	uint64_t sum = s->journal_len;
	for (size_t i = 0; i < s->segment_count; i++)
		sum += s->segments[i].room;
	return sum;
}

enum err spool_index_put(struct spool *s, const struct entry *e, struct fault *f)
{
	if (s->index_count == s->index_cap) {
		size_t cap = s->index_cap == 0 ? 256 : 2 * s->index_cap;
		struct entry *more = realloc(s->index, cap * sizeof(*more));
		if (more == NULL)
			return fault_set(f, ERR_MEMORY, 0, "spool: no memory");
		s->index = more;
		s->index_cap = cap;
	}
	s->index[s->index_count++] = *e;
	return ERR_OK;
}

static void segment_note(struct segment *g, const struct entry *e)
{
	if (g->last < g->first) {
		g->first = e->seq;
		g->before = e->before;
	}
	g->last = e->seq;
	g->after = e->before + e->records;
	g->bytes = e->at + e->size;
}

// Walks what was read, past damage, and keeps every good head whose number rises.
static enum err walk(struct spool *s, struct segment *g, struct span in, struct fault *f)
{
	enum err err = ERR_OK;
	for (size_t at = SEG_HEAD_SIZE, size; at < in.len && err == ERR_OK; at += size) {
		struct seg_record r;
		enum err read = seg_record_read(span_cut(in, at, in.len), s->at.epoch, &r, &size);
		if (read == ERR_FORMAT || read == ERR_MISSING) {
			size = seg_seek(in, at + 8, s->at.epoch) - at;
			continue;
		}
		if (r.type != SEG_BATCH || r.seq < g->name ||
		    (g->last >= g->first && r.seq <= g->last))
			continue;
		struct entry e = { r.seq,          r.before,  at,
				   (uint32_t)size, r.records, read == ERR_CORRUPT };
		segment_note(g, &e);
		err = spool_index_put(s, &e, f);
	}
	return err;
}

static enum err scan_bytes(struct spool *s, struct segment *g, struct span in, struct fault *f)
{
	struct seg_head head;
	g->first = 1;
	g->last = 0;
	g->before = g->after = 0;
	g->bytes = SEG_HEAD_SIZE;
	s->index_count = 0;
	s->index_of = g->name;
	if (seg_head_read(in, &head) == ERR_OK && head.epoch != s->at.epoch)
		return fault_set(f, ERR_CORRUPT, 0,
				 "%s holds segments of two streams: move it away", s->dir);
	return walk(s, g, in, f);
}

enum err spool_segment_scan(struct spool *s, struct segment *g, struct fault *f)
{
	char path[PATH_MAX], *bytes = NULL;
	size_t len = 0;
	spool_segment_path(s, g->name, path);
	enum err err = file_read(path, 1ULL << 32, &bytes, &len, f);
	if (err != ERR_OK)
		return err;
	g->room = len;
	err = scan_bytes(s, g, span_of(bytes, len), f);
	free(bytes);
	if (err != ERR_OK)
		s->index_of = 0;
	return err;
}

enum err spool_segment_add(struct spool *s, const struct segment *g, struct fault *f)
{
	if (s->segment_count == s->segment_cap) {
		size_t cap = s->segment_cap == 0 ? 16 : 2 * s->segment_cap;
		struct segment *more = realloc(s->segments, cap * sizeof(*more));
		if (more == NULL)
			return fault_set(f, ERR_MEMORY, 0, "spool: no memory");
		s->segments = more;
		s->segment_cap = cap;
	}
	s->segments[s->segment_count++] = *g;
	return ERR_OK;
}

static void forget_first(struct spool *s)
{
	char path[PATH_MAX];
	spool_segment_path(s, s->segments[0].name, path);
	(void)unlink(path);
	if (s->index_of == s->segments[0].name)
		s->index_of = 0;
	s->segment_count--;
	memmove(s->segments, s->segments + 1, s->segment_count * sizeof(*s->segments));
}

void spool_segments_trim(struct spool *s)
{
	while (s->segment_count > 1 && s->segments[1].name <= s->at.acked + 1)
		forget_first(s);
}

// Makes room for one more segment under the hard limit. The state says what was dropped before it
// is gone.
static enum err drop_oldest(struct spool *s, struct fault *f)
{
	while (s->segment_count > 0 && spool_segments_bytes(s) + s->c.segment > s->c.hard) {
		const struct segment *g = &s->segments[0];
		uint64_t end = s->segment_count > 1 ? s->segments[1].name : s->next_seq;
		uint64_t from = g->before > s->at.acked_total ? g->before : s->at.acked_total;
		s->at.overflow = end - 1;
		s->dropped += g->after > from ? g->after - from : 0;
		enum err err = spool_state_put(s, true, f);
		if (err != ERR_OK)
			return err;
		forget_first(s);
	}
	return ERR_OK;
}

static enum err create(struct spool *s, int fd, struct fault *f)
{
	uint8_t head[SEG_HEAD_SIZE];
	const struct seg_head h = { SEG_SEGMENT, s->at.epoch, s->next_seq, s->total };
	seg_head_write(&h, head);
	int refused = posix_fallocate(fd, 0, (off_t)s->c.segment);
	if (refused != 0)
		return fault_set(f, refused == ENOSPC ? ERR_FULL : ERR_IO, refused,
				 "cannot make a segment in %s", s->dir);
	if (pwrite(fd, head, sizeof(head), 0) != (ssize_t)sizeof(head) || fsync(fd) != 0)
		return fault_set(f, ERR_IO, errno, "cannot begin a segment in %s", s->dir);
	return dir_sync(s->dir, f);
}

// Gives back what the active segment did not use.
static void finish(struct spool *s)
{
	if (s->active < 0)
		return;
	struct segment *g = &s->segments[s->segment_count - 1];
	if (ftruncate(s->active, (off_t)g->bytes) == 0)
		g->room = g->bytes;
	fd_close(&s->active);
}

static enum err rotate(struct spool *s, struct fault *f)
{
	char path[PATH_MAX];
	finish(s);
	enum err err = drop_oldest(s, f);
	if (err != ERR_OK)
		return err;
	spool_segment_path(s, s->next_seq, path);
	AUTO(fd_close) int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return fault_set(f, errno == ENOSPC ? ERR_FULL : ERR_IO, errno, "cannot create %s",
				 path);
	const struct segment g = {
		.name = s->next_seq, .first = 1, .bytes = SEG_HEAD_SIZE, .room = s->c.segment
	};
	err = create(s, fd, f);
	if (err == ERR_OK)
		err = spool_segment_add(s, &g, f);
	if (err != ERR_OK) {
		(void)unlink(path);
		return err;
	}
	s->active = fd;
	fd = -1;
	return ERR_OK;
}

static bool fits(const struct spool *s, size_t size)
{
	return s->active >= 0 && s->segments[s->segment_count - 1].bytes + size <= s->c.segment;
}

enum err spool_segment_append(struct spool *s, struct span signature, struct span body,
			      uint32_t records, struct fault *f)
{
	struct wr w = wr_of(s->frame + SEG_RECORD_HEAD, FRAME_MAX - SEG_RECORD_HEAD);
	wr_bytes(&w, signature);
	wr_bytes(&w, body);
	size_t size = seg_size(w.len);
	enum err err = fits(s, size) ? ERR_OK : rotate(s, f);
	if (err != ERR_OK)
		return err;
	const struct seg_record r = { SEG_BATCH, s->next_seq, s->total, records, wr_span(&w) };
	seg_record_write(&r, s->at.epoch, s->frame);
	struct segment *g = &s->segments[s->segment_count - 1];
	ssize_t n = pwrite(s->active, s->frame, size, (off_t)g->bytes);
	if (n != (ssize_t)size || fdatasync(s->active) != 0)
		return fault_set(f, errno == ENOSPC ? ERR_FULL : ERR_IO, errno,
				 "cannot store a batch in %s", s->dir);
	const struct entry e = { s->next_seq, s->total, g->bytes, (uint32_t)size, records, false };
	segment_note(g, &e);
	if (s->index_of == g->name && spool_index_put(s, &e, NULL) != ERR_OK)
		s->index_of = 0; // read it again when it is wanted
	return ERR_OK;
}
