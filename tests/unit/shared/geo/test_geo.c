// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/macro.h"
#include "geo/geo.h"

#define HEADING "first,last,country,asn,as_name,latitude,longitude\n"

struct compiled {
	uint8_t *bytes;
	size_t len;
	struct geo table;
	struct fault fault;
};

static enum err compile(struct compiled *c, const char *csv)
{
	memset(c, 0, sizeof(*c));
	enum err err = geo_compile(span_text(csv), &c->bytes, &c->len, &c->fault);
	if (err == ERR_OK)
		assert_int_equal(geo_read(span_of(c->bytes, c->len), &c->table), ERR_OK);
	return err;
}

static bool look(const struct compiled *c, const char *text, struct geo_place *out)
{
	struct addr a;
	assert_int_equal(addr_read(span_text(text), &a), ERR_OK);
	return geo_find(&c->table, a, out);
}

static void finds_both_ends_of_a_range_and_nothing_beside_it(void **state)
{
	(void)state;
	struct compiled c;
	struct geo_place p;
	assert_int_equal(compile(&c, HEADING
				 "198.18.1.0,198.18.1.9,DE,64512,\"Netz, Rhein\",50.11,-8.68\n"
				 "198.18.1.12,198.18.1.12,FR,,Köln,,\n"
				 "2001:db8::,2001:db8::ffff,CH,AS64513,Alp,47.37,8.54\n"),
			 ERR_OK);
	assert_true(look(&c, "198.18.1.0", &p) && strcmp(p.country, "DE") == 0);
	assert_true(look(&c, "198.18.1.9", &p) && p.asn == 64512);
	assert_string_equal(p.as_name, "Netz, Rhein");
	assert_int_equal(p.latitude, 501100);
	assert_int_equal(p.longitude, -86800);
	assert_true(look(&c, "198.18.1.12", &p) && p.asn == 0 && strcmp(p.as_name, "Köln") == 0);
	assert_int_equal(p.latitude, GEO_NOWHERE);
	assert_false(look(&c, "198.18.0.255", &p));
	assert_false(look(&c, "198.18.1.10", &p));
	assert_false(look(&c, "198.18.1.13", &p));
	assert_true(look(&c, "2001:db8::42", &p) && p.asn == 64513);
	assert_false(look(&c, "2001:db8::1:0", &p));
	assert_false(look(&c, "::ffff:198.18.1.0", &p));
	assert_false(geo_find(&c.table, (struct addr){ 0 }, &p));
	free(c.bytes);
}

static void rows_in_any_order_and_prefixes_are_fine(void **state)
{
	(void)state;
	struct compiled c;
	struct geo_place p;
	assert_int_equal(compile(&c, "country,network\r\nJP,198.18.9.0/24\r\nDE,198.18.1.0/24\r\n"
				     "US,0.0.0.0/8\r\nAU,255.255.255.255\r\nCH,2001:db8::/32\r\n"),
			 ERR_OK);
	assert_true(look(&c, "198.18.9.255", &p) && strcmp(p.country, "JP") == 0);
	assert_true(look(&c, "0.0.0.0", &p) && strcmp(p.country, "US") == 0);
	assert_true(look(&c, "255.255.255.255", &p) && strcmp(p.country, "AU") == 0);
	assert_true(look(&c, "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", &p));
	free(c.bytes);
}

static void a_code_that_is_no_country_means_not_known(void **state)
{
	(void)state;
	static const char *const codes[] = {
		"??", "AP", "EU", "ZZ", "XX", "A1", "de", "-", "", "QZ"
	};
	for (size_t i = 0; i < COUNT(codes); i++) {
		struct compiled c;
		struct geo_place p;
		char csv[200];
		snprintf(csv, sizeof(csv), "network,country,asn\n198.18.0.0/24,%s,7\n", codes[i]);
		assert_int_equal(compile(&c, csv), ERR_OK);
		assert_true(look(&c, "198.18.0.1", &p));
		assert_string_equal(p.country, "");
		assert_int_equal(p.asn, 7);
		free(c.bytes);
	}
}

static void bad_rows_are_refused_with_their_line(void **state)
{
	(void)state;
	static const struct {
		const char *csv, *says;
	} bad[] = {
		{ "", "empty" },
		{ "first,last\n", "line 1" },
		{ HEADING, "no rows" },
		{ HEADING "198.18.0.9,198.18.0.1,DE,,,,\n", "line 2: first does not" },
		{ HEADING "198.18.0.1,2001:db8::1,DE,,,,\n", "line 2: first does not" },
		{ HEADING "\n198.18.0.x,198.18.0.1,DE,,,,\n", "line 3: first or last" },
		{ HEADING "198.18.0.1,198.18.0.1,DEU,,,,\n", "line 2: country" },
		{ HEADING "198.18.0.1,198.18.0.1,DE,4294967296,,,\n", "line 2: asn" },
		{ HEADING "198.18.0.1,198.18.0.1,DE,,,91,\n", "line 2: latitude" },
		{ HEADING "198.18.0.1,198.18.0.1,DE,,,,181\n", "line 2: longitude" },
		{ HEADING "198.18.0.1,198.18.0.1,DE,,\"x,,\n", "a quote" },
		{ HEADING "198.18.0.1,198.18.0.1,DE,1,K\xf6ln,,\n", "line 2: as_name" },
		{ "network,country\n198.18.0.1/24,DE\n", "line 2: network" },
		{ "network,country\n198.18.1.0/24,DE\n198.18.0.0/15,FR\n",
		  "line 3: overlaps the range of line 2" },
		{ "network,country\n198.18.1.0/24,DE\n198.18.1.0/24,DE\n",
		  "line 3: overlaps the range of line 2" },
	};
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct compiled c;
		assert_int_equal(compile(&c, bad[i].csv), ERR_USAGE);
		assert_non_null(strstr(c.fault.what, bad[i].says));
		assert_null(c.bytes);
	}
}

static void every_flipped_bit_is_noticed(void **state)
{
	(void)state;
	struct compiled c;
	assert_int_equal(compile(&c, HEADING "198.18.0.1,198.18.0.9,DE,1,Netz,1,2\n"), ERR_OK);
	for (size_t bit = 0; bit < 8 * c.len; bit++) {
		struct geo g;
		bool idle = bit / 8 >= 20 && bit / 8 < 24; // the only bytes that mean nothing
		c.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_true(idle || geo_read(span_of(c.bytes, c.len), &g) != ERR_OK);
		c.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (size_t len = 0; len < c.len; len++) {
		struct geo g;
		assert_int_not_equal(geo_read(span_of(c.bytes, len), &g), ERR_OK);
	}
	free(c.bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_both_ends_of_a_range_and_nothing_beside_it),
		cmocka_unit_test(rows_in_any_order_and_prefixes_are_fine),
		cmocka_unit_test(a_code_that_is_no_country_means_not_known),
		cmocka_unit_test(bad_rows_are_refused_with_their_line),
		cmocka_unit_test(every_flipped_bit_is_noticed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
