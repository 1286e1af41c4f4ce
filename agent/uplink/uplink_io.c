// SPDX-License-Identifier: Apache-2.0
#include "uplink/uplink_io.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zmq.h>

#include "log/log.h"
#include "sys/clock.h"

#define MESSAGE_MAX (1024 * 1024) // bytes of one frame we accept
#define HIGH_WATER  16            // messages ZeroMQ may hold in each direction
#define ARENA_MAX   (2 * 1024 * 1024)
#define HEAD_MAX    LINK_HEAD_MAX
#define READ_MOST   64 // messages read before anything else is looked at

struct uplink_io {
	struct uplink_io_config c;
	struct uplink *link;
	struct loop *loop;
	struct loop_timer *timer;
	struct loop_watch *watch, *monitor_watch;
	void *context, *socket, *monitor; // socket and monitor: NULL between sessions
	unsigned sessions;                // names the monitor endpoints
	struct arena arena;
};

static void tell(const struct uplink_io *u, const struct uplink_want *w)
{
	enum log_level level = w->event == UPLINK_LINK_UP ? LOG_INFO : LOG_WARN;
	const char *why = w->event == UPLINK_REJECTED        ? reject_reason_name(w->reject)
			  : w->event == UPLINK_BATCH_REFUSED ? nack_reason_name(w->nack)
			  : w->event == UPLINK_REFUSED ? "the collector does not admit this key"
						       : "";
	LOG(level, "uplink", uplink_event_name(w->event), KT("collector", u->c.endpoint),
	    KU("seq", w->seq), KT("why", why));
}

static void set_int(void *socket, int option, int value)
{
	(void)zmq_setsockopt(socket, option, &value, sizeof(value));
}

static void set_options(struct uplink_io *u)
{
	struct seal_public mine;
	int64_t most = MESSAGE_MAX;
	seal_public_of(u->c.secret, &mine);
	(void)zmq_setsockopt(u->socket, ZMQ_CURVE_SERVERKEY, u->c.server, SEAL_KEY_SIZE);
	(void)zmq_setsockopt(u->socket, ZMQ_CURVE_PUBLICKEY, mine.curve, SEAL_KEY_SIZE);
	(void)zmq_setsockopt(u->socket, ZMQ_CURVE_SECRETKEY, u->c.secret->curve, SEAL_KEY_SIZE);
	(void)zmq_setsockopt(u->socket, ZMQ_MAXMSGSIZE, &most, sizeof(most));
	set_int(u->socket, ZMQ_LINGER, 0);
	set_int(u->socket, ZMQ_SNDHWM, HIGH_WATER);
	set_int(u->socket, ZMQ_RCVHWM, HIGH_WATER);
	set_int(u->socket, ZMQ_HEARTBEAT_IVL, 15000);
	set_int(u->socket, ZMQ_HEARTBEAT_TIMEOUT, 45000);
	set_int(u->socket, ZMQ_HEARTBEAT_TTL, 60000);
	set_int(u->socket, ZMQ_HANDSHAKE_IVL, 10000);
	set_int(u->socket, ZMQ_RECONNECT_IVL, 500);
	set_int(u->socket, ZMQ_RECONNECT_IVL_MAX, 30000);
	set_int(u->socket, ZMQ_IPV6, 1);
}

static void close_socket(struct uplink_io *u)
{
	loop_watch_drop(&u->watch);
	loop_watch_drop(&u->monitor_watch);
	// Events first: with nobody left to hear them ZeroMQ's own thread would wait for ever, and
	// hold the lock that ends them.
	if (u->socket != NULL)
		(void)zmq_socket_monitor(u->socket, NULL, 0);
	if (u->monitor != NULL)
		zmq_close(u->monitor);
	if (u->socket != NULL)
		zmq_close(u->socket);
	u->monitor = u->socket = NULL;
}

static int descriptor(void *socket)
{
	int fd = -1;
	size_t size = sizeof(fd);
	(void)zmq_getsockopt(socket, ZMQ_FD, &fd, &size);
	return fd;
}

// The work is done by the loop hook, once a turn, because ZeroMQ's descriptor is edge-triggered:
// this only wakes the loop.
static void on_ready(void *self, uint32_t events)
{
	(void)self;
	(void)events;
}

static enum err watch_socket(struct uplink_io *u, struct fault *f)
{
	char name[64];
	snprintf(name, sizeof(name), "inproc://uplink-%p-%u", (void *)u, u->sessions++);
	int events = ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH |
		     ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL;
	u->monitor = zmq_socket(u->context, ZMQ_PAIR);
	if (u->monitor == NULL || zmq_socket_monitor(u->socket, name, events) != 0 ||
	    zmq_connect(u->monitor, name) != 0)
		return fault_set(f, ERR_IO, errno, "ZeroMQ monitor");
	enum err err =
		loop_watch(u->loop, descriptor(u->socket), EPOLLIN, on_ready, u, &u->watch, f);
	if (err == ERR_OK)
		err = loop_watch(u->loop, descriptor(u->monitor), EPOLLIN, on_ready, u,
				 &u->monitor_watch, f);
	return err;
}

