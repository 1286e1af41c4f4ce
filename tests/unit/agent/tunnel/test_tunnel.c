// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "unit/agent/tunnel/example.h"

static void a_name_says_role_side_and_run(void **state)
{
	(void)state;
	uint8_t run[TUNNEL_RUN];
	char name[TUNNEL_NAME];
	memset(run, 0xf0, sizeof(run));
	tunnel_name_write(TUNNEL_GATEWAY, run, 'b', name);
	assert_string_equal(name, "wmgbf0f0f0f0f0f");
	assert_true(tunnel_name_ours(span_text(name)));
	tunnel_name_write(TUNNEL_VANTAGE, run, 'a', name);
	assert_string_equal(name, "wmvaf0f0f0f0f0f");
}

static void knows_its_own_names_from_others(void **state)
{
	(void)state;
	static const char *const others[] = {
		"",
		"wm",
		"wmva",
		"wmvaf0f0f0f0f0",
		"wmvaf0f0f0f0f0f0",
		"wmxaf0f0f0f0f0f",
		"wmvcf0f0f0f0f0f",
		"wmvaf0f0f0f0f0F",
		"eth0",
		"wmvaf0f0f0f0f0/",
	};
	for (size_t i = 0; i < COUNT(others); i++)
		assert_false(tunnel_name_ours(span_text(others[i])));
}

static void a_table_is_far_from_those_people_choose(void **state)
{
	(void)state;
	uint32_t a = tunnel_table("wmgbf0f0f0f0f0f"), b = tunnel_table("wmgaf0f0f0f0f0f");
	assert_int_equal(a >> 24, 0x57);
	assert_int_not_equal(a, b);
}

static void takes_what_can_become_a_tunnel(void **state)
{
	(void)state;
	struct tunnel_config v = example_config(TUNNEL_VANTAGE);
	struct tunnel_config g = example_config(TUNNEL_GATEWAY);
	struct fault f;
	assert_int_equal(tunnel_check(&v, &f), ERR_OK);
	assert_int_equal(tunnel_check(&g, &f), ERR_OK);
	g.inner6 = (struct tunnel_inner){ 0 };
	assert_int_equal(tunnel_check(&g, &f), ERR_OK);
}

typedef void spoil_fn(struct tunnel_config *c);

static void no_private_key(struct tunnel_config *c)
{
	memset(c->private_key, 0, TUNNEL_KEY);
}

static void foreign_name(struct tunnel_config *c)
{
	strcpy(c->name, "eth0");
}

static void other_role(struct tunnel_config *c)
{
	c->role = c->role == TUNNEL_VANTAGE ? TUNNEL_GATEWAY : TUNNEL_VANTAGE;
}

static void no_inner(struct tunnel_config *c)
{
	c->inner4 = c->inner6 = (struct tunnel_inner){ 0 };
}

static void half_inner(struct tunnel_config *c)
{
	c->inner6.peer = (struct addr){ 0 };
}

static void same_inner(struct tunnel_config *c)
{
	c->inner4.peer = c->inner4.own;
}

static void families_swapped(struct tunnel_config *c)
{
	struct tunnel_inner in = c->inner4;
	c->inner4 = c->inner6;
	c->inner6 = in;
}

static void no_phone(struct tunnel_config *c)
{
	c->phone_count = 0;
}

static void everything_a_phone(struct tunnel_config *c)
{
	c->phones[0] = (struct prefix){ .addr = { .family = 4 } };
}

static void small_mtu(struct tunnel_config *c)
{
	c->mtu = 1279;
}

static void port_without_address(struct tunnel_config *c)
{
	c->endpoint = (struct addr){ 0 };
	c->endpoint_port = 1;
}

// An interface's name goes into nftables text.
static void quote_in_interface(struct tunnel_config *c)
{
	strcpy(c->role == TUNNEL_VANTAGE ? c->outside : c->inside, "a\" accept");
}

static void unended_interface(struct tunnel_config *c)
{
	memset(c->role == TUNNEL_VANTAGE ? c->outside : c->inside, 'a', TUNNEL_NAME);
}

static void refuses_what_cannot(void **state)
{
	(void)state;
	static spoil_fn *const spoils[] = {
		no_private_key,     foreign_name, other_role,           no_inner,
		half_inner,         same_inner,   families_swapped,     no_phone,
		everything_a_phone, small_mtu,    port_without_address, quote_in_interface,
		unended_interface,
	};
	for (size_t i = 0; i < COUNT(spoils); i++)
		for (int role = 0; role < TUNNEL_ROLE_COUNT_; role++) {
			struct tunnel_config c = example_config((enum tunnel_role)role);
			struct fault f = { 0 };
			spoils[i](&c);
			assert_int_equal(tunnel_check(&c, &f), ERR_USAGE);
			assert_true(f.what[0] != '\0');
		}
}

static void refuses_a_resolver_on_the_loopback(void **state)
{
	(void)state;
	struct tunnel_config c = example_config(TUNNEL_VANTAGE);
	c.resolver4 = example_addr("127.0.0.53");
	assert_int_equal(tunnel_check(&c, NULL), ERR_USAGE);
	c.resolver4 = (struct addr){ 0 };
	c.resolver6 = example_addr("::1");
	assert_int_equal(tunnel_check(&c, NULL), ERR_USAGE);
	c.resolver6 = (struct addr){ 0 };
	assert_int_equal(tunnel_check(&c, NULL), ERR_OK);
}

static void a_vantage_wants_the_middle_of_a_block_of_four(void **state)
{
	(void)state;
	static const char *const pairs[][2] = {
		{ "198.19.0.1", "198.19.0.3" },
		{ "198.19.0.0", "198.19.0.3" },
		{ "198.19.0.1", "198.19.1.2" },
		{ "198.19.0.2", "198.19.0.5" },
	};
	struct tunnel_config c = example_config(TUNNEL_VANTAGE);
	for (size_t i = 0; i < COUNT(pairs); i++) {
		c.inner4 = (struct tunnel_inner){ example_addr(pairs[i][0]),
						  example_addr(pairs[i][1]) };
		assert_int_equal(tunnel_check(&c, NULL), ERR_USAGE);
	}
	c.inner4 = (struct tunnel_inner){ example_addr("198.19.0.6"), example_addr("198.19.0.5") };
	assert_int_equal(tunnel_check(&c, NULL), ERR_OK);
}

static void is_ready_while_a_session_lives(void **state)
{
	(void)state;
	struct tunnel_state s = { .alive = true, .handshake_ns = INT64_MAX };
	assert_false(tunnel_ready(&s));
	s.handshake_ns = 179 * NS_PER_S;
	assert_true(tunnel_ready(&s));
	s.handshake_ns = 180 * NS_PER_S;
	assert_false(tunnel_ready(&s));
	s = (struct tunnel_state){ .alive = false, .handshake_ns = 0 };
	assert_false(tunnel_ready(&s));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_says_role_side_and_run),
		cmocka_unit_test(knows_its_own_names_from_others),
		cmocka_unit_test(a_table_is_far_from_those_people_choose),
		cmocka_unit_test(takes_what_can_become_a_tunnel),
		cmocka_unit_test(refuses_what_cannot),
		cmocka_unit_test(refuses_a_resolver_on_the_loopback),
		cmocka_unit_test(a_vantage_wants_the_middle_of_a_block_of_four),
		cmocka_unit_test(is_ready_while_a_session_lives),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
