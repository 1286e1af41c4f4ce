// SPDX-License-Identifier: Apache-2.0
#include "spool/spool.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spool/inside.h"
#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/file.h"

static enum err spool_lock(struct spool *s, struct fault *f)
{
	enum err err = spool_file(s, "lock", &s->lock, f);
	if (err != ERR_OK)
		return err;
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	if (fcntl(s->lock, F_OFD_SETLK, &whole) != 0)
		return fault_set(f, errno == EAGAIN || errno == EACCES ? ERR_EXISTS : ERR_IO, errno,
				 "another agent has %s open: give each its own folder", s->dir);
	return ERR_OK;
}

static enum err spool_start(struct spool *s, const struct spool_config *c, struct fault *f)
{
	int n = snprintf(s->dir, sizeof(s->dir), "%s", c->dir);
	if (n < 0 || (size_t)n >= sizeof(s->dir))
		return fault_set(f, ERR_RANGE, 0, "path too long: %.100s", c->dir);
	s->c.soft = c->soft != 0 ? c->soft : SPOOL_SOFT;
	s->c.hard = c->hard != 0 ? c->hard : SPOOL_HARD;
	s->c.segment = c->segment != 0 ? c->segment : SPOOL_SEGMENT;
	if (s->c.segment < SEG_HEAD_SIZE + FRAME_MAX || s->c.hard < 2 * s->c.segment)
		return fault_set(f, ERR_USAGE, 0,
				 "the spool's limit must be two segments at least");
	s->open = malloc(SPOOL_OPEN_MAX);
	s->frame = malloc(FRAME_MAX);
	if (s->open == NULL || s->frame == NULL)
		return fault_set(f, ERR_MEMORY, 0, "spool: no memory");
	enum err err = dir_make(s->dir, 0700, f);
	if (err == ERR_OK)
		err = spool_lock(s, f);
	return err != ERR_OK ? err : spool_recover(s, f);
}

enum err spool_open(const struct spool_config *c, struct spool **out, struct fault *f)
{
	struct spool *s = calloc(1, sizeof(*s));
	*out = NULL;
	if (s == NULL)
		return fault_set(f, ERR_MEMORY, 0, "spool: no memory");
	s->c = *c;
	s->lock = s->state = s->journal = s->active = -1;
	s->open_since = MONO_NEVER;
	enum err err = spool_start(s, c, f);
	if (err != ERR_OK)
		spool_close(&s);
	*out = s;
	return err;
}

void spool_close(struct spool **sp)
{
	struct spool *s = *sp;
	if (s == NULL)
		return;
	fd_close(&s->active);
	fd_close(&s->journal);
	fd_close(&s->state);
	fd_close(&s->lock);
	free(s->segments);
	free(s->index);
	free(s->open);
	free(s->frame);
	free(s);
	*sp = NULL;
}

void spool_lose(struct spool *s, enum spool_loss why, uint64_t records, uint64_t bytes)
{
	struct spool_gap *g = &s->lost[why];
	g->reason = why;
	g->records += records;
	g->bytes += bytes;
	g->at = clock_wall();
	s->dropped += records;
}

// A record refused. The state file has its room already, so the count survives where the record
// could not.
static void spool_refuse(struct spool *s, enum spool_loss why, uint64_t bytes)
{
	spool_lose(s, why, 1, bytes);
	s->at.lost++;
	s->at.lost_bytes += bytes;
	(void)!spool_state_put(s, false, NULL);
}

bool spool_lost_write(struct spool *s, enum spool_loss why, struct wr *out)
{
	return s->lost[why].reason != 0 && s->c.gap(s->c.self, out, &s->lost[why]) == ERR_OK;
}

// To journal and open batch, without asking whether there is room in the batch.
static enum err spool_add(struct spool *s, struct span field, struct fault *f)
{
	enum err err = spool_journal_put(s, field, 1, f);
	if (err != ERR_OK)
		return err;
	memcpy(s->open + SPOOL_HEAD_MAX + s->open_len, field.at, field.len);
	s->open_len += field.len;
	s->open_records++;
	return ERR_OK;
}

