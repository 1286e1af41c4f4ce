// SPDX-License-Identifier: Apache-2.0
#include "ingest/ingest_io.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zmq.h>

#include "base/text.h"
#include "log/log.h"
#include "sys/clock.h"

#define ZAP_ENDPOINT       "inproc://zeromq.zap.01"
#define ZAP_ENFORCE_DOMAIN 93 // ZMQ_ZAP_ENFORCE_DOMAIN, hidden as a draft in Debian's header
#define ZAP_FRAMES         7  // of a CURVE request
#define MESSAGE_MAX        (2 * BATCH_SIZE_MAX)
#define RECEIVE_TURN       64  // messages taken in one turn of the loop
#define SEND_WAITING       256 // small answers waiting for one agent
#define RECEIVE_WAITING    16  // messages waiting from one agent; credit bounds their bytes
#define TICK               (250 * NS_PER_MS)
#define DENIED_TEXT        "key not admitted"

struct ingest_io {
	struct ingest_io_config config;
	struct ingest *in;
	void *context, *router, *zap;
	struct loop_watch *router_watch, *zap_watch;
	struct loop_timer *again, *tick;
	char endpoint[128];
};

static enum err set_int(void *socket, int option, int value, struct fault *f)
{
	if (zmq_setsockopt(socket, option, &value, sizeof(value)) == 0)
		return ERR_OK;
	return fault_set(f, ERR_IO, 0, "ZeroMQ option %d: %s", option, zmq_strerror(zmq_errno()));
}

// --- ZAP (ZeroMQ RFC 27): who may open a session -------------------------------------------------

static void zap_answer(struct ingest_io *io, zmq_msg_t *request, const struct roll_key *key)
{
	char user[16];
	snprintf(user, sizeof(user), "%d", key == NULL ? 0 : key->id);
	const char *status = key == NULL ? "400" : "200", *text = key == NULL ? DENIED_TEXT : "OK";
	zmq_send(io->zap, "1.0", 3, ZMQ_SNDMORE);
	zmq_send(io->zap, zmq_msg_data(&request[1]), zmq_msg_size(&request[1]), ZMQ_SNDMORE);
	zmq_send(io->zap, status, 3, ZMQ_SNDMORE);
	zmq_send(io->zap, text, strlen(text), ZMQ_SNDMORE);
	zmq_send(io->zap, user, key == NULL ? 0 : strlen(user), ZMQ_SNDMORE);
	zmq_send(io->zap, "", 0, 0);
}

static struct span frame_span(zmq_msg_t *m)
{
	return span_of(zmq_msg_data(m), zmq_msg_size(m));
}

// Frames of one message into OUT, at most CAP; the rest is read and dropped. 0: none waits.
static size_t receive(void *socket, zmq_msg_t *out, size_t cap, size_t *total)
{
	size_t n = 0;
	for (*total = 0;; (*total)++) {
		zmq_msg_t spare, *m = n < cap ? &out[n] : &spare;
		zmq_msg_init(m);
		if (zmq_msg_recv(m, socket, ZMQ_DONTWAIT) < 0) {
			zmq_msg_close(m);
			return n;
		}
		bool more = zmq_msg_more(m);
		if (n < cap)
			n++;
		else
			zmq_msg_close(&spare);
		if (!more) {
			(*total)++;
			return n;
		}
	}
}

static void close_frames(zmq_msg_t *m, size_t n)
{
	for (size_t i = 0; i < n; i++)
		zmq_msg_close(&m[i]);
}

static void zap_refused(struct span curve, struct span address)
{
	char hex[65] = "", from[64];
	if (curve.len == 32)
		text_hex(curve, hex);
	snprintf(from, sizeof(from), "%.*s", (int)address.len, (const char *)address.at);
	LOG(LOG_WARN, "ingest", "refused_key", KT("curve", hex), KT("address", from));
}

static bool zap_turn(struct ingest_io *io)
{
	zmq_msg_t m[ZAP_FRAMES];
	size_t total = 0, n = receive(io->zap, m, ZAP_FRAMES, &total);
	if (n == 0)
		return false;
	const struct roll_key *key = NULL;
	const struct roll *roll = ingest_roll_now(io->in);
	bool whole = total == ZAP_FRAMES && text_is(frame_span(&m[0]), "1.0") &&
		     zmq_msg_size(&m[2]) > 0 && text_is(frame_span(&m[2]), io->config.zap_domain) &&
		     text_is(frame_span(&m[5]), "CURVE") && zmq_msg_size(&m[6]) == 32;
	if (whole && roll != NULL)
		key = roll_find_curve(roll, zmq_msg_data(&m[6]));
	if (!roll_good(key, clock_wall()))
		key = NULL;
	if (key == NULL)
		zap_refused(n == ZAP_FRAMES ? frame_span(&m[6]) : (struct span){ 0 },
			    n > 3 ? frame_span(&m[3]) : (struct span){ 0 });
	if (n > 1)
		zap_answer(io, m, key);
	close_frames(m, n);
	return true;
}

