// SPDX-License-Identifier: Apache-2.0
//
// The doing half of capture, and the only place that knows libpcap: frames from an interface or
// from a file (pcap, pcapng), handed on one by one with their times. What they mean is flow.h's
// business.
#pragma once

#include "base/err.h"
#include "capture/packet.h"

#define CAPTURE_SNAP 262144 // bytes kept of a frame unless told otherwise

struct capture_config {
	const char *interface;
	const char *filter; // BPF text; NULL: everything
	const char *save;   // also write what is read to this pcap file; NULL: no
	uint32_t snap;      // bytes kept of each frame; 0: CAPTURE_SNAP
	uint32_t ring;      // bytes of the kernel's ring; 0: 32 MiB
};

struct capture_drops {
	uint64_t received;  // frames that passed the filter
	uint64_t kernel;    // lost because the ring was full
	uint64_t interface; // lost by interface or driver, where known
};

struct capture;

// Live, non-blocking, not promiscuous, nanosecond times where the interface gives them.
enum err capture_open(struct capture **out, const struct capture_config *config,
		      struct fault *f) MUSTUSE;

// A file; "-" is standard input. Times have nanoseconds whatever the file has. The fault names the
// offset at which reading failed. FILTER and SAVE as above, or NULL.
enum err capture_open_file(struct capture **out, const char *path, const char *filter,
			   const char *save, struct fault *f) MUSTUSE;

void capture_close(struct capture **c);

// Whether everything to be saved went to the file so far; flushes. ERR_OK when nothing is saved.
enum err capture_saved(struct capture *c, struct fault *f) MUSTUSE;

uint32_t capture_link(const struct capture *c); // link type of the frames; of pcapng, unknown

// Becomes readable when frames wait; for an epoll loop. -1 for a file.
int capture_fd(const struct capture *c);

typedef void capture_packet_fn(void *self, const struct packet *p);

// Hands on at most MAX frames. ERR_OK: there may be more. ERR_AGAIN: nothing more now (live).
// ERR_MISSING: the end of the file. ERR_CORRUPT: the file is damaged; every frame before the damage
// was handed on, and the fault says where it is.
enum err capture_read(struct capture *c, int max, capture_packet_fn *fn, void *self,
		      struct fault *f) MUSTUSE;

uint64_t capture_count(const struct capture *c); // frames handed on
enum err capture_dropped(struct capture *c, struct capture_drops *out, struct fault *f) MUSTUSE;
