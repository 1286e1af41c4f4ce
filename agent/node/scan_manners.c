// SPDX-License-Identifier: Apache-2.0
#include "node/scan_manners.h"

#include "discover/reserved.h"
#include "sys/clock.h"

static enum err deny_all(struct scan_manners *m, bool reserved, struct fault *f)
{
	const struct plan_policy *policy = &node_config(m->node)->policy;
	enum err err = reserved ? ERR_OK : reserved_put(m->pace);
	for (size_t i = 0; err == ERR_OK && i < policy->deny_count; i++)
		err = pace_put(m->pace, policy->deny[i]);
	if (err != ERR_OK)
		return fault_set(f, err, 0, "deny: more than %d prefixes", PACE_DENY_MAX);
	err = deny_file_open(&m->file, node_config(m->node)->deny_file, m->pace, f);
	return err == ERR_OK ? deny_file_watch(&m->file, node_loop(m->node), f) : err;
}

enum err scan_manners_open(struct node *n, const struct order *o, bool reserved,
			   struct scan_manners *out, struct fault *f)
{
	const struct node_config *c = node_config(n);
	*out = (struct scan_manners){ .node = n, .rate = node_scan_rate_take(n, o->rate) };
	if (out->rate == 0)
		return fault_set(f, ERR_AGAIN, 0, "other scans use all of this node's scan-rate");
	const struct pace_limits limits = {
		.all = (double)out->rate,
		.target = (double)c->scan_rate_target,
		.net = (double)c->scan_rate_net,
		.burst_s = 0.01,
		.targets = 65536,
		.seed = { random_u64(), random_u64() },
	};
	out->pace = pace_new(&limits);
	enum err err = out->pace == NULL ? fault_set(f, ERR_MEMORY, 0, "no memory")
					 : deny_all(out, reserved, f);
	if (err != ERR_OK)
		scan_manners_close(out);
	return err;
}

void scan_manners_close(struct scan_manners *m)
{
	if (m->node == NULL)
		return;
	node_scan_rate_put(m->node, m->rate);
	deny_file_close(&m->file);
	pace_free(&m->pace);
	m->node = NULL;
}
