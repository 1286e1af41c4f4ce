// SPDX-License-Identifier: Apache-2.0
//
// A hostile agent that holds a good key: any frames, any body, in any order. What is admitted goes
// through the encoders. Input: messages of {u8 kind, u8 peer, u16 length, bytes}; kinds below.
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/rd.h"
#include "ingest/ingest.h"
#include "store/group.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void digest(struct span in, uint8_t out[static 32])
{
	memset(out, (int)(in.len & 0xff), 32);
}

static bool verify(const char *domain, const uint8_t d[static 32], const uint8_t sign[static 32],
		   const uint8_t signature[static 64])
{
	(void)domain;
	(void)d;
	(void)sign;
	return signature[0] != 1;
}

static void admit(struct ingest *in)
{
	struct roll *roll = roll_new();
	struct roll_key k = { .id = 1, .node = 1, .name = "a" };
	if (roll == NULL || roll_put(roll, &k) != ERR_OK)
		abort();
	ingest_roll(in, &roll);
}

static void store(struct ingest *in, struct group *g, const struct ingest_batch *b)
{
	const struct rows_batch told = { .key = { b->node, b->stream, b->seq },
					 .sign_key = b->key,
					 .received = b->received,
					 .body = b->body,
					 .digest = b->digest,
					 .signature = b->signature };
	group_reset(g);
	enum err err = group_put(g, b->ticket, &told, b->read, b->why, NULL);
	assert(err == ERR_OK || err == ERR_MEMORY || err == ERR_RANGE);
	if (err == ERR_OK && b->body.len % 3 != 0)
		ingest_committed(in, b->ticket, b->seq, b->body.len);
	else if (err == ERR_OK && b->body.len % 2 != 0)
		ingest_conflict(in, b->ticket, b->seq - 1, b->body.len);
}

static void drain(struct ingest *in, struct group *g)
{
	struct ingest_want w;
	while (ingest_next(in, &w)) {
		if (w.kind == INGEST_OPEN && w.epoch % 4 != 0)
			ingest_opened(in, w.node, w.epoch, 1, w.epoch % 3);
		else if (w.kind == INGEST_STORE)
			store(in, g, &w.batch);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char verbs[] = "HBPTDWRANQOx";
	const struct ingest_config c = {
		.digest = digest, .verify = verify, .domain = "fuzz", .budget = 1 << 20
	};
	struct ingest *in = ingest_new(&c);
	struct group *g = group_new();
	struct rd r = rd_of(span_of(data, size));
	struct mono now = { 1 };
	if (in == NULL || g == NULL)
		abort();
	admit(in);
	while (rd_left(&r) >= 5) {
		uint8_t kind = rd_u8(&r), peer = rd_u8(&r);
		size_t head = rd_u8(&r), body = rd_u16(&r);
		uint8_t magic[4] = { 'W', 'M', '1', (uint8_t)verbs[kind % (sizeof(verbs) - 1)] };
		uint8_t signature[64] = { peer >> 4 };
		struct ingest_message m = { .from = { 1, { peer & 3 } },
					    .key = 1,
					    .wall = { 1000 } };
		m.now = now = mono_add(now, (int64_t)kind * NS_PER_S);
		m.frames[0] = span_of(magic, sizeof(magic));
		m.frames[1] = rd_span(&r, head < rd_left(&r) ? head : rd_left(&r));
		m.frames[2] = rd_span(&r, body < rd_left(&r) ? body : rd_left(&r));
		m.frames[3] = span_of(signature, sizeof(signature));
		m.frame_count = magic[3] == 'B' ? 4 : 2;
		ingest_hear(in, &m);
		drain(in, g);
		ingest_tick(in, now);
	}
	drain(in, g);
	ingest_free(&in);
	group_free(&g);
	return 0;
}
