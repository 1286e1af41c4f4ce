// SPDX-License-Identifier: Apache-2.0
#include "msg/page.h"

#include "msg/word.h"

static bool check_reply(const struct page_reply *r)
{
	return (unsigned)r->state < PAGE_STATE_COUNT && r->error.len <= PAGE_ERROR_MAX &&
	       r->status_line.len <= PAGE_STATUS_MAX && r->headers.len <= PAGE_HEADERS_MAX &&
	       r->body.len <= PAGE_BODY_MAX && r->body.len <= r->body_bytes &&
	       (r->body_sha256.len == 0 || r->body_sha256.len == 32);
}

static bool check_tls(const struct page_tls *t)
{
	if (t->chain_count > PAGE_CHAIN_MAX || t->name_count > PAGE_NAMES_MAX ||
	    t->error.len > PAGE_ERROR_MAX || t->subject.len > PAGE_NAME_MAX ||
	    t->issuer.len > PAGE_NAME_MAX || (t->trusted && t->verify != 0) ||
	    t->seen != (t->chain_count > 0))
		return false;
	size_t sum = 0;
	for (size_t i = 0; i < t->chain_count; i++) {
		if (t->chain[i].len == 0 || t->chain[i].len > PAGE_CERT_MAX)
			return false;
		sum += t->chain[i].len;
	}
	for (size_t i = 0; i < t->name_count; i++)
		if (t->names[i].len > PAGE_NAME_MAX)
			return false;
	return sum <= PAGE_CERTS_MAX;
}

enum err page_check(const struct page_record *p)
{
	bool good = (p->addr.family == 4 || p->addr.family == 6) && p->domain.len > 0 &&
		    p->domain.len <= PAGE_DOMAIN_MAX && (unsigned)p->role < PAGE_ROLE_COUNT &&
		    check_reply(&p->http) && check_reply(&p->https) && check_tls(&p->tls);
	return good ? ERR_OK : ERR_FORMAT;
}

const char *page_state_name(enum page_state s)
{
	static const char *const names[] = {
		[PAGE_STATE_UNKNOWN] = "unknown", [PAGE_ANSWERED] = "answered",
		[PAGE_FAILED] = "failed",         [PAGE_TIMED_OUT] = "timed_out",
		[PAGE_REFUSED] = "refused",       [PAGE_NOT_ASKED] = "not_asked",
	};
	_Static_assert(COUNT(names) == PAGE_STATE_COUNT, "a state has no name");
	return word_of(names, COUNT(names), s);
}

const char *page_role_name(enum page_role r)
{
	static const char *const names[] = {
		[PAGE_ROLE_UNKNOWN] = "unknown",
		[PAGE_TEST] = "test",
		[PAGE_CONTROL] = "control",
	};
	_Static_assert(COUNT(names) == PAGE_ROLE_COUNT, "a role has no name");
	return word_of(names, COUNT(names), r);
}
