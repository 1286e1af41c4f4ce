// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#include "satellite/satellite_io.h"

static char folder[] = "/tmp/test-satellite-XXXXXX";
static char path[256];

static int set_up(void **state)
{
	(void)state;
	return mkdtemp(folder) == NULL ? -1 : 0;
}

static int tear_down(void **state)
{
	(void)state;
	return rmdir(folder);
}

static enum err on_line(void *self, const struct satellite_line *l, struct fault *f)
{
	size_t *count = self;
	(void)f;
	assert_string_equal(l->file, "results.json");
	++*count;
	return ERR_OK;
}

static void on_skip(void *self, const char *file, const char *why)
{
	(void)self;
	(void)file;
	(void)why;
}

// How many lines NAME of these bytes has.
static enum err read_as(const char *name, const void *bytes, size_t len, size_t *count,
			struct fault *f)
{
	const struct satellite_reader reader = { on_line, on_skip, count };
	*count = 0;
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *out = fopen(path, "wb");
	assert_non_null(out);
	assert_int_equal(fwrite(bytes, 1, len, out), len);
	assert_int_equal(fclose(out), 0);
	enum err err = satellite_read(path, &reader, f);
	assert_int_equal(unlink(path), 0);
	return err;
}

static void a_file_may_begin_with_an_empty_line(void **state)
{
	(void)state;
	size_t count;
	struct fault f = { 0 };
	assert_int_equal(read_as("results.json", "\n{}\n\n{}", 8, &count, &f), ERR_OK);
	assert_int_equal(count, 2);
}

static size_t packed(uint8_t *out, size_t cap)
{
	char file[300];
	snprintf(file, sizeof(file), "%s/packed", folder);
	gzFile gz = gzopen(file, "wb");
	assert_non_null(gz);
	for (int i = 0; i < 2000; i++)
		assert_true(gzprintf(gz, "{\"vp\":\"198.18.%d.%d\"}\n", i * 7919 % 256, i) > 0);
	assert_int_equal(gzclose(gz), Z_OK);
	FILE *in = fopen(file, "rb");
	assert_non_null(in);
	size_t len = fread(out, 1, cap, in);
	fclose(in);
	unlink(file);
	return len;
}

static void a_packed_file_that_was_cut_is_damaged(void **state)
{
	(void)state;
	static uint8_t bytes[65536];
	size_t count, len = packed(bytes, sizeof(bytes));
	struct fault f = { 0 };
	assert_int_equal(read_as("results.json.gz", bytes, len, &count, &f), ERR_OK);
	assert_int_equal(count, 2000);
	assert_int_equal(read_as("results.json.gz", bytes, len - 9, &count, &f), ERR_IO);
	assert_int_equal(read_as("results.json.gz", bytes, len / 2, &count, &f), ERR_IO);
	assert_non_null(strstr(f.what, "damaged"));
	bytes[len / 2] ^= 0xff;
	assert_int_equal(read_as("results.json.gz", bytes, len, &count, &f), ERR_IO);
}

static void an_archive_is_one_by_its_own_name(void **state)
{
	(void)state;
	size_t count;
	struct fault f = { 0 };
	char below[64];
	snprintf(below, sizeof(below), "%s/scan.tar.d", folder);
	assert_int_equal(mkdir(below, 0700), 0);
	assert_int_equal(read_as("scan.tar.d/results.json", "{}\n", 3, &count, &f), ERR_OK);
	assert_int_equal(count, 1);
	assert_int_equal(rmdir(below), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_may_begin_with_an_empty_line),
		cmocka_unit_test(a_packed_file_that_was_cut_is_damaged),
		cmocka_unit_test(an_archive_is_one_by_its_own_name),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
