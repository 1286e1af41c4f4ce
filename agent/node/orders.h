// SPDX-License-Identifier: Apache-2.0
//
// From signed bytes to work and back to an outcome: asks plan, keeps on disk what must survive a
// crash (the serial, and which orders wait or are under way), begins visits when their time has
// come, files what became of each. After an end of the process scans of resolvers go on where they
// were; any other order is reported as failed.
#pragma once

#include "node/records.h"
#include "node/services.h"

struct orders;

enum err orders_open(struct node *n, struct records *records, struct orders **out,
		     struct fault *f) MUSTUSE;
void orders_close(struct orders **o); // visits under way are given up: as above

// Bytes of a SignedOrder as they came.
void orders_hear(struct orders *o, struct span signed_bytes);

// The other end of a tunnel says where it is seen.
void orders_meet(struct orders *o, const struct link_meet *m);

uint64_t orders_serial(const struct orders *o);
