// SPDX-License-Identifier: Apache-2.0
#include "capture/probe_io.h"

#include "base/rd.h"

#define FILE_HEAD 24
#define MAGIC_US  0xa1b2c3d4
#define LEN_MAX   262144 // libpcap's own bound on a record

static uint32_t word(struct rd *r, bool little)
{
	return little ? rd_le32(r) : rd_u32(r);
}

// Whether a record header stands at OFFSET that could be true; *CAPLEN is then what it claims.
static bool plausible(FILE *file, long offset, bool little, uint32_t *caplen)
{
	uint8_t head[16];
	if (fseek(file, offset, SEEK_SET) != 0 || fread(head, sizeof(head), 1, file) != 1)
		return false;
	struct rd r = rd_of(span_of(head, sizeof(head)));
	rd_skip(&r, 4);
	uint32_t us = word(&r, little);
	*caplen = word(&r, little);
	uint32_t len = word(&r, little);
	return us < 1000000 && *caplen <= LEN_MAX && *caplen <= len && len > 0;
}

// The second record, supposing that the first one's header has HEAD bytes.
static bool second_plausible(FILE *file, bool little, long head, uint32_t caplen)
{
	uint32_t unused;
	return plausible(file, FILE_HEAD + head + (long)caplen, little, &unused);
}

static bool has_long_records(FILE *file)
{
	uint8_t magic[4];
	uint32_t caplen;
	if (fread(magic, sizeof(magic), 1, file) != 1)
		return false;
	struct rd big = rd_of(span_of(magic, 4)), low = big;
	bool little = rd_le32(&low) == MAGIC_US;
	if (!little && rd_u32(&big) != MAGIC_US)
		return false;
	return plausible(file, FILE_HEAD, little, &caplen) &&
	       !second_plausible(file, little, 16, caplen) &&
	       second_plausible(file, little, 24, caplen);
}

enum err probe_file(FILE *file, const char *name, struct fault *f)
{
	if (fseek(file, 0, SEEK_SET) != 0)
		return ERR_OK;
	bool bad = has_long_records(file);
	rewind(file);
	if (!bad)
		return ERR_OK;
	return fault_set(f, ERR_UNSUPPORTED, 0,
			 "%s: offset %d: record headers of 24 bytes, as RedHat 6.1 wrote them; "
			 "`editcap -F pcap IN OUT` repairs the file",
			 name, FILE_HEAD);
}
