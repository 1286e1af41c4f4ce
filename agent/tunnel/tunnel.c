// SPDX-License-Identifier: Apache-2.0
#include "tunnel/tunnel.h"

#include <stdio.h>
#include <string.h>

#include "base/table.h"
#include "base/text.h"

#define REJECT_AFTER (180 * NS_PER_S) // WireGuard's REJECT_AFTER_TIME
#define NAME_DIGITS  11               // 44 bits of the run id
#define TABLE_FIRST  0x57000000u

static const char role_letters[] = { [TUNNEL_VANTAGE] = 'v', [TUNNEL_GATEWAY] = 'g' };
_Static_assert(COUNT(role_letters) == TUNNEL_ROLE_COUNT_, "a letter for each role");

void tunnel_name_write(enum tunnel_role role, const uint8_t run[static TUNNEL_RUN], char side,
		       char out[static TUNNEL_NAME])
{
	char digits[2 * TUNNEL_RUN + 1];
	text_hex(span_of(run, TUNNEL_RUN), digits);
	snprintf(out, TUNNEL_NAME, "wm%c%c%.*s", role_letters[role], side, NAME_DIGITS, digits);
}

bool tunnel_name_ours(struct span name)
{
	if (name.len != 4 + NAME_DIGITS || memcmp(name.at, "wm", 2) != 0)
		return false;
	if ((name.at[2] != 'v' && name.at[2] != 'g') || (name.at[3] != 'a' && name.at[3] != 'b'))
		return false;
	for (size_t i = 4; i < name.len; i++)
		if (memchr("0123456789abcdef", name.at[i], 16) == NULL)
			return false;
	return true;
}

uint32_t tunnel_table(const char *name)
{
	static const uint64_t seed[2] = { 0, 0 };
	return TABLE_FIRST | (uint32_t)(table_hash(seed, span_text(name)) & 0xffffff);
}

static bool inner_right(struct tunnel_inner in, uint8_t family)
{
	if (in.own.family == 0)
		return in.peer.family == 0;
	return in.own.family == family && in.peer.family == family && !addr_eq(in.own, in.peer);
}

// A query sent on to the loopback would be dropped as a martian.
static bool resolver_right(struct addr a, uint8_t family)
{
	static const struct addr one = { .family = 6, .bytes = { [15] = 1 } };
	return a.family == 0 || (a.family == family && a.bytes[0] != 127 && !addr_eq(a, one));
}

static enum err inner_check(const struct tunnel_config *c, struct fault *f)
{
	if (!inner_right(c->inner4, 4) || !inner_right(c->inner6, 6))
		return fault_set(f, ERR_USAGE, 0,
				 "tunnel %s: inner addresses must be two different ones", c->name);
	if (c->inner4.own.family == 0 && c->inner6.own.family == 0)
		return fault_set(f, ERR_USAGE, 0, "tunnel %s: no inner address", c->name);
	if (c->mtu != 0 && c->mtu < TUNNEL_MTU_MIN)
		return fault_set(f, ERR_USAGE, 0, "tunnel %s: MTU %u is below %d", c->name, c->mtu,
				 TUNNEL_MTU_MIN);
	return ERR_OK;
}

static enum err phones_check(const struct tunnel_config *c, struct fault *f)
{
	if (c->phone_count == 0 || c->phone_count > TUNNEL_PHONES)
		return fault_set(f, ERR_USAGE, 0, "tunnel %s: %zu phone addresses, must be 1 to %d",
				 c->name, c->phone_count, TUNNEL_PHONES);
	for (size_t i = 0; i < c->phone_count; i++)
		if (c->phones[i].addr.family == 0 || c->phones[i].bits == 0)
			return fault_set(f, ERR_USAGE, 0,
					 "tunnel %s: phone address %zu is missing or everything",
					 c->name, i + 1);
	return ERR_OK;
}

// Interface names go into nftables and ip text: nothing but letters, digits and "._-@".
static bool interface_right(const char name[static TUNNEL_NAME])
{
	size_t len = strnlen(name, TUNNEL_NAME);
	return len > 0 && len < TUNNEL_NAME &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-@") ==
		       len;
}

// The cable takes the first and the last of the block of four the inner addresses are in.
static bool block_right(struct tunnel_inner in)
{
	size_t at = in.own.family == 4 ? 3 : 15;
	uint8_t own = in.own.bytes[at], peer = in.peer.bytes[at];
	return in.own.family == 0 ||
	       (own / 4 == peer / 4 && own % 4 + peer % 4 == 3 && own % 4 != 0 && peer % 4 != 0 &&
		memcmp(in.own.bytes, in.peer.bytes, at) == 0);
}

static enum err role_check(const struct tunnel_config *c, struct fault *f)
{
	if (c->role == TUNNEL_GATEWAY) {
		if (!interface_right(c->inside))
			return fault_set(f, ERR_USAGE, 0, "tunnel %s: no phone interface", c->name);
		if (c->endpoint.family == 0)
			return fault_set(f, ERR_USAGE, 0, "tunnel %s: no endpoint", c->name);
		return ERR_OK;
	}
	if (!interface_right(c->outside))
		return fault_set(f, ERR_USAGE, 0, "tunnel %s: no uplink interface", c->name);
	if (!block_right(c->inner4) || !block_right(c->inner6))
		return fault_set(
			f, ERR_USAGE, 0,
			"tunnel %s: inner addresses must be the middle two of a block of four",
			c->name);
	if (!resolver_right(c->resolver4, 4) || !resolver_right(c->resolver6, 6))
		return fault_set(f, ERR_USAGE, 0,
				 "tunnel %s: the resolver cannot be a loopback address; give the "
				 "one behind it",
				 c->name);
	return ERR_OK;
}

enum err tunnel_check(const struct tunnel_config *c, struct fault *f)
{
	static const uint8_t none[TUNNEL_KEY];
	if (memchr(c->name, '\0', TUNNEL_NAME) == NULL || !tunnel_name_ours(span_text(c->name)))
		return fault_set(f, ERR_USAGE, 0, "a tunnel's name must come from tunnel_name");
	if (c->role >= TUNNEL_ROLE_COUNT_ || c->name[2] != role_letters[c->role])
		return fault_set(f, ERR_USAGE, 0, "tunnel %s: name and role differ", c->name);
	if (memcmp(c->private_key, none, TUNNEL_KEY) == 0 ||
	    memcmp(c->peer_key, none, TUNNEL_KEY) == 0)
		return fault_set(f, ERR_USAGE, 0, "tunnel %s: a key is missing", c->name);
	if ((c->endpoint.family == 0) != (c->endpoint_port == 0))
		return fault_set(f, ERR_USAGE, 0, "tunnel %s: endpoint needs address and port",
				 c->name);
	enum err err = inner_check(c, f);
	if (err == ERR_OK)
		err = phones_check(c, f);
	if (err == ERR_OK)
		err = role_check(c, f);
	return err;
}

bool tunnel_ready(const struct tunnel_state *s)
{
	return s->alive && s->handshake_ns < REJECT_AFTER;
}

void tunnel_config_wipe(struct tunnel_config *c)
{
	explicit_bzero(c, sizeof(*c));
}
