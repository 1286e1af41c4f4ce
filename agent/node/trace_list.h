// SPDX-License-Identifier: Apache-2.0
//
// An order that is a list of targets: trace each, done when all have ended.
#pragma once

#include "node/services.h"

struct trace_list;

// O is borrowed until trace_list_close. END is called once, never from within trace_list_open.
enum err trace_list_open(struct node *n, const struct order *o, visit_end_fn *end,
			 struct trace_list **out, struct fault *f) MUSTUSE;
void trace_list_close(struct trace_list **l);
