// SPDX-License-Identifier: Apache-2.0
//
// From files to a spool: after a clean end, a killed process, a dead machine or a damaged disk.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "spool/inside.h"
#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/file.h"

static bool name_of(const char *file, uint64_t *name)
{
	uint8_t be[8];
	if (strlen(file) != 20 || strcmp(file + 16, ".seg") != 0 ||
	    text_unhex(span_of(file, 16), be, sizeof(be)) != ERR_OK)
		return false;
	*name = 0;
	for (size_t i = 0; i < sizeof(be); i++)
		*name = *name << 8 | be[i];
	return true;
}

static int by_name(const void *a, const void *b)
{
	const struct segment *x = a, *y = b;
	return x->name < y->name ? -1 : x->name > y->name;
}

static enum err find_segments(struct spool *s, struct fault *f)
{
	DIR *d = opendir(s->dir);
	if (d == NULL)
		return fault_set(f, ERR_IO, errno, "cannot list %s", s->dir);
	enum err err = ERR_OK;
	for (struct dirent *e; err == ERR_OK && (e = readdir(d)) != NULL;) {
		struct segment g = { .first = 1 };
		if (name_of(e->d_name, &g.name) && g.name > 0)
			err = spool_segment_add(s, &g, f);
	}
	closedir(d);
	if (s->segment_count > 0)
		qsort(s->segments, s->segment_count, sizeof(*s->segments), by_name);
	return err;
}

// The stream's epoch from any segment's head, when the state is lost.
static bool epoch_of_segments(const struct spool *s, uint64_t *epoch)
{
	for (size_t i = 0; i < s->segment_count; i++) {
		char path[PATH_MAX];
		uint8_t bytes[SEG_HEAD_SIZE];
		struct seg_head head;
		spool_segment_path(s, s->segments[i].name, path);
		AUTO(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || pread(fd, bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes) ||
		    seg_head_read(span_of(bytes, sizeof(bytes)), &head) != ERR_OK)
			continue;
		*epoch = head.epoch;
		return true;
	}
	return false;
}

static enum err find_epoch(struct spool *s, struct span journal, struct fault *f)
{
	struct seg_head head;
	s->at = (struct seg_state){ 0 };
	if (epoch_of_segments(s, &s->at.epoch)) {
		s->at.acked = s->segments[0].name - 1;
		return ERR_OK;
	}
	if (seg_head_read(journal, &head) == ERR_OK) {
		s->at.epoch = head.epoch;
		s->at.acked = head.seq - 1;
		s->at.acked_total = head.before;
		return ERR_OK;
	}
	if (s->segment_count > 0 || journal.len > 0)
		return fault_set(f, ERR_CORRUPT, 0,
				 "nothing in %s tells which stream it holds: move it away", s->dir);
	while (s->at.epoch == 0)
		s->at.epoch = random_u64();
	return ERR_OK;
}

// Where numbers go on: past everything any file knows of.
static void find_end(struct spool *s, struct span journal)
{
	struct seg_head head;
	s->next_seq = s->at.acked + 1;
	s->total = s->at.acked_total;
	for (size_t i = 0; i < s->segment_count; i++) {
		const struct segment *g = &s->segments[i];
		if (g->last < g->first || g->last < s->next_seq)
			continue;
		s->next_seq = g->last + 1;
		s->total = g->after;
	}
	if (seg_head_read(journal, &head) == ERR_OK && head.epoch == s->at.epoch &&
	    head.seq > s->next_seq) {
		s->next_seq = head.seq;
		s->total = head.before;
	}
}

// The last batch was being written when the machine or the process died, if the journal is still
// building it: its records are there.
static void drop_torn(struct spool *s, struct span journal)
{
	struct seg_head head;
	struct segment *g = s->segment_count > 0 ? &s->segments[s->segment_count - 1] : NULL;
	if (g == NULL || s->index_of != g->name || s->index_count == 0)
		return;
	const struct entry *e = &s->index[s->index_count - 1];
	if (!e->damaged || seg_head_read(journal, &head) != ERR_OK || head.seq != e->seq)
		return;
	s->index_count--;
	g->bytes = e->at;
	g->last = e->seq - 1;
	g->after = e->before;
	if (s->index_count == 0) {
		g->first = 1;
		g->last = 0;
	} else {
		g->last = s->index[s->index_count - 1].seq;
	}
}

// Goes on writing in the last segment: what follows its last good batch is cut off.
static enum err resume_last(struct spool *s, struct fault *f)
{
	char path[PATH_MAX];
	if (s->segment_count == 0)
		return ERR_OK;
	struct segment *g = &s->segments[s->segment_count - 1];
	spool_segment_path(s, g->name, path);
	s->active = open(path, O_RDWR | O_CLOEXEC);
	if (s->active < 0 || ftruncate(s->active, (off_t)g->bytes) != 0)
		return fault_set(f, ERR_IO, errno, "cannot go on in %s", path);
	g->room = g->bytes;
	// A full disk is met again, and said, when a batch is to be stored.
	if (posix_fallocate(s->active, 0, (off_t)s->c.segment) == 0)
		g->room = s->c.segment;
	return ERR_OK;
}

static enum err scan_all(struct spool *s, struct fault *f)
{
	enum err err = ERR_OK;
	for (size_t i = 0; i < s->segment_count && err == ERR_OK; i++)
		err = spool_segment_scan(s, &s->segments[i], f);
	return err;
}

static enum err recover_from(struct spool *s, bool fresh, struct span journal, struct fault *f)
{
	enum err err = find_segments(s, f);
	if (err == ERR_OK && fresh)
		err = find_epoch(s, journal, f);
	if (err == ERR_OK)
		err = scan_all(s, f);
	if (err != ERR_OK)
		return err;
	if (fresh && s->segment_count > 0)
		s->at.acked_total = s->segments[0].before;
	if (s->at.lost > 0)
		spool_lose(s, SPOOL_OVERFLOW, s->at.lost, s->at.lost_bytes);
	drop_torn(s, journal);
	find_end(s, journal);
	if (fresh)
		err = spool_state_put(s, true, f);
	if (err == ERR_OK)
		err = resume_last(s, f);
	if (err == ERR_OK)
		err = spool_journal_load(s, journal, f);
	if (err == ERR_OK)
		spool_segments_trim(s);
	return err != ERR_OK || !fresh ? err : dir_sync(s->dir, f);
}

enum err spool_recover(struct spool *s, struct fault *f)
{
	char *journal = NULL;
	size_t len = 0;
	bool fresh = true;
	enum err err = spool_state_open(s, &fresh, f);
	if (err == ERR_OK)
		err = spool_journal_open(s, &journal, &len, f);
	if (err == ERR_OK)
		err = recover_from(s, fresh, span_of(journal, len), f);
	free(journal);
	return err;
}
