// SPDX-License-Identifier: Apache-2.0
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/cert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void names(struct span der)
{
	struct cert_names n;
	if (cert_names_read(der, &n) != ERR_OK)
		return;
	assert(n.count > 0 && n.count <= CERT_NAMES);
	for (size_t i = 0; i < n.count; i++)
		assert(span_within(n.name[i], der) && n.name[i].len > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = span_of(data, size), der;
	names(in);
	if (cert_first(in, &der) == ERR_OK)
		names(der);
	return 0;
}
