// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "keys/keys.h"
#include "sys/file.h"

#define KIND "waymark-node-v1"

static void stored_keys_load_and_are_guarded(void **state)
{
	(void)state;
	char dir[] = "/tmp/waymark-keys-XXXXXX", path[64];
	struct seal_secret s, got;
	struct seal_public p, q;
	struct stat st;
	assert_non_null(mkdtemp(dir));
	seal_make(&s, &p);
	assert_int_equal(keys_load(dir, "node", KIND, &got, NULL), ERR_MISSING);
	assert_int_equal(keys_store(dir, "node", KIND, &s, NULL), ERR_OK);
	assert_int_equal(keys_store(dir, "node", KIND, &s, NULL), ERR_EXISTS);
	assert_int_equal(keys_load(dir, "node", KIND, &got, NULL), ERR_OK);
	assert_memory_equal(&s, &got, sizeof(s));
	snprintf(path, sizeof(path), "%s/node.pub", dir);
	assert_int_equal(keys_load_public(path, KIND, &q, NULL), ERR_OK);
	assert_memory_equal(&p, &q, sizeof(p));
	snprintf(path, sizeof(path), "%s/node.key", dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(keys_load(dir, "node", "waymark-operator-v1", &got, NULL), ERR_FORMAT);
	assert_int_equal(chmod(path, 0640), 0);
	struct fault f = { 0 };
	assert_int_equal(keys_load(dir, "node", KIND, &got, &f), ERR_PERMIT);
	assert_non_null(strstr(f.what, "chmod 600"));
	assert_int_equal(dir_remove(dir, NULL), ERR_OK);
	seal_wipe(&s);
	seal_wipe(&got);
}

static int start(void **state)
{
	(void)state;
	return seal_start(NULL) == ERR_OK ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stored_keys_load_and_are_guarded),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
