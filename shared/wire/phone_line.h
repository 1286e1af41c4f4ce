// SPDX-License-Identifier: Apache-2.0
//
// The lines spoken over a phone's control socket (Unix stream), one a line, words parted by one
// blank, ended by LF. T is the phone's clock in nanoseconds since 1970 UTC. A phone that is driven
// in another way (adb) is made to speak the same lines by its driver.
//
// To the phone:
//
//	open APP ACCOUNT PEER   opens the app (closing what was open) and logs in as ACCOUNT;
//	                        PEER is the account that messages go to
//	send ID TEXT            sends TEXT to PEER; ID is chosen by the caller and comes back
//	close                   closes the app
//	network                 the network under the phone changed: check it, connect anew
//	reach ID WAY            sends bytes from a new socket and waits for an answer; WAY is
//				`udp ADDR PORT HEX` or `tcp ADDR PORT HEX`
//	isolate APP             lets APP alone use the network; `isolate -` lets all
//	status                  asks for a `state` line
//
// From the phone:
//
//	opened T                logged in
//	sent ID T               handed to the network
//	stored ID T             the server has it
//	delivered ID T          the peer's phone has it
//	received ID T TEXT      came from the peer
//	failed ID T REASON      ID is `-` when the app, not a message, failed
//	closed T                the app is closed, asked for or not
//	reached ID T            an answer came (`failed` says that none did)
//	isolated APP T          as it was told to `isolate`
//	state APP ACCOUNT T     APP and ACCOUNT are `-` when no app is open
//
// The first word of REASON is one of name, connect, tls, certificate, login, lost, state, full,
// unable (this phone cannot do that).
#pragma once

#include "base/time.h"
#include "base/wr.h"

#define PHONE_WORD_MAX 64   // bytes of an app, account, peer or id
#define PHONE_TEXT_MAX 1000 // bytes of a text or reason
#define PHONE_LINE_MAX 1300 // bytes of a line with its LF
#define PHONE_NO_ID    "-"  // the app itself

enum phone_word {
	PHONE_OPEN,
	PHONE_SEND,
	PHONE_CLOSE,
	PHONE_NETWORK,
	PHONE_REACH,
	PHONE_ISOLATE,
	PHONE_STATUS,
	PHONE_OPENED,
	PHONE_SENT,
	PHONE_STORED,
	PHONE_DELIVERED,
	PHONE_RECEIVED,
	PHONE_FAILED,
	PHONE_CLOSED,
	PHONE_REACHED,
	PHONE_ISOLATED,
	PHONE_STATE,
	PHONE_WORD_COUNT_,
};

struct phone_line {
	enum phone_word word;
	struct span id, app, account, peer; // those the word has; borrowed
	struct span text;                   // a message, a way or a reason; borrowed
	struct wall at;
};

const char *phone_word_name(enum phone_word word);

// One line without its LF.
enum err phone_line_read(struct span in, struct phone_line *out) MUSTUSE;

// With LF. What does not fit the limits, or would not read back, sticks in W as ERR_RANGE or
// ERR_FORMAT and writes nothing.
void phone_line_write(struct wr *w, const struct phone_line *in);

// Carves the next whole line out of BYTES, without its LF; *USED is how many bytes it took.
// ERR_SHORT: no whole line yet; ERR_FORMAT: longer than PHONE_LINE_MAX.
enum err phone_line_cut(struct span bytes, struct span *line, size_t *used) MUSTUSE;