// Losses not yet told go into the open batch, ahead of what comes after them.
static enum err spool_tell(struct spool *s, struct fault *f)
{
	uint8_t room[SPOOL_HEAD_MAX];
	for (size_t why = 0; why < SPOOL_LOSS_COUNT; why++) {
		struct wr w = wr_of(room, sizeof(room));
		if (!spool_lost_write(s, (enum spool_loss)why, &w))
			continue;
		enum err err = spool_add(s, wr_span(&w), f);
		if (err != ERR_OK)
			return err;
		s->lost[why] = (struct spool_gap){ 0 };
	}
	if (s->at.lost == 0)
		return ERR_OK;
	s->at.lost = s->at.lost_bytes = 0;
	return spool_state_put(s, false, f);
}

enum err spool_put(struct spool *s, struct span field, struct mono now, struct fault *f)
{
	if (field.len == 0)
		return ERR_STATE;
	if (field.len > SPOOL_FIELD_MAX) {
		spool_refuse(s, SPOOL_TOO_BIG, field.len);
		return fault_set(f, ERR_FULL, 0, "a record of %zu bytes is too big", field.len);
	}
	enum err err = ERR_OK;
	if (s->open_records > 0 && s->open_len + field.len > SPOOL_BATCH_SIZE)
		err = spool_seal(s, f);
	if (err == ERR_OK)
		err = spool_tell(s, f);
	if (err == ERR_OK)
		err = spool_add(s, field, f);
	if (err != ERR_OK)
		spool_refuse(s, SPOOL_OVERFLOW, field.len);
	else if (mono_before(now, s->open_since))
		s->open_since = now;
	return err;
}

// The body of a batch: its head, put right before its records.
static enum err spool_body(struct spool *s, struct span *body, struct fault *f)
{
	uint8_t head[SPOOL_HEAD_MAX];
	struct wr w = wr_of(head, sizeof(head));
	if (s->c.head(s->c.self, &w, s->at.epoch, s->next_seq, s->open_records) != ERR_OK)
		return fault_set(f, ERR_STATE, 0, "a batch's head does not fit");
	uint8_t *at = s->open + SPOOL_HEAD_MAX - w.len;
	memcpy(at, head, w.len);
	*body = span_of(at, w.len + s->open_len);
	return ERR_OK;
}

enum err spool_seal(struct spool *s, struct fault *f)
{
	struct span body;
	uint8_t signature[SEAL_SIGNATURE_SIZE];
	enum err err = s->open_len > SPOOL_BATCH_SIZE ? ERR_OK : spool_tell(s, f);
	if (err != ERR_OK || s->open_records == 0)
		return err;
	err = spool_body(s, &body, f);
	if (err != ERR_OK)
		return err;
	seal_sign(SEAL_BATCH, body, s->c.secret, signature);
	err = spool_segment_append(s, span_of(signature, sizeof(signature)), body, s->open_records,
				   f);
	if (err != ERR_OK)
		return err;
	s->total += s->open_records;
	s->next_seq++;
	s->open_since = MONO_NEVER;
	return spool_journal_begin(s, f);
}

struct mono spool_deadline(const struct spool *s)
{
	return mono_add(s->open_since, SPOOL_BATCH_TIME);
}

static bool told_all(const struct spool *s)
{
	for (size_t why = 0; why < SPOOL_LOSS_COUNT; why++)
		if (s->lost[why].reason != 0)
			return false;
	return true;
}

enum err spool_tick(struct spool *s, struct mono now, struct fault *f)
{
	if ((s->open_records > 0 || !told_all(s)) && s->open_since.ns == INT64_MAX)
		s->open_since = now; // found in the journal, or a loss alone
	if (mono_before(now, spool_deadline(s)))
		return ERR_OK;
	enum err err = spool_seal(s, f);
	if (err != ERR_OK)
		s->open_since = now; // again in a while
	return err;
}

struct spool_place spool_place(const struct spool *s)
{
	struct spool_place p = { s->at.epoch, s->total + s->open_records };
	for (size_t why = 0; why < SPOOL_LOSS_COUNT; why++) // they go ahead of it
		p.records += s->lost[why].reason != 0;
	return p;
}

struct spool_place spool_found(const struct spool *s)
{
	return (struct spool_place){ s->at.epoch, s->found };
}

struct spool_state spool_state(const struct spool *s)
{
	uint64_t bytes = spool_segments_bytes(s);
	return (struct spool_state){
		.epoch = s->at.epoch,
		.first_unacked = s->at.acked + 1,
		.next_seq = s->next_seq,
		.bytes = bytes,
		.dropped = s->dropped,
		.pressed = bytes > s->c.soft,
	};
}
