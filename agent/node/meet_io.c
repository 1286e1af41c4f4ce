// SPDX-License-Identifier: Apache-2.0
#include "node/meet_io.h"

#include <stdio.h>
#include <stdlib.h>

#include "node/ask_io.h"
#include "node/step.h"
#include "sys/clock.h"

#define PORT_FIRST 20000
#define PORT_COUNT 12000 // below those the kernel gives out by itself
#define PORT_TRIES 16

struct meet_io {
	struct meet_job job;
	struct meet meet;
	struct ask_io *ask; // NULL: given free
	struct loop_timer *timer;
	struct wall begin;
	bool ended;
};

static struct addr reflector_of(const struct meet_io *m)
{
	const struct node_config *c = node_config(m->job.node);
	return c->reflector4.family != 0 ? c->reflector4 : c->reflector6;
}

static void ask(struct meet_io *m)
{
	const struct node_config *c = node_config(m->job.node);
	for (size_t i = 0; i < 2; i++) {
		uint8_t room[REFLECT_SIZE];
		struct wr w = wr_of(room, sizeof(room));
		meet_ask_write(&m->meet, i, &w);
		ask_io_send(m->ask, reflector_of(m), (uint16_t)(c->reflector_port + i),
			    wr_span(&w));
	}
}

static void hear(struct meet_io *m)
{
	uint8_t room[2048];
	struct span in;
	while (m->ask != NULL && ask_io_hear(m->ask, room, sizeof(room), &in))
		meet_hear_answer(&m->meet, in);
}

static void tell(struct meet_io *m, const struct meet_end *own)
{
	const struct link_meet word = {
		.other = m->job.other,
		.run = m->job.run,
		.side = m->job.side,
		.addr = own->addr,
		.port = own->port,
		.varies = own->varies,
	};
	node_meet(m->job.node, &word);
}

static void end_text(char *out, size_t cap, const struct meet_end *e)
{
	char addr[ADDR_TEXT];
	addr_write(e->addr, addr);
	snprintf(out, cap, "%s port %u%s", addr, e->port,
		 e->varies ? " (another for each destination)" : "");
}

// As a step of the run: where each end is seen.
static void finish(struct meet_io *m, enum meet_verdict verdict)
{
	char own[100], other[100], text[240];
	struct meet_end end = meet_own(&m->meet);
	bool never = verdict == MEET_NEVER;
	tell(m, &end); // the other must not wait for one that has gone
	end_text(own, sizeof(own), &end);
	end_text(other, sizeof(other), &m->meet.other);
	snprintf(text, sizeof(text), "seen at %s, the other end at %s", own, other);
	step_put(m->job.node, &m->job.run, m->job.side, "meet", m->begin,
		 never ? STEP_FAILED : STEP_DONE, text);
	m->ended = true;
	ask_io_close(&m->ask); // the tunnel wants its port
	m->job.end(m->job.self, &m->meet.other, m->job.port, never ? MEET_RELAY : NULL);
}

// The other end may not be there yet, and what is told is not kept: so again and again.
static void on_time(void *self, struct mono now)
{
	struct meet_io *m = self;
	hear(m);
	struct meet_end own = meet_own(&m->meet);
	enum meet_verdict verdict = meet_judge(&m->meet);
	if (meet_tick(&m->meet, now)) {
		if (own.addr.family != 0)
			tell(m, &own);
		else
			ask(m);
	}
	loop_timer_at(m->timer, mono_add(now, MEET_PACE / 4));
	if (!m->ended && verdict != MEET_WAIT)
		finish(m, verdict); // may close M
}

void meet_io_hear(struct meet_io *m, const struct link_meet *from)
{
	const struct meet_end other = { from->addr, from->port, from->varies };
	meet_hear_other(&m->meet, &other);
}

void meet_io_why(const struct meet_io *m, char *out, size_t cap)
{
	struct meet_end own = meet_own(&m->meet);
	const char *why = own.addr.family == 0 ? "the reflector did not answer"
			  : m->meet.other.addr.family == 0
				  ? "the other end did not say where it is seen"
			  : own.varies || m->meet.other.varies
				  ? "one end's NAT uses another port for each destination and the "
				    "other's lets nobody in that it has not called; that wants a "
				    "relay, which there is none: give one end a public address"
				  : "both ends called, and neither NAT let the other in";
	snprintf(out, cap, "both ends are behind NAT: %s", why);
}

static enum err open_port(struct meet_io *m, struct fault *f)
{
	if (m->job.port != 0)
		return ask_io_open_at(m->job.port, &m->ask, f);
	enum err err = ERR_EXISTS;
	for (size_t i = 0; i < PORT_TRIES && err != ERR_OK; i++) {
		m->job.port = (uint16_t)(PORT_FIRST + random_u64() % PORT_COUNT);
		err = ask_io_open_at(m->job.port, &m->ask, f);
	}
	return err;
}

enum err meet_io_open(const struct meet_job *job, struct meet_io **out, struct fault *f)
{
	uint8_t random[REFLECT_NONCE];
	struct meet_io *m = calloc(1, sizeof(*m));
	if (m == NULL)
		return fault_set(f, ERR_MEMORY, 0, "meet: no memory");
	m->job = *job;
	m->begin = clock_wall();
	random_bytes(random, sizeof(random));
	meet_init(&m->meet, random, clock_mono());
	enum err err = ERR_OK;
	if (reflector_of(m).family == 0)
		err = fault_set(f, ERR_USAGE, 0,
				"both ends of the tunnel are behind NAT: to find each other each "
				"needs `reflector` in its configuration");
	if (err == ERR_OK)
		err = open_port(m, f);
	if (err == ERR_OK)
		err = loop_timer(node_loop(job->node), on_time, m, &m->timer, f);
	if (err != ERR_OK) {
		meet_io_close(&m);
		return err;
	}
	loop_timer_at(m->timer, clock_mono());
	*out = m;
	return ERR_OK;
}

void meet_io_close(struct meet_io **out)
{
	struct meet_io *m = *out;
	if (m == NULL)
		return;
	ask_io_close(&m->ask);
	loop_timer_drop(&m->timer);
	free(m);
	*out = NULL;
}
