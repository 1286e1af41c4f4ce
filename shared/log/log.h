// SPDX-License-Identifier: Apache-2.0
//
// A line is an event with facts, on standard error (journald reads it there):
//     lvl=warn room=uplink ev=link_lost peer=tcp://… since_ms=812
// Logged once, by the one who decides what to do about it; thinking halves never log. Never give
// it a secret: there is no way to take a line back.
#pragma once

#include "base/addr.h"
#include "base/err.h"
#include "base/span.h"

enum log_level {
	LOG_DEBUG,
	LOG_INFO,
	LOG_WARN,
	LOG_ERROR,
};

enum log_kind {
	LOG_END,
	LOG_TEXT,
	LOG_INT,
	LOG_UINT,
	LOG_REAL,
};

struct log_fact {
	const char *key;
	enum log_kind kind;
	union {
		const char *text; // quoted when it needs to be
		int64_t i;
		uint64_t u;
		double d;
	};
};

#define KT(k, v) ((struct log_fact){ .key = (k), .kind = LOG_TEXT, .text = (v) })
#define KI(k, v) ((struct log_fact){ .key = (k), .kind = LOG_INT, .i = (v) })
#define KU(k, v) ((struct log_fact){ .key = (k), .kind = LOG_UINT, .u = (v) })
#define KD(k, v) ((struct log_fact){ .key = (k), .kind = LOG_REAL, .d = (v) })

// LOG(LOG_WARN, "uplink", "link_lost", KT("peer", peer), KI("since_ms", ms));
#define LOG(level, room, event, ...)                                                               \
	log_event(level, room, event, (const struct log_fact[]){ __VA_ARGS__, { .kind = LOG_END } })

// The same for an event whose only fact is a fault.
void log_fault(enum log_level level, const char *room, const char *event, const struct fault *f);

void log_event(enum log_level level, const char *room, const char *event,
	       const struct log_fact *facts);

// Lines below LEVEL are not written. The start is LOG_INFO.
void log_threshold(enum log_level level);
enum err log_level_read(struct span word, enum log_level *out) MUSTUSE;
