// SPDX-License-Identifier: Apache-2.0
//
// What is written down before a tunnel is made, so that a successor can take it away after a
// kill -9: who made it, which child drives it, and the lines that undo what does not vanish by
// itself. Text, one fact a line; nothing secret.
//
//     owner PID START
//     daemon PID START        (once there is one)
//     ip4 rule del …          (for `ip -4 -batch`; the same with 6)
//     nft delete element …    (one transaction each)
#pragma once

#include "tunnel/tunnel.h"

#define RECORD_TEXT 8192

// A process, told from a later one with the same number by when it started (clock ticks since
// boot).
struct record_process {
	int64_t pid; // 0: none
	uint64_t start;
};

struct record {
	struct record_process owner, daemon;
};

void record_write(struct wr *w, const struct tunnel_config *c, const struct record *r);
enum err record_read(struct span in, struct record *out) MUSTUSE;

// Copies the rest of each line that begins with WORD and a blank.
void record_part(struct span in, const char *word, struct wr *w);

// The start time out of /proc/PID/stat.
enum err record_stat_read(struct span in, uint64_t *start) MUSTUSE;
