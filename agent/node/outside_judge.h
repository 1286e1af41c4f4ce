// SPDX-License-Identifier: Apache-2.0
//
// What outside.c and outside_judge.c share: one gathers, the other decides.
#pragma once

#include "node/outside.h"

// The phone has this family, the tunnel carries it, and there is a reflector for it.
bool outside_tests(const struct outside *o, uint8_t family);

// What the phone sent for P, as it was when it entered the gateway; NULL: not seen.
const struct outside_sent *outside_sent_find(const struct outside *o,
					     const struct outside_probe *p);

// The way works, and a kind of question that should have an answer has none yet.
bool outside_silent(const struct outside *o);

// Every item can be judged, and none would fail.
bool outside_complete(const struct outside *o);
