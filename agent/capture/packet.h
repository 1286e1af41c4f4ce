// SPDX-License-Identifier: Apache-2.0
//
// One captured frame on its way from the doing half to the thinking half.
#pragma once

#include "base/span.h"
#include "base/time.h"

struct packet {
	struct wall at;
	uint32_t link;     // link type, as in wire/link.h
	uint32_t wire_len; // bytes on the wire; more than bytes.len where the capture cut it
	struct span bytes; // borrowed until the call returns
};
