// SPDX-License-Identifier: Apache-2.0
#include "lab/phone_noise.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"
#include "lab/app_socket.h"
#include "log/log.h"
#include "sys/clock.h"
#include "sys/fd.h"

#define FIRST_NS (2 * NS_PER_S) // after start: spread over this
#define RETRY_NS (5 * NS_PER_S)
#define NTP_SIZE 48

struct place {
	char name[256];
	uint16_t port; // 0: none
};

struct phone_noise {
	struct phone_net net;
	struct phone_noise_config config;
	struct place check, time, push;
	struct loop_timer *check_due, *time_due, *push_due;
	struct phone_link *checking, *pushing;
	bool push_up;
	bool push_waits; // for an answer to its last beat
	struct phone_ask *ask;
	int fd; // of the time question, to swallow the answer; -1
};

static void later(struct loop_timer *t, int64_t ns)
{
	int64_t less = (int64_t)(random_u64() % (uint64_t)(ns / 5 + 1));

	loop_timer_at(t, mono_add(clock_mono(), ns - less));
}

static enum err place_read(const char *text, struct place *out, struct fault *f)
{
	struct span rest = span_text(text != NULL ? text : "");
	uint64_t port = 0;

	*out = (struct place){ 0 };
	if (rest.len == 0)
		return ERR_OK;
	struct span name = text_cut(&rest, ',');
	if (text_copy(out->name, sizeof(out->name), name) != ERR_OK ||
	    text_u64(rest, 1, 65535, &port) != ERR_OK)
		return fault_set(f, ERR_USAGE, 0, "\"%s\": needs NAME,PORT", text);
	out->port = (uint16_t)port;
	return ERR_OK;
}

// --- connectivity check ------------------------------------------------------------------------

static void check_up(void *self)
{
	struct phone_noise *n = self;
	char ask[400];

	snprintf(ask, sizeof(ask),
		 "GET /generate_204 HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n",
		 n->check.name);
	phone_link_send(n->checking, span_text(ask));
}

static size_t check_bytes(void *self, struct span in)
{
	struct phone_noise *n = self;

	phone_link_close(&n->checking);
	later(n->check_due, n->config.check_every);
	return in.len;
}

static void check_down(void *self, const char *stage, const char *what)
{
	struct phone_noise *n = self;

	LOG(LOG_DEBUG, "phone", "no_network", KT("stage", stage), KT("what", what));
	phone_link_close(&n->checking);
	later(n->check_due, RETRY_NS);
}

static void check_now(void *self, struct mono now)
{
	struct phone_noise *n = self;
	struct tls_events ev = {
		.up = check_up, .bytes = check_bytes, .down = check_down, .self = n
	};
	struct fault f;

	(void)now;
	phone_link_close(&n->checking);
	// Should nothing ever come back.
	later(n->check_due, 2 * n->config.check_every);
	if (phone_link_open(&n->net, n->check.name, n->check.port, ev, &n->checking, &f) != ERR_OK)
		log_fault(LOG_WARN, "phone", "check", &f);
}

// --- push --------------------------------------------------------------------------------------

static void push_beat(struct phone_noise *n)
{
	n->push_waits = true;
	phone_link_send(n->pushing, span_text("beat\n"));
	later(n->push_due, n->config.push_every);
}

static void push_up(void *self)
{
	struct phone_noise *n = self;

	n->push_up = true;
	push_beat(n);
}

static size_t push_bytes(void *self, struct span in)
{
	struct phone_noise *n = self;

	n->push_waits = false;
	return in.len;
}

static void push_down(void *self, const char *stage, const char *what)
{
	struct phone_noise *n = self;

	LOG(LOG_DEBUG, "phone", "no_push", KT("stage", stage), KT("what", what));
	n->push_up = false;
	phone_link_close(&n->pushing);
	later(n->push_due, RETRY_NS);
}

