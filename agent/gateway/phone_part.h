// SPDX-License-Identifier: Apache-2.0
//
// What the two files of the phone engine share: phone.c hears and ticks, phone_next.c says what is
// wanted.
#pragma once

#include "gateway/phone.h"

enum phone_stage {
	WAITING,  // for the start
	REACHING, // for somebody to answer
	OPENING,
	OPEN,
	CLOSING,
	OVER,
};

enum phone_step_name {
	STEP_PHONE,
	STEP_ISOLATE,
	STEP_OPEN,
	STEP_MESSAGES,
	STEP_CLOSE,
	STEP_IDLE,
	STEP_COUNT,
};

struct phone_step {
	bool begun, ended, told;
	struct mono begin, end;
	enum step_outcome outcome;
	char detail[120];
};

struct phone_message {
	bool due;   // its time has come
	bool asked; // the phone was told to send it
	bool final, told;
	struct message_record record;
	char detail[120];
};

struct phone {
	const struct order *order;
	struct mono start, end, close_by;
	enum phone_stage stage;
	bool link, none, isolate, held;
	bool say_isolate, say_release;
	bool say_network, say_open, say_close, say_status;
	bool over_told;
	char failure[120]; // the last one of the app
	struct phone_step steps[STEP_COUNT];
	size_t count;
	struct phone_message messages[ORDER_MESSAGES_MAX];
};

bool phone_sends(const struct phone *p, size_t i); // message I goes out from this phone
struct wall phone_wall(const struct phone *p, struct mono t);
struct mono phone_planned(const struct phone *p, size_t i);
struct phone_line phone_open_line(const struct order *o);
struct phone_line phone_send_line(const struct planned_message *m);
