// SPDX-License-Identifier: Apache-2.0
//
// The control socket of a phone: lines in from whoever drives it, lines out to all who listen. A
// driver that speaks nonsense or does not read is let go; the phone stays.
#pragma once

#include "sys/loop.h"
#include "wire/phone_line.h"

#define CONTROL_DRIVERS_MAX 4

struct phone_control;

typedef void phone_command_fn(void *self, const struct phone_line *command);

// Takes the place of a stale socket at PATH, not of a live one.
enum err phone_control_open(struct loop *l, const char *path, phone_command_fn *fn, void *self,
			    struct phone_control **out, struct fault *f) MUSTUSE;
void phone_control_close(struct phone_control **c); // and removes the socket

void phone_control_tell(struct phone_control *c, const struct phone_line *event);
