// SPDX-License-Identifier: Apache-2.0
#include "local/dns_print.h"

#include "base/text.h"
#include "wire/dns_query.h"

#define DATA_MAX 8192 // bytes of one record's data as text; the wire has the rest

static void put_type(struct json *j, const char *key, uint16_t type)
{
	char text[16];
	const char *name = dns_type_name(type);
	if (name == NULL)
		snprintf(text, sizeof(text), "TYPE%u", type);
	json_word(j, key, name != NULL ? name : text);
}

static void put_flags(struct json *j, uint32_t flags)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} words[] = { { 0x8000, "qr" }, { 0x0400, "aa" }, { 0x0200, "tc" }, { 0x0100, "rd" },
		      { 0x0080, "ra" }, { 0x0040, "z" },  { 0x0020, "ad" }, { 0x0010, "cd" } };
	json_array(j, "flags");
	for (size_t i = 0; i < COUNT(words); i++)
		if ((flags & words[i].bit) != 0)
			json_word(j, NULL, words[i].name);
	json_end_array(j);
}

static void put_data(struct json *j, const struct dns_record *r)
{
	char text[DATA_MAX];
	struct wr w = wr_of(text, sizeof(text));
	if (r->type == DNS_A && r->data.len == 4) {
		json_addr(j, "data", addr_of(r->data));
		return;
	}
	dns_data_write(r, &w);
	json_span(j, "data", wr_span(&w));
}

static void put_record(struct json *j, const struct dns_record *r)
{
	static const char *const sections[] = {
		[DNS_ANSWER] = NULL, [DNS_AUTHORITY] = "authority", [DNS_ADDITIONAL] = "additional"
	};
	char name[DNS_TEXT];
	json_object(j, NULL);
	json_text(j, "name", dns_name_write(r->name, name) == ERR_OK ? name : NULL);
	put_type(j, "type", r->type);
	json_int(j, "ttl", r->ttl);
	put_data(j, r);
	if (r->class != 1)
		json_int(j, "class", r->class);
	if (sections[r->section] != NULL)
		json_word(j, "section", sections[r->section]);
	json_end_object(j);
}

static void put_edns(struct json *j, const struct dns_record *r)
{
	struct dns_opt o;
	char text[PREFIX_TEXT];
	dns_opt_read(r, &o);
	json_object(j, "edns");
	json_int(j, "version", o.version);
	json_int(j, "size", o.size);
	json_bool(j, "do", o.dnssec);
	if (o.has_nsid)
		json_hex(j, "nsid", o.nsid);
	if (o.has_subnet) {
		prefix_write(o.subnet, text);
		json_word(j, "client_subnet", text);
		json_int(j, "scope", o.scope);
	}
	if (o.error_count > 0)
		json_array(j, "ede");
	for (size_t i = 0; i < o.error_count; i++) {
		json_object(j, NULL);
		json_int(j, "code", o.errors[i].code);
		json_text(j, "name", dns_ede_name(o.errors[i].code));
		json_span(j, "text", o.errors[i].text);
		json_end_object(j);
	}
	if (o.error_count > 0)
		json_end_array(j);
	json_end_object(j);
}

static void put_rcode(struct json *j, struct span m)
{
	struct dns_walk w;
	struct dns_record r, opt = { 0 };
	if (dns_walk_init(&w, m) != ERR_OK) {
		json_null(j, "rcode");
		json_array(j, "flags");
		json_end_array(j);
		json_null(j, "edns");
		return;
	}
	if (w.head.count[DNS_ADDITIONAL] > 0)
		while (dns_record_next(&w, &r))
			if (r.type == DNS_OPT && r.section == DNS_ADDITIONAL)
				opt = r;
	unsigned rcode = w.head.rcode | (opt.type == DNS_OPT ? opt.ttl >> 24 << 4 : 0);
	json_int(j, "rcode", rcode);
	put_flags(j, w.head.flags);
	if (opt.type == DNS_OPT)
		put_edns(j, &opt);
	else
		json_null(j, "edns");
}

static void put_records(struct json *j, struct span m)
{
	struct dns_walk w;
	struct dns_record r;
	json_array(j, "records");
	if (dns_walk_init(&w, m) == ERR_OK)
		while (dns_record_next(&w, &r))
			if (r.type != DNS_OPT)
				put_record(j, &r);
	json_end_array(j);
}

static void put_marks(struct json *j, uint32_t mark)
{
	static const struct {
		uint32_t bit, usual;
		const char *name;
	} words[] = {
		{ DNS_MARK_ID, DNS_MARK_ID, "id_ok" },
		{ DNS_MARK_QUESTION, DNS_MARK_QUESTION, "question_ok" },
		{ DNS_MARK_CASE, DNS_MARK_CASE, "case_ok" },
		{ DNS_MARK_OTHER_SOURCE, 0, "other_source" },
		{ DNS_MARK_OTHER_PORT, 0, "other_port" },
		{ DNS_MARK_UNREADABLE, 0, "unreadable" },
		{ DNS_MARK_LATE, 0, "late" },
		{ DNS_MARK_NOT_RESPONSE, 0, "not_response" },
		{ DNS_MARK_ICMP, 0, "icmp" },
		{ DNS_MARK_CUT, 0, "cut" },
		{ DNS_MARK_DONT_FRAGMENT, 0, "df" },
		{ DNS_MARK_DIFFERS, 0, "differs" },
		{ DNS_MARK_AGAIN, 0, "again" },
	};
	for (size_t i = 0; i < COUNT(words); i++) {
		bool icmp = (mark & DNS_MARK_ICMP) != 0 && words[i].usual != 0;
		if (!icmp && (mark & words[i].bit) != words[i].usual)
			json_bool(j, words[i].name, (mark & words[i].bit) != 0);
	}
}

