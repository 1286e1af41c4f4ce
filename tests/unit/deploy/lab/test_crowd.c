// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lab/ask.h"
#include "lab/crowd.h"
#include "lab/sim.h"
#include "wire/ip.h"
#include "wire/udp.h"

#define HEAD                                                                                       \
	"world w\nas 1 one\nas 2 two\n"                                                            \
	"router a as=1 country=DE at=1,1\n"                                                        \
	"router b as=2 country=CN at=2,2\n"                                                        \
	"router c as=2 country=CN at=3,3\n"                                                        \
	"link a b delay=1ms\nlink b c delay=1ms\n"                                                 \
	"host me kind=vantage router=a\nhost many kind=crowd router=a\n"                           \
	"net 198.18.64.0/24 host=many router=c\nnet 198.18.65.0/24 host=many router=a\n"           \
	"net 2001:db8:40::/64 host=many router=c\n"

static const char text[] =
	HEAD "domain one%.example at=198.18.9.1 count=3 list=bad\n"
	     "domain cdn.example pool=198.18.128.0/24 places=4 answers=2\n"
	     "domain whoami.example whoami\n"
	     "crowd up at=198.18.64.10 count=3 ptr=ns%.up.example\n"
	     "crowd through at=198.18.64.20 count=6 does=transparent upstream=up ptr=t%.x.example\n"
	     "crowd slow at=198.18.64.30 rate=2 unconfirmed ptr=slow.example\n"
	     "crowd no at=198.18.65.10 list=bad lie=nxdomain ede=15\n"
	     "crowd off at=198.18.65.11 list=bad lie=wrong-id\n"
	     "crowd mute at=198.18.65.12 list=bad lie=silence\n"
	     "crowd page at=198.18.65.13 list=bad lie=page v4=198.18.9.9\n"
	     "crowd under at=198.18.65.14 does=forwarder upstream=page\n"
	     "crowd six at=2001:db8:40::10\n"
	     "crowd gone at=198.18.64.200 does=nobody\n"
	     "inject b list=bad race=first ttl=copy v4=192.0.2.1,192.0.2.2\n"
	     "inject b list=bad race=second lag=50ms v4=192.0.2.3\n";

struct lab {
	struct world *w;
	struct crowd *c;
	uint8_t question[512];
	size_t len;
	struct crowd_answer answer;
	struct dns_answer read;
};

static int setup(void **state)
{
	static struct lab lab;
	struct fault f = { 0 };

	lab = (struct lab){ 0 };
	if (world_read(span_of(text, sizeof(text) - 1), "t", &lab.w, &f) != ERR_OK) {
		print_error("%s\n", f.what);
		return -1;
	}
	lab.c = crowd_new(lab.w, 1);
	*state = &lab;
	return lab.c ? 0 : -1;
}

static int teardown(void **state)
{
	struct lab *lab = *state;

	crowd_free(&lab->c);
	world_free(&lab->w);
	return 0;
}

static struct addr a(const char *t)
{
	struct addr out;

	assert_int_equal(addr_read(span_text(t), &out), ERR_OK);
	return out;
}

// OPTIONS: the body of an OPT record, or an empty span for none.
static void put_question(struct lab *lab, const char *name, uint16_t type, struct span options)
{
	struct wr w = wr_of(lab->question, sizeof(lab->question));

	wr_u16(&w, 0x4242);
	wr_u16(&w, 0x0100);
	wr_u16(&w, 1);
	wr_u32(&w, 0);
	wr_u16(&w, options.at ? 1 : 0);
	ask_name_write(&w, name);
	wr_u16(&w, type);
	wr_u16(&w, 1);
	if (options.at) {
		wr_u8(&w, 0);
		wr_u16(&w, DNS_OPT);
		wr_u16(&w, 1232);
		wr_u32(&w, 0);
		wr_u16(&w, (uint16_t)options.len);
		wr_bytes(&w, options);
	}
	lab->len = w.len;
}

static bool ask_at(struct lab *lab, const char *asked, int64_t ms)
{
	struct crowd_question q = { a(asked), a("198.18.1.10"), span_of(lab->question, lab->len),
				    false };

	if (!crowd_hear(lab->c, &q, (struct mono){ (1000 + ms) * NS_PER_MS }, &lab->answer))
		return false;
	assert_int_equal(dns_answer_read(span_of(lab->answer.bytes, lab->answer.len), &lab->read),
			 ERR_OK);
	return true;
}

static bool ask(struct lab *lab, const char *asked, const char *name)
{
	put_question(lab, name, DNS_A, span_of(NULL, 0));
	return ask_at(lab, asked, 0);
}

static void is(struct addr got, const char *want)
{
	char t[ADDR_TEXT];

	addr_write(got, t);
	assert_string_equal(t, want);
}

