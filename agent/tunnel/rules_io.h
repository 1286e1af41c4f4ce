// SPDX-License-Identifier: Apache-2.0
//
// Runs nftables text inside this process, in the network namespace of the calling thread.
#pragma once

#include "base/err.h"
#include "base/span.h"

struct rules;

// One transaction: all of it or nothing. Tables in it that carry `flags owner` live until
// rules_close, or until this process is gone.
enum err rules_open(struct span text, struct rules **out, struct fault *f) MUSTUSE;

// Another transaction for the tables of R.
enum err rules_more(struct rules *r, struct span text, struct fault *f) MUSTUSE;
void rules_close(struct rules **r);

// The same for text that binds nothing.
enum err rules_run(struct span text, struct fault *f) MUSTUSE;
