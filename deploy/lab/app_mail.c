// SPDX-License-Identifier: Apache-2.0
//
// A messenger server: frames between TLS connections and the post office, and calls to the other
// offices of the same messenger.
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "lab/app_post.h"
#include "lab/app_serve.h"
#include "lab/app_server.h"
#include "log/log.h"
#include "sys/clock.h"

#define REDIAL_NS (2 * NS_PER_S)
#define PING_NS   (30 * NS_PER_S) // between offices

_Static_assert(SERVER_LINKS_MAX == POST_LINKS_MAX, "one number for a connection");

struct office {
	char name[64];
	struct addr addr;
	uint16_t port;
	int link; // -1: not called
};

struct mail {
	const struct serve_config *config;
	struct loop *loop;
	struct app_server *server;
	struct post *post;
	struct loop_timer *redial;
	struct office offices[POST_PEERS_MAX];
	size_t office_count;
	struct mono ping;
};

static void on_join(void *self, int link, bool dialed)
{
	struct mail *m = self;
	bool office = app_server_peer_is(m->server, link, m->config->name);

	post_join(m->post, link, office, dialed);
	if (dialed)
		LOG(LOG_INFO, "server", "office_called", KI("link", link));
}

static void on_leave(void *self, int link)
{
	struct mail *m = self;

	post_leave(m->post, link);
	for (size_t i = 0; i < m->office_count; i++)
		if (m->offices[i].link == link) {
			LOG(LOG_WARN, "server", "office_lost", KT("office", m->offices[i].name));
			m->offices[i].link = -1;
		}
}

// Frames are only understood here; answers leave at the end of the turn.
static size_t on_hear(void *self, int link, struct span in)
{
	struct mail *m = self;
	size_t used = 0;

	for (;;) {
		struct frame frame;
		size_t len = 0;
		enum err err = frame_read(span_cut(in, used, in.len - used), &frame, &len);
		if (err == ERR_SHORT)
			return used;
		if (err != ERR_OK) {
			LOG(LOG_WARN, "server", "bad_frame", KI("link", link));
			app_server_drop(m->server, link);
			return in.len;
		}
		post_hear(m->post, link, &frame);
		used += len;
	}
}

static void send_frame(struct mail *m, int link, const struct frame *frame)
{
	uint8_t bytes[FRAME_MAX];
	struct wr w = wr_of(bytes, sizeof(bytes));

	frame_write(&w, frame);
	app_server_send(m->server, link, wr_span(&w));
}

static void flush(void *self, struct mono now)
{
	struct mail *m = self;
	struct post_want want;

	(void)now;
	while (post_next(m->post, &want)) {
		send_frame(m, want.link, &want.frame);
		if (want.close)
			app_server_drop(m->server, want.link);
	}
}

// Of two offices the one whose name sorts first calls.
static void on_redial(void *self, struct mono now)
{
	struct mail *m = self;
	bool ping = !mono_before(now, m->ping);

	for (size_t i = 0; i < m->office_count; i++) {
		struct office *o = &m->offices[i];
		if (o->link >= 0 && !app_server_used(m->server, o->link))
			o->link = -1; // nobody answered
		if (o->link < 0)
			o->link = app_server_dial(m->server, o->addr, o->port, m->config->name);
		else if (ping)
			send_frame(m, o->link, &(struct frame){ .kind = FRAME_PING });
	}
	if (ping)
		m->ping = mono_add(now, PING_NS);
	loop_timer_at(m->redial, mono_add(now, REDIAL_NS));
}

// OFFICE=ADDRESS,PORT
static enum err office_read(struct span text, struct office *o, struct fault *f)
{
	struct span rest = text;
	struct span name = text_cut(&rest, '=');
	struct span addr = text_cut(&rest, ',');
	uint64_t port = 0;

	if (text_copy(o->name, sizeof(o->name), name) != ERR_OK ||
	    addr_read(addr, &o->addr) != ERR_OK || text_u64(rest, 1, 65535, &port) != ERR_OK)
		return fault_set(f, ERR_USAGE, 0, "--peer %.*s: needs OFFICE=ADDRESS,PORT",
				 (int)text.len, text.at);
	o->port = (uint16_t)port;
	o->link = -1;
	return ERR_OK;
}

static enum err offices_read(struct mail *m, struct fault *f)
{
	for (size_t i = 0; i < m->config->peer.count; i++) {
		struct office o;
		enum err err = office_read(span_text(m->config->peer.items[i]), &o, f);
		if (err != ERR_OK)
			return err;
		if (strcmp(m->config->office, o.name) >= 0)
			continue; // it calls us
		if (m->office_count == POST_PEERS_MAX)
			return fault_set(f, ERR_USAGE, 0, "more than %d --peer", POST_PEERS_MAX);
		m->offices[m->office_count++] = o;
	}
	return ERR_OK;
}

enum err mail_start(struct loop *l, const struct serve_config *c, uint16_t *port, struct fault *f)
{
	static struct mail mail;
	struct mail *m = &mail;

	*m = (struct mail){ .config = c, .loop = l, .post = post_new(c->office) };
	if (m->post == NULL)
		return fault_set(f, ERR_MEMORY, 0, "messenger: no memory");
	struct app_server_config sc = {
		.ca = c->ca,
		.cert = c->cert,
		.key = c->key,
		.listen = c->listen,
		.port = (uint16_t)c->port,
		.talk = { .join = on_join, .hear = on_hear, .leave = on_leave, .self = m },
	};
	enum err err = offices_read(m, f);
	if (err == ERR_OK)
		err = app_server_open(l, &sc, &m->server, f);
	if (err == ERR_OK)
		err = loop_hook(l, flush, m, f);
	if (err == ERR_OK)
		err = loop_timer(l, on_redial, m, &m->redial, f);
	if (err != ERR_OK)
		return err;
	loop_timer_at(m->redial, clock_mono());
	*port = app_server_port(m->server);
	return ERR_OK;
}
