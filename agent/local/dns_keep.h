// SPDX-License-Identifier: Apache-2.0
//
// Where lines go, and how a scan goes on after an end without warning. A checkpoint says which
// pairs are done and how many bytes of output tell of them; whoever goes on cuts the output there,
// so that no pair is told twice and none is missing.
#pragma once

#include <stdio.h>

#include "dns/matrix.h"

struct dns_keep {
	FILE *out;
	const char *path; // of the checkpoint, "" for none
	int64_t base;     // of the output: bytes before ours
	struct mono next; // checkpoint due
	uint64_t print;   // of lists and options: what a checkpoint must agree with
	uint8_t *room;
	size_t size;
};

// OUTPUT "" is standard output. SEED becomes that of the scan gone on with. *RESUMED tells.
struct dns_keep_head {
	uint64_t seed[2];
	int64_t offset;
};

enum err dns_keep_open(struct dns_keep *k, const char *output, const char *path, uint64_t print,
		       struct fault *f) MUSTUSE;
void dns_keep_wipe(struct dns_keep *k);

// The head of a checkpoint there is; ERR_MISSING when there is none.
enum err dns_keep_head(const struct dns_keep *k, struct dns_keep_head *out,
		       struct fault *f) MUSTUSE;
// Restores M and cuts the output; without a checkpoint writes the first.
enum err dns_keep_begin(struct dns_keep *k, struct dns_matrix *m, const uint64_t seed[2],
			bool *resumed, struct fault *f) MUSTUSE;

// When due, or when FORCE: makes the output safe, then the checkpoint.
enum err dns_keep_tick(struct dns_keep *k, const struct dns_matrix *m, const uint64_t seed[2],
		       struct mono now, bool force, struct fault *f) MUSTUSE;