static void put_answer(struct json *j, const struct dns_pair_record *p, size_t attempt, size_t i,
		       struct span m)
{
	int64_t us = (int64_t)p->answer_at_us[i] - (int64_t)p->try_sent_us[attempt];
	json_object(j, NULL);
	json_thousandths(j, "at_ms", us < 0 ? 0 : (uint64_t)us);
	json_addr(j, "src", dns_pair_source(p, i));
	if (p->answer_ttl.at[i] != 0)
		json_int(j, "ip_ttl", p->answer_ttl.at[i]);
	else
		json_null(j, "ip_ttl");
	if (p->answer_ip_id[i] != 0)
		json_int(j, "ip_id", p->answer_ip_id[i] - 1);
	else
		json_null(j, "ip_id");
	if ((p->answer_mark[i] & DNS_MARK_ICMP) != 0) {
		json_null(j, "rcode");
		json_array(j, "flags");
		json_end_array(j);
		json_null(j, "edns");
		json_array(j, "records");
		json_end_array(j);
	} else {
		put_rcode(j, m);
		put_records(j, m);
	}
	put_marks(j, p->answer_mark[i]);
	json_hex(j, "wire", m);
	json_end_object(j);
}

static void put_answers(struct json *j, const struct dns_pair_record *p, size_t attempt)
{
	json_array(j, "answers");
	for (size_t i = 0, at = 0; i < p->answers; i++) {
		struct span m = dns_pair_wire(p, i, &at);
		if (p->answer_try.at[i] == attempt + 1)
			put_answer(j, p, attempt, i, m);
	}
	json_end_array(j);
}

void dns_print_try(struct json *j, const char *key, const struct dns_pair_record *p, size_t i)
{
	enum dns_error e =
		p->try_error.len > 0 ? (enum dns_error)p->try_error.at[i] : DNS_ERROR_NONE;
	json_object(j, key);
	json_int(j, "sport", p->try_sport != NULL ? p->try_sport[i] : p->sport);
	json_wall(j, "sent", (struct wall){ p->start.ns + p->try_sent_us[i] * NS_PER_US });
	json_text(j, "error", e == DNS_ERROR_NONE ? NULL : dns_error_name(e));
	json_word(j, "transport", dns_transport_name((enum dns_transport)p->try_transport.at[i]));
	json_word(j, "outcome", dns_outcome_name((enum dns_outcome)p->try_outcome.at[i]));
	json_int(j, "id", p->try_id[i]);
	if (p->try_ttl.len > 0)
		json_int(j, "ttl", p->try_ttl.at[i]);
	put_answers(j, p, i);
	json_end_object(j);
}

// The last of that role; one before it was cut short and is told under KEY with `_cut`.
static void put_control(struct json *j, const char *key, const char *cut,
			const struct dns_pair_record *p, enum dns_role role)
{
	size_t last = p->tries;
	for (size_t i = 0; i < p->tries; i++) {
		if (p->try_role.at[i] != role)
			continue;
		if (last != p->tries)
			dns_print_try(j, cut, p, last);
		last = i;
	}
	if (last == p->tries)
		json_null(j, key);
	else
		dns_print_try(j, key, p, last);
}

void dns_print_head(struct json *j, const struct dns_pair_record *p)
{
	json_addr(j, "resolver", p->resolver);
	json_span(j, "domain", p->domain);
	put_type(j, "qtype", p->qtype);
	json_word(j, "status", dns_state_name(p->state));
	if (p->kind != DNS_KIND_PAIR)
		json_word(j, "kind", dns_kind_name(p->kind));
	json_int(j, "port", p->port);
	json_word(j, "profile", dns_profile_name(p->profile));
	json_int(j, "repetition", p->repetition);
	if (p->detail.len > 0)
		json_span(j, "detail", p->detail);
	if (p->control.len > 0)
		json_span(j, "control", p->control);
}

void dns_print_json(struct json *j, const struct dns_pair_record *p, uint32_t repetitions,
		    uint32_t differing)
{
	json_object(j, NULL);
	dns_print_head(j, p);
	put_control(j, "control_before", "control_before_cut", p, DNS_CONTROL_BEFORE);
	json_array(j, "tries");
	for (size_t i = 0; i < p->tries; i++)
		if (p->try_role.at[i] == DNS_TEST)
			dns_print_try(j, NULL, p, i);
	json_end_array(j);
	put_control(j, "control_after", "control_after_cut", p, DNS_CONTROL_AFTER);
	if (p->answers_lost > 0)
		json_int(j, "answers_lost", p->answers_lost);
	if (repetitions > 1 && differing != UINT32_MAX)
		json_int(j, "ports_differing", differing);
	json_end_object(j);
}

