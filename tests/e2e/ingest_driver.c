// SPDX-License-Identifier: Apache-2.0
//
// An agent for tests/e2e/ingest.t: good, or bad in one chosen way.
//
//     ingest_driver keygen DIR
//     ingest_driver run ENDPOINT COLLECTOR.pub KEYDIR NAME EPOCH BATCHES TRACES GAP_MS SECONDS
//     [WAY]
//
// WAY: flip (batch 3 has one bit flipped, sent right after the refusal), name (batch 3 is signed
// under another's name), head (batch 3's body is batch 1's), replay (everything again at the end),
// junk (batch 3 is signed and not readable).
#include <unistd.h>

#include "bench/ingest_agent.h"

#define BAD_SEQ 3

struct run {
	struct fake_agent agent;
	const char *way;
	int64_t gap;
	struct mono last;
};

static int keygen(const char *dir)
{
	struct seal_secret secret;
	struct seal_public public;
	struct fault f;
	seal_make(&secret, &public);
	if (keys_store(dir, "node", "waymark-node-v1", &secret, &f) == ERR_OK)
		return 0;
	fprintf(stderr, "ingest_driver: %s\n", f.what);
	return 1;
}

static void make_batches(struct run *r, size_t traces)
{
	struct fake_agent *a = &r->agent;
	a->batches = calloc(a->count, sizeof(a->batches[0]));
	for (uint64_t seq = 1; seq <= a->count; seq++) {
		bool other = seq == BAD_SEQ && strcmp(r->way, "name") == 0;
		bool head = seq == BAD_SEQ && strcmp(r->way, "head") == 0;
		fake_batch_make(a, head ? 1 : seq, traces, other ? "somebody" : a->name,
				&a->batches[seq - 1]);
	}
	if (strcmp(r->way, "junk") == 0 && a->count >= BAD_SEQ) {
		memset(a->batches[BAD_SEQ - 1].body, 0xff, a->batches[BAD_SEQ - 1].len);
		fake_sign(a, &a->batches[BAD_SEQ - 1]);
	}
	if (strcmp(r->way, "flip") == 0 && a->count >= BAD_SEQ)
		a->batches[BAD_SEQ - 1].body[100] ^= 4;
}

static void repair(struct run *r)
{
	struct fake_agent *a = &r->agent;
	if (strcmp(r->way, "flip") != 0 || a->nacks[NACK_SIGNATURE] == 0)
		return;
	a->batches[BAD_SEQ - 1].body[100] ^= 4;
	fake_rewind(a, a->acked);
	r->way = "";
}

// One batch every GAP: what is not due yet is not there yet.
static void pace(struct run *r, uint64_t total)
{
	struct mono now = clock_mono();
	if (r->gap == 0)
		r->agent.count = total;
	else if (r->agent.count < total && mono_since(now, r->last) >= r->gap) {
		r->agent.count++;
		r->last = now;
	}
}

static void replay(struct run *r)
{
	struct fake_agent *a = &r->agent;
	for (uint64_t seq = 1; seq <= a->count; seq++)
		(void)fake_send_batch(a, seq);
	for (int i = 0; i < 500; i++) {
		(void)fake_receive(a);
		usleep(1000);
	}
}

static int run(char **w, const char *way)
{
	struct run r = { .way = way, .gap = atoll(w[7]) * NS_PER_MS };
	struct fake_agent *a = &r.agent;
	struct seal_public server;
	struct fault f;
	if (keys_load_public(w[1], "waymark-collector-v1", &server, &f) != ERR_OK ||
	    keys_load(w[2], "node", "waymark-node-v1", &a->secret, &f) != ERR_OK) {
		fprintf(stderr, "ingest_driver: %s\n", f.what);
		return 1;
	}
	seal_public_of(&a->secret, &a->public);
	snprintf(a->name, sizeof(a->name), "%s", w[3]);
	a->epoch = strtoull(w[4], NULL, 10);
	uint64_t total = a->count = strtoull(w[5], NULL, 10);
	make_batches(&r, strtoull(w[6], NULL, 10));
	if (r.gap > 0)
		a->count = 0;
	fake_connect(a, zmq_ctx_new(), w[0], server.curve);
	struct mono until = mono_add(clock_mono(), atoll(w[8]) * NS_PER_S);
	while (a->acked < total && mono_before(clock_mono(), until)) {
		pace(&r, total);
		if (!fake_turn(a))
			usleep(1000);
		repair(&r);
	}
	if (strcmp(way, "replay") == 0)
		replay(&r);
	printf("acked=%llu welcomed=%d rejects=%llu gap=%llu signature=%llu revoked=%llu "
	       "unreadable=%llu "
	       "orders=%llu\n",
	       (unsigned long long)a->acked, a->welcomed, (unsigned long long)a->rejects,
	       (unsigned long long)a->nacks[NACK_GAP], (unsigned long long)a->nacks[NACK_SIGNATURE],
	       (unsigned long long)a->nacks[NACK_REVOKED],
	       (unsigned long long)a->nacks[NACK_UNREADABLE], (unsigned long long)a->orders);
	return a->acked == total ? 0 : 6;
}

int main(int argc, char **argv)
{
	struct fault f;
	if (seal_start(&f) != ERR_OK)
		return 1;
	if (argc == 3 && strcmp(argv[1], "keygen") == 0)
		return keygen(argv[2]);
	if (argc >= 11 && strcmp(argv[1], "run") == 0)
		return run(argv + 2, argc > 11 ? argv[11] : "");
	return 2;
}
