// SPDX-License-Identifier: Apache-2.0
#include "trace/mda_io.h"

#include <errno.h>
#include <stdlib.h>

#include "base/macro.h"
#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/socket_name.h"
#include "trace/filter_io.h"
#include "trace/probe.h"
#include "trace/sockets_io.h"
#include "trace/source_io.h"

#define SEND_TURN    64 // probes of one target sent before answers are read again
#define RECEIVE_TURN 8
#define RETRY_NS     NS_PER_MS // after the device's queue was full

struct session {
	struct mda *mda; // owned; NULL: free
	struct mda_target target;
	uint64_t tag;
	struct wall start;
	struct mono begun;
	uint64_t drops;
	struct trace_probe probe; // given out, not sent yet
	bool holding;
};

struct mda_io {
	struct mda_io_config config;
	struct loop *loop;
	struct loop_timer *timer;
	struct trace_sockets *sockets;
	struct trace_source source;
	struct initial *initial;  // protects QUIC probes
	struct session *sessions; // owned
	size_t count;
	struct mono now;
	uint64_t drops;
	struct trace_backlog backlog;
	bool pumping;
};

static void on_packet(void *self, struct span packet, struct mono rx)
{
	struct mda_io *io = self;
	struct trace_reply reply;
	if (trace_reply_read(packet, &reply) != ERR_OK)
		return;
	for (size_t i = 0; i < io->config.traces; i++)
		if (io->sessions[i].mda != NULL &&
		    mda_hear(io->sessions[i].mda, io->now, rx, &reply))
			return;
}

static void receive(struct mda_io *io)
{
	io->now = clock_mono();
	trace_sockets_take(io->sockets, RECEIVE_TURN);
	uint64_t drops =
		trace_sockets_drops(io->sockets) + trace_backlog_drops(&io->backlog, io->now);
	io->drops += drops;
	for (size_t i = 0; drops > 0 && i < io->config.traces; i++)
		if (io->sessions[i].mda != NULL)
			mda_hear_drops(io->sessions[i].mda, io->now);
}

// False when the device has no room now.
static bool send_probe(struct mda_io *io, struct session *s)
{
	uint8_t bytes[TRACE_PROBE_MAX];
	struct wr w = wr_of(bytes, sizeof(bytes));
	union socket_name to;
	struct mono at = clock_mono();
	int fd = trace_sockets_sender(io->sockets, trace_family_of(s->target.dst));
	bool written = trace_probe_write(&w, &s->probe, io->initial) == ERR_OK;
	socklen_t len = socket_name_of(s->target.dst, 0, &to);
	ssize_t n = written ? sendto(fd, bytes, w.len, MSG_DONTWAIT, &to.any, len) : -1;
	int sys = written ? errno : EPERM;
	if (n < 0 && (sys == EAGAIN || sys == ENOBUFS || sys == EINTR))
		return false;
	if (n < 0)
		mda_hear_failed(s->mda, s->probe.ref.serial, sys == EPERM || sys == EACCES);
	else
		mda_hear_sent(s->mda, s->probe.ref.serial, at);
	s->holding = false;
	return true;
}

static void finish(struct mda_io *io, struct session *s)
{
	const struct mda_done done = {
		.tag = s->tag,
		.target = &s->target,
		.mda = s->mda,
		.start = s->start,
		.took_ns = mono_since(clock_mono(), s->begun),
		.drops = (uint32_t)(io->drops - s->drops),
	};
	io->config.done(io->config.self, &done);
	mda_free(&s->mda);
	s->holding = false;
	io->count--;
}

// Everything S wants now; when to look again.
static struct mono serve(struct mda_io *io, struct session *s)
{
	for (int i = 0; i < SEND_TURN; i++) {
		struct mono now = clock_mono(), until = now;
		enum mda_want want = MDA_SEND;
		mda_tick(s->mda, now);
		if (!s->holding)
			want = mda_next(s->mda, &s->probe);
		if (want == MDA_SLEEP)
			return mda_due(s->mda);
		if (want == MDA_FINISHED) {
			finish(io, s);
			return now;
		}
		s->holding = true;
		enum pace_verdict verdict = PACE_GO;
		if (io->config.pace != NULL)
			verdict = s->probe.ttl == 1
					  ? pace_ask_first(io->config.pace, now, s->target.dst,
							   s->target.src, &until)
					  : pace_ask(io->config.pace, now, s->target.dst, &until);
		if (verdict != PACE_GO && verdict != PACE_REFUSED)
			return until;
		if (verdict == PACE_REFUSED) {
			mda_hear_failed(s->mda, s->probe.ref.serial, true);
			s->holding = false;
		} else if (!send_probe(io, s)) {
			return mono_add(now, RETRY_NS);
		}
	}
	return clock_mono();
}

