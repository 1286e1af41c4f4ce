// SPDX-License-Identifier: Apache-2.0
//
// Thousands of resolvers as one engine: what each of a world's crowds (world_dns.h) answers to a
// question, honest or not. In go the address that was asked, who asked, and the message; out comes
// the answer and the address it leaves from, or nothing. Knows no socket.
#pragma once

#include "lab/world.h"

#define CROWD_ANSWER_MAX 1400

struct crowd;

struct crowd_question {
	struct addr asked, asker;
	struct span message;
	bool stream; // over TCP: no limit of size
};

struct crowd_answer {
	struct addr from;
	size_t len;
	uint8_t bytes[CROWD_ANSWER_MAX];
};

// Answers for the addresses that HOST holds. NULL without memory.
struct crowd *crowd_new(const struct world *w, int host);
void crowd_free(struct crowd **c);

// True when there is an answer.
bool crowd_hear(struct crowd *c, const struct crowd_question *q, struct mono now,
		struct crowd_answer *out);

// What is to be learnt from the authority of the signed domains: the next question not answered
// yet, from *AT (start with 0); false when there is none further.
bool crowd_next(const struct crowd *c, size_t *at, struct wr *question);

// The authority's answer to such a question.
void crowd_learn(struct crowd *c, struct span answer);
