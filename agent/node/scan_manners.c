// SPDX-License-Identifier: Apache-2.0
#include "node/scan_manners.h"

#include "discover/reserved.h"
#include "sys/clock.h"

#define SCAN_BURST_S 0.01

enum err scan_share_open(struct scan_share *s, const struct node_config *c, struct fault *f)
{
	const struct pace_limits limits = {
		.target = (double)c->scan_rate_target,
		.net = (double)c->scan_rate_net,
		.burst_s = SCAN_BURST_S,
		.targets = 65536,
		.seed = { random_u64(), random_u64() },
	};
	*s = (struct scan_share){ .rate = c->scan_rate, .pace = pace_new(&limits) };
	return s->pace == NULL ? fault_set(f, ERR_MEMORY, 0, "scan: no memory") : ERR_OK;
}

void scan_share_close(struct scan_share *s)
{
	pace_free(&s->pace);
}

// What it WANTS of what is left (0: all of it). 0: nothing is left.
static uint64_t take_rate(struct scan_share *s, uint64_t want)
{
	uint64_t left = s->rate - s->used;
	uint64_t taken = want == 0 || want > left ? left : want;
	s->used += taken;
	return taken;
}

static enum err deny_all(struct scan_manners *m, struct node *n, bool reserved, struct fault *f)
{
	const struct plan_policy *policy = &node_config(n)->policy;
	enum err err = reserved ? ERR_OK : reserved_put(m->pace);
	for (size_t i = 0; err == ERR_OK && i < policy->deny_count; i++)
		err = pace_put(m->pace, policy->deny[i]);
	if (err != ERR_OK)
		return fault_set(f, err, 0, "deny: more than %d prefixes", PACE_DENY_MAX);
	err = deny_file_open(&m->file, node_config(n)->deny_file, m->pace, f);
	return err == ERR_OK ? deny_file_watch(&m->file, node_loop(n), f) : err;
}

enum err scan_manners_open(struct node *n, const struct order *o, bool reserved,
			   struct scan_manners *out, struct fault *f)
{
	struct scan_share *share = node_scan_share(n);
	*out = (struct scan_manners){ .share = share, .rate = take_rate(share, o->rate) };
	if (out->rate == 0)
		return fault_set(f, ERR_AGAIN, 0, "other scans use all of this node's scan-rate");
	const struct pace_limits limits = { .all = (double)out->rate, .burst_s = SCAN_BURST_S };
	out->pace = pace_new(&limits);
	if (out->pace != NULL)
		pace_share(out->pace, share->pace);
	enum err err = out->pace == NULL ? fault_set(f, ERR_MEMORY, 0, "no memory")
					 : deny_all(out, n, reserved, f);
	if (err != ERR_OK)
		scan_manners_close(out);
	return err;
}

void scan_manners_close(struct scan_manners *m)
{
	if (m->share == NULL)
		return;
	m->share->used -= m->rate;
	deny_file_close(&m->file);
	pace_free(&m->pace);
	m->share = NULL;
}
