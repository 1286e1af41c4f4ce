// SPDX-License-Identifier: Apache-2.0
//
// The writer thread of the store.
#include "store/writer_io.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "sys/clock.h"

#define CHUNK       (64u * 1024) // bytes given to COPY at once: what fits the caches
#define BACKOFF_MIN 50           // ms
#define BACKOFF_MAX 5000

static void tell(struct writer *w, enum store_kind kind, struct group *g, const char *what)
{
	struct store_word word = { .kind = kind, .group = g };
	snprintf(word.what, sizeof(word.what), "%s", what);
	// Blocks rather than loses: the loop reads these whenever it turns.
	(void)!send(w->fd, &word, sizeof(word), MSG_NOSIGNAL);
}

static bool halted(const struct writer *w, int wait_ms)
{
	struct pollfd p = { .fd = w->halt, .events = POLLIN };
	return poll(&p, 1, wait_ms) == 1;
}

// Full-jitter back-off, capped. True when the program ends meanwhile.
static bool rest(struct writer *w)
{
	unsigned shift = w->tries < 7 ? w->tries++ : 7;
	int cap = BACKOFF_MIN << shift;
	cap = cap > BACKOFF_MAX ? BACKOFF_MAX : cap;
	return halted(w, BACKOFF_MIN / 2 + (int)(random_u64() % (unsigned)cap));
}

static void went(struct writer *w, const struct fault *f)
{
	if (!w->told_down)
		tell(w, STORE_DOWN, NULL, f->what);
	w->told_down = true;
	w->told_up = false;
}

static void came(struct writer *w)
{
	w->tries = 0;
	if (!w->told_up)
		tell(w, STORE_UP, NULL, "");
	w->told_up = true;
	w->told_down = false;
}

static enum err connect_again(struct writer *w, struct fault *f)
{
	if (w->pg != NULL)
		return ERR_OK;
	enum err err = pg_open(w->conninfo, PG_STORE, &w->pg, f);
	if (err == ERR_OK)
		// Acknowledged means on disk, whatever the cluster's default is.
		err = pg_script(w->pg, "SET synchronous_commit = on", f);
	if (err != ERR_OK)
		pg_close(&w->pg);
	return err;
}

static enum err copy_table(struct writer *w, enum rows_table t, struct span rows, struct fault *f)
{
	uint8_t ends[COPY_HEADER_SIZE + COPY_TRAILER_SIZE];
	struct wr edge = wr_of(ends, sizeof(ends));
	copy_header(&edge);
	enum err err = pg_copy_begin(w->pg, rows_table_name(t), f);
	if (err != ERR_OK)
		return err;
	err = pg_copy_put(w->pg, wr_span(&edge), f);
	for (size_t at = 0; at < rows.len && err == ERR_OK; at += CHUNK)
		err = pg_copy_put(w->pg, span_cut(rows, at, CHUNK), f);
	edge.len = 0;
	copy_trailer(&edge);
	if (err == ERR_OK)
		err = pg_copy_put(w->pg, wr_span(&edge), f);
	return err == ERR_OK ? pg_copy_end(w->pg, f) : err;
}

// "{1,2,3}" of one member of the cursors.
static char *array_text(const struct group *g, int member)
{
	size_t cap = g->cursor_count * 21 + 3, n = 0;
	char *out = malloc(cap);
	for (size_t i = 0; out != NULL && i < g->cursor_count; i++) {
		const struct group_cursor *c = &g->cursors[i];
		long long v = member == 0   ? c->stream
			      : member == 1 ? (long long)c->from
					    : (long long)c->to;
		n += (size_t)snprintf(out + n, cap - n, "%c%lld", i == 0 ? '{' : ',', v);
	}
	if (out != NULL)
		snprintf(out + n, cap - n, "}");
	return out;
}

static void free_text(char **text)
{
	free(*text);
	*text = NULL;
}

static enum err move_cursors(struct writer *w, const struct group *g, struct fault *f)
{
	AUTO(free_text) char *ids = array_text(g, 0);
	AUTO(free_text) char *from = array_text(g, 1);
	AUTO(free_text) char *to = array_text(g, 2);
	if (ids == NULL || from == NULL || to == NULL)
		return fault_set(f, ERR_MEMORY, 0, "store: no memory");
	uint64_t changed = 0;
	enum err err = pg_run(w->pg, "stream_move",
			      PG_VALUES(pg_text(ids), pg_text(from), pg_text(to)), &changed, f);
	if (err == ERR_OK && changed != g->cursor_count)
		return fault_set(f, ERR_STATE, 0, "a stream's cursor stands elsewhere");
	return err;
}

static enum err write_group(struct writer *w, const struct group *g, struct fault *f)
{
	enum err err = pg_begin(w->pg, f);
	if (err == ERR_OK)
		err = move_cursors(w, g, f);
	for (int t = 0; t < ROWS_TABLES && err == ERR_OK; t++) {
		struct span rows = wr_span(&g->tables[t]);
		if (rows.len > 0 && (t != ROWS_BODY || w->keep_bodies))
			err = copy_table(w, (enum rows_table)t, rows, f);
	}
	if (err == ERR_OK)
		err = pg_commit(w->pg, f);
	if (err != ERR_OK)
		pg_rollback(w->pg);
	return err;
}

