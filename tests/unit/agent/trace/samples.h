// SPDX-License-Identifier: Apache-2.0
//
// Packets and messages of other people's tests, real and malformed, from files and captures, and
// more made of them, the same ones for the same seed.
#pragma once

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/macro.h"
#include "sys/file.h"
#include "wire/be.h"

#define SAMPLES 60000
#define ROOM    66000 // bytes of the largest packet, and some

static struct span samples[SAMPLES]; // owned
static size_t sample_count;
static uint64_t seed = 20261122;

static uint32_t any(uint32_t below)
{
	seed = seed * 6364136223846793005 + 1442695040888963407;
	return (uint32_t)(seed >> 33) % below;
}

static void keep(struct span s)
{
	if (sample_count == SAMPLES || s.len == 0)
		return;
	uint8_t *own = malloc(s.len);
	assert_non_null(own);
	memcpy(own, s.at, s.len);
	samples[sample_count++] = span_of(own, s.len);
}

// The packets of a capture file (pcap, either byte order), from every place where a link header of
// some kind may end.
static void keep_records(struct span file)
{
	static const size_t heads[] = { 0, 4, 14, 16, 18, 20 };
	uint32_t magic = file.len < 24 ? 0 : be32_at(file.at);
	bool little = magic == 0xd4c3b2a1 || magic == 0x4d3cb2a1;
	if (!little && magic != 0xa1b2c3d4 && magic != 0xa1b23c4d)
		return;
	for (size_t at = 24; at + 16 <= file.len;) {
		uint32_t len = be32_at(file.at + at + 8);
		len = little ? __builtin_bswap32(len) : len;
		struct span record = span_cut(file, at + 16, len);
		for (size_t i = 0; i < COUNT(heads) && heads[i] < record.len; i++)
			if ((record.at[heads[i]] >> 4 | 2) == 6)
				keep(span_cut(record, heads[i], record.len));
		at += 16 + (size_t)len;
	}
}

// The files of an uncompressed tar.
static void keep_members(struct span tar)
{
	for (size_t at = 0; at + 512 <= tar.len && tar.at[at] != 0;) {
		char digits[13] = { 0 };
		memcpy(digits, tar.at + at + 124, 12);
		size_t len = strtoul(digits, NULL, 8);
		keep(span_cut(tar, at + 512, len));
		at += 512 + (len + 511) / 512 * 512;
	}
}

static int keep_file(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	char *text, command[4096];
	size_t len;
	(void)st, (void)where;
	if (kind != FTW_F || strstr(path, "NOTICE") != NULL)
		return 0;
	if (strstr(path, ".tar.gz") != NULL) {
		static uint8_t tar[32 << 20];
		snprintf(command, sizeof(command), "gzip -dc '%s'", path);
		FILE *in = popen(command, "r");
		assert_non_null(in);
		len = fread(tar, 1, sizeof(tar), in);
		assert_int_equal(pclose(in), 0);
		keep_members(span_of(tar, len));
		return 0;
	}
	assert_int_equal(file_read(path, 1 << 20, &text, &len, NULL), ERR_OK);
	struct span file = span_of(text, len);
	keep(span_cut(file, 0, 60000));
	keep_records(file);
	free(text);
	return 0;
}

// One of the real ones with bits turned, cut, or grown.
static void keep_mutant(size_t of)
{
	static uint8_t bytes[ROOM];
	struct span s = samples[any((uint32_t)of)];
	size_t len = s.len < 2000 ? s.len : 2000;
	memcpy(bytes, s.at, len);
	if (any(3) == 0)
		len = 1 + any((uint32_t)len);
	if (any(4) == 0)
		for (uint32_t more = any(1400); more > 0; more--)
			bytes[len++] = (uint8_t)any(256);
	for (uint32_t n = any(9); n > 0; n--)
		bytes[any((uint32_t)len)] ^= (uint8_t)(1u << any(8));
	keep(span_of(bytes, len));
}
