// SPDX-License-Identifier: Apache-2.0
//
// The registry's thread.
#include "schedule/registry_io.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "base/text.h"
#include "sys/clock.h"

#define READ_AGAIN   (30 * NS_PER_S)   // a full read even if nobody told of a change
#define TIDY_AGAIN   (3600 * NS_PER_S) // partitions and old bodies
#define REVIVE_AFTER 4                 // failures in a row
#define RETRY_MS     300               // between attempts to connect

static bool tell(struct registry *r, struct schedule_word *w)
{
	if (send(r->fd, w, sizeof(*w), MSG_NOSIGNAL) == (ssize_t)sizeof(*w))
		return true;
	free(w->keys);
	book_free(&w->orders);
	return false;
}

static void tell_state(struct registry *r, bool up, const char *what)
{
	bool *told = up ? &r->told_up : &r->told_down, *other = up ? &r->told_down : &r->told_up;
	*other = false;
	if (*told)
		return;
	*told = true;
	struct schedule_word w = { .kind = up ? WORD_UP : WORD_DOWN };
	snprintf(w.what, sizeof(w.what), "%s", what);
	(void)tell(r, &w);
}

static void read_key(struct pg_rows *rows, size_t i, struct schedule_key *out)
{
	*out = (struct schedule_key){
		.id = (int32_t)pg_rows_int(rows, i, 0),
		.node = (int32_t)pg_rows_int(rows, i, 1),
		.revoked = pg_rows_bool(rows, i, 3),
		.from = pg_rows_wall(rows, i, 4),
		.to = pg_rows_wall(rows, i, 5),
	};
	const char *name = pg_rows_text(rows, i, 2);
	struct span curve = pg_rows_bytes(rows, i, 6), sign = pg_rows_bytes(rows, i, 7);
	bool whole = text_copy(out->name, sizeof(out->name), span_text(name)) == ERR_OK &&
		     curve.len == sizeof(out->curve) && sign.len == sizeof(out->sign);
	if (!whole) {
		out->revoked = true; // the schema's CHECKs say this cannot be
		return;
	}
	memcpy(out->curve, curve.at, sizeof(out->curve));
	memcpy(out->sign, sign.at, sizeof(out->sign));
}

static enum err read_keys(struct registry *r, struct fault *f)
{
	AUTO(pg_rows_free) struct pg_rows *rows = NULL;
	enum err err = pg_query(r->pg, "registry_keys", PG_NO_VALUES, &rows, f);
	if (err != ERR_OK)
		return err;
	size_t n = pg_rows_count(rows);
	struct schedule_word w = { .kind = WORD_KEYS };
	w.keys = calloc(1, sizeof(*w.keys) + n * sizeof(w.keys->keys[0]));
	if (w.keys == NULL)
		return fault_set(f, ERR_MEMORY, 0, "schedule: no memory");
	w.keys->count = n;
	for (size_t i = 0; i < n; i++)
		read_key(rows, i, &w.keys->keys[i]);
	r->keys_stale = false;
	(void)tell(r, &w);
	return ERR_OK;
}

static enum err read_orders(struct registry *r, struct fault *f)
{
	AUTO(pg_rows_free) struct pg_rows *rows = NULL;
	enum err err = pg_query(r->pg, "registry_orders", PG_NO_VALUES, &rows, f);
	struct schedule_word w = { .kind = WORD_ORDERS };
	if (err == ERR_OK && (w.orders = book_new()) == NULL)
		err = fault_set(f, ERR_MEMORY, 0, "schedule: no memory");
	for (size_t i = 0; err == ERR_OK && i < pg_rows_count(rows); i++) {
		struct book_order o = {
			.node = (int32_t)pg_rows_int(rows, i, 0),
			.serial = (uint64_t)pg_rows_int(rows, i, 1),
			.expires = pg_rows_wall(rows, i, 2),
			.signed_order = pg_rows_bytes(rows, i, 3),
		};
		if (book_put(w.orders, &o) != ERR_OK)
			err = fault_set(f, ERR_MEMORY, 0, "schedule: no memory");
	}
	if (err != ERR_OK) {
		book_free(&w.orders);
		return err;
	}
	r->orders_stale = false;
	(void)tell(r, &w);
	return ERR_OK;
}

