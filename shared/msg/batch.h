// SPDX-License-Identifier: Apache-2.0
//
// What a read batch is made of. Inside msg only.
#pragma once

#include "msg/record.h"

#include "proto/record.pb-c.h"

#define BATCH_FIRST_RECORD 16 // field numbers from here up are records

struct batch {
	const Waymark__Batch *pb; // in the caller's arena
	struct batch_head head;
	size_t unknown;
};
