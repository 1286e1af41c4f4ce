// SPDX-License-Identifier: Apache-2.0
//
// A vantage node's part in a run: end the phone's tunnel, trace the direct path, capture what comes
// out of the tunnel, trace each server while its flow lives, hand in the flows.
#pragma once

#include "node/services.h"

struct vantage;

// O is copied where needed. END is called once, never from within vantage_open.
enum err vantage_open(struct node *n, const struct order *o, visit_end_fn *end,
		      struct vantage **out, struct fault *f) MUSTUSE;
void vantage_meet(struct vantage *v, const struct link_meet *m);
void vantage_close(struct vantage **v);
