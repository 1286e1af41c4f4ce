// SPDX-License-Identifier: Apache-2.0
//
// What this node does at all and how much of it, whoever orders it. Inside plan only. Pure.
#pragma once

#include "plan/plan.h"

// Accepted, or why not, with V's detail filled in.
enum order_state policy_check(const struct plan_policy *policy, const struct order *o,
			      struct plan_verdict *v) MUSTUSE;

// STATE, with WHY as the detail.
enum order_state policy_refuse(struct plan_verdict *v, enum order_state state, const char *why);