static void push_now(void *self, struct mono now)
{
	struct phone_noise *n = self;
	struct tls_events ev = { .up = push_up, .bytes = push_bytes, .down = push_down, .self = n };
	struct fault f;

	(void)now;
	if (n->push_up && !n->push_waits) {
		push_beat(n);
		return;
	}
	// Not connected, or the last beat was never answered.
	n->push_up = n->push_waits = false;
	phone_link_close(&n->pushing);
	later(n->push_due, 2 * n->config.push_every);
	if (phone_link_open(&n->net, n->push.name, n->push.port, ev, &n->pushing, &f) != ERR_OK)
		log_fault(LOG_WARN, "phone", "push", &f);
}

// --- time --------------------------------------------------------------------------------------

static void time_name(void *self, const struct addr *addrs, size_t count, const char *why)
{
	struct phone_noise *n = self;
	uint8_t ask[NTP_SIZE] = { 0x23 }; // version 4, client
	struct fault f;

	(void)why;
	n->ask = NULL;
	fd_close(&n->fd);
	if (count == 0 || socket_udp(addrs[0], n->time.port, &n->fd, &f) != ERR_OK) {
		later(n->time_due, RETRY_NS);
		return;
	}
	random_bytes(ask + NTP_SIZE - 8, 8);
	if (send(n->fd, ask, sizeof(ask), 0) != (ssize_t)sizeof(ask))
		later(n->time_due, RETRY_NS);
}

// The answer waits in the socket, read by nobody: only the packets matter here.
static void time_now(void *self, struct mono now)
{
	struct phone_noise *n = self;
	struct phone_ask *ask = NULL;
	struct fault f;

	(void)now;
	phone_ask_drop(&n->ask);
	later(n->time_due, n->config.time_every);
	if (phone_dns_ask(n->net.dns, n->time.name, time_name, n, &ask, &f) != ERR_OK)
		log_fault(LOG_WARN, "phone", "time", &f);
	n->ask = ask;
}

// --- all of it ---------------------------------------------------------------------------------

static void spread(struct phone_noise *n, int64_t ns)
{
	if (n->check.port != 0)
		later(n->check_due, ns);
	if (n->time.port != 0)
		later(n->time_due, ns);
	if (n->push.port != 0)
		later(n->push_due, ns);
}

enum err phone_noise_open(const struct phone_net *net, const struct phone_noise_config *c,
			  struct phone_noise **out, struct fault *f)
{
	struct phone_noise *n = calloc(1, sizeof(*n));

	if (n == NULL)
		return fault_set(f, ERR_MEMORY, 0, "phone: no memory");
	*n = (struct phone_noise){ .net = *net, .config = *c, .fd = -1 };
	enum err err = place_read(c->check, &n->check, f);
	if (err == ERR_OK)
		err = place_read(c->time, &n->time, f);
	if (err == ERR_OK)
		err = place_read(c->push, &n->push, f);
	if (err == ERR_OK)
		err = loop_timer(net->loop, check_now, n, &n->check_due, f);
	if (err == ERR_OK)
		err = loop_timer(net->loop, time_now, n, &n->time_due, f);
	if (err == ERR_OK)
		err = loop_timer(net->loop, push_now, n, &n->push_due, f);
	if (err != ERR_OK) {
		phone_noise_close(&n);
		return err;
	}
	spread(n, FIRST_NS);
	*out = n;
	return ERR_OK;
}

void phone_noise_close(struct phone_noise **out)
{
	struct phone_noise *n = *out;

	if (n == NULL)
		return;
	phone_link_close(&n->checking);
	phone_link_close(&n->pushing);
	phone_ask_drop(&n->ask);
	loop_timer_drop(&n->check_due);
	loop_timer_drop(&n->time_due);
	loop_timer_drop(&n->push_due);
	fd_close(&n->fd);
	free(n);
	*out = NULL;
}

void phone_noise_now(struct phone_noise *n)
{
	n->push_up = false;
	spread(n, NS_PER_MS);
}
