// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/idn.h"

static void writes_letters_as_the_dns_does(void **state)
{
	(void)state;
	static const struct {
		const char *text, *name;
	} good[] = { { "b\xc3\xbc"
		       "cher.example",
		       "xn--bcher-kva.example" },
		     { "B\xc3\x9c"
		       "CHER.Example.",
		       "xn--bcher-kva.example." },
		     { "stra\xc3\x9f"
		       "e.example",
		       "xn--strae-oqa.example" }, // not "strasse": what registries now have
		     { "bu\xcc\x88"
		       "cher.example",
		       "xn--bcher-kva.example" }, // u and a combining diaeresis
		     { "_dmarc.b\xc3\xbc"
		       "cher.example",
		       "_dmarc.xn--bcher-kva.example" },
		     { "*.\xe4\xbe\x8b\xe3\x81\x88", "*.xn--r8jz45g" } };
	char room[IDN_TEXT];
	struct span name;
	for (size_t i = 0; i < COUNT(good); i++) {
		assert_int_equal(idn_read(span_text(good[i].text), room, &name), ERR_OK);
		assert_int_equal(name.len, strlen(good[i].name));
		assert_memory_equal(name.at, good[i].name, name.len);
	}
}

static void leaves_ascii_as_it_is(void **state)
{
	(void)state;
	static const char *const texts[] = { "WWW.Example", "_a.b\\.c.", "xn--a", "",
					     "x..y",        "\\195" };
	char room[IDN_TEXT];
	struct span name;
	for (size_t i = 0; i < COUNT(texts); i++) {
		assert_int_equal(idn_read(span_text(texts[i]), room, &name), ERR_OK);
		assert_ptr_equal(name.at, texts[i]);
		assert_int_equal(name.len, strlen(texts[i]));
	}
}

static void refuses_what_no_name_has(void **state)
{
	(void)state;
	static const char *const texts[] = { "\xff.example", "b\xc3", "\xe2\x80\xae.example" };
	char room[IDN_TEXT], long_text[2000];
	struct span name;
	memset(long_text, 0xe4, sizeof(long_text));
	for (size_t i = 0; i < COUNT(texts); i++)
		assert_int_equal(idn_read(span_text(texts[i]), room, &name), ERR_FORMAT);
	assert_int_equal(idn_read(span_of(long_text, sizeof(long_text)), room, &name), ERR_FORMAT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_letters_as_the_dns_does),
		cmocka_unit_test(leaves_ascii_as_it_is),
		cmocka_unit_test(refuses_what_no_name_has),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