static enum err open_socket(struct uplink_io *u, struct fault *f)
{
	u->socket = zmq_socket(u->context, ZMQ_DEALER);
	if (u->socket == NULL)
		return fault_set(f, ERR_IO, errno, "ZeroMQ socket");
	set_options(u);
	enum err err = watch_socket(u, f);
	if (err == ERR_OK && zmq_connect(u->socket, u->c.endpoint) != 0)
		err = fault_set(f, ERR_USAGE, 0, "collector endpoint %s: %s", u->c.endpoint,
				zmq_strerror(errno));
	return err;
}

static void reopen(struct uplink_io *u)
{
	struct fault f;
	if (open_socket(u, &f) == ERR_OK) {
		uplink_hear_open(u->link, clock_mono());
		return;
	}
	log_fault(LOG_ERROR, "uplink", "cannot_connect", &f);
	uplink_hear_open(u->link, clock_mono());
	uplink_hear_lost(u->link, clock_mono(), true);
}

static bool has(void *socket, int event)
{
	int events = 0;
	size_t size = sizeof(events);
	return socket != NULL && zmq_getsockopt(socket, ZMQ_EVENTS, &events, &size) == 0 &&
	       (events & event);
}

// --- out -----------------------------------------------------------------------------------------

static bool send_frames(struct uplink_io *u, const struct span *frames, size_t count)
{
	if (u->socket == NULL)
		return false;
	for (size_t i = 0; i < count; i++) {
		int flags = ZMQ_DONTWAIT | (i + 1 < count ? ZMQ_SNDMORE : 0);
		// Only the first frame can find no room: the rest of a message follows it.
		if (zmq_send(u->socket, frames[i].at, frames[i].len, flags) < 0)
			return false;
	}
	return true;
}

static bool send_head(struct uplink_io *u, const struct link_head *head, struct span body,
		      struct span signature)
{
	uint8_t magic[4], buffer[HEAD_MAX];
	struct wr w = wr_of(buffer, sizeof(buffer));
	if (link_write(head, magic, &w) != ERR_OK)
		return false;
	const struct span frames[] = { span_of(magic, 4), wr_span(&w), body, signature };
	return send_frames(u, frames, body.len > 0 ? 4 : 2);
}

static void send_word(struct uplink_io *u, const struct uplink_want *w)
{
	struct spool_state s = spool_state(u->c.spool);
	struct link_head head = w->head;
	head.epoch = s.epoch;
	head.next_seq = s.next_seq;
	head.sent = clock_wall();
	if (head.verb == LINK_HELLO) {
		head.version = LINK_VERSION;
		head.node = span_text(u->c.node);
		head.software = span_text(u->c.software);
		head.first_unacked = s.first_unacked;
		head.spool_bytes = s.bytes;
		head.dropped = s.dropped;
		head.last_serial = u->c.serial(u->c.self);
		head.clock = u->c.clock(u->c.self);
	}
	// A word that finds no room is said again by the watchdogs.
	(void)send_head(u, &head, span_of(NULL, 0), span_of(NULL, 0));
}

static void send_batch(struct uplink_io *u, const struct uplink_want *w)
{
	struct spool_batch b;
	struct fault f;
	if (spool_peek(u->c.spool, w->seq, &b, &f) != ERR_OK) {
		log_fault(LOG_ERROR, "uplink", "cannot_read_batch", &f);
		uplink_hear_full(u->link);
		return;
	}
	const struct link_head head = {
		.verb = LINK_BATCH,
		.epoch = spool_state(u->c.spool).epoch,
		.seq = w->seq,
	};
	if (b.body.len <= w->room &&
	    send_head(u, &head, b.body, span_of(b.signature, SEAL_SIGNATURE_SIZE)))
		uplink_hear_sent(u->link, w->seq, b.body.len);
	else
		uplink_hear_full(u->link);
}

// --- in ------------------------------------------------------------------------------------------

static void hear_message(struct uplink_io *u, zmq_msg_t frames[static 2], size_t count)
{
	struct link_head head;
	if (count != 2)
		return;
	struct span magic = span_of(zmq_msg_data(&frames[0]), zmq_msg_size(&frames[0]));
	struct span body = span_of(zmq_msg_data(&frames[1]), zmq_msg_size(&frames[1]));
	arena_reset(&u->arena);
	if (link_read(magic, body, &u->arena, &head) == ERR_OK)
		uplink_hear(u->link, clock_mono(), &head);
	else
		LOG(LOG_WARN, "uplink", "strange_message", KU("bytes", body.len));
}

static void take_wants(struct uplink_io *u);

