// SPDX-License-Identifier: Apache-2.0
//
// A scan at work: the engine with its ports and streams on an event loop. In: lists and rules; out:
// one record after another, and the end. Knows neither where records go nor who ordered the scan.
#pragma once

#include "dns/scan.h"
#include "sys/loop.h"

struct dns_scan_io;

struct dns_scan_io_config {
	struct dns_scan_config scan; // ports, slots and clocks may be left 0
	bool no_ring;                // read the sockets even where a packet socket could be had
	uint16_t sport;              // first source port; 0: chosen
	const char *tls_name, *path; // of TLS and HTTPS; see streams_io.h
	uint32_t streams;            // connections at once; 0: 500
	// RECORD and what it borrows are good during the call.
	void (*record)(void *self, const struct dns_want *w);
	void (*ended)(void *self); // nothing is left to do; called once, at the end of a turn
	void *self;
};

// *OUT is NULL when it fails: as dns_scan_new does, or for want of sockets.
enum err dns_scan_io_open(struct loop *l, const struct dns_scan_io_config *c,
			  struct dns_scan_io **out, struct fault *f) MUSTUSE;
void dns_scan_io_close(struct dns_scan_io **io);

void dns_scan_io_stop(struct dns_scan_io *io, bool write_off); // see dns_scan_stop

struct dns_scan *dns_scan_io_scan(struct dns_scan_io *io);
uint64_t dns_scan_io_drops(struct dns_scan_io *io); // packets lost for want of room
bool dns_scan_io_raw(const struct dns_scan_io *io); // IP ids are known
