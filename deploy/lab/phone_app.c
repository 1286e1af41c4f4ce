// SPDX-License-Identifier: Apache-2.0
#include "lab/phone_app.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/table.h"
#include "base/text.h"
#include "lab/app_frame.h"
#include "sys/clock.h"

struct outgoing {
	char id[PHONE_WORD_MAX + 1], text[PHONE_TEXT_MAX + 1];
	bool told; // that it was sent
};

struct phone_app {
	struct phone_net net;
	phone_event_fn *fn;
	void *self;
	struct phone_link *link;
	struct loop_timer *again, *ping;
	bool open, in; // the app is open; logged in
	char app[PHONE_WORD_MAX + 1], account[PHONE_WORD_MAX + 1], peer[PHONE_WORD_MAX + 1];
	char server[256];
	uint16_t port;
	struct outgoing outbox[PHONE_OUTBOX_MAX];
	size_t out_count;
	uint64_t seen[PHONE_SEEN_MAX]; // hashes of (from, id)
	size_t seen_count;
};

// --- what the driver is told -------------------------------------------------------------------

static void tell(struct phone_app *a, struct phone_line line)
{
	line.at = clock_wall();
	a->fn(a->self, &line);
}

static void tell_id(struct phone_app *a, enum phone_word word, struct span id)
{
	tell(a, (struct phone_line){ .word = word, .id = id });
}

static void tell_failed(struct phone_app *a, struct span id, const char *stage, const char *what)
{
	char text[200];

	snprintf(text, sizeof(text), "%s %s", stage, what);
	tell(a, (struct phone_line){ .word = PHONE_FAILED, .id = id, .text = span_text(text) });
}

// --- frames ------------------------------------------------------------------------------------

static void send_frame(struct phone_app *a, const struct frame *frame)
{
	uint8_t bytes[FRAME_MAX];
	struct wr w = wr_of(bytes, sizeof(bytes));

	frame_write(&w, frame);
	phone_link_send(a->link, wr_span(&w));
}

static void send_outgoing(struct phone_app *a, struct outgoing *o)
{
	send_frame(a, &(struct frame){ .kind = FRAME_SEND,
				       .id = span_text(o->id),
				       .to = span_text(a->peer),
				       .text = span_text(o->text) });
	if (!o->told)
		tell_id(a, PHONE_SENT, span_text(o->id));
	o->told = true;
}

// The name in a server's frame may be wrong or stale: only what waits is taken out.
static void stored(struct phone_app *a, struct span id)
{
	for (size_t i = 0; i < a->out_count; i++) {
		if (!text_is(id, a->outbox[i].id))
			continue;
		tell_id(a, PHONE_STORED, id);
		a->out_count--;
		memmove(&a->outbox[i], &a->outbox[i + 1],
			(a->out_count - i) * sizeof(a->outbox[0]));
		return;
	}
}

static bool first_time(struct phone_app *a, char kind, const struct frame *f)
{
	static const uint64_t seed[2] = { 0, 0 };
	char key[2 * FRAME_WORD_MAX + 3];
	int len = snprintf(key, sizeof(key), "%c%.*s %.*s", kind, (int)f->from.len, f->from.at,
			   (int)f->id.len, f->id.at);
	uint64_t hash = table_hash(seed, span_of(key, (size_t)len));

	for (size_t i = 0; i < PHONE_SEEN_MAX && i < a->seen_count; i++)
		if (a->seen[i] == hash)
			return false;
	a->seen[a->seen_count++ % PHONE_SEEN_MAX] = hash;
	return true;
}

static void delivered(struct phone_app *a, const struct frame *f)
{
	send_frame(a, &(struct frame){ .kind = FRAME_RECEIVED, .id = f->id, .from = f->from });
	if (f->id.len > 0 && first_time(a, 'm', f))
		tell(a,
		     (struct phone_line){ .word = PHONE_RECEIVED, .id = f->id, .text = f->text });
}

static void receipt(struct phone_app *a, const struct frame *f)
{
	send_frame(a, &(struct frame){ .kind = FRAME_STORED, .id = f->id, .from = f->from });
	stored(a, f->id); // it was, if its confirmation got lost
	if (f->id.len > 0 && first_time(a, 'r', f))
		tell_id(a, PHONE_DELIVERED, f->id);
}

static void welcome(struct phone_app *a)
{
	a->in = true;
	loop_timer_at(a->again, MONO_NEVER);
	loop_timer_at(a->ping, mono_add(clock_mono(), PHONE_PING_NS));
	tell(a, (struct phone_line){ .word = PHONE_OPENED });
	for (size_t i = 0; i < a->out_count; i++)
		send_outgoing(a, &a->outbox[i]);
}

// --- the connection ----------------------------------------------------------------------------

// Tries again later until somebody closes the app: so does every messenger.
static void lost(struct phone_app *a, const char *stage, const char *what)
{
	a->in = false;
	phone_link_close(&a->link);
	loop_timer_at(a->ping, MONO_NEVER);
	loop_timer_at(a->again, mono_add(clock_mono(), PHONE_AGAIN_NS));
	tell_failed(a, span_text(PHONE_NO_ID), stage, what);
}

