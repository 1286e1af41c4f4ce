// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "local/dns_print.h"

#define OUT 512

// A pair with one test: ERROR of its socket, or the MESSAGE that answered with RCODE.
struct one {
	uint8_t role, transport, outcome, error, rcode, first, try[2];
	uint32_t sent, id, mark[2], length[2];
	struct dns_pair_record p;
};

static struct dns_pair_record *one(struct one *o, enum dns_error error, uint8_t rcode,
				   struct span message)
{
	bool answered = message.len > 0;
	*o = (struct one){
		.role = DNS_TEST,
		.transport = DNS_UDP,
		.outcome = answered ? DNS_TRY_ANSWERED : DNS_TRY_ERROR,
		.error = (uint8_t)error,
		.rcode = answered ? rcode + 1 : 0,
		.first = answered,
		.try = { 1, 1 },
		.mark = { DNS_MARK_ID | DNS_MARK_QUESTION },
		.length = { (uint32_t)message.len },
	};
	o->p = (struct dns_pair_record){
		.state = answered ? DNS_ANSWERED : DNS_FAILED,
		.resolver = { .family = 4, .bytes = { 198, 18, 0, 1 } },
		.domain = span_text("a.example"),
		.qtype = 1,
		.tries = 1,
		.try_role = span_of(&o->role, 1),
		.try_transport = span_of(&o->transport, 1),
		.try_outcome = span_of(&o->outcome, 1),
		.try_error = span_of(&o->error, 1),
		.try_rcode = span_of(&o->rcode, 1),
		.try_first = span_of(&o->first, 1),
		.try_sent_us = &o->sent,
		.try_id = &o->id,
		.answers = answered,
		.answer_try = span_of(o->try, answered),
		.answer_length = o->length,
		.answer_mark = o->mark,
		.wires = message,
	};
	return &o->p;
}

static void is_line(const struct dns_pair_record *p, const char *wanted)
{
	char text[OUT] = "";
	FILE *f = fmemopen(text, sizeof(text), "w");
	assert_non_null(f);
	dns_print_line(f, p);
	assert_int_equal(fclose(f), 0);
	assert_string_equal(text, wanted);
}

static void is_short(const struct dns_pair_record *p, const char *data, const char *reason)
{
	char text[OUT] = "", why[OUT] = "";
	FILE *out = fmemopen(text, sizeof(text), "w"), *err = fmemopen(why, sizeof(why), "w");
	assert_non_null(out);
	assert_non_null(err);
	dns_print_short(out, err, p);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(fclose(err), 0);
	assert_string_equal(text, data);
	assert_string_equal(why, reason);
}

#define QUESTION                                                                                   \
	"\x01"                                                                                     \
	"a"                                                                                        \
	"\x07"                                                                                     \
	"example\0"                                                                                \
	"\0\x01\0\x01"
static const char none[] = "\0\x07\x81\x83\0\x01\0\0\0\0\0\0" QUESTION;
static const char empty[] = "\0\x07\x81\x80\0\x01\0\0\0\0\0\0" QUESTION;
static const char some[] = "\0\x07\x81\x80\0\x01\0\x01\0\0\0\0" QUESTION
			   "\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04\xc6\x12\x09\x01";

static void a_failure_says_why(void **state)
{
	struct one o;
	(void)state;
	one(&o, DNS_ERROR_REFUSED, 0, (struct span){ 0 });
	is_line(&o.p, "198.18.0.1\ta.example\tA\terror\tconnection refused\t-\n");
	is_short(&o.p, "", "waymark dns: a.example A at 198.18.0.1: connection refused\n");
	one(&o, DNS_ERROR_NONE, 0, (struct span){ 0 });
	o.p.state = DNS_NOT_ASKED;
	o.p.detail = span_text("interrupted");
	is_line(&o.p, "198.18.0.1\ta.example\tA\tnot_asked\tinterrupted\t-\n");
	is_short(&o.p, "", "waymark dns: a.example A at 198.18.0.1: interrupted\n");
}

static void an_answer_without_data_says_so(void **state)
{
	struct one o;
	(void)state;
	one(&o, DNS_ERROR_NONE, 3, span_of(none, sizeof(none) - 1));
	is_line(&o.p, "198.18.0.1\ta.example\tA\tanswered\tNXDOMAIN\t-\n");
	is_short(&o.p, "", "waymark dns: a.example A at 198.18.0.1: NXDOMAIN\n");
	one(&o, DNS_ERROR_NONE, 0, span_of(empty, sizeof(empty) - 1));
	is_short(&o.p, "", "waymark dns: a.example A at 198.18.0.1: NOERROR, no answer\n");
}

static void data_stand_alone(void **state)
{
	struct one o;
	(void)state;
	one(&o, DNS_ERROR_NONE, 0, span_of(some, sizeof(some) - 1));
	is_line(&o.p, "198.18.0.1\ta.example\tA\tanswered\tNOERROR\t198.18.9.1\n");
	is_short(&o.p, "198.18.9.1\n", "");
}

static void a_second_answer_is_told(void **state)
{
	struct one o;
	char both[sizeof(some) + sizeof(none)];
	(void)state;
	memcpy(both, some, sizeof(some) - 1);
	memcpy(both + sizeof(some) - 1, none, sizeof(none) - 1);
	one(&o, DNS_ERROR_NONE, 0, span_of(both, sizeof(some) - 1));
	o.p.wires = span_of(both, sizeof(some) + sizeof(none) - 2);
	o.p.answers = 2;
	o.p.answer_try = span_of(o.try, 2);
	o.length[1] = sizeof(none) - 1;
	o.mark[1] = o.mark[0] | DNS_MARK_DIFFERS;
	is_line(&o.p,
		"198.18.0.1\ta.example\tA\tanswered\tNOERROR\t198.18.9.1\tdiffers: NXDOMAIN\n");
	is_short(&o.p, "198.18.9.1\n",
		 "waymark dns: another answer to the same question: NXDOMAIN\n");
	o.mark[1] &= ~(uint32_t)DNS_MARK_ID; // none of ours
	is_line(&o.p, "198.18.0.1\ta.example\tA\tanswered\tNOERROR\t198.18.9.1\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_failure_says_why),
		cmocka_unit_test(an_answer_without_data_says_so),
		cmocka_unit_test(data_stand_alone),
		cmocka_unit_test(a_second_answer_is_told),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
