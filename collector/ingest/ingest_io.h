// SPDX-License-Identifier: Apache-2.0
//
// The collector's end of the link, doing half: the ROUTER socket (CURVE, own ZAP handler) and the
// only place in collector/ that knows ZeroMQ. CURVE without an enforced ZAP domain lets anybody in,
// so both are set here and nowhere optional. Everything runs on the caller's loop; ZeroMQ's own
// thread does the encryption.
#pragma once

#include "ingest/ingest.h"
#include "sys/loop.h"

struct ingest_io;

// STORE, OPEN and WELCOME wants; what they lend is gone when FN returns. FN may call ingest_*.
typedef void ingest_want_fn(void *self, const struct ingest_want *want);

struct ingest_io_config {
	const char *listen;          // "tcp://*:5757"
	const uint8_t *curve_secret; // 32 bytes, copied
	const char *zap_domain;      // "waymark"; "" is refused
	ingest_want_fn *want;
	void *self;
};

// INGEST stays the caller's and must outlive the result.
enum err ingest_io_open(const struct ingest_io_config *c, struct ingest *in, struct loop *loop,
			struct ingest_io **out, struct fault *f) MUSTUSE;
void ingest_io_close(struct ingest_io **io); // what is queued to be sent still has a second

// Does what the engine wants now; the loop calls it each turn by itself.
void ingest_io_flush(struct ingest_io *io);
const char *ingest_io_endpoint(const struct ingest_io *io); // the port the kernel chose
