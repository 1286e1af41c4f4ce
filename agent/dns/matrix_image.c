// SPDX-License-Identifier: Apache-2.0
//
// What of a matrix outlives the process.
#include "base/rd.h"
#include "dns/matrix_part.h"

size_t dns_matrix_image_size(const struct dns_matrix *m)
{
	size_t sums = m->c.resolvers + (m->by_domain == NULL ? 0 : m->c.domains);
	return 64 + m->pairs / 8 + 1 + sums * sizeof(*m->by_resolver);
}

static void sums_write(struct wr *w, const uint32_t (*sums)[DNS_STATE_COUNT], size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < DNS_STATE_COUNT; j++)
			wr_le32(w, sums[i][j]);
}

static void sums_read(struct rd *r, uint32_t (*sums)[DNS_STATE_COUNT], size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < DNS_STATE_COUNT; j++)
			sums[i][j] = rd_le32(r);
}

static uint64_t total(const uint32_t (*sums)[DNS_STATE_COUNT], size_t count)
{
	uint64_t all = 0;
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < DNS_STATE_COUNT; j++)
			all += sums[i][j];
	return all;
}

// Resolvers, domains, types, repetitions, spread, done; a bit per pair; the sums.
void dns_matrix_image_write(const struct dns_matrix *m, struct wr *w)
{
	const uint32_t shape[] = { m->c.resolvers, m->c.domains, m->c.types, m->c.repetitions,
				   m->c.spread };
	for (size_t i = 0; i < COUNT(shape); i++)
		wr_le32(w, shape[i]);
	wr_le64(w, m->done_count);
	wr_bytes(w, span_of(m->done, m->pairs / 8 + 1));
	sums_write(w, (const uint32_t(*)[DNS_STATE_COUNT])m->by_resolver, m->c.resolvers);
	if (m->by_domain != NULL)
		sums_write(w, (const uint32_t(*)[DNS_STATE_COUNT])m->by_domain, m->c.domains);
}

enum err dns_matrix_image_read(struct dns_matrix *m, struct span image)
{
	const uint32_t shape[] = { m->c.resolvers, m->c.domains, m->c.types, m->c.repetitions,
				   m->c.spread };
	struct rd r = rd_of(image);
	for (size_t i = 0; i < COUNT(shape); i++)
		if (rd_le32(&r) != shape[i])
			return ERR_FORMAT;
	m->done_count = rd_le64(&r);
	rd_copy(&r, m->done, m->pairs / 8 + 1);
	sums_read(&r, m->by_resolver, m->c.resolvers);
	if (m->by_domain != NULL)
		sums_read(&r, m->by_domain, m->c.domains);
	if (rd_done(&r) != ERR_OK || m->done[m->pairs / 8] >> m->pairs % 8 != 0)
		return ERR_CORRUPT;
	uint64_t set = 0;
	for (uint64_t i = 0; i < m->pairs / 8 + 1; i++)
		set += (uint64_t)__builtin_popcount(m->done[i]);
	bool adds_up =
		set == m->done_count &&
		set == total((const uint32_t(*)[DNS_STATE_COUNT])m->by_resolver, m->c.resolvers) &&
		(m->by_domain == NULL ||
		 set == total((const uint32_t(*)[DNS_STATE_COUNT])m->by_domain, m->c.domains));
	return adds_up ? ERR_OK : ERR_CORRUPT;
}
