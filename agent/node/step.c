// SPDX-License-Identifier: Apache-2.0
#include "node/step.h"

#include "sys/clock.h"

void step_put(struct node *n, const struct run_id *run, uint8_t side, const char *name,
	      struct wall begin, enum step_outcome outcome, const char *detail)
{
	const struct step_record r = {
		.run = *run,
		.side = side,
		.name = span_text(name),
		.begin = begin,
		.end = clock_wall(),
		.outcome = outcome,
		.detail = span_text(detail),
	};
	node_put_step(n, &r);
}
