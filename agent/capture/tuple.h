// SPDX-License-Identifier: Apache-2.0
//
// Who speaks with whom in one packet, for those who must know before it is counted. Pure.
#pragma once

#include "capture/flow.h"
#include "capture/fragments.h"

// A is the sender. An ICMP error has the key of the packet it quotes, turned as if that packet's
// receiver had sent it; an echo has its identifier as both ports. Fragments after the first are
// told apart by KEPT. False: no IP, or nothing of it that could be read.
bool tuple_read(struct fragments *kept, const struct packet *p, struct flow_key *out);
