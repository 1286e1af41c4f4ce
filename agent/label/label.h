// SPDX-License-Identifier: Apache-2.0
//
// Which application a flow looks like, in the opinion of nDPI. IP packets enter with their times; a
// name for a 5-tuple leaves. Two files stand behind this header, of which the Makefile takes one:
// label_ndpi.c with the library, label_none.c without it. Bounded: the first LABEL_PACKETS packets
// of a flow are looked at, of at most LABEL_LIVE flows at once.
#pragma once

#include "base/addr.h"
#include "base/err.h"
#include "base/time.h"

#define LABEL_PACKETS 24
#define LABEL_LIVE    16384 // of about 2 KiB each
#define LABEL_TEXT    64

struct label_model; // what nDPI knows: 6 MiB and 60 ms to make, so one serves many
struct label;

// ERR_UNSUPPORTED: built without nDPI.
enum err label_model_new(struct label_model **out, struct fault *f) MUSTUSE;
void label_model_free(struct label_model **m); // after all that use it

// FLOWS: most flows remembered. MODEL is borrowed for the label's life, on one thread.
enum err label_new(struct label **out, struct label_model *model, size_t flows,
		   const uint64_t seed[2], struct fault *f) MUSTUSE;
void label_free(struct label **l);

// PACKET starts at its IP header.
void label_hear(struct label *l, struct wall at, struct span packet);

// The name of the flow between these ends, in either order, and forgets the flow; NULL: none. Good
// until the next call.
const char *label_take(struct label *l, uint8_t proto, struct addr a, uint16_t aport, struct addr b,
		       uint16_t bport);
