// SPDX-License-Identifier: Apache-2.0
//
// The sandwich: which question follows which, by the rules of the profile.
#include "dns/state.h"

struct dns_rules dns_rules_of(enum dns_profile profile)
{
	static const struct dns_rules table[DNS_PROFILE_COUNT] = {
		[DNS_PLAIN] = { DNS_PLAIN, false, 3, 3, true, DNS_AFTER_NEVER, 2 * NS_PER_S,
				5 * NS_PER_S, 3 * NS_PER_S, false },
		[DNS_V2_1] = { DNS_V2_1, true, 4, 0, false, DNS_AFTER_NO_ADDRESS, 2 * NS_PER_S,
			       5 * NS_PER_S, 3 * NS_PER_S, true },
		[DNS_V2_2] = { DNS_V2_2, true, 4, 4, false, DNS_AFTER_FAILURE, 2 * NS_PER_S,
			       5 * NS_PER_S, 3 * NS_PER_S, true },
		// What does not answer its control is asked once all the same: an injector
		// answers for the dead.
		[DNS_WAYMARK] = { DNS_WAYMARK, true, 4, 1, true, DNS_AFTER_ALWAYS, 2 * NS_PER_S,
				  5 * NS_PER_S, 3 * NS_PER_S, false },
	};
	return table[profile];
}

static const struct dns_attempt *last_of(const struct dns_slot *t)
{
	return &t->attempts[t->tries - 1];
}

static void send_next(struct dns_scan *s, uint32_t i, enum dns_role role, bool stream)
{
	struct dns_slot *t = &s->slots[i];
	t->role = role & 3u;
	t->stream = stream || s->c.transport != DNS_UDP;
	dns_line_take(s, i);
	dns_line_put(s, i, LINE_SEND);
}

void dns_step_begin(struct dns_scan *s, uint32_t i)
{
	send_next(s, i, s->c.rules.control ? DNS_CONTROL_BEFORE : DNS_TEST, false);
}

static bool control_failed(const struct dns_slot *t)
{
	bool ok = false;
	for (unsigned i = 0; i < t->tries; i++)
		if (t->attempts[i].role == DNS_CONTROL_BEFORE)
			ok |= t->attempts[i].outcome == DNS_TRY_ANSWERED && t->attempts[i].address;
	return !ok;
}

static enum dns_state state_of(const struct dns_slot *t)
{
	enum dns_state state = DNS_STATE_UNKNOWN;
	// Cut before its test was sent: nobody failed.
	if (t->tests == 0 && t->detail != DNS_FATE_ASK)
		return t->detail == DNS_FATE_DENIED ? DNS_REFUSED : DNS_NOT_ASKED;
	for (unsigned i = 0; i < t->tries; i++) {
		const struct dns_attempt *a = &t->attempts[i];
		// A pair that ended at its control is judged by that.
		if (a->role != DNS_TEST && t->tests > 0)
			continue;
		if (a->role == DNS_TEST && a->outcome == DNS_TRY_ANSWERED)
			return DNS_ANSWERED;
		state = a->outcome == DNS_TRY_TIMEOUT ? DNS_TIMED_OUT : DNS_FAILED;
	}
	return state;
}

static enum dns_use use_of(const struct dns_slot *t)
{
	bool heard = false, refused = false, good = false;
	for (unsigned i = 0; i < t->tries; i++) {
		const struct dns_attempt *a = &t->attempts[i];
		if (a->outcome == DNS_TRY_ABANDONED)
			return DNS_USE_NONE;
		bool no = a->refused || a->error == DNS_ERROR_REFUSED ||
			  a->error == DNS_ERROR_PROHIBITED;
		heard |= a->outcome == DNS_TRY_ANSWERED || a->outcome == DNS_TRY_UNUSABLE;
		refused |= no;
		good |= (a->outcome == DNS_TRY_ANSWERED && !a->refused) ||
			a->outcome == DNS_TRY_UNUSABLE;
	}
	if (good)
		return DNS_USE_GOOD;
	return refused ? DNS_USE_REFUSED : heard ? DNS_USE_GOOD : DNS_USE_SILENT;
}