static void read_one(struct uplink_io *u)
{
	zmq_msg_t frames[2], spare;
	size_t count = 0;
	int more = 1;
	zmq_msg_init(&frames[0]);
	zmq_msg_init(&frames[1]);
	zmq_msg_init(&spare);
	while (more) {
		zmq_msg_t *at = count < 2 ? &frames[count] : &spare;
		if (zmq_msg_recv(at, u->socket, ZMQ_DONTWAIT) < 0)
			break;
		count++;
		more = zmq_msg_more(at);
	}
	hear_message(u, frames, count);
	take_wants(u); // an order borrows from the frame
	zmq_msg_close(&frames[0]);
	zmq_msg_close(&frames[1]);
	zmq_msg_close(&spare);
}

// A monitor message is an event number and value, then an address.
static void read_monitor(struct uplink_io *u)
{
	while (has(u->monitor, ZMQ_POLLIN)) {
		uint8_t event[6], address[256];
		if (zmq_recv(u->monitor, event, sizeof(event), ZMQ_DONTWAIT) < 2 ||
		    zmq_recv(u->monitor, address, sizeof(address), ZMQ_DONTWAIT) < 0)
			return;
		uint16_t number;
		memcpy(&number, event, sizeof(number));
		uplink_hear_lost(u->link, clock_mono(), number != ZMQ_EVENT_DISCONNECTED);
		take_wants(u); // may drop the monitor
	}
}

// --- what the thinking half wants ----------------------------------------------------------------

static void do_want(struct uplink_io *u, const struct uplink_want *w)
{
	struct fault f = { 0 };
	enum err err = ERR_OK;
	switch (w->kind) {
	case UPLINK_OPEN:
		reopen(u);
		break;
	case UPLINK_CLOSE:
		close_socket(u);
		break;
	case UPLINK_SEND:
		send_word(u, w);
		break;
	case UPLINK_BATCH:
		send_batch(u, w);
		break;
	case UPLINK_ACK:
		err = spool_ack(u->c.spool, w->seq, &f);
		break;
	case UPLINK_JUMP:
		err = spool_jump(u->c.spool, w->seq, &f);
		break;
	case UPLINK_REPLACE:
		err = spool_replace(u->c.spool, w->seq, &f);
		break;
	case UPLINK_ORDER:
		u->c.order(u->c.self, w->order);
		break;
	case UPLINK_MEET:
		u->c.meet(u->c.self, &w->head.meet);
		break;
	case UPLINK_TELL:
		tell(u, w);
		break;
	case UPLINK_LEFT:
		u->c.left(u->c.self);
		break;
	}
	if (err != ERR_OK)
		log_fault(LOG_ERROR, "uplink", "spool", &f);
}

static void take_wants(struct uplink_io *u)
{
	struct uplink_want w;
	struct spool_state s = spool_state(u->c.spool);
	uplink_hear_spool(u->link, s.first_unacked, s.next_seq);
	while (uplink_next(u->link, &w))
		do_want(u, &w);
}

static void on_turn(void *self, struct mono now)
{
	struct uplink_io *u = self;
	for (int i = 0; i < READ_MOST && has(u->socket, ZMQ_POLLIN); i++)
		read_one(u);
	read_monitor(u);
	uplink_tick(u->link, now);
	take_wants(u);
	// Sending may have swallowed the edge that says "readable": look again soon if so.
	struct mono due = has(u->socket, ZMQ_POLLIN) ? now : uplink_due(u->link);
	loop_timer_at(u->timer, due);
}

static void on_time(void *self, struct mono now)
{
	(void)self;
	(void)now; // the hook runs in this turn
}

enum err uplink_io_open(struct loop *l, const struct uplink_io_config *c, struct uplink_io **out,
			struct fault *f)
{
	struct uplink_io *u = calloc(1, sizeof(*u));
	if (u == NULL)
		return fault_set(f, ERR_MEMORY, 0, "uplink: no memory");
	u->c = *c;
	u->loop = l;
	arena_init(&u->arena, ARENA_MAX);
	u->link = uplink_new(random_u64());
	u->context = zmq_ctx_new();
	enum err err = u->link == NULL || u->context == NULL
			       ? fault_set(f, ERR_MEMORY, 0, "uplink: no memory")
			       : loop_timer(l, on_time, u, &u->timer, f);
	if (err == ERR_OK)
		err = loop_hook(l, on_turn, u, f);
	if (err != ERR_OK) {
		uplink_io_close(&u);
		return err;
	}
	loop_timer_at(u->timer, clock_mono());
	*out = u;
	return ERR_OK;
}

void uplink_io_close(struct uplink_io **out)
{
	struct uplink_io *u = *out;
	if (u == NULL)
		return;
	close_socket(u);
	if (u->context != NULL)
		zmq_ctx_term(u->context);
	loop_timer_drop(&u->timer);
	uplink_free(&u->link);
	arena_wipe(&u->arena);
	free(u);
	*out = NULL;
}

void uplink_io_meet(struct uplink_io *u, const struct link_meet *meet)
{
	uplink_say(u->link, &(struct link_head){ .verb = LINK_MEET, .meet = *meet });
	take_wants(u);
}

void uplink_io_drain(struct uplink_io *u)
{
	uplink_drain(u->link);
}