static void tells_the_truth_where_nobody_lies(void **state)
{
	struct lab *lab = *state;

	assert_true(ask(lab, "198.18.64.10", "one002.example"));
	assert_int_equal(lab->read.addr_count, 1);
	is(lab->read.addrs[0], "198.18.9.2");
	assert_int_equal(lab->read.head.id, 0x4242);
	assert_true(ask(lab, "2001:db8:40::10", "a.b.one003.example"));
	is(lab->read.addrs[0], "198.18.9.3");
	assert_true(ask(lab, "198.18.64.10", "nowhere.example"));
	assert_int_equal(lab->read.head.rcode, 3);
	assert_false(ask(lab, "198.18.64.13", "one001.example"));
	assert_false(ask(lab, "198.18.64.200", "one001.example"));
}

static void a_cdn_answers_by_place_and_in_turn(void **state)
{
	struct lab *lab = *state;
	static const uint8_t subnet[] = { 0, 8, 0, 7, 0, 1, 24, 0, 198, 18, 65 };
	struct addr first;

	assert_true(ask(lab, "198.18.64.10", "cdn.example"));
	assert_int_equal(lab->read.addr_count, 2);
	first = lab->read.addrs[0];
	assert_int_equal(first.bytes[3] / 64, 2); // the third router's quarter
	assert_true(ask(lab, "198.18.64.10", "cdn.example"));
	assert_false(addr_eq(first, lab->read.addrs[0]));
	put_question(lab, "cdn.example", DNS_A, span_of(subnet, sizeof(subnet)));
	assert_true(ask_at(lab, "198.18.64.10", 0));
	assert_int_equal(lab->read.addrs[0].bytes[3] / 64, 0); // the client subnet is at the first
}

static void a_transparent_forwarder_is_answered_for(void **state)
{
	struct lab *lab = *state;

	assert_true(ask(lab, "198.18.64.24", "x.whoami.example"));
	is(lab->answer.from, "198.18.64.11");
	is(lab->read.addrs[0], "198.18.64.11");
	assert_true(ask(lab, "198.18.65.14", "one001.example"));
	is(lab->answer.from, "198.18.65.14");
	is(lab->read.addrs[0], "198.18.9.9"); // its upstream lies
}

static void lies_as_it_is_told(void **state)
{
	struct lab *lab = *state;
	static const uint8_t nothing[1] = { 0 };

	put_question(lab, "one001.example", DNS_A, span_of(nothing, 0));
	assert_true(ask_at(lab, "198.18.65.10", 0));
	assert_int_equal(lab->read.head.rcode, 3);
	assert_memory_equal(lab->answer.bytes + lab->answer.len - 6, "\0\x0f\0\x02\0\x0f", 6);
	assert_true(ask(lab, "198.18.65.11", "one001.example"));
	assert_int_not_equal(lab->read.head.id, 0x4242);
	assert_false(ask(lab, "198.18.65.12", "one001.example"));
	assert_true(ask(lab, "198.18.65.12", "cdn.example"));
	assert_true(ask(lab, "198.18.65.13", "one001.example"));
	is(lab->read.addrs[0], "198.18.9.9");
}

static void answers_so_many_a_second(void **state)
{
	struct lab *lab = *state;

	put_question(lab, "one001.example", DNS_A, span_of(NULL, 0));
	assert_true(ask_at(lab, "198.18.64.30", 0));
	assert_true(ask_at(lab, "198.18.64.30", 1));
	assert_false(ask_at(lab, "198.18.64.30", 2));
	assert_true(ask_at(lab, "198.18.64.30", 600));
	assert_false(ask_at(lab, "198.18.64.30", 700));
}

static void names_lead_back_unless_they_do_not(void **state)
{
	struct lab *lab = *state;

	put_question(lab, "11.64.18.198.in-addr.arpa", DNS_PTR, span_of(NULL, 0));
	assert_true(ask_at(lab, "198.18.64.10", 0));
	assert_int_equal(lab->read.head.count[1], 1);
	assert_true(ask(lab, "198.18.64.10", "ns2.up.example"));
	is(lab->read.addrs[0], "198.18.64.11");
	assert_true(ask(lab, "198.18.64.10", "slow.example"));
	assert_int_equal(lab->read.head.rcode, 3);
}

// --- the injector --------------------------------------------------------------------------------

static void send_question(struct lab *lab, struct sim *s, const char *to, uint8_t ttl)
{
	uint8_t bytes[600];
	struct wr w = wr_of(bytes, sizeof(bytes));
	struct ip_head ip = { .src = a("198.18.1.10"), .dst = a(to), .proto = IP_UDP, .ttl = ttl };
	struct udp_head udp = { .sport = 4000,
				.dport = 53,
				.payload = span_of(lab->question, lab->len) };

	assert_int_equal(ip_write(&w, &ip, UDP_HEAD + lab->len), ERR_OK);
	assert_int_equal(udp_write(&w, &ip.src, &ip.dst, &udp), ERR_OK);
	sim_hear(s, 0, wr_span(&w), (struct mono){ 0 });
	sim_tick(s, (struct mono){ NS_PER_S });
}

