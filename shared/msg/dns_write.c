// SPDX-License-Identifier: Apache-2.0
//
// A DNS pair as a field of a batch (proto/dns.proto).
#include "msg/field.h"
#include "msg/record.h"

static void head(struct wr *w, const struct dns_pair_record *p)
{
	field_run(w, 1, &p->scan);
	field_u64(w, 2, p->kind);
	field_u64(w, 3, p->state);
	field_u64(w, 4, p->profile);
	field_addr(w, 5, &p->resolver);
	field_u64(w, 6, p->port);
	field_addr(w, 7, &p->src);
	field_u64(w, 8, p->sport);
	field_text(w, 9, p->domain);
	field_u64(w, 10, p->qtype);
	field_u64(w, 11, p->repetition);
	field_text(w, 12, p->control);
	field_wall(w, 13, p->start);
	field_u64(w, 14, p->options);
	field_bytes(w, 15, p->subnet);
	field_text(w, 16, p->detail);
	field_u64(w, 17, p->listen_ms);
	field_u64(w, 18, p->size);
}

static void tries(struct wr *w, const struct dns_pair_record *p)
{
	field_bytes(w, 20, p->try_role);
	field_bytes(w, 21, p->try_transport);
	field_bytes(w, 22, p->try_outcome);
	field_bytes(w, 23, p->try_error);
	field_bytes(w, 24, p->try_rcode);
	field_packed(w, 25, p->try_sent_us, p->tries);
	field_bytes(w, 26, p->try_first);
	field_bytes(w, 27, p->try_ttl);
	field_packed(w, 28, p->try_sport, p->try_sport == NULL ? 0 : p->tries);
	field_packed(w, 29, p->try_id, p->tries);
}

static void answers(struct wr *w, const struct dns_pair_record *p)
{
	field_bytes(w, 40, p->answer_try);
	field_packed(w, 41, p->answer_at_us, p->answers);
	field_bytes(w, 42, p->answer_ref);
	field_bytes(w, 43, p->sources);
	field_bytes(w, 44, p->answer_ttl);
	field_packed(w, 45, p->answer_ip_id, p->answers);
	field_packed(w, 46, p->answer_flags, p->answers);
	field_packed(w, 47, p->answer_mark, p->answers);
	field_packed(w, 48, p->answer_length, p->answers);
	field_bytes(w, 49, p->wires);
	field_u64(w, 50, p->answers_lost);
}

enum err record_write_dns_pair(struct wr *out, const struct dns_pair_record *p)
{
	enum err err = dns_pair_check(p);
	if (err != ERR_OK)
		return err;
	size_t start = out->len, begun = field_begin(out, BATCH_DNS_PAIR);
	head(out, p);
	tries(out, p);
	answers(out, p);
	return record_finish(out, start, begun);
}