// The cursors were not where we left them. All at or past the end: the answer to an earlier COMMIT
// was lost, and it is done. Otherwise the receiver must start over from where they stand.
static enum err settle(struct writer *w, struct group *g, struct fault *f)
{
	AUTO(free_text) char *ids = array_text(g, 0);
	AUTO(pg_rows_free) struct pg_rows *rows = NULL;
	enum err err = pg_query(w->pg, "stream_where", PG_VALUES(pg_text(ids)), &rows, f);
	if (err != ERR_OK)
		return err;
	size_t done = 0;
	uint64_t at[GROUP_BATCHES_MAX] = { 0 };
	for (size_t i = 0; i < g->cursor_count; i++)
		for (size_t r = 0; r < pg_rows_count(rows); r++)
			if (pg_rows_int(rows, r, 0) == g->cursors[i].stream) {
				at[i] = (uint64_t)pg_rows_int(rows, r, 1);
				done += at[i] >= g->cursors[i].to;
			}
	if (done == g->cursor_count)
		return ERR_OK;
	g->conflict = true;
	for (size_t i = 0; i < g->cursor_count; i++)
		g->cursors[i].to = at[i];
	return ERR_OK;
}

// Something about the data itself: each batch alone, and what is refused alone goes to quarantine.
static bool is_data(enum err err)
{
	return err == ERR_RANGE || err == ERR_FORMAT || err == ERR_EXISTS || err == ERR_MISSING;
}

static enum err write_alone(struct writer *w, struct group *g, size_t i, struct fault *f)
{
	struct group_batch *b = &g->batches[i];
	struct group_cursor cursor = { .stream = b->key.stream,
				       .from = b->key.seq - 1,
				       .to = b->key.seq };
	struct group alone = { .cursors = &cursor, .cursor_count = 1 };
	for (int t = 0; t < ROWS_TABLES; t++) {
		struct span s = group_slice(g, i, (enum rows_table)t);
		alone.tables[t] = (struct wr){ .at = g->tables[t].at + (s.at - g->tables[t].at),
					       .cap = s.len,
					       .len = s.len };
	}
	enum err err = write_group(w, &alone, f);
	if (!is_data(err))
		return err;
	char why[FAULT_TEXT];
	snprintf(why, sizeof(why), "%s", f->what);
	if (w->scratch == NULL)
		w->scratch = group_new();
	if (w->scratch == NULL || group_refuse(g, i, why, w->scratch) != ERR_OK)
		return fault_set(f, ERR_MEMORY, 0, "store: no memory");
	err = write_group(w, w->scratch, f);
	b->unreadable = err == ERR_OK;
	return err;
}

static enum err write_apart(struct writer *w, struct group *g, struct fault *f)
{
	enum err err = ERR_OK;
	for (size_t i = 0; i < g->batch_count && err == ERR_OK; i++)
		err = write_alone(w, g, i, f);
	return err;
}

static enum err write_once(struct writer *w, struct group *g, struct fault *f)
{
	enum err err = connect_again(w, f);
	if (err == ERR_OK)
		err = write_group(w, g, f);
	if (is_data(err))
		err = write_apart(w, g, f);
	if (err == ERR_STATE)
		err = settle(w, g, f);
	if (err == ERR_UNREACHABLE)
		pg_close(&w->pg);
	return err;
}

// False when the program ends before the group could be written.
static bool write_until_done(struct writer *w, struct group *g)
{
	struct fault f = { 0 };
	while (write_once(w, g, &f) != ERR_OK) {
		went(w, &f);
		if (rest(w))
			return false;
	}
	came(w);
	return true;
}

static bool hear(struct writer *w)
{
	struct store_word word;
	ssize_t n = recv(w->fd, &word, sizeof(word), 0);
	if (n != (ssize_t)sizeof(word) || word.kind == STORE_STOP)
		return false;
	if (!write_until_done(w, word.group)) {
		group_free(&word.group);
		return false;
	}
	tell(w, STORE_GROUP, word.group, "");
	return true;
}

// Between groups: find out early when the database goes, and keep trying until it is back.
static bool idle(struct writer *w)
{
	struct fault f = { 0 };
	struct pollfd p[] = { { .fd = w->fd, .events = POLLIN },
			      { .fd = w->pg == NULL ? -1 : pg_fd(w->pg), .events = POLLIN } };
	if (w->pg == NULL) {
		if (connect_again(w, &f) == ERR_OK) {
			came(w);
			return true;
		}
		went(w, &f);
		return !rest(w);
	}
	if (poll(p, 2, -1) > 0 && p[1].revents != 0 && (p[0].revents & POLLIN) == 0 &&
	    pg_notified(w->pg, &(struct pg_notice){ 0 }, &f) != ERR_AGAIN) {
		pg_close(&w->pg);
		went(w, &f);
	}
	return (p[0].revents & POLLIN) == 0 || hear(w);
}

void *writer_run(void *self)
{
	struct writer *w = self;
	prctl(PR_SET_NAME, "store");
	while (idle(w))
		;
	group_free(&w->scratch);
	pg_close(&w->pg);
	return NULL;
}