// The answer that counts; false when there is none.
static bool test_answer(const struct dns_pair_record *p, struct span *out, uint8_t *rcode)
{
	for (size_t i = p->tries; i-- > 0;) {
		size_t first = p->try_first.at[i], at = 0;
		if (p->try_role.at[i] != DNS_TEST || first == 0)
			continue;
		for (size_t k = 0; k < first; k++)
			*out = dns_pair_wire(p, k, &at);
		*rcode = (uint8_t)(p->try_rcode.at[i] - 1);
		return true;
	}
	return false;
}

static size_t print_data(FILE *out, struct span m, const char *between)
{
	struct dns_walk w;
	struct dns_record r;
	char text[DATA_MAX];
	size_t count = 0;
	if (dns_walk_init(&w, m) != ERR_OK)
		return 0;
	while (dns_record_next(&w, &r) && r.section == DNS_ANSWER) {
		struct wr data = wr_of(text, sizeof(text));
		dns_data_write(&r, &data);
		fputs(count++ > 0 ? between : "", out);
		(void)fwrite(text, 1, data.len, out);
	}
	return count;
}

// Why there is no data: the code of the answer, or what stood in its way.
static void print_reason(FILE *out, const struct dns_pair_record *p, bool answered, uint8_t rcode)
{
	const char *code = dns_rcode_name(rcode);
	enum dns_error e = DNS_ERROR_NONE;
	for (size_t i = 0; i < p->tries && p->try_error.len > 0; i++)
		if (p->try_role.at[i] == DNS_TEST)
			e = (enum dns_error)p->try_error.at[i];
	if (answered && code != NULL)
		fputs(code, out);
	else if (answered)
		fprintf(out, "%u", rcode);
	else if (p->detail.len > 0)
		(void)fwrite(p->detail.at, 1, p->detail.len, out);
	else
		fputs(e != DNS_ERROR_NONE ? dns_error_name(e) : "-", out);
}

static const char *type_text(uint16_t type, char number[static 16])
{
	const char *name = dns_type_name(type);
	snprintf(number, 16, "TYPE%u", type);
	return name != NULL ? name : number;
}

// The data of an answer, or its code where there are none.
static void print_answer(FILE *out, struct span m, const char *between)
{
	struct dns_walk w;
	if (dns_walk_init(&w, m) != ERR_OK || print_data(out, m, between) > 0)
		return;
	const char *code = dns_rcode_name(w.head.rcode);
	fputs(w.head.rcode == 0 || code == NULL ? "no answer" : code, out);
}

// Answers to a question of the test that say something else than the one that counts: BEFORE, then
// what they say.
static void print_differing(FILE *out, const struct dns_pair_record *p, const char *before,
			    const char *after)
{
	const uint32_t wanted = DNS_MARK_DIFFERS | DNS_MARK_ID | DNS_MARK_QUESTION;
	const uint32_t looked =
		wanted | DNS_MARK_UNREADABLE | DNS_MARK_NOT_RESPONSE | DNS_MARK_ICMP;
	for (size_t i = 0, at = 0; i < p->answers; i++) {
		struct span m = dns_pair_wire(p, i, &at);
		size_t attempt = p->answer_try.at[i];
		if ((p->answer_mark[i] & looked) != wanted || attempt == 0 ||
		    p->try_role.at[attempt - 1] != DNS_TEST)
			continue;
		fputs(before, out);
		print_answer(out, m, ",");
		fputs(after, out);
	}
}

void dns_print_short(FILE *out, FILE *err, const struct dns_pair_record *p)
{
	char addr[ADDR_TEXT], number[16];
	struct span m;
	uint8_t rcode = 0;
	bool answered = test_answer(p, &m, &rcode);
	print_differing(err, p, "waymark dns: another answer to the same question: ", "\n");
	if (answered && print_data(out, m, "\n") > 0) {
		fputc('\n', out);
		return;
	}
	addr_write(p->resolver, addr);
	fprintf(err, "waymark dns: %.*s %s at %s: ", (int)p->domain.len, (const char *)p->domain.at,
		type_text(p->qtype, number), addr);
	print_reason(err, p, answered, rcode);
	fputs(answered && rcode == 0 ? ", no answer\n" : "\n", err);
}

void dns_print_line(FILE *out, const struct dns_pair_record *p)
{
	char addr[ADDR_TEXT], number[16];
	struct span m;
	uint8_t rcode = 0;
	bool answered = test_answer(p, &m, &rcode);
	addr_write(p->resolver, addr);
	fprintf(out, "%s\t%.*s\t%s\t%s\t", addr, (int)p->domain.len, (const char *)p->domain.at,
		type_text(p->qtype, number), dns_state_name(p->state));
	print_reason(out, p, answered, rcode);
	fputc('\t', out);
	if (!answered || print_data(out, m, ",") == 0)
		fputc('-', out);
	print_differing(out, p, "\tdiffers: ", "");
	fputc('\n', out);
}
