// SPDX-License-Identifier: Apache-2.0
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "lab/app_post.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LINKS 6 // 4 and 5 may be offices, 5 was dialed

static void same_when_written(const struct frame *f, struct span in)
{
	uint8_t bytes[FRAME_MAX];
	struct wr w = wr_of(bytes, sizeof(bytes));

	frame_write(&w, f);
	assert(w.err == ERR_OK && span_eq(wr_span(&w), in));
}

static void drain(struct post *p, bool joined[LINKS])
{
	struct post_want w;

	while (post_next(p, &w)) {
		uint8_t bytes[FRAME_MAX];
		struct wr out = wr_of(bytes, sizeof(bytes));
		assert(w.link >= 0 && w.link < LINKS && joined[w.link]);
		frame_write(&out, &w.frame);
		assert(out.err == ERR_OK);
		if (w.close) {
			post_leave(p, w.link);
			joined[w.link] = false;
		}
	}
}

// A byte that says who speaks (or that everything is delivered), then a frame, and so on: a
// messenger's office between strangers.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = span_of(data, size);
	struct post *p = post_new("fuzz");
	bool joined[LINKS] = { false };
	struct frame f;
	size_t used;

	while (p != NULL && in.len > 1) {
		int link = in.at[0] % LINKS;
		if (in.at[0] & 0x80)
			drain(p, joined);
		in = span_cut(in, 1, in.len - 1);
		if (frame_read(in, &f, &used) != ERR_OK)
			break;
		assert(used <= in.len && span_within(f.text, in) && span_within(f.id, in));
		same_when_written(&f, span_cut(in, 0, used));
		if (!joined[link])
			post_join(p, link, link >= 4, link == 5);
		joined[link] = true;
		post_hear(p, link, &f);
		in = span_cut(in, used, in.len - used);
	}
	if (p != NULL)
		drain(p, joined);
	post_free(&p);
	return 0;
}
