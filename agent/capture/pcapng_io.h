// SPDX-License-Identifier: Apache-2.0
//
// A pcapng file, packet by packet, through capture/pcapng.h.
#pragma once

#include <stdio.h>

#include "base/err.h"
#include "capture/packet.h"

struct pcapng_file;

// Whether FILE, which stands at its start and stays there, begins like one.
bool pcapng_file_begins(FILE *file);

// NAME is borrowed for faults. FILE stays the caller's. NULL without memory.
struct pcapng_file *pcapng_file_new(FILE *file, const char *name);
void pcapng_file_free(struct pcapng_file **p);

// The packet is good until the next call. ERR_MISSING: the end. ERR_CORRUPT: the fault says where.
enum err pcapng_file_next(struct pcapng_file *p, struct packet *out, struct fault *f) MUSTUSE;
