// SPDX-License-Identifier: Apache-2.0
//
// A DNS pair of a batch as a plain struct that borrows from the batch.
#include "msg/batch.h"
#include "msg/unpack.h"

static void read_tries(const Waymark__DnsPair *p, struct dns_pair_record *out)
{
	out->tries = p->try_role.len;
	out->try_role = bytes_of(p->try_role);
	out->try_transport = bytes_of(p->try_transport);
	out->try_outcome = bytes_of(p->try_outcome);
	out->try_error = bytes_of(p->try_error);
	out->try_rcode = bytes_of(p->try_rcode);
	out->try_sent_us = p->try_sent_us;
	out->try_first = bytes_of(p->try_first);
	out->try_ttl = bytes_of(p->try_ttl);
	out->try_sport = p->n_try_sport > 0 ? p->try_sport : NULL;
	out->try_id = p->try_id;
}

static void read_answers(const Waymark__DnsPair *p, struct dns_pair_record *out)
{
	out->answers = p->answer_try.len;
	out->answer_try = bytes_of(p->answer_try);
	out->answer_at_us = p->answer_at_us;
	out->answer_ref = bytes_of(p->answer_ref);
	out->sources = bytes_of(p->sources);
	out->answer_ttl = bytes_of(p->answer_ttl);
	out->answer_ip_id = p->answer_ip_id;
	out->answer_flags = p->answer_flags;
	out->answer_mark = p->answer_mark;
	out->answer_length = p->answer_length;
	out->wires = bytes_of(p->wires);
	out->answers_lost = p->answers_lost;
}

// The arrays of numbers are as long as those of bytes, which dns_pair_check compares.
static bool lengths_agree(const Waymark__DnsPair *p)
{
	size_t tries = p->try_role.len, answers = p->answer_try.len;
	return p->n_try_sent_us == tries && p->n_try_id == tries &&
	       (p->n_try_sport == tries || p->n_try_sport == 0) && p->n_answer_at_us == answers &&
	       p->n_answer_ip_id == answers && p->n_answer_flags == answers &&
	       p->n_answer_mark == answers && p->n_answer_length == answers;
}

static enum err read_texts(const Waymark__DnsPair *p, struct dns_pair_record *out)
{
	if (text_of(p->domain, DNS_DOMAIN_MAX, &out->domain) != ERR_OK ||
	    text_of(p->control, DNS_DOMAIN_MAX, &out->control) != ERR_OK ||
	    text_of(p->detail, DNS_DETAIL_MAX, &out->detail) != ERR_OK)
		return ERR_FORMAT;
	return ERR_OK;
}

static enum err read_where(const Waymark__DnsPair *p, struct dns_pair_record *out)
{
	if (run_of(p->scan, &out->scan) != ERR_OK ||
	    addr_of_bytes(p->resolver, &out->resolver) != ERR_OK ||
	    addr_of_bytes(p->src, &out->src) != ERR_OK || port_of(p->port, &out->port) != ERR_OK ||
	    port_of(p->sport, &out->sport) != ERR_OK)
		return ERR_FORMAT;
	return ERR_OK;
}

enum err batch_dns_pair(const struct batch *b, size_t i, struct dns_pair_record *out)
{
	if (i >= b->pb->n_dns_pair)
		return ERR_STATE;
	const Waymark__DnsPair *p = b->pb->dns_pair[i];
	*out = (struct dns_pair_record){
		.kind = (enum dns_kind)known_of((int)p->kind, DNS_KIND_COUNT),
		.state = (enum dns_state)known_of((int)p->state, DNS_STATE_COUNT),
		.profile = (enum dns_profile)known_of((int)p->profile, DNS_PROFILE_COUNT),
		.qtype = (uint16_t)p->qtype,
		.repetition = p->repetition,
		.start = wall_of(p->start_ns),
		.options = p->options,
		.subnet = bytes_of(p->subnet),
		.listen_ms = p->listen_ms,
		.size = p->size,
	};
	if (p->qtype > UINT16_MAX || !lengths_agree(p) || read_where(p, out) != ERR_OK ||
	    read_texts(p, out) != ERR_OK)
		return ERR_FORMAT;
	read_tries(p, out);
	read_answers(p, out);
	return dns_pair_check(out);
}

size_t batch_dns_pairs(const struct batch *b)
{
	return b->pb->n_dns_pair;
}
