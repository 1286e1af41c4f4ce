// SPDX-License-Identifier: Apache-2.0
//
// What every phone speaks with by itself: a connectivity check (HTTP in TLS), a push service (a
// line a while in TLS), the time (a datagram in the shape of RFC 5905).
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/rd.h"
#include "base/wr.h"
#include "lab/app_serve.h"
#include "lab/app_server.h"
#include "lab/app_socket.h"
#include "sys/clock.h"
#include "sys/socket_name.h"

#define NTP_SIZE  48
#define NTP_EPOCH 2208988800ULL // seconds from 1900 to 1970

struct beat {
	struct app_server *server;
	struct loop_watch *watch;
	int fd;
};

static void on_join(void *self, int link, bool dialed)
{
	(void)self;
	(void)link;
	(void)dialed;
}

static void on_leave(void *self, int link)
{
	(void)self;
	(void)link;
}

static size_t hear_check(void *self, int link, struct span in)
{
	static const char answer[] = "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n"
				     "Connection: close\r\n\r\n";
	struct beat *b = self;

	if (memmem(in.at, in.len, "\r\n\r\n", 4) == NULL)
		return 0;
	app_server_send(b->server, link, span_text(answer));
	app_server_drop(b->server, link);
	return in.len;
}

static size_t hear_push(void *self, int link, struct span in)
{
	struct beat *b = self;
	const uint8_t *end = memrchr(in.at, '\n', in.len);

	if (end == NULL)
		return 0;
	app_server_send(b->server, link, span_text("beat\n"));
	return (size_t)(end - in.at) + 1;
}

static void stamp(struct wr *w)
{
	uint64_t ns = (uint64_t)clock_wall().ns;
	uint64_t s = ns / (uint64_t)NS_PER_S;

	wr_u32(w, (uint32_t)(s + NTP_EPOCH));
	wr_u32(w, (uint32_t)(((ns - s * (uint64_t)NS_PER_S) << 32) / (uint64_t)NS_PER_S));
}

// LI 0, version 4, mode 4 (server), stratum 2, poll 6, precision 2^-20.
static void time_answer(struct span ask, struct wr *w)
{
	struct rd r = rd_of(ask);

	rd_skip(&r, NTP_SIZE - 8);
	struct span theirs = rd_span(&r, 8);
	wr_u32(w, 0x240206ec);
	wr_zero(w, 8);
	wr_text(w, "LAB ");
	stamp(w); // reference
	wr_bytes(w, theirs);
	stamp(w); // receive
	stamp(w); // transmit
}

static void on_time(void *self, uint32_t events)
{
	struct beat *b = self;

	(void)events;
	for (;;) {
		uint8_t in[512], out[NTP_SIZE];
		struct sockaddr_storage from;
		socklen_t len = sizeof(from);
		ssize_t n = recvfrom(b->fd, in, sizeof(in), 0, (struct sockaddr *)&from, &len);
		if (n < 0 && errno != EINTR)
			return;
		if (n < NTP_SIZE || (in[0] & 7) != 3)
			continue;
		struct wr w = wr_of(out, sizeof(out));
		time_answer(span_of(in, (size_t)n), &w);
		(void)sendto(b->fd, out, w.len, 0, (struct sockaddr *)&from, len);
	}
}

static enum err time_start(struct loop *l, struct beat *b, const struct serve_config *c,
			   uint16_t *port, struct fault *f)
{
	enum err err = socket_listen(SOCK_DGRAM, c->listen, (uint16_t)c->port, &b->fd, f);

	if (err == ERR_OK)
		err = loop_watch(l, b->fd, EPOLLIN, on_time, b, &b->watch, f);
	if (err == ERR_OK)
		*port = socket_port(b->fd);
	return err;
}

enum err beat_start(struct loop *l, const struct serve_config *c, uint16_t *port, struct fault *f)
{
	static struct beat beat;
	struct beat *b = &beat;

	if (strcmp(c->app, SERVE_TIME) == 0)
		return time_start(l, b, c, port, f);
	struct app_server_config sc = {
		.ca = c->ca,
		.cert = c->cert,
		.key = c->key,
		.listen = c->listen,
		.port = (uint16_t)c->port,
		.talk = { .join = on_join,
			  .hear = strcmp(c->app, SERVE_PUSH) == 0 ? hear_push : hear_check,
			  .leave = on_leave,
			  .self = b },
	};
	enum err err = app_server_open(l, &sc, &b->server, f);
	if (err == ERR_OK)
		*port = app_server_port(b->server);
	return err;
}
