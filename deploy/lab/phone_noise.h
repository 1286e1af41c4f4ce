// SPDX-License-Identifier: Apache-2.0
//
// What a phone says by itself, app open or not: a connectivity check, the time, a push connection.
// A measurement has to tell these from the messenger. Failures are tried again later in silence:
// without a tunnel a phone has no network.
#pragma once

#include "lab/phone_link.h"

struct phone_noise;

struct phone_noise_config {
	const char *check, *time, *push;             // NAME,PORT; empty or NULL: not spoken to
	int64_t check_every, time_every, push_every; // ns; each time up to a fifth less
};

enum err phone_noise_open(const struct phone_net *net, const struct phone_noise_config *c,
			  struct phone_noise **out, struct fault *f) MUSTUSE;
void phone_noise_close(struct phone_noise **n);

// The network changed: everything is done at once.
void phone_noise_now(struct phone_noise *n);
