// SPDX-License-Identifier: Apache-2.0
//
// One tunnel's two ends, as the tests of this room use them.
#pragma once

#include <assert.h>
#include <string.h>

#include "base/text.h"
#include "tunnel/tunnel.h"

static inline struct addr example_addr(const char *text)
{
	struct addr a;
	enum err err = addr_read(span_text(text), &a);
	assert(err == ERR_OK);
	return a;
}

static inline struct tunnel_config example_config(enum tunnel_role role)
{
	static const uint8_t run[TUNNEL_RUN] = { 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef };
	bool vantage = role == TUNNEL_VANTAGE;
	struct tunnel_config c = {
		.role = role,
		.listen_port = vantage ? 51820 : 0,
		.keepalive_s = vantage ? 0 : 25,
		.phone_count = 2,
	};
	struct tunnel_inner four = { example_addr("198.19.0.1"), example_addr("198.19.0.2") };
	struct tunnel_inner six = { example_addr("2001:db8::1"), example_addr("2001:db8::2") };
	tunnel_name_write(role, run, 'a', c.name);
	memset(c.private_key, 0x11, TUNNEL_KEY);
	memset(c.peer_key, 0x22, TUNNEL_KEY);
	c.inner4 = vantage ? four : (struct tunnel_inner){ four.peer, four.own };
	c.inner6 = vantage ? six : (struct tunnel_inner){ six.peer, six.own };
	c.phones[0] = (struct prefix){ example_addr("198.18.71.2"), 32 };
	c.phones[1] = (struct prefix){ example_addr("2001:db8:71::"), 64 };
	if (vantage) {
		strcpy(c.outside, "eth0");
		c.resolver4 = example_addr("198.18.4.53");
	} else {
		strcpy(c.inside, "lan0");
		c.endpoint = example_addr("198.18.3.2");
		c.endpoint_port = 51820;
	}
	return c;
}
