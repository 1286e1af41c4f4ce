// SPDX-License-Identifier: Apache-2.0
//
// Drives a phone over its control socket (Unix stream) through one run. When the phone is not
// there, or goes away, it is called again until the run is over.
#pragma once

#include "gateway/phone.h"
#include "sys/loop.h"

#define PHONE_CALL_NS (500 * NS_PER_MS) // between two attempts to reach the phone

struct phone_io;

struct phone_io_events {
	void (*step)(void *self, const struct step_record *record);
	void (*message)(void *self, const struct message_record *record);
	// Everything has been reported. MESSAGES of PLANNED ended as planned. The owner closes.
	void (*end)(void *self, size_t messages, size_t planned);
	void *self;
};

// CONTROL: path of the phone's socket. ISOLATE: see phone_new. ORDER is borrowed until
// phone_io_close.
enum err phone_io_open(struct loop *l, const char *control, const struct order *order, bool isolate,
		       struct phone_io_events ev, struct phone_io **out, struct fault *f) MUSTUSE;

// The phone waits, from the opening on, until it is let go.
void phone_io_hold(struct phone_io *p, bool held);

// A line beside the run's own; what is answered is not told. False: nobody to say it to now.
bool phone_io_say(struct phone_io *p, const struct phone_line *line);

// NULL-safe; also from within an event. What was not reported is lost.
void phone_io_close(struct phone_io **p);
