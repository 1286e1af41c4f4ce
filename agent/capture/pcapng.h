// SPDX-License-Identifier: Apache-2.0
//
// Blocks of pcapng: sections of either byte order, interfaces that may each have a link type and a
// clock of their own (libpcap refuses that), and packets. Blocks enter one by one, whole; packets
// leave, and borrow from them. Opens no file.
#pragma once

#include "base/err.h"
#include "capture/packet.h"

#define PCAPNG_MAGIC      0x0a0d0d0au // the same in either byte order
#define PCAPNG_HEAD       12          // bytes that tell how long a block is
#define PCAPNG_INTERFACES 1024        // of one section
#define PCAPNG_BLOCK      (16u << 20) // longest block

struct pcapng_interface {
	uint16_t link;
	uint32_t snap;      // 0: no limit
	uint8_t resolution; // as in if_tsresol
	int64_t offset;     // seconds
};

struct pcapng {
	bool little;
	uint32_t count;
	struct pcapng_interface interface[PCAPNG_INTERFACES];
};

// HEAD: the first PCAPNG_HEAD bytes of a block. ERR_FORMAT: no block, or a length no block has.
enum err pcapng_length(struct pcapng *ng, const uint8_t head[static PCAPNG_HEAD],
		       uint32_t *len) MUSTUSE;

// ERR_OK: a packet. ERR_MISSING: a block without one. ERR_FORMAT, ERR_FULL (too many interfaces):
// nothing after it can be read.
enum err pcapng_read(struct pcapng *ng, struct span block, struct packet *out) MUSTUSE;
