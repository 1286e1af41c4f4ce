// SPDX-License-Identifier: Apache-2.0
#include "local/manners.h"

#include "base/text.h"
#include "sys/clock.h"

enum err manners_open(struct manners *m, const struct manners_settings *s, struct fault *f)
{
	const struct pace_limits limits = {
		.all = s->rate,
		.target = s->target_rate,
		.net = s->net_rate,
		.burst_s = 0.01,
		.targets = 65536,
		.seed = { random_u64(), random_u64() },
	};
	m->pace = pace_new(&limits);
	if (m->pace == NULL)
		return fault_set(f, ERR_MEMORY, 0, "no memory");
	for (size_t i = 0; i < s->deny.count; i++) {
		struct prefix p;
		if (prefix_read(span_text(s->deny.items[i]), &p) != ERR_OK)
			return fault_set(f, ERR_USAGE, 0, "deny: \"%s\" is not a prefix",
					 s->deny.items[i]);
		if (pace_put(m->pace, p) != ERR_OK)
			return fault_set(f, ERR_USAGE, 0, "deny: more than %d prefixes",
					 PACE_DENY_MAX);
	}
	return deny_file_open(&m->file, s->deny_file, m->pace, f);
}

enum err manners_watch(struct manners *m, struct loop *l, struct fault *f)
{
	return deny_file_watch(&m->file, l, f);
}

void manners_unwatch(struct manners **m)
{
	deny_file_close(&(*m)->file);
}

void manners_close(struct manners *m)
{
	deny_file_close(&m->file);
	pace_free(&m->pace);
}
