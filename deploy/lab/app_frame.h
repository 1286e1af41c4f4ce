// SPDX-License-Identifier: Apache-2.0
//
// What messengers of the lab say inside TLS. Every frame has the same shape, so there is one reader
// and one writer:
//
//	0        2      3     4      4+a    …
//	+--------+------+-----+------+-----+------+-----+------+--------+------+
//	| length | kind | len | id   | len | from | len | to   | len 16 | text |
//	+--------+------+-----+------+-----+------+-----+------+--------+------+
//
// `length` counts what follows it, big-endian like the text's. Fields a kind does not use are
// empty. Nothing here knows who may say what: see app_post.h.
#pragma once

#include "base/span.h"
#include "base/wr.h"

#define FRAME_WORD_MAX 64
#define FRAME_TEXT_MAX 1024
#define FRAME_MAX      (2 + 1 + 3 * (1 + FRAME_WORD_MAX) + 2 + FRAME_TEXT_MAX)

enum frame_kind {
	FRAME_HELLO = 1, // client: from = my account
	FRAME_WELCOME,   // server: logged in
	FRAME_SEND,      // client: id, to, text
	FRAME_STORED,    // server, or server to server: id, from (whose) is safe with me
	FRAME_DELIVER,   // server: id, from, to, text
	FRAME_RECEIVED,  // client: id, from: I have it
	FRAME_RECEIPT,   // server: id, from (who has it), to (whose message it was)
	FRAME_PING,
	FRAME_PONG,
	FRAME_REFUSED, // server: text = why; then it closes
	FRAME_PEER,    // server to server: from = my name
	FRAME_PRESENT, // server to server: from = an account that is logged in here
	FRAME_COUNT_,
};

struct frame {
	enum frame_kind kind;
	struct span id, from, to, text; // borrowed
};

const char *frame_name(enum frame_kind kind);

// The first frame of BYTES; *USED is how many bytes it took. ERR_SHORT: more bytes are needed.
enum err frame_read(struct span bytes, struct frame *out, size_t *used) MUSTUSE;
void frame_write(struct wr *w, const struct frame *in);
