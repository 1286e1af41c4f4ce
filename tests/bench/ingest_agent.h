// SPDX-License-Identifier: Apache-2.0
//
// An agent for tests and benchmarks: batches made and signed ahead, sent over a real CURVE socket
// under credit, sent again until acknowledged. Its memory stands for the spool.
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zmq.h>

#include "keys/keys.h"
#include "msg/link.h"
#include "seal/seal.h"
#include "sys/clock.h"

#define HOPS      15
#define TRIES     3
#define PROBES    (HOPS * TRIES)
#define SILENCE   (2 * NS_PER_S) // without a word for so long: HELLO again
#define HELLO_GAP (300 * NS_PER_MS)

struct fake_batch {
	uint8_t *body; // owned
	size_t len;
	uint8_t signature[SEAL_SIGNATURE_SIZE];
};

struct fake_agent {
	void *socket;
	char name[NODE_NAME_MAX + 1];
	struct seal_secret secret;
	struct seal_public public;
	uint64_t epoch;
	struct fake_batch *batches; // batch of seq n at n - 1
	uint64_t count, next, acked;
	uint64_t credit, outstanding;
	bool welcomed;
	struct mono heard, helloed;
	uint64_t nacks[NACK_REASON_COUNT], rejects, orders;
};

// A trace as one sees them: 15 hops, three answers each, one hop silent.
static inline void fake_trace(uint64_t id, struct trace_record *t)
{
	static uint8_t tries[HOPS], addrs[HOPS * 4], ref[PROBES], answer[PROBES], reply[PROBES];
	static uint32_t rtt[PROBES];
	static const uint32_t answers[] = { ANSWER(ANSWER_ICMP, 11, 0), ANSWER(ANSWER_ICMP, 3, 3) };
	uint64_t x = id * 0x9e3779b97f4a7c15u;
	for (size_t h = 0; h < HOPS; h++) {
		tries[h] = TRIES;
		uint32_t a = 0xc6120000u | (uint32_t)((x >> (h & 7)) & 0xff) << 8 | (uint32_t)h;
		addrs[h * 4] = (uint8_t)(a >> 24);
		addrs[h * 4 + 1] = (uint8_t)(a >> 16);
		addrs[h * 4 + 2] = (uint8_t)(a >> 8);
		addrs[h * 4 + 3] = (uint8_t)a;
		for (size_t i = 0; i < TRIES; i++) {
			size_t p = h * TRIES + i;
			bool silent = h == 7;
			ref[p] = silent ? 0 : (uint8_t)(h + 1);
			answer[p] = silent ? 0 : h == HOPS - 1 ? 2 : 1;
			reply[p] = silent ? 0 : (uint8_t)(64 - h);
			rtt[p] = silent ? 0 : (uint32_t)(1000 + h * 7000 + (x >> 40) % 997 + i);
		}
	}
	*t = (struct trace_record){
		.id = id,
		.start = clock_wall(),
		.duration_us = 1200000,
		.purpose = TRACE_TARGET,
		.src = addr_v4(0xc6120001),
		.dst = addr_v4(0xc6130000u | (uint32_t)(x >> 48)),
		.method = TRACE_TCP_SYN,
		.sport = 33434,
		.dport = 443,
		.stop = TRACE_REACHED,
		.probes_sent = PROBES,
		.first_ttl = 1,
		.tries = span_of(tries, sizeof(tries)),
		.addrs = span_of(addrs, sizeof(addrs)),
		.ref = span_of(ref, sizeof(ref)),
		.rtt_us = rtt,
		.probes = PROBES,
		.answers = answers,
		.answer_count = 2,
		.answer = span_of(answer, sizeof(answer)),
		.reply_ttl = span_of(reply, sizeof(reply)),
	};
}

static inline void fake_sign(struct fake_agent *a, struct fake_batch *b)
{
	seal_sign(SEAL_BATCH, span_of(b->body, b->len), &a->secret, b->signature);
}

// Batch SEQ with TRACES traces, signed; NAME may be another's.
static inline void fake_batch_make(struct fake_agent *a, uint64_t seq, size_t traces,
				   const char *name, struct fake_batch *out)
{
	static uint8_t storage[BATCH_SIZE_MAX];
	struct wr w = wr_of(storage, sizeof(storage));
	struct trace_record t;
	enum err err = batch_head_write(&w, &(struct batch_head){ .node = span_text(name),
								  .epoch = a->epoch,
								  .seq = seq,
								  .sealed = clock_wall(),
								  .records = (uint32_t)traces });
	for (size_t i = 0; i < traces && err == ERR_OK; i++) {
		fake_trace(a->epoch + seq * 1000 + i, &t);
		err = record_write_trace(&w, &t);
	}
	if (err != ERR_OK)
		abort();
	out->len = w.len;
	out->body = malloc(w.len);
	memcpy(out->body, storage, w.len);
	fake_sign(a, out);
}

