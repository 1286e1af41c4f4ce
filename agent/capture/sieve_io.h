// SPDX-License-Identifier: Apache-2.0
//
// Filter and copy for frames that libpcap did not read itself and that may be of several link
// types: a frame enters; whether the filter lets it through leaves, and it is saved if so.
#pragma once

#include "base/err.h"
#include "capture/packet.h"

struct sieve;

// FILTER and SAVE as in capture/capture_io.h; NAME is borrowed for faults.
enum err sieve_open(struct sieve **out, const char *filter, const char *save, const char *name,
		    struct fault *f) MUSTUSE;
void sieve_close(struct sieve **s);

// ERR_MISSING: the filter holds it back. ERR_UNSUPPORTED: it cannot be saved, for a pcap file holds
// frames of one link type only.
enum err sieve_hear(struct sieve *s, const struct packet *p, struct fault *f) MUSTUSE;

// Whether everything went to the file so far; flushes.
enum err sieve_saved(struct sieve *s, struct fault *f) MUSTUSE;