// No more questions: it listens on, or leaves at once when nothing came.
static void finish(struct dns_scan *s, uint32_t i, struct mono now)
{
	struct dns_slot *t = &s->slots[i];
	t->state = (uint8_t)state_of(t);
	if (t->asking)
		dns_matrix_asked(s->matrix, now, t->resolver, use_of(t));
	t->asking = false;
	dns_line_take(s, i);
	bool listen = t->answers > 0 && s->c.rules.listen_ns > 0;
	t->due_us = dns_slot_us(t, mono_add(now, s->c.rules.listen_ns));
	dns_line_put(s, i, listen ? LINE_LISTEN : LINE_DONE);
}

static bool wants_after(const struct dns_scan *s, const struct dns_slot *t)
{
	const struct dns_attempt *a = last_of(t);
	switch (s->c.rules.after) {
	case DNS_AFTER_NO_ADDRESS:
		return a->outcome != DNS_TRY_ANSWERED || !a->address;
	case DNS_AFTER_FAILURE:
		return a->outcome != DNS_TRY_ANSWERED;
	case DNS_AFTER_ALWAYS:
		return true;
	case DNS_AFTER_NEVER:
		break;
	}
	return false;
}

static bool again(const struct dns_scan *s, const struct dns_slot *t)
{
	const struct dns_attempt *a = last_of(t);
	uint8_t most = s->c.rules.tries;
	if (s->c.rules.control && control_failed(t))
		most = s->c.rules.tries_after_failed;
	if (a->outcome == DNS_TRY_ANSWERED || t->tests >= most || t->tries + 3 > DNS_TRIES_KEPT)
		return false;
	return a->outcome != DNS_TRY_UNUSABLE || s->c.rules.again_unusable;
}

static bool truncated(const struct dns_scan *s, const struct dns_slot *t)
{
	const struct dns_attempt *a = last_of(t);
	return s->c.fallback && !a->stream && t->cut_off && a->outcome == DNS_TRY_ANSWERED &&
	       t->tries < DNS_TRIES_KEPT;
}

// The last try of slot I has its outcome.
void dns_step_ended(struct dns_scan *s, uint32_t i, struct mono now)
{
	struct dns_slot *t = &s->slots[i];
	s->streaming -= t->line == LINE_STREAM;
	enum dns_role role = (enum dns_role)t->role;
	bool ends = role == DNS_CONTROL_BEFORE && control_failed(t) &&
		    s->c.rules.tries_after_failed == 0;
	if (s->stopping) {
		if (t->tests == 0 && !ends)
			t->detail = DNS_FATE_STOPPED;
		finish(s, i, now);
	} else if (truncated(s, t)) {
		s->counts.again++;
		t->cut_off = false;
		send_next(s, i, role, true);
	} else if (role == DNS_CONTROL_BEFORE) {
		if (ends)
			finish(s, i, now);
		else
			send_next(s, i, DNS_TEST, false);
	} else if (role == DNS_TEST && again(s, t)) {
		send_next(s, i, DNS_TEST, false);
	} else if (role == DNS_TEST && s->c.rules.control && wants_after(s, t)) {
		send_next(s, i, DNS_CONTROL_AFTER, false);
	} else {
		finish(s, i, now);
	}
}

// Ends it now, whatever it waits for.
void dns_step_cut(struct dns_scan *s, uint32_t i, struct mono now)
{
	struct dns_slot *t = &s->slots[i];
	s->streaming -= t->line == LINE_STREAM;
	if (t->tries > 0 && last_of(t)->outcome == DNS_OUTCOME_UNKNOWN)
		t->attempts[t->tries - 1].outcome = DNS_TRY_ABANDONED;
	if (t->tests == 0 && t->detail == DNS_FATE_ASK)
		t->detail = DNS_FATE_STOPPED;
	finish(s, i, now);
}
