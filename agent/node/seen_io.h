// SPDX-License-Identifier: Apache-2.0
//
// A vantage node shows itself to the reflector under the token of a tunnel, so that the phone's
// looks can be held against its own: address and TTL of each family, and which resolver asks for
// it. Asks until it is answered or let go.
#pragma once

#include "node/services.h"

struct seen_io;

// *OUT stays NULL where no reflector is configured.
enum err seen_io_open(struct node *n, const struct run_id *run, uint8_t side, struct seen_io **out,
		      struct fault *f) MUSTUSE;
void seen_io_close(struct seen_io **s);