static struct ip_head next(struct sim *s, int host)
{
	struct sim_packet p;
	struct ip_head ip;

	assert_true(sim_next(s, &p));
	assert_int_equal(p.host, host);
	assert_int_equal(ip_read(p.bytes, &ip), ERR_OK);
	return ip;
}

static void an_injector_answers_before_and_after_and_for_nobody(void **state)
{
	struct lab *lab = *state;
	struct sim *s = sim_new(lab->w, 1);
	struct sim_packet none;

	put_question(lab, "one001.example", DNS_A, span_of(NULL, 0));
	send_question(lab, s, "198.18.64.99", 60); // no resolver there
	struct ip_head forged = next(s, 0);
	is(forged.src, "198.18.64.99");
	assert_int_equal(forged.ttl, 59 - 1); // copied at the second router, one back
	struct ip_head asked = next(s, 1);
	is(asked.dst, "198.18.64.99");
	struct ip_head late = next(s, 0);
	is(late.src, "198.18.64.99");
	assert_int_equal(late.ttl, 63);
	assert_int_equal(sim_stats(s).injected, 2);
	put_question(lab, "cdn.example", DNS_A, span_of(NULL, 0));
	send_question(lab, s, "198.18.64.99", 60);
	(void)next(s, 1);
	assert_false(sim_next(s, &none));
	// The same name asked of a resolver before the injector.
	put_question(lab, "one001.example", DNS_A, span_of(NULL, 0));
	send_question(lab, s, "198.18.65.10", 60);
	(void)next(s, 1);
	assert_false(sim_next(s, &none));
	sim_free(&s);
}

static void an_injector_hears_what_expires_beside_it(void **state)
{
	struct lab *lab = *state;
	struct sim *s = sim_new(lab->w, 1);

	put_question(lab, "one001.example", DNS_A, span_of(NULL, 0));
	send_question(lab, s, "198.18.64.10", 2);
	struct ip_head expired = next(s, 0);
	assert_int_equal(expired.proto, IP_ICMP);
	// The copied TTL of the first forged answer died on the way: its address is told so.
	struct ip_head told = next(s, 1);
	assert_int_equal(told.proto, IP_ICMP);
	struct ip_head late = next(s, 0);
	assert_int_equal(late.proto, IP_UDP);
	sim_free(&s);
}

// --- what a file may not say ---------------------------------------------------------------------

static void refuses_what_cannot_be(void **state)
{
	static const struct {
		const char *line, *why;
	} cases[] = {
		{ "net 198.18.64.128/25 host=many\n", "overlaps" },
		{ "net 198.18.2.0/24 host=many\n", "router" },
		{ "net 10.0.0.0/24 host=many\n", "lab address" },
		{ "net 198.18.70.0/24 host=nobody\n", "no host" },
		{ "crowd x at=198.18.64.250 count=10\n", "no net holds" },
		{ "crowd x at=198.18.64.10\ncrowd y at=198.18.64.10\n", "begins inside" },
		{ "crowd x at=198.18.64.10 lie=page list=l\n", "need v4=" },
		{ "crowd x at=198.18.64.10 lie=sometimes list=l\n", "one of: none page" },
		{ "crowd x at=198.18.64.10 lie=nxdomain\n", "go together" },
		{ "crowd x at=198.18.64.10 does=forwarder\n", "upstream=" },
		{ "domain x.example\n", "needs at=" },
		{ "domain x.example at=198.18.9.1\ndomain x.example at=198.18.9.2\n", "already" },
		{ "domain x.example pool=198.18.9.0/24\n", "places=" },
		{ "domain x.example at=198.18.9.1 colour=red\n", "no \"colour\"" },
		{ "inject a list=bad\n", "needs list=" },
		{ "inject q list=bad v4=192.0.2.1\n", "no router" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char file[2000];
		struct world *w = NULL;
		struct fault f = { 0 };
		strcpy(file, HEAD);
		strcat(file, cases[i].line);
		assert_int_equal(world_read(span_text(file), "t", &w, &f), ERR_USAGE);
		if (!strstr(f.what, cases[i].why))
			fail_msg("case %zu: \"%s\" does not say \"%s\"", i, f.what, cases[i].why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_the_truth_where_nobody_lies),
		cmocka_unit_test(a_cdn_answers_by_place_and_in_turn),
		cmocka_unit_test(a_transparent_forwarder_is_answered_for),
		cmocka_unit_test(lies_as_it_is_told),
		cmocka_unit_test(answers_so_many_a_second),
		cmocka_unit_test(names_lead_back_unless_they_do_not),
		cmocka_unit_test(an_injector_answers_before_and_after_and_for_nobody),
		cmocka_unit_test(an_injector_hears_what_expires_beside_it),
		cmocka_unit_test(refuses_what_cannot_be),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
