// SPDX-License-Identifier: Apache-2.0
//
// nftables text of the guard: answers of routers to probes inside a flow are dropped before
// connection tracking sees them, which would hand them to the app. Only those: told by the flow and
// by the tag in the quoted IPv4 ID (IPv6: by the length of our probes).
#pragma once

#include "base/wr.h"
#include "trace/inflow.h"

#define INFLOW_GUARD_TEXT 16384

// The table, bound to the process that makes it, without a rule.
void inflow_guard_open_write(struct wr *w, const char *name);

// All rules anew.
void inflow_guard_write(struct wr *w, const char *name, uint8_t tag, const struct inflow_key *flows,
			size_t count);
