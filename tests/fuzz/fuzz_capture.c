// SPDX-License-Identifier: Apache-2.0
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "capture/capture_io.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_packet(void *self, const struct packet *p)
{
	uint64_t *sum = self;
	for (size_t i = 0; i < p->bytes.len; i++)
		*sum += p->bytes.at[i];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[64];
	struct capture *c = NULL;
	struct fault fault = { 0 };
	uint64_t sum = 0;
	int fd = memfd_create("capture", 0);
	assert(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	enum err err = capture_open_file(&c, path, NULL, NULL, &fault);
	while (err == ERR_OK)
		err = capture_read(c, 100, on_packet, &sum, &fault);
	assert(err == ERR_MISSING || fault.what[0] != '\0');
	capture_close(&c);
	close(fd);
	return 0;
}
