// SPDX-License-Identifier: Apache-2.0
//
// One of two ends of a tunnel that are both behind NAT, thinking half. In: what reflectors say of
// the port the tunnel will use, what the other end says of its own, the time. Out: when to ask and
// to tell, and whether the ends can meet. Two destinations are asked, because a NAT that uses
// another port for each cannot be called at the one it showed: an end with such a NAT can still
// call an end that has none, but two of them never meet without a relay, and there is no relay.
#pragma once

#include "base/time.h"
#include "wire/reflect.h"

#define MEET_PACE (200 * NS_PER_MS) // between two rounds of asking or telling

struct meet_end {
	struct addr addr; // family 0: not known yet
	uint16_t port;
	bool varies;
};

struct meet {
	struct reflect_view seen[2]; // by the two ports of the reflector
	uint8_t nonces[2][REFLECT_NONCE];
	struct meet_end other;
	struct mono due;
};

enum meet_verdict {
	MEET_WAIT,
	MEET_READY, // both ends are known
	MEET_NEVER, // both NATs vary
};

void meet_init(struct meet *m, const uint8_t random[static REFLECT_NONCE], struct mono now);

// The question for the reflector's port I (0 or 1).
void meet_ask_write(const struct meet *m, size_t i, struct wr *out);
void meet_hear_answer(struct meet *m, struct span answer);
void meet_hear_other(struct meet *m, const struct meet_end *other);

// True, once a round: ask while own is not known, tell when it is.
bool meet_tick(struct meet *m, struct mono now);

struct meet_end meet_own(const struct meet *m);
enum meet_verdict meet_judge(const struct meet *m);