static void hear(struct phone_app *a, const struct frame *f)
{
	char why[120];

	if (f->kind == FRAME_WELCOME) {
		welcome(a);
	} else if (f->kind == FRAME_STORED) {
		stored(a, f->id);
	} else if (f->kind == FRAME_DELIVER) {
		delivered(a, f);
	} else if (f->kind == FRAME_RECEIPT) {
		receipt(a, f);
	} else if (f->kind == FRAME_REFUSED) {
		snprintf(why, sizeof(why), "%.*s", (int)f->text.len, f->text.at);
		lost(a, "login", why);
	}
}

static void on_up(void *self)
{
	struct phone_app *a = self;

	loop_timer_at(a->again, mono_add(clock_mono(), PHONE_LOGIN_NS));
	send_frame(a, &(struct frame){ .kind = FRAME_HELLO, .from = span_text(a->account) });
}

static size_t on_bytes(void *self, struct span in)
{
	struct phone_app *a = self;
	size_t used = 0;

	while (a->link != NULL) {
		struct frame frame;
		size_t len = 0;
		enum err err = frame_read(span_cut(in, used, in.len - used), &frame, &len);
		if (err == ERR_SHORT)
			break;
		if (err != ERR_OK) {
			lost(a, "lost", "the server speaks nonsense");
			break;
		}
		hear(a, &frame);
		used += len;
	}
	return used;
}

static void on_down(void *self, const char *stage, const char *what)
{
	lost(self, stage, what);
}

static void dial(struct phone_app *a)
{
	struct tls_events ev = { .up = on_up, .bytes = on_bytes, .down = on_down, .self = a };
	struct fault f;

	phone_link_close(&a->link);
	loop_timer_at(a->again, MONO_NEVER);
	if (phone_link_open(&a->net, a->server, a->port, ev, &a->link, &f) != ERR_OK)
		lost(a, "connect", f.what);
}

static void on_again(void *self, struct mono now)
{
	struct phone_app *a = self;

	(void)now;
	if (a->open && !a->in && a->link != NULL)
		lost(a, "login", "no answer in time");
	else if (a->open)
		dial(a);
}

static void on_ping(void *self, struct mono now)
{
	struct phone_app *a = self;

	loop_timer_at(a->ping, mono_add(now, PHONE_PING_NS));
	send_frame(a, &(struct frame){ .kind = FRAME_PING });
}

// --- the app -----------------------------------------------------------------------------------

enum err phone_app_new(const struct phone_net *net, phone_event_fn *fn, void *self,
		       struct phone_app **out, struct fault *f)
{
	struct phone_app *a = calloc(1, sizeof(*a));

	if (a == NULL)
		return fault_set(f, ERR_MEMORY, 0, "phone: no memory");
	*a = (struct phone_app){ .net = *net, .fn = fn, .self = self };
	enum err err = loop_timer(net->loop, on_again, a, &a->again, f);
	if (err == ERR_OK)
		err = loop_timer(net->loop, on_ping, a, &a->ping, f);
	if (err != ERR_OK) {
		phone_app_free(&a);
		return err;
	}
	*out = a;
	return ERR_OK;
}

void phone_app_free(struct phone_app **out)
{
	struct phone_app *a = *out;

	if (a == NULL)
		return;
	phone_link_close(&a->link);
	loop_timer_drop(&a->again);
	loop_timer_drop(&a->ping);
	free(a);
	*out = NULL;
}

void phone_app_close(struct phone_app *a)
{
	bool was = a->open;

	a->open = a->in = false;
	a->out_count = a->seen_count = 0;
	phone_link_close(&a->link);
	loop_timer_at(a->again, MONO_NEVER);
	loop_timer_at(a->ping, MONO_NEVER);
	if (was)
		tell(a, (struct phone_line){ .word = PHONE_CLOSED });
}

static void copy(char out[static PHONE_WORD_MAX + 1], struct span s)
{
	if (text_copy(out, PHONE_WORD_MAX + 1, s) != ERR_OK)
		out[0] = '\0'; // the line reader bounds words: not reached
}

void phone_app_open(struct phone_app *a, const struct phone_line *open, const char *server,
		    uint16_t port)
{
	phone_app_close(a);
	copy(a->app, open->app);
	copy(a->account, open->account);
	copy(a->peer, open->peer);
	snprintf(a->server, sizeof(a->server), "%s", server);
	a->port = port;
	a->open = true;
	dial(a);
}

void phone_app_send(struct phone_app *a, const struct phone_line *send)
{
	if (!a->open) {
		tell_failed(a, send->id, "state", "no app is open");
		return;
	}
	if (a->out_count == PHONE_OUTBOX_MAX) {
		tell_failed(a, send->id, "full", "too many messages wait for the server");
		return;
	}
	struct outgoing *o = &a->outbox[a->out_count++];
	*o = (struct outgoing){ 0 };
	copy(o->id, send->id);
	snprintf(o->text, sizeof(o->text), "%.*s", (int)send->text.len, send->text.at);
	if (a->in)
		send_outgoing(a, o);
}

void phone_app_reconnect(struct phone_app *a)
{
	if (!a->open)
		return;
	a->in = false;
	dial(a);
}

void phone_app_state(const struct phone_app *a, struct phone_line *out)
{
	*out = (struct phone_line){ .word = PHONE_STATE,
				    .app = span_text(a->open ? a->app : "-"),
				    .account = span_text(a->open ? a->account : "-"),
				    .at = clock_wall() };
}
