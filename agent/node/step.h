// SPDX-License-Identifier: Apache-2.0
//
// A step of a run as a record: begun at BEGIN, ended now.
#pragma once

#include "node/services.h"

void step_put(struct node *n, const struct run_id *run, uint8_t side, const char *name,
	      struct wall begin, enum step_outcome outcome, const char *detail);
