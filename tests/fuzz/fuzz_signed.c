// SPDX-License-Identifier: Apache-2.0
#include <assert.h>
#include <string.h>

#include "signed/signed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char anchor[] = "example. IN DS 45359 13 2 "
			     "4b6baa7cd3d0781471774bb455c71b3f84a5627f90d68379753fb92aa0b81156";

static const struct {
	const char *name;
	uint16_t type;
} questions[] = {
	{ "example", 48 },
	{ "example", 43 },
	{ "sealed.example", 43 },
	{ "broken.example", 43 },
	{ "no.example", 43 },
	{ "sub.example", 43 },
	{ "sub.example", 48 },
	{ "sealed.example", 1 },
	{ "sealed.example", 28 },
	{ "broken.example", 1 },
	{ "no.example", 1 },
	{ "short.example", 1 },
	{ "sub.example", 1 },
	{ "sub.example", 43 },
	{ ".", 48 },
	{ "", 1 },
};

#define QUESTIONS (sizeof(questions) / sizeof(*questions))

struct piece {
	struct signed_question q;
	struct span answer;
};

// Which question, a length, the answer to it; over and over.
static bool next(struct span *rest, struct piece *out)
{
	if (rest->len < 3)
		return false;
	size_t which = rest->at[0] % QUESTIONS, len = (size_t)rest->at[1] << 8 | rest->at[2];
	if (len > rest->len - 3)
		len = rest->len - 3;
	out->q = (struct signed_question){ .domain = questions[which].name,
					   .type = questions[which].type,
					   .at = { 1780000000LL * NS_PER_S } };
	out->answer = span_of(rest->at + 3, len);
	*rest = span_of(rest->at + 3 + len, rest->len - 3 - len);
	return true;
}

// Whatever was told, one state comes out with its reason; without an anchor none but indeterminate.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span rest = span_of(data, size);
	struct signed_chain *c = signed_chain_new(), *none = signed_chain_new();
	struct piece p;
	assert(c != NULL && none != NULL && signed_anchor_put(c, anchor) == ERR_OK);
	while (next(&rest, &p))
		assert(signed_told_put(c, &p.q, p.answer) == ERR_OK &&
		       signed_told_put(none, &p.q, p.answer) == ERR_OK);
	rest = span_of(data, size);
	while (next(&rest, &p)) {
		struct signed_verdict v = signed_find(c, &p.q, p.answer);
		assert((v.state == SIGNED_SECURE) == (v.reason == SIGNED_NO_REASON));
		assert(strlen(signed_state_name(v.state)) > 0 && strlen(v.zone) < sizeof(v.zone));
		v = signed_find(none, &p.q, p.answer);
		assert(v.state == SIGNED_INDETERMINATE && v.reason != SIGNED_NO_REASON);
	}
	signed_chain_free(&c);
	signed_chain_free(&none);
	return 0;
}
