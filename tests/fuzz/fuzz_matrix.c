// SPDX-License-Identifier: Apache-2.0
#include <assert.h>
#include <string.h>

#include "dns/matrix.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define RESOLVERS 3
#define DOMAINS   5

// Bytes as the image of a matrix, whatever file they come from: what is taken adds up, and every
// pair that is left comes up once.
static uint64_t ask_all(struct dns_matrix *m)
{
	uint64_t asked = 0;
	uint32_t r;
	enum dns_fate fate;
	struct dns_pick p;
	while (dns_matrix_next(m, (struct mono){ 1 }, &r, &fate)) {
		if (!dns_matrix_take(m, r, &p))
			continue;
		assert(p.resolver == r && r < RESOLVERS && p.domain < DOMAINS && p.type < 2);
		dns_matrix_asked(m, (struct mono){ 1 }, r, DNS_USE_GOOD);
		dns_matrix_done(m, &p, DNS_ANSWERED);
		asked++;
	}
	return asked;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct dns_matrix_config c = { .resolvers = RESOLVERS,
					     .domains = DOMAINS,
					     .types = 2,
					     .repetitions = 2,
					     .parallel = 2,
					     .seed = 7 };
	uint64_t sums[DNS_STATE_COUNT], all = 0;
	struct dns_matrix *m = dns_matrix_new(&c);
	assert(m != NULL);
	if (dns_matrix_image_read(m, span_of(data, size)) == ERR_OK) {
		uint64_t left = dns_matrix_left(m);
		assert(left <= dns_matrix_pairs(m));
		assert(ask_all(m) == left && dns_matrix_left(m) == 0);
		dns_matrix_sums(m, sums);
		for (size_t i = 0; i < DNS_STATE_COUNT; i++)
			all += sums[i];
		assert(all == dns_matrix_pairs(m));
	}
	dns_matrix_free(&m);
	return 0;
}