static void pump(void *self, struct mono now)
{
	struct mda_io *io = self;
	struct mono due = MONO_NEVER;
	(void)now;
	if (io->pumping)
		return;
	io->pumping = true;
	receive(io);
	for (size_t i = 0; i < io->config.traces; i++)
		if (io->sessions[i].mda != NULL)
			due = mono_min(due, serve(io, &io->sessions[i]));
	loop_timer_at(io->timer, due);
	io->pumping = false;
}

static void on_answers(void *self, uint32_t events)
{
	(void)events;
	pump(self, clock_mono());
}

static enum err open_all(struct mda_io *io, struct fault *f)
{
	const struct trace_sockets_config c = {
		.sport_first = io->config.sport_first,
		.sport_count = io->config.sport_count,
		.ring = io->config.ring,
		.receive_buffer = io->config.receive_buffer,
		.on_answers = on_answers,
		.on_packet = on_packet,
		.self = io,
	};
	enum err err = trace_sockets_open(io->loop, &c, &io->sockets, f);
	return err == ERR_OK ? loop_timer(io->loop, pump, io, &io->timer, f) : err;
}

enum err mda_io_open(struct loop *l, const struct mda_io_config *c, struct mda_io **out,
		     struct fault *f)
{
	AUTO(mda_io_close) struct mda_io *io = calloc(1, sizeof(*io));
	if (io == NULL)
		return fault_set(f, ERR_MEMORY, 0, "multipath engine: no memory");
	io->config = *c;
	io->loop = l;
	io->source = TRACE_SOURCE_NONE;
	trace_backlog_open(&io->backlog);
	io->sessions = calloc(c->traces, sizeof(*io->sessions));
	io->initial = initial_new();
	if (io->sessions == NULL || io->initial == NULL)
		return fault_set(f, ERR_MEMORY, 0, "multipath engine: no memory");
	enum err err = open_all(io, f);
	if (err != ERR_OK)
		return err;
	*out = io;
	io = NULL;
	return ERR_OK;
}

void mda_io_close(struct mda_io **out)
{
	struct mda_io *io = *out;
	if (io == NULL)
		return;
	trace_sockets_close(&io->sockets);
	loop_timer_drop(&io->timer);
	trace_backlog_close(&io->backlog);
	trace_source_wipe(&io->source);
	initial_free(&io->initial);
	for (size_t i = 0; io->sessions != NULL && i < io->config.traces; i++)
		mda_free(&io->sessions[i].mda);
	free(io->sessions);
	free(io);
	*out = NULL;
}

static struct session *find_free(struct mda_io *io, const struct mda_target *t, enum err *err)
{
	struct session *free_one = NULL;
	*err = ERR_FULL;
	for (size_t i = 0; i < io->config.traces; i++) {
		struct session *s = &io->sessions[i];
		if (s->mda == NULL) {
			free_one = s;
		} else if (s->target.method == t->method && addr_eq(s->target.dst, t->dst)) {
			*err = ERR_EXISTS;
			return NULL;
		}
	}
	return free_one;
}

enum err mda_io_put(struct mda_io *io, uint64_t tag, const struct mda_target *target)
{
	struct mda_target t = *target;
	enum err err = ERR_OK;
	struct session *s = find_free(io, &t, &err);
	if (s == NULL)
		return err;
	err = trace_sockets_listen(io->sockets, trace_family_of(t.dst));
	if (err != ERR_OK)
		return err;
	if (t.src.family == 0)
		t.src = trace_source_find(&io->source, t.dst);
	// Ports that answers are looked for at, from the one wished on.
	const uint32_t end = (uint32_t)io->config.sport_first + io->config.sport_count;
	if (t.sport_first < io->config.sport_first || t.sport_first >= end)
		t.sport_first = io->config.sport_first;
	t.flows_max = (uint16_t)(end - t.sport_first);
	// The same seed and target: the same probes, in the same order as far as answers allow.
	t.random =
		io->config.seed == 0 ? random_u64() : io->config.seed * 0x9e3779b97f4a7c15u + tag;
	struct mono now = clock_mono();
	if (io->count == 0)
		trace_backlog_forget(&io->backlog);
	struct mda *mda = NULL;
	err = mda_new(now, &t, &mda);
	if (err != ERR_OK)
		return err;
	*s = (struct session){ .mda = mda,
			       .target = t,
			       .tag = tag,
			       .start = clock_wall(),
			       .begun = now,
			       .drops = io->drops };
	io->count++;
	loop_timer_at(io->timer, now);
	return ERR_OK;
}

void mda_io_stop(struct mda_io *io)
{
	for (size_t i = 0; i < io->config.traces; i++)
		if (io->sessions[i].mda != NULL) {
			mda_stop(io->sessions[i].mda);
			io->sessions[i].holding = false;
		}
	pump(io, clock_mono());
}

size_t mda_io_count(const struct mda_io *io)
{
	return io->count;
}
