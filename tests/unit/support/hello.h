// SPDX-License-Identifier: Apache-2.0
//
// For tests: a ClientHello in one TLS record, asking for NAME by h2.
#pragma once

#include "base/wr.h"

static inline struct span hello_write(uint8_t *buf, size_t cap, const char *name)
{
	struct span sni = span_text(name);
	uint16_t n = (uint16_t)sni.len;
	uint16_t extensions = (uint16_t)(9 + n + 9), body = (uint16_t)(41 + 2 + extensions);
	struct wr w = wr_of(buf, cap);
	wr_u8(&w, 22);
	wr_u16(&w, 0x0301);
	wr_u16(&w, (uint16_t)(body + 4));
	wr_u8(&w, 1);
	wr_u8(&w, 0);
	wr_u16(&w, body);
	wr_u16(&w, 0x0303);
	wr_zero(&w, 32);
	wr_u8(&w, 0);
	wr_u16(&w, 2);
	wr_u16(&w, 0x1301);
	wr_u8(&w, 1);
	wr_u8(&w, 0);
	wr_u16(&w, extensions);
	wr_u16(&w, 0); // server_name
	wr_u16(&w, (uint16_t)(n + 5));
	wr_u16(&w, (uint16_t)(n + 3));
	wr_u8(&w, 0);
	wr_u16(&w, n);
	wr_bytes(&w, sni);
	wr_u16(&w, 16); // ALPN
	wr_u16(&w, 5);
	wr_u16(&w, 3);
	wr_u8(&w, 2);
	wr_text(&w, "h2");
	return wr_span(&w);
}
