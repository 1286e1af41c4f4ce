// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/text.h"
#include "node/scan_file_io.h"
#include "sys/file.h"

static char folder[] = "/tmp/test-scan-file-XXXXXX";
static char path[SCAN_FILE_PATH];
static const struct run_id order = { .bytes = { 1, 2, 3 } };

static int set_up(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	scan_file_name(folder, &order, "state", path);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	scan_file_remove(folder, &order);
	return rmdir(folder);
}

static void save(const char *what)
{
	uint8_t room[64];
	struct fault f;
	struct wr w = scan_file_begin(room, sizeof(room));
	wr_text(&w, what);
	assert_int_equal(scan_file_save(path, &w, &f), ERR_OK);
}

static enum err load(const char *wanted)
{
	char *bytes;
	struct span state;
	struct fault f;
	enum err err = scan_file_load(path, &bytes, &state, &f);
	if (err == ERR_OK)
		assert_true(text_is(state, wanted));
	else
		assert_null(bytes);
	free(bytes);
	return err;
}

static void a_checkpoint_is_the_last_one_saved(void **state)
{
	(void)state;
	assert_int_equal(load(""), ERR_MISSING);
	save("how far it is");
	assert_int_equal(load("how far it is"), ERR_OK);
	save("");
	assert_int_equal(load(""), ERR_OK);
}

static void what_was_cut_or_changed_is_none(void **state)
{
	(void)state;
	char *whole = NULL;
	size_t len;
	struct fault f;
	save("how far it is");
	assert_int_equal(file_read(path, 1000, &whole, &len, &f), ERR_OK);
	for (size_t cut = 0; cut < len; cut++) {
		assert_int_equal(file_write(path, 0600, span_of(whole, cut), &f), ERR_OK);
		assert_int_equal(load(""), ERR_CORRUPT);
	}
	for (size_t at = 0; at < len; at++) { // the version among them
		whole[at] ^= 1;
		assert_int_equal(file_write(path, 0600, span_of(whole, len), &f), ERR_OK);
		assert_int_equal(load(""), ERR_CORRUPT);
		whole[at] ^= 1;
	}
	free(whole);
}

static void what_does_not_fit_is_not_saved(void **state)
{
	(void)state;
	uint8_t room[SCAN_FILE_HEAD + 4];
	struct fault f;
	save("before");
	struct wr w = scan_file_begin(room, sizeof(room));
	wr_text(&w, "five!");
	assert_int_equal(scan_file_save(path, &w, &f), ERR_FULL);
	assert_int_equal(load("before"), ERR_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_checkpoint_is_the_last_one_saved),
		cmocka_unit_test(what_was_cut_or_changed_is_none),
		cmocka_unit_test(what_does_not_fit_is_not_saved),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
