// SPDX-License-Identifier: Apache-2.0
//
// A gateway's part in a run: tunnel the phone to its vantage node, drive the app, hand in what the
// phone saw.
#pragma once

#include "node/services.h"

struct phone_run;

// O is borrowed until phone_run_close. END is called once, never from within phone_run_open.
enum err phone_run_open(struct node *n, const struct order *o, visit_end_fn *end,
			struct phone_run **out, struct fault *f) MUSTUSE;
void phone_run_meet(struct phone_run *r, const struct link_meet *m);
void phone_run_close(struct phone_run **r);
