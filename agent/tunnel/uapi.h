// SPDX-License-Identifier: Apache-2.0
//
// WireGuard's cross-platform configuration text (https://www.wireguard.com/xplatform/): lines
// key=value, ended by an empty line. Bytes in, values out; private keys in a reply are skipped.
#pragma once

#include "tunnel/wireguard.h"

#define UAPI_TEXT 4096 // room for a request or a reply of one peer

struct uapi_reply {
	int64_t error; // errno as the daemon gives it: 0, or a positive number
	struct wireguard_state state;
};

// A `set` that replaces all peers. Holds the private key in hex: wipe the storage behind W.
void uapi_write(struct wr *w, const struct wireguard_config *c);

// ERR_SHORT until the empty line has come.
enum err uapi_read(struct span in, struct uapi_reply *out) MUSTUSE;
