// SPDX-License-Identifier: Apache-2.0
//
// Stands in for libFuzzer under any compiler: gives every file named on the command line, and every
// file of the folders named there, to the fuzz target it is linked with, one TAP line each.
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REPLAY_MAX (1 << 20) // longest input

static int count;

static void replay_file(const char *path)
{
	uint8_t *data = malloc(REPLAY_MAX);
	FILE *f = fopen(path, "rb");
	size_t size = f != NULL && data != NULL ? fread(data, 1, REPLAY_MAX, f) : 0;
	// An exact-size copy, so that a sanitizer sees the first byte read past the end.
	uint8_t *exact = malloc(size > 0 ? size : 1);
	if (exact != NULL && size > 0)
		memcpy(exact, data, size);
	if (exact != NULL)
		LLVMFuzzerTestOneInput(exact, size);
	printf("%sok %d - %s\n", f != NULL && exact != NULL ? "" : "not ", ++count, path);
	fflush(stdout);
	if (f != NULL)
		fclose(f);
	free(exact);
	free(data);
}

static void replay(const char *path)
{
	struct dirent **list;
	int n = scandir(path, &list, NULL, alphasort);
	if (n < 0) {
		replay_file(path);
		return;
	}
	for (int i = 0; i < n; i++) {
		char inner[4096];
		snprintf(inner, sizeof(inner), "%s/%s", path, list[i]->d_name);
		if (list[i]->d_name[0] != '.')
			replay_file(inner);
		free(list[i]);
	}
	free(list);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		replay(argv[i]);
	printf("1..%d%s\n", count, count == 0 ? " # SKIP no corpus" : "");
	return 0;
}
