// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/macro.h"
#include "node/scan_told_io.h"

static char dir[] = "/tmp/wm-told.XXXXXX";
static const struct run_id id = { { 1, 2, 3 } };

static void open_it(struct scan_told *t)
{
	struct fault f = { 0 };
	assert_int_equal(scan_told_open(t, dir, &id, sizeof(uint32_t), &f), ERR_OK);
}

static struct spool_place at(uint64_t records)
{
	return (struct spool_place){ .epoch = 7, .records = records };
}

static void tell(struct scan_told *t, uint32_t key)
{
	assert_true(scan_told_begin(t, &key, at(key)));
	scan_told_end(t, true);
}

static void what_was_told_is_known_after_a_kill(void **state)
{
	(void)state;
	struct scan_told t;
	struct fault f = { 0 };
	open_it(&t);
	for (uint32_t i = 0; i < 1000; i += 2)
		tell(&t, i);
	FILE *out = fopen(t.path, "a");
	assert_int_equal(fwrite("\1\0", 1, 2, out), 2); // a write the kill cut short
	fclose(out);
	scan_told_close(&t);
	open_it(&t);
	assert_int_equal(scan_told_count(&t), 500);
	for (uint32_t i = 0; i < 1000; i++)
		assert_int_equal(scan_told_has(&t, &i), i % 2 == 0);
	const uint32_t odd = 77, even = 4;
	tell(&t, odd);
	assert_true(scan_told_take(&t, &even));
	assert_false(scan_told_take(&t, &even));
	scan_told_close(&t);
	open_it(&t); // the cut one did not shift what follows
	assert_int_equal(scan_told_count(&t), 501);
	assert_true(scan_told_has(&t, &odd));
	assert_int_equal(scan_told_clear(&t, &f), ERR_OK);
	scan_told_close(&t);
	open_it(&t);
	assert_int_equal(scan_told_count(&t), 0);
	scan_told_close(&t);
}

// Killed after the note and before the record, after both, and with a machine that lost more.
static void a_note_without_its_record_is_struck_out(void **state)
{
	static const struct {
		struct spool_place found; // after the kill; 10 keys were noted at places 0 to 9
		uint32_t left;
	} cases[] = {
		{ { 7, 10 }, 10 }, // the last record is there
		{ { 7, 9 }, 9 },   // it is not
		{ { 7, 4 }, 4 },   // the journal lost more
		{ { 7, 0 }, 0 },   { { 7, 1000 }, 10 },
		{ { 8, 0 }, 10 }, // another stream tells nothing of this one
	};
	struct fault f = { 0 };
	struct scan_told t;
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		open_it(&t);
		for (uint32_t key = 0; key < 10; key++)
			tell(&t, key);
		scan_told_close(&t);
		assert_int_equal(scan_told_settle(dir, cases[i].found, &f), ERR_OK);
		open_it(&t);
		assert_int_equal(scan_told_count(&t), cases[i].left);
		for (uint32_t key = 0; key < 10; key++)
			assert_int_equal(scan_told_has(&t, &key), key < cases[i].left);
		scan_told_close(&t);
		scan_file_remove(dir, &id);
	}
}

// As they were noted before there were places.
static void keys_of_before_are_taken_over(void **state)
{
	const uint32_t keys[] = { 3, 1, 4 };
	struct fault f = { 0 };
	struct scan_told t;
	char old[SCAN_FILE_PATH];
	(void)state;
	scan_file_name(dir, &id, "told", old);
	FILE *out = fopen(old, "w");
	assert_int_equal(fwrite(keys, sizeof(*keys), COUNT(keys), out), COUNT(keys));
	assert_int_equal(fwrite("\1\0", 1, 2, out), 2);
	fclose(out);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(scan_told_settle(dir, at(0), &f), ERR_OK);
		open_it(&t);
		assert_int_equal(scan_told_count(&t), COUNT(keys));
		for (size_t k = 0; k < COUNT(keys); k++)
			assert_true(scan_told_has(&t, &keys[k]));
		scan_told_close(&t);
		assert_int_equal(access(old, F_OK), -1);
	}
	scan_file_remove(dir, &id);
}

// As on a full disk, but for any user: files may grow to that size and no further.
static void allow(rlim_t size)
{
	struct rlimit limit;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = size;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void what_cannot_be_noted_down_stops_all_telling(void **state)
{
	(void)state;
	struct scan_told t;
	uint32_t told = 0;
	signal(SIGXFSZ, SIG_IGN);
	open_it(&t);
	allow(8192);
	while (told < 5000 && scan_told_begin(&t, &told, at(told))) {
		scan_told_end(&t, true);
		told++;
	}
	assert_int_equal(told, 8192 / (SCAN_TOLD_KEY + 16));
	assert_int_equal(t.stop.err, ERR_IO);
	scan_told_close(&t);
	allow(RLIM_INFINITY);
	open_it(&t);
	tell(&t, told);
	const uint32_t lost = told + 1;
	assert_true(scan_told_begin(&t, &lost, at(lost)));
	scan_told_end(&t, false); // the record was not stored: its key is not told
	assert_true(scan_told_stopped(&t));
	assert_false(scan_told_begin(&t, &lost, at(lost)));
	scan_told_close(&t);
	open_it(&t);
	assert_int_equal(scan_told_count(&t), told + 1);
	assert_false(scan_told_has(&t, &lost));
	scan_told_close(&t);
	scan_file_remove(dir, &id);
}

static void a_checkpoint_is_whole_or_none(void **state)
{
	(void)state;
	char path[SCAN_FILE_PATH], *bytes;
	struct fault f = { 0 };
	struct span got;
	uint8_t room[SCAN_FILE_HEAD + 8 + SCAN_FILE_TAIL];
	scan_file_name(dir, &id, "state", path);
	assert_int_equal(scan_file_load(path, &bytes, &got, &f), ERR_MISSING);
	struct wr w = scan_file_begin(room, sizeof(room));
	wr_le64(&w, 0x0102030405060708);
	assert_int_equal(scan_file_save(path, &w, &f), ERR_OK);
	assert_int_equal(scan_file_load(path, &bytes, &got, &f), ERR_OK);
	assert_int_equal(got.len, 8);
	assert_int_equal(got.at[0], 8);
	free(bytes);
	assert_int_equal(truncate(path, sizeof(room) - 1), 0);
	assert_int_equal(scan_file_load(path, &bytes, &got, &f), ERR_CORRUPT);
	scan_file_remove(dir, &id);
	assert_int_equal(access(path, F_OK), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_told_is_known_after_a_kill),
		cmocka_unit_test(a_note_without_its_record_is_struck_out),
		cmocka_unit_test(keys_of_before_are_taken_over),
		cmocka_unit_test(what_cannot_be_noted_down_stops_all_telling),
		cmocka_unit_test(a_checkpoint_is_whole_or_none),
	};
	if (mkdtemp(dir) == NULL)
		return 1;
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	(void)rmdir(dir);
	return failed;
}
