// SPDX-License-Identifier: Apache-2.0
#include "msg/dns.h"

#include "msg/word.h"

static const char *const kinds[] = { "unknown", "pair", "nobody", "path" };
static const char *const states[] = { "unknown", "answered", "timeout",
				      "error",   "refused",  "not_asked" };
static const char *const profiles[] = { "unknown", "plain", "v2.1", "v2.2", "waymark" };
static const char *const transports[] = { "unknown", "udp", "tcp", "tls", "https" };
static const char *const outcomes[] = { "unknown", "answered", "timeout",
					"error",   "unusable", "abandoned" };
static const char *const errors[] = {
	[DNS_ERROR_NONE] = "null",
	[DNS_ERROR_TIMEOUT] = "i/o timeout",
	[DNS_ERROR_REFUSED] = "connection refused",
	[DNS_ERROR_HOST] = "no route to host",
	[DNS_ERROR_NET] = "network is unreachable",
	[DNS_ERROR_SIZE] = "message too long",
	[DNS_ERROR_RESET] = "connection reset by peer",
	[DNS_ERROR_PROHIBITED] = "communication prohibited",
	[DNS_ERROR_SHORT] = "short read",
	[DNS_ERROR_PROTOCOL] = "read: protocol error",
	[DNS_ERROR_TLS] = "tls: handshake failed",
	[DNS_ERROR_HTTP] = "http: bad response",
	[DNS_ERROR_SOCKET] = "socket: too many open files",
	[DNS_ERROR_OTHER] = "other error",
	[DNS_ERROR_TTL] = "ttl exceeded",
};

_Static_assert(COUNT(kinds) == DNS_KIND_COUNT, "every kind has a name");
_Static_assert(COUNT(states) == DNS_STATE_COUNT, "every state has a name");
_Static_assert(COUNT(profiles) == DNS_PROFILE_COUNT, "every profile has a name");
_Static_assert(COUNT(transports) == DNS_TRANSPORT_COUNT, "every transport has a name");
_Static_assert(COUNT(outcomes) == DNS_OUTCOME_COUNT, "every outcome has a name");
_Static_assert(COUNT(errors) == DNS_ERROR_COUNT, "every error has a name");

const char *dns_kind_name(enum dns_kind k)
{
	return word_of(kinds, COUNT(kinds), k);
}

const char *dns_state_name(enum dns_state s)
{
	return word_of(states, COUNT(states), s);
}

const char *dns_profile_name(enum dns_profile p)
{
	return word_of(profiles, COUNT(profiles), p);
}

const char *dns_transport_name(enum dns_transport t)
{
	return word_of(transports, COUNT(transports), t);
}

const char *dns_outcome_name(enum dns_outcome o)
{
	return word_of(outcomes, COUNT(outcomes), o);
}

const char *dns_error_name(enum dns_error e)
{
	return word_of(errors, COUNT(errors), e);
}

enum err dns_profile_read(struct span in, enum dns_profile *out)
{
	size_t i = 0;
	enum err err = word_read(profiles, COUNT(profiles), in, &i);
	*out = (enum dns_profile)i;
	return err;
}

enum err dns_transport_read(struct span in, enum dns_transport *out)
{
	size_t i = 0;
	enum err err = word_read(transports, COUNT(transports), in, &i);
	*out = (enum dns_transport)i;
	return err;
}

static bool check_values(const struct dns_pair_record *p)
{
	if ((unsigned)p->kind >= DNS_KIND_COUNT || (unsigned)p->state >= DNS_STATE_COUNT ||
	    (unsigned)p->profile >= DNS_PROFILE_COUNT)
		return false;
	if (p->resolver.family != 4 && p->resolver.family != 6)
		return false;
	if (p->src.family != 0 && p->src.family != p->resolver.family)
		return false;
	if (p->domain.len == 0 || p->domain.len > DNS_DOMAIN_MAX ||
	    p->control.len > DNS_DOMAIN_MAX || p->detail.len > DNS_DETAIL_MAX)
		return false;
	return p->subnet.len == 0 || p->subnet.len == 5 || p->subnet.len == DNS_SUBNET_SIZE;
}

