// SPDX-License-Identifier: Apache-2.0
#include "node/meet.h"

#include <string.h>

void meet_init(struct meet *m, const uint8_t random[static REFLECT_NONCE], struct mono now)
{
	*m = (struct meet){ .due = now };
	for (size_t i = 0; i < COUNT(m->nonces); i++) {
		memcpy(m->nonces[i], random, REFLECT_NONCE);
		m->nonces[i][0] = (uint8_t)i;
	}
}

void meet_ask_write(const struct meet *m, size_t i, struct wr *out)
{
	struct reflect_ask a = { .kind = REFLECT_PLAIN };
	memcpy(a.nonce, m->nonces[i], sizeof(a.nonce));
	reflect_ask_write(out, &a);
}

void meet_hear_answer(struct meet *m, struct span answer)
{
	struct reflect_answer a;
	if (reflect_answer_read(answer, &a) != ERR_OK)
		return;
	for (size_t i = 0; i < COUNT(m->nonces); i++)
		if (memcmp(a.ask.nonce, m->nonces[i], sizeof(a.ask.nonce)) == 0)
			m->seen[i] = a.you;
}

void meet_hear_other(struct meet *m, const struct meet_end *other)
{
	m->other = *other;
}

bool meet_tick(struct meet *m, struct mono now)
{
	if (mono_before(now, m->due))
		return false;
	m->due = mono_add(now, MEET_PACE);
	return true;
}

struct meet_end meet_own(const struct meet *m)
{
	const struct reflect_view *a = &m->seen[0], *b = &m->seen[1];
	if (a->addr.family == 0 || b->addr.family == 0)
		return (struct meet_end){ 0 };
	return (struct meet_end){ a->addr, a->port,
				  a->port != b->port || !addr_eq(a->addr, b->addr) };
}

enum meet_verdict meet_judge(const struct meet *m)
{
	struct meet_end own = meet_own(m);
	if (own.addr.family == 0 || m->other.addr.family == 0)
		return MEET_WAIT;
	return own.varies && m->other.varies ? MEET_NEVER : MEET_READY;
}
