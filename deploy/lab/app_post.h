// SPDX-License-Identifier: Apache-2.0
//
// A messenger's post office: takes frames from connections, keeps messages until the receiver has
// them, hands out frames to send. It knows connections by number only; sockets, TLS and the clock
// live in app_server.c. One office is one server; the offices of one messenger tell each other
// who is logged in where and pass on what belongs there.
//
// A message (or its receipt) is kept here until the next one confirms it: FRAME_RECEIVED from a
// phone, FRAME_STORED from another office. So a connection that dies loses nothing, and an id seen
// twice by a phone is the same message.
#pragma once

#include "lab/app_frame.h"

#define POST_LINKS_MAX    256 // connections at once
#define POST_PEERS_MAX    8   // other offices
#define POST_ACCOUNTS_MAX 1024
#define POST_ITEMS_MAX    1024 // messages and receipts kept
#define POST_BOX_MAX      256  // of them for one account
#define POST_QUEUE_MAX    512  // frames waiting to be taken by post_next

struct post;

// What the office wants done. FRAME borrows until the next call.
struct post_want {
	int link;
	struct frame frame;
	bool close; // after the frame, if its kind is not 0
};

// NAME: of this office, told to others. NULL without memory.
struct post *post_new(const char *name);
void post_free(struct post **p);

// A connection came up. LINK: 0..POST_LINKS_MAX-1, free until now. OFFICE: its certificate proves
// that it is an office of this messenger; DIALED: we called it (and so introduce ourselves).
void post_join(struct post *p, int link, bool office, bool dialed);
void post_leave(struct post *p, int link);

// A frame arrived on LINK. What breaks the rules gets FRAME_REFUSED and a close.
void post_hear(struct post *p, int link, const struct frame *f);

// False when there is nothing to do.
bool post_next(struct post *p, struct post_want *out);

size_t post_kept(const struct post *p);      // messages and receipts not yet confirmed
size_t post_logged_in(const struct post *p); // accounts connected here
