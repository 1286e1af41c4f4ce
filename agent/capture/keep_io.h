// SPDX-License-Identifier: Apache-2.0
//
// A pcap file that is written packet by packet, with nanosecond times. What goes into it is decided
// elsewhere.
#pragma once

#include "base/err.h"
#include "capture/packet.h"

struct keep;

// SNAP: bytes kept of each packet, also told in the file's head.
enum err keep_open(struct keep **out, const char *path, uint32_t link, uint32_t snap,
		   struct fault *f) MUSTUSE;

void keep_put(struct keep *k, const struct packet *p);

// Closes the file in any case. ERR_IO: it is not whole, the disk is full perhaps.
enum err keep_close(struct keep **k, struct fault *f) MUSTUSE;
