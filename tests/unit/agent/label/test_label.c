// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "label/label.h"

static const uint64_t seed[2] = { 1, 2 };
static const struct addr phone = { .family = 4, .bytes = { 198, 18, 0, 1 } };
static const struct addr server = { .family = 4, .bytes = { 198, 18, 0, 53 } };
static struct label_model *model;

// An IPv4 packet in which the phone asks for a.example.
// clang-format off
static const uint8_t question[] = {
	0x45, 0, 0, 55, 0, 1, 0, 0, 64, 17, 0, 0, 198, 18, 0, 1, 198, 18, 0, 53, // IPv4
	0x9c, 0x40, 0, 53, 0, 35, 0, 0, // UDP from port 40000
	0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, // DNS
	1, 'a', 7, 'e', 'x', 'a', 'm', 'p', 'l', 'e', 0, 0, 1, 0, 1,
};
// clang-format on

static struct label *made(size_t flows)
{
	struct label *l = NULL;
	struct fault f;
	assert_int_equal(label_new(&l, model, flows, seed, &f), ERR_OK);
	return l;
}

static void ask(struct label *l, uint16_t port)
{
	uint8_t packet[sizeof(question)];
	memcpy(packet, question, sizeof(packet));
	packet[20] = (uint8_t)(port >> 8);
	packet[21] = (uint8_t)port;
	label_hear(l, (struct wall){ NS_PER_S }, span_of(packet, sizeof(packet)));
}

static const char *taken(struct label *l, uint16_t port)
{
	return label_take(l, 17, phone, port, server, 53);
}

static void names_a_flow_in_either_order_and_forgets_it(void **state)
{
	(void)state;
	struct label *l = made(4);
	ask(l, 40000);
	ask(l, 40001);
	assert_string_equal(label_take(l, 17, server, 53, phone, 40000), "DNS");
	assert_null(taken(l, 40000));
	assert_string_equal(taken(l, 40001), "DNS");
	assert_null(taken(l, 40002));
	label_free(&l);
	assert_null(l);
}

static void two_that_share_a_model_do_not_share_flows(void **state)
{
	(void)state;
	struct label *one = made(4), *two = made(4);
	ask(one, 40000);
	assert_null(taken(two, 40000));
	assert_string_equal(taken(one, 40000), "DNS");
	label_free(&one);
	label_free(&two);
}

static void a_flow_too_many_has_no_name(void **state)
{
	(void)state;
	struct label *l = made(2);
	size_t named = 0;
	for (uint16_t port = 1; port <= 1000; port++)
		ask(l, port);
	for (uint16_t port = 1; port <= 1000; port++)
		named += taken(l, port) != NULL;
	assert_int_equal(named, 2);
	label_free(&l);
}

static void hears_what_is_no_packet(void **state)
{
	(void)state;
	struct label *l = made(2);
	for (size_t len = 0; len < sizeof(question); len++)
		label_hear(l, (struct wall){ 0 }, span_of(question, len));
	label_free(&l);
}

static void without_ndpi_it_says_so(void **state)
{
	struct fault f = { 0 };
	struct label_model *m = NULL;
	(void)state;
	assert_int_equal(label_model_new(&m, &f), ERR_UNSUPPORTED);
	assert_non_null(strstr(f.what, "libndpi-dev"));
	assert_null(m);
}

int main(void)
{
	const struct CMUnitTest with[] = {
		cmocka_unit_test(names_a_flow_in_either_order_and_forgets_it),
		cmocka_unit_test(two_that_share_a_model_do_not_share_flows),
		cmocka_unit_test(a_flow_too_many_has_no_name),
		cmocka_unit_test(hears_what_is_no_packet),
	};
	const struct CMUnitTest without[] = {
		cmocka_unit_test(without_ndpi_it_says_so),
	};
	struct fault f;
	if (label_model_new(&model, &f) == ERR_UNSUPPORTED)
		return cmocka_run_group_tests(without, NULL, NULL);
	int failed = cmocka_run_group_tests(with, NULL, NULL);
	label_model_free(&model);
	return failed;
}
