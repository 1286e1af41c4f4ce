// SPDX-License-Identifier: Apache-2.0
#include "node/taken.h"

#include "log/log.h"
#include "sys/clock.h"

void taken_count(struct capture *c, struct capture_record *r)
{
	struct capture_drops drops;
	struct fault f;
	if (c == NULL || capture_dropped(c, &drops, &f) != ERR_OK)
		return;
	r->kernel_drops = drops.kernel;
	r->interface_drops = drops.interface;
}

void taken_put(struct node *n, struct capture *c, struct capture_record *r, struct artefact **kept)
{
	uint8_t digest[CAPTURE_SHA256];
	struct fault f = { 0 };
	taken_count(c, r);
	r->last = clock_wall();
	if (artefact_close(kept, r, digest, &f) != ERR_OK)
		log_fault(LOG_WARN, "run", "capture_not_kept", &f);
	node_put_capture(n, r);
	r->sha256 = (struct span){ 0 };
}
