// SPDX-License-Identifier: Apache-2.0
//
// One phone through one run: open the app, send what is planned at the planned times, watch what
// comes, close. In go a gateway order, the lines of the phone (wire/phone_line.h) and the time; out
// come lines for the phone, step records and message records. It does not know how lines travel
// (a lab's control socket, later adb), nor tunnels, nor who keeps the records.
//
// Steps: "phone" (somebody answers), "isolate" (the phone lets the app alone use the network),
// "open", "messages", "close"; in a run of no app only "phone" and "idle". Every planned message
// gives one record on each side: as soon as it is final, or at the end as what it had become by
// then.
#pragma once

#include "msg/order.h"
#include "msg/run.h"
#include "wire/phone_line.h"

#define PHONE_APP_NONE "none"
#define PHONE_CLOSE_NS (3 * NS_PER_S) // how long closing may take after the run's end

struct phone;

enum phone_want_kind {
	PHONE_WANT_LINE,    // to the phone; only while the link is up
	PHONE_WANT_STEP,    // keep this record
	PHONE_WANT_MESSAGE, // keep this record
	PHONE_WANT_END,     // said once, last; everything else has been said
};

struct phone_want {
	enum phone_want_kind kind;
	struct phone_line line;
	struct step_record step;
	struct message_record message;
};

// ISOLATE: no app but the run's may use the phone's network meanwhile.
// ORDER is borrowed for the phone's life. START is when ORDER->start is on the monotonic clock.
// ERR_FORMAT: a word or text of the order cannot be said to a phone.
enum err phone_new(const struct order *order, struct mono start, bool isolate,
		   struct phone **out) MUSTUSE;
void phone_free(struct phone **p);

// While held the phone does nothing, though its start has come: its tunnel is not tested yet.
void phone_hold(struct phone *p, bool held);

void phone_hear(struct phone *p, struct mono now, const struct phone_line *line);
void phone_hear_link(struct phone *p, struct mono now, bool up); // somebody to speak to, or not
void phone_tick(struct phone *p, struct mono now);

// False when nothing is wanted now. Spans in OUT are borrowed until the next call.
bool phone_next(struct phone *p, struct phone_want *out);

struct mono phone_due(const struct phone *p); // when phone_tick matters next
// Messages that ended as planned (delivered, or received), and all of them.
size_t phone_done_count(const struct phone *p);
size_t phone_planned_count(const struct phone *p);