static inline void fake_connect(struct fake_agent *a, void *context, const char *endpoint,
				const uint8_t *server)
{
	int linger = 0, hwm = 64;
	a->socket = zmq_socket(context, ZMQ_DEALER);
	zmq_setsockopt(a->socket, ZMQ_LINGER, &linger, sizeof(linger));
	zmq_setsockopt(a->socket, ZMQ_SNDHWM, &hwm, sizeof(hwm));
	zmq_setsockopt(a->socket, ZMQ_CURVE_SERVERKEY, server, 32);
	zmq_setsockopt(a->socket, ZMQ_CURVE_PUBLICKEY, a->public.curve, 32);
	zmq_setsockopt(a->socket, ZMQ_CURVE_SECRETKEY, a->secret.curve, 32);
	if (zmq_connect(a->socket, endpoint) != 0) {
		fprintf(stderr, "connect %s: %s\n", endpoint, zmq_strerror(zmq_errno()));
		exit(1);
	}
	a->next = a->acked + 1;
	a->heard = clock_mono();
}

static inline bool fake_send(struct fake_agent *a, const struct link_head *h, struct span body,
			     struct span signature)
{
	uint8_t magic[4], head[LINK_HEAD_MAX];
	struct wr w = wr_of(head, sizeof(head));
	if (link_write(h, magic, &w) != ERR_OK)
		abort();
	if (zmq_send(a->socket, magic, 4, ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0)
		return false;
	bool more = body.at != NULL;
	zmq_send(a->socket, w.at, w.len, ZMQ_DONTWAIT | (more ? ZMQ_SNDMORE : 0));
	if (more) {
		zmq_send(a->socket, body.at, body.len, ZMQ_SNDMORE | ZMQ_DONTWAIT);
		zmq_send(a->socket, signature.at, signature.len, ZMQ_DONTWAIT);
	}
	return true;
}

static inline void fake_hello(struct fake_agent *a)
{
	a->helloed = clock_mono();
	a->welcomed = false;
	(void)fake_send(a,
			&(struct link_head){ .verb = LINK_HELLO,
					     .version = LINK_VERSION,
					     .node = span_text(a->name),
					     .epoch = a->epoch,
					     .first_unacked = a->acked + 1,
					     .next_seq = a->count + 1,
					     .software = span_text("fake") },
			(struct span){ 0 }, (struct span){ 0 });
}

static inline bool fake_send_batch(struct fake_agent *a, uint64_t seq)
{
	const struct fake_batch *b = &a->batches[seq - 1];
	return fake_send(a,
			 &(struct link_head){ .verb = LINK_BATCH, .epoch = a->epoch, .seq = seq },
			 span_of(b->body, b->len), span_of(b->signature, sizeof(b->signature)));
}

static inline void fake_rewind(struct fake_agent *a, uint64_t last)
{
	if (last > a->acked)
		a->acked = last;
	a->next = a->acked + 1;
	a->outstanding = 0;
}

static inline void fake_acked(struct fake_agent *a, uint64_t last)
{
	for (; a->acked < last; a->acked++) {
		uint64_t len = a->batches[a->acked].len;
		a->outstanding -= len < a->outstanding ? len : a->outstanding;
	}
	if (a->next <= a->acked)
		a->next = a->acked + 1;
}

static inline void fake_hear(struct fake_agent *a, const struct link_head *h)
{
	a->heard = clock_mono();
	if (h->verb == LINK_WELCOME) {
		a->welcomed = true;
		a->credit = h->credit;
		fake_rewind(a, h->last_seq);
	} else if (h->verb == LINK_ACK) {
		a->credit = h->credit;
		fake_acked(a, h->last_seq);
	} else if (h->verb == LINK_NACK) {
		a->nacks[h->nack]++;
		if (h->nack == NACK_GAP)
			a->next = h->last_seq + 1;
	} else if (h->verb == LINK_REJECT) {
		a->rejects++;
		a->welcomed = false;
	} else if (h->verb == LINK_ORDER) {
		a->orders++;
	}
}

static inline bool fake_receive(struct fake_agent *a)
{
	zmq_msg_t m[2];
	zmq_msg_init(&m[0]);
	zmq_msg_init(&m[1]);
	bool got = zmq_msg_recv(&m[0], a->socket, ZMQ_DONTWAIT) >= 0;
	if (got && zmq_msg_more(&m[0]))
		zmq_msg_recv(&m[1], a->socket, 0);
	if (got) {
		struct link_head h;
		struct arena arena;
		arena_init(&arena, 1 << 20);
		if (link_read(span_of(zmq_msg_data(&m[0]), zmq_msg_size(&m[0])),
			      span_of(zmq_msg_data(&m[1]), zmq_msg_size(&m[1])), &arena,
			      &h) == ERR_OK)
			fake_hear(a, &h);
		arena_wipe(&arena);
	}
	zmq_msg_close(&m[0]);
	zmq_msg_close(&m[1]);
	return got;
}

// Everything that can be done now. True when something was.
static inline bool fake_turn(struct fake_agent *a)
{
	bool did = false;
	struct mono now = clock_mono();
	while (fake_receive(a))
		did = true;
	bool silent = a->acked < a->count && mono_since(now, a->heard) > SILENCE;
	if ((!a->welcomed || silent) && mono_since(now, a->helloed) > HELLO_GAP) {
		fake_hello(a);
		a->heard = now;
		return true;
	}
	while (a->welcomed && a->next <= a->count && a->credit > 0 &&
	       (a->outstanding == 0 || a->outstanding + a->batches[a->next - 1].len <= a->credit) &&
	       fake_send_batch(a, a->next)) {
		a->outstanding += a->batches[a->next++ - 1].len;
		did = true;
	}
	return did;
}
