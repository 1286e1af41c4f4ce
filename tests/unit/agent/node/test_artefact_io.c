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

#include <cmocka.h>

#include "base/text.h"
#include "node/artefact_io.h"
#include "seal/seal.h"
#include "sys/file.h"
#include "wire/link.h"

static struct node_config config;
static struct fault f;

static int begin(void **state)
{
	(void)state;
	config = (struct node_config){ .capture_snap = 100,
				       .capture_keep = 3600 * NS_PER_S,
				       .capture_limit = 1 << 20 };
	strcpy(config.data, "/tmp/artefact.XXXXXX");
	return mkdtemp(config.data) == NULL;
}

static int end(void **state)
{
	(void)state;
	return dir_remove(config.data, &f) != ERR_OK;
}

static void path_of(const char *name, char out[static 256])
{
	snprintf(out, 256, "%.80s/captures/%.120s", config.data, name);
}

// One capture of COUNT packets of 300 bytes, first byte FILL; *R as artefact_close left it.
static enum err take(uint8_t fill, int count, struct capture_record *r,
		     uint8_t digest[static CAPTURE_SHA256])
{
	struct artefact *a = NULL;
	uint8_t bytes[300] = { fill };
	*r = (struct capture_record){ .side = 2, .place = CAPTURE_OUTSIDE, .packets = 3 };
	assert_int_equal(artefact_open(&config, r, LINK_RAW, &a, &f), ERR_OK);
	for (int i = 0; i < count; i++) {
		const struct packet p = { .at = { 1700000000123456789 + i },
					  .link = LINK_RAW,
					  .wire_len = 1500,
					  .bytes = span_of(bytes, sizeof(bytes)) };
		artefact_put(a, &p);
	}
	return artefact_close(&a, r, digest, &f);
}

static bool has_file(struct span sha256)
{
	char hex[65], name[80], path[256];
	struct stat st;
	text_hex(sha256, hex);
	snprintf(name, sizeof(name), "%s.pcap", hex);
	path_of(name, path);
	return stat(path, &st) == 0;
}

static char *manifest(void)
{
	char path[256], *text = NULL;
	size_t len = 0;
	path_of("MANIFEST.tsv", path);
	assert_int_equal(file_read(path, 65536, &text, &len, &f), ERR_OK);
	return text;
}

static void a_file_is_named_by_its_digest_and_in_the_manifest(void **state)
{
	(void)state;
	struct capture_record r;
	struct seal_sha256 s;
	uint8_t digest[CAPTURE_SHA256], again[CAPTURE_SHA256];
	char hex[65], name[80], path[256], *text = NULL;
	size_t len = 0;
	assert_int_equal(take(1, 3, &r, digest), ERR_OK);
	assert_int_equal(r.bytes, 24 + 3 * (16 + 100)); // cut to the snap length
	assert_int_equal(r.snap, 100);
	text_hex(r.sha256, hex);
	snprintf(name, sizeof(name), "%s.pcap", hex);
	path_of(name, path);
	assert_int_equal(file_read(path, 65536, &text, &len, &f), ERR_OK);
	seal_sha256_init(&s);
	seal_sha256_put(&s, span_of(text, len));
	seal_sha256_take(&s, again);
	assert_memory_equal(digest, again, sizeof(again));
	assert_int_equal((uint8_t)text[0], 0x4d); // nanoseconds
	free(text);
	text = manifest();
	assert_non_null(strstr(text, hex));
	assert_non_null(strstr(text, "\t372\t3\t0\t0\t100\t"));
	assert_non_null(strstr(text, "\t2\toutside\n"));
	free(text);
}

static void what_is_over_the_limit_goes_oldest_first(void **state)
{
	(void)state;
	struct capture_record r[3];
	uint8_t digest[3][CAPTURE_SHA256];
	char hex[65], *text;
	config.capture_limit = 900; // two of 372 bytes
	for (uint8_t i = 0; i < 3; i++) {
		assert_int_equal(take((uint8_t)(10 + i), 3, &r[i], digest[i]), ERR_OK);
		usleep(20000); // files of one instant have no order
	}
	assert_false(has_file(r[0].sha256));
	assert_true(has_file(r[1].sha256) && has_file(r[2].sha256));
	text = manifest();
	text_hex(r[0].sha256, hex);
	assert_null(strstr(text, hex));
	text_hex(r[1].sha256, hex);
	assert_non_null(strstr(text, hex));
	free(text);
}

static void what_is_too_old_goes(void **state)
{
	(void)state;
	struct capture_record r[2];
	uint8_t digest[2][CAPTURE_SHA256];
	assert_int_equal(take(1, 3, &r[0], digest[0]), ERR_OK);
	usleep(20000);
	config.capture_keep = 10 * NS_PER_MS;
	assert_int_equal(take(2, 3, &r[1], digest[1]), ERR_OK);
	assert_false(has_file(r[0].sha256));
	assert_true(has_file(r[1].sha256));
}

static void a_file_above_the_limit_is_told_and_not_kept(void **state)
{
	(void)state;
	struct capture_record r;
	uint8_t digest[CAPTURE_SHA256];
	config.capture_limit = 200;
	assert_int_equal(take(1, 3, &r, digest), ERR_FULL);
	assert_int_equal(r.sha256.len, 0);
	assert_int_equal(r.bytes, 0);
}

static void none_are_kept_when_so_configured(void **state)
{
	(void)state;
	struct capture_record r;
	uint8_t digest[CAPTURE_SHA256];
	config.capture_keep = 0;
	assert_int_equal(take(1, 3, &r, digest), ERR_OK);
	assert_int_equal(r.sha256.len, 0);
}

static void what_a_killed_process_left_is_tidied(void **state)
{
	(void)state;
	struct capture_record r = { .side = 1, .place = CAPTURE_INSIDE };
	struct artefact *a = NULL;
	char path[256];
	struct stat st;
	uint8_t digest[CAPTURE_SHA256];
	assert_int_equal(artefact_open(&config, &r, LINK_RAW, &a, &f), ERR_OK);
	path_of("00000000000000000000000000000000-1-inside.part", path);
	assert_int_equal(stat(path, &st), 0);
	artefacts_tidy(&config);
	assert_int_equal(stat(path, &st), -1);
	(void)!artefact_close(&a, &r, digest, &f);
}

int main(void)
{
	if (seal_start(&f) != ERR_OK)
		return 1;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_file_is_named_by_its_digest_and_in_the_manifest,
						begin, end),
		cmocka_unit_test_setup_teardown(what_is_over_the_limit_goes_oldest_first, begin,
						end),
		cmocka_unit_test_setup_teardown(what_is_too_old_goes, begin, end),
		cmocka_unit_test_setup_teardown(a_file_above_the_limit_is_told_and_not_kept, begin,
						end),
		cmocka_unit_test_setup_teardown(none_are_kept_when_so_configured, begin, end),
		cmocka_unit_test_setup_teardown(what_a_killed_process_left_is_tidied, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