// --- the link ------------------------------------------------------------------------------------

static void send_head(struct ingest_io *io, const struct ingest_want *w)
{
	static uint8_t storage[LINK_HEAD_MAX + 512 * 1024]; // an order is the largest
	uint8_t magic[4];
	struct wr head = wr_of(storage, sizeof(storage));
	if (link_write(&w->head, magic, &head) != ERR_OK) {
		LOG(LOG_ERROR, "ingest", "unwritable", KI("verb", w->head.verb));
		return;
	}
	// To an agent that is gone, or reads nothing, ROUTER drops: it will ask again.
	if (zmq_send(io->router, w->peer.bytes, w->peer.len, ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0)
		return;
	zmq_send(io->router, magic, sizeof(magic), ZMQ_SNDMORE | ZMQ_DONTWAIT);
	zmq_send(io->router, head.at, head.len, ZMQ_DONTWAIT);
}

void ingest_io_flush(struct ingest_io *io)
{
	struct ingest_want w;
	while (ingest_next(io->in, &w)) {
		if (w.kind == INGEST_SEND)
			send_head(io, &w);
		else
			io->config.want(io->config.self, &w);
	}
}

static int32_t key_of(zmq_msg_t *m)
{
	const char *user = zmq_msg_gets(m, "User-Id");
	uint64_t id = 0;
	if (user == NULL || text_u64(span_text(user), 1, INT32_MAX, &id) != ERR_OK)
		return 0;
	return (int32_t)id;
}

static bool router_turn(struct ingest_io *io)
{
	zmq_msg_t m[5];
	size_t total = 0, n = receive(io->router, m, COUNT(m), &total);
	if (n == 0)
		return false;
	struct ingest_message told = { .now = clock_mono(), .wall = clock_wall() };
	size_t len = zmq_msg_size(&m[0]);
	if (len <= INGEST_PEER_MAX && total == n && n > 1) {
		told.from.len = (uint8_t)len;
		memcpy(told.from.bytes, zmq_msg_data(&m[0]), len);
		told.key = key_of(&m[1]);
		told.frame_count = n - 1;
		for (size_t i = 1; i < n; i++)
			told.frames[i - 1] = frame_span(&m[i]);
		ingest_hear(io->in, &told);
		ingest_io_flush(io);
	}
	close_frames(m, n);
	return true;
}

static bool waiting(void *socket)
{
	int events = 0;
	size_t len = sizeof(events);
	return zmq_getsockopt(socket, ZMQ_EVENTS, &events, &len) == 0 && (events & ZMQ_POLLIN) != 0;
}

// ZeroMQ's descriptor tells of changes only: whoever touched a socket must look again before the
// loop sleeps.
static void turn(void *self, struct mono now)
{
	struct ingest_io *io = self;
	while (zap_turn(io))
		;
	for (int i = 0; i < RECEIVE_TURN && router_turn(io); i++)
		;
	ingest_io_flush(io);
	if (waiting(io->router) || waiting(io->zap))
		loop_timer_at(io->again, now);
}

static void touched(void *self, uint32_t events)
{
	(void)self; // the hook at the end of the turn does the work
	(void)events;
}

static void again_due(void *self, struct mono now)
{
	(void)self;
	(void)now;
}

static void tick_due(void *self, struct mono now)
{
	struct ingest_io *io = self;
	ingest_tick(io->in, now);
	loop_timer_at(io->tick, mono_add(now, TICK));
}

// --- opening -------------------------------------------------------------------------------------

static enum err set_router(struct ingest_io *io, struct fault *f)
{
	static const struct {
		int option, value;
	} options[] = {
		{ ZMQ_CURVE_SERVER, 1 },
		{ ZAP_ENFORCE_DOMAIN, 1 },
		{ ZMQ_SNDHWM, SEND_WAITING },
		{ ZMQ_RCVHWM, RECEIVE_WAITING },
		{ ZMQ_LINGER, 1000 },
		{ ZMQ_IPV6, 1 },
		{ ZMQ_BACKLOG, 4096 },
		{ ZMQ_HANDSHAKE_IVL, 10000 },
		{ ZMQ_HEARTBEAT_IVL, 15000 },
		{ ZMQ_HEARTBEAT_TIMEOUT, 45000 },
		{ ZMQ_HEARTBEAT_TTL, 60000 },
		// Never ROUTER_HANDOVER: a stranger's routing id must not take a session over.
		{ ZMQ_ROUTER_HANDOVER, 0 },
	};
	int64_t most = MESSAGE_MAX;
	enum err err = ERR_OK;
	for (size_t i = 0; i < COUNT(options) && err == ERR_OK; i++)
		err = set_int(io->router, options[i].option, options[i].value, f);
	if (err != ERR_OK)
		return err;
	const char *domain = io->config.zap_domain;
	// Without a domain ZeroMQ asks no handler and lets everybody in, option 93 or not.
	if (domain[0] == '\0')
		return fault_set(f, ERR_STATE, 0, "no ZAP domain: anybody could connect");
	if (zmq_setsockopt(io->router, ZMQ_MAXMSGSIZE, &most, sizeof(most)) != 0 ||
	    zmq_setsockopt(io->router, ZMQ_ZAP_DOMAIN, domain, strlen(domain)) != 0 ||
	    zmq_setsockopt(io->router, ZMQ_CURVE_SECRETKEY, io->config.curve_secret, 32) != 0)
		return fault_set(f, ERR_IO, 0, "ZeroMQ: %s", zmq_strerror(zmq_errno()));
	return ERR_OK;
}

static enum err bind_router(struct ingest_io *io, struct fault *f)
{
	const char *where = io->config.listen;
	if (zmq_bind(io->router, where) != 0) {
		int sys = zmq_errno();
		if (sys == EADDRINUSE)
			return fault_set(f, ERR_IO, 0,
					 "cannot listen on %s: the port is in use; stop the other "
					 "program or give another with --listen",
					 where);
		return fault_set(f, sys == EINVAL || sys == ENODEV ? ERR_USAGE : ERR_IO, 0,
				 "cannot listen on %s: %s; --listen takes tcp://ADDRESS:PORT",
				 where, zmq_strerror(sys));
	}
	size_t len = sizeof(io->endpoint);
	if (zmq_getsockopt(io->router, ZMQ_LAST_ENDPOINT, io->endpoint, &len) != 0)
		io->endpoint[0] = '\0';
	return ERR_OK;
}

static enum err open_sockets(struct ingest_io *io, struct fault *f)
{
	io->context = zmq_ctx_new();
	io->zap = io->context == NULL ? NULL : zmq_socket(io->context, ZMQ_REP);
	io->router = io->zap == NULL ? NULL : zmq_socket(io->context, ZMQ_ROUTER);
	if (io->router == NULL)
		return fault_set(f, ERR_IO, 0, "ZeroMQ: %s", zmq_strerror(zmq_errno()));
	// The handler first: a server without one would let everybody in, but for option 93.
	enum err err = set_int(io->zap, ZMQ_LINGER, 0, f);
	if (err == ERR_OK && zmq_bind(io->zap, ZAP_ENDPOINT) != 0)
		err = fault_set(f, ERR_IO, 0, "ZAP: %s", zmq_strerror(zmq_errno()));
	if (err == ERR_OK)
		err = set_router(io, f);
	return err == ERR_OK ? bind_router(io, f) : err;
}

static enum err watch(struct loop *loop, void *socket, struct ingest_io *io,
		      struct loop_watch **out, struct fault *f)
{
	int fd = -1;
	size_t len = sizeof(fd);
	if (zmq_getsockopt(socket, ZMQ_FD, &fd, &len) != 0)
		return fault_set(f, ERR_IO, 0, "ZeroMQ: %s", zmq_strerror(zmq_errno()));
	return loop_watch(loop, fd, EPOLLIN, touched, io, out, f);
}

enum err ingest_io_open(const struct ingest_io_config *c, struct ingest *in, struct loop *loop,
			struct ingest_io **out, struct fault *f)
{
	struct ingest_io *io = calloc(1, sizeof(*io));
	if (io == NULL)
		return fault_set(f, ERR_MEMORY, 0, "ingest: no memory");
	io->config = *c;
	io->in = in;
	enum err err = open_sockets(io, f);
	if (err == ERR_OK)
		err = watch(loop, io->router, io, &io->router_watch, f);
	if (err == ERR_OK)
		err = watch(loop, io->zap, io, &io->zap_watch, f);
	if (err == ERR_OK)
		err = loop_timer(loop, again_due, io, &io->again, f);
	if (err == ERR_OK)
		err = loop_timer(loop, tick_due, io, &io->tick, f);
	if (err == ERR_OK)
		err = loop_hook(loop, turn, io, f);
	if (err == ERR_OK)
		loop_timer_at(io->tick, clock_mono());
	*out = io;
	if (err != ERR_OK)
		ingest_io_close(out);
	return err;
}

void ingest_io_close(struct ingest_io **out)
{
	struct ingest_io *io = *out;
	if (io == NULL)
		return;
	if (io->router_watch != NULL)
		loop_watch_drop(&io->router_watch);
	if (io->zap_watch != NULL)
		loop_watch_drop(&io->zap_watch);
	loop_timer_drop(&io->again);
	loop_timer_drop(&io->tick);
	if (io->router != NULL)
		zmq_close(io->router);
	if (io->zap != NULL)
		zmq_close(io->zap);
	if (io->context != NULL)
		zmq_ctx_term(io->context);
	free(io);
	*out = NULL;
}

const char *ingest_io_endpoint(const struct ingest_io *io)
{
	return io->endpoint;
}
