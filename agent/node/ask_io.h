// SPDX-License-Identifier: Apache-2.0
//
// Datagrams of the node's own to a reflector or resolver: one socket for each family, with the TTL
// that other ends count hops from. In: bytes and where to; out: answers' bytes, of whom is not
// told.
#pragma once

#include "base/addr.h"

#define ASK_TTL 64

struct ask_io;

enum err ask_io_open(struct ask_io **out, struct fault *f) MUSTUSE;
// From this port: UDP, both families. ERR_EXISTS: it is taken.
enum err ask_io_open_at(uint16_t port, struct ask_io **out, struct fault *f) MUSTUSE;
void ask_io_close(struct ask_io **a);

// What cannot be sent is not answered.
void ask_io_send(struct ask_io *a, struct addr to, uint16_t port, struct span bytes);

// False: nothing (more) there.
bool ask_io_hear(struct ask_io *a, uint8_t *room, size_t cap, struct span *out);
