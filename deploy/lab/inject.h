// SPDX-License-Identifier: Apache-2.0
//
// A machine beside a router that forges answers to DNS questions it sees passing, as on-path
// injectors do: from the address that was asked, to whoever asked. It hears only UDP to port 53,
// cannot stop the true answer, and does not care whether a resolver is there. In goes a packet, out
// comes another.
#pragma once

#include "lab/packet.h"
#include "lab/world.h"

// The forged answer to P by injector IN: true, when P is a question it minds. NTH counts its
// answers: the false addresses are dealt out in turn.
bool inject_write(const struct world *w, const struct world_injector *in, const struct packet *p,
		  uint64_t nth, struct wr *out);

// Whether a question of TYPE for NAME is one it minds.
bool inject_minds(const struct world *w, const struct world_injector *in, const char *name,
		  uint16_t type);