static enum err open_stream(struct registry *r, struct fault *f)
{
	struct schedule_word *w = &r->waiting;
	AUTO(pg_rows_free) struct pg_rows *rows = NULL;
	enum err err = pg_query(r->pg, "stream_open",
				PG_VALUES(pg_int(w->node), pg_int((int64_t)w->epoch)), &rows, f);
	if (err != ERR_OK)
		return err;
	// No row: another collector made it this very moment; the agent's next HELLO finds it.
	if (pg_rows_count(rows) > 0) {
		w->id = (int32_t)pg_rows_int(rows, 0, 0);
		w->last_seq = (uint64_t)pg_rows_int(rows, 0, 1);
		(void)tell(r, w);
	}
	r->has_waiting = false;
	return ERR_OK;
}

static enum err tidy(struct registry *r, struct fault *f)
{
	AUTO(pg_rows_free) struct pg_rows *made = NULL, *gone = NULL;
	enum err err = pg_query(r->pg, "partition_make", PG_NO_VALUES, &made, f);
	if (err == ERR_OK)
		err = pg_query(r->pg, "body_trim", PG_NO_VALUES, &gone, f);
	r->tidy_at = mono_add(clock_mono(), TIDY_AGAIN);
	return err;
}

static enum err connect_again(struct registry *r, struct fault *f)
{
	if (r->pg != NULL)
		return ERR_OK;
	enum err err = pg_open(r->conninfo, PG_STORE, &r->pg, f);
	if (err == ERR_OK)
		err = pg_listen(r->pg, PG_CHANNEL_NODES, f);
	if (err == ERR_OK)
		err = pg_listen(r->pg, PG_CHANNEL_ORDERS, f);
	r->keys_stale = r->orders_stale = true; // what was told while we were away
	return err;
}

static enum err listen_on(struct registry *r, struct fault *f)
{
	struct pg_notice n;
	enum err err;
	while ((err = pg_notified(r->pg, &n, f)) == ERR_OK) {
		r->keys_stale |= strcmp(n.channel, PG_CHANNEL_NODES) == 0;
		r->orders_stale |= strcmp(n.channel, PG_CHANNEL_ORDERS) == 0;
	}
	return err == ERR_AGAIN ? ERR_OK : err;
}

static enum err work(struct registry *r, struct fault *f)
{
	struct mono now = clock_mono();
	enum err err = connect_again(r, f);
	if (err == ERR_OK)
		err = listen_on(r, f);
	if (!mono_before(now, r->read_at)) {
		r->keys_stale = r->orders_stale = true;
		r->read_at = mono_add(now, READ_AGAIN);
	}
	if (err == ERR_OK && r->keys_stale)
		err = read_keys(r, f);
	if (err == ERR_OK && r->orders_stale)
		err = read_orders(r, f);
	if (err == ERR_OK && r->has_waiting)
		err = open_stream(r, f);
	if (err == ERR_OK && !mono_before(now, r->tidy_at))
		err = tidy(r, f);
	return err;
}

// False at the end of the program.
static bool turn(struct registry *r)
{
	struct fault f = { 0 };
	enum err err = work(r, &f);
	if (err != ERR_OK)
		pg_close(&r->pg);
	r->failures = err == ERR_OK ? 0 : r->failures + 1;
	if (r->failures >= REVIVE_AFTER && r->events.revive != NULL &&
	    r->events.revive(r->events.self, &f) == ERR_OK)
		r->failures = 0;
	tell_state(r, err == ERR_OK, f.what);
	struct pollfd p[] = {
		{ .fd = r->fd, .events = r->has_waiting ? 0 : POLLIN },
		{ .fd = err == ERR_OK ? pg_fd(r->pg) : -1, .events = POLLIN },
	};
	(void)poll(p, 2, err == ERR_OK ? 1000 : RETRY_MS);
	if ((p[0].revents & POLLIN) != 0) {
		ssize_t n = recv(r->fd, &r->waiting, sizeof(r->waiting), MSG_DONTWAIT);
		if (n == 0)
			return false;
		r->has_waiting = n == (ssize_t)sizeof(r->waiting);
	}
	return (p[0].revents & (POLLHUP | POLLERR)) == 0;
}

void *registry_run(void *self)
{
	struct registry *r = self;
	prctl(PR_SET_NAME, "registry");
	while (turn(r))
		;
	pg_close(&r->pg);
	return NULL;
}