static bool per(struct span s, size_t count, bool may_lack)
{
	return s.len == count || (may_lack && s.len == 0);
}

static bool check_tries(const struct dns_pair_record *p)
{
	size_t n = p->tries;
	if (n > DNS_TRIES_MAX || !per(p->try_role, n, false) || !per(p->try_transport, n, false) ||
	    !per(p->try_outcome, n, false) || !per(p->try_error, n, true) ||
	    !per(p->try_rcode, n, false) || !per(p->try_first, n, false) ||
	    !per(p->try_ttl, n, true))
		return false;
	if (n > 0 && (p->try_sent_us == NULL || p->try_id == NULL))
		return false;
	// What was cut before its test has its control at most.
	bool asked = p->state != DNS_REFUSED && p->state != DNS_NOT_ASKED;
	for (size_t i = 0; i < n; i++)
		if (p->try_first.at[i] > p->answers || (!asked && p->try_role.at[i] == DNS_TEST))
			return false;
	return true;
}

static bool check_answers(const struct dns_pair_record *p)
{
	size_t n = p->answers, size = p->resolver.family == 4 ? 4 : 16, bytes = 0;
	size_t sources = p->sources.len / size;
	if (n > DNS_ANSWERS_MAX || !per(p->answer_try, n, false) || !per(p->answer_ref, n, false) ||
	    !per(p->answer_ttl, n, false))
		return false;
	if (p->sources.len % size != 0 || sources > DNS_SOURCES_MAX || p->wires.len > DNS_WIRES_MAX)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (p->answer_try.at[i] > p->tries || p->answer_ref.at[i] > sources ||
		    p->answer_length[i] > DNS_WIRES_MAX)
			return false;
		bytes += p->answer_length[i];
	}
	return bytes == p->wires.len;
}

enum err dns_pair_check(const struct dns_pair_record *p)
{
	return check_values(p) && check_tries(p) && check_answers(p) ? ERR_OK : ERR_FORMAT;
}

enum err dns_pair_subnet_read(struct span in, struct prefix *out)
{
	*out = (struct prefix){ 0 };
	if (in.len == 0)
		return ERR_OK;
	if (in.len != 5 && in.len != DNS_SUBNET_SIZE)
		return ERR_FORMAT;
	struct prefix p = { addr_of(span_cut(in, 1, in.len - 1)), in.at[0] };
	if (p.bits > addr_bits(p.addr))
		return ERR_FORMAT;
	for (unsigned bit = p.bits; bit < addr_bits(p.addr); bit++)
		p.addr.bytes[bit / 8] &= (uint8_t) ~(0x80u >> bit % 8);
	*out = p;
	return ERR_OK;
}

struct span dns_pair_subnet_write(const struct prefix *p, uint8_t out[static DNS_SUBNET_SIZE])
{
	struct wr w = wr_of(out, DNS_SUBNET_SIZE);
	if (p->addr.family == 0)
		return span_of("", 0);
	wr_u8(&w, p->bits);
	wr_bytes(&w, addr_span(&p->addr));
	return wr_span(&w);
}

struct span dns_pair_wire(const struct dns_pair_record *p, size_t i, size_t *at)
{
	struct span s = span_cut(p->wires, *at, p->answer_length[i]);
	*at += s.len;
	return s;
}

struct addr dns_pair_source(const struct dns_pair_record *p, size_t i)
{
	size_t size = p->resolver.family == 4 ? 4 : 16;
	if (p->answer_ref.at[i] == 0)
		return p->resolver;
	return addr_of(span_cut(p->sources, (p->answer_ref.at[i] - 1u) * size, size));
}
