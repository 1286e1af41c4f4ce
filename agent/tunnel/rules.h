// SPDX-License-Identifier: Apache-2.0
//
// nftables text. Two kinds of table: one of the tunnel's own, bound to the socket of the process
// that made it, so that it ends with that process however it ends; and on a gateway the guard,
// which outlives everybody, because it is the kill switch. Each text is one transaction.
#pragma once

#include "tunnel/tunnel.h"

#define RULES_TEXT  32768 // most of it hops.h
#define RULES_GUARD "waymark_guard"

// The guard: nothing is forwarded but what a tunnel was let through for, by pairs of interfaces.
// May be run again: pairs and phones already there stay.
void rules_guard_write(struct wr *w, const char *const *phones, size_t count);

// Lets the phone's interface and the tunnel speak to each other; and takes it back.
void rules_pass_write(struct wr *w, const struct tunnel_config *c);
void rules_block_write(struct wr *w, const struct tunnel_config *c);

// The table beside the tunnel's interface: at a gateway, and in a vantage node's space.
void rules_tunnel_write(struct wr *w, const struct tunnel_config *c);

// Parts of the table at the other end of a vantage node's cable (cable.h). NAME: the tunnel's,
// FROM: the interface the packets come in by.
void rules_table_write(struct wr *w, const char *name);
void rules_chain_write(struct wr *w, const char *name, const char *chain, const char *hook);
void rules_server_write(struct wr *w, const struct tunnel_config *c, const char *from);
void rules_input_write(struct wr *w, const char *name, const char *from);
