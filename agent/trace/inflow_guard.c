// SPDX-License-Identifier: Apache-2.0
#include "trace/inflow_guard.h"

#include "base/text.h"
#include "wire/ip.h"

#define TCP_BYTES 20 // of a probe, after the IPv6 header
#define UDP_BYTES 18

void inflow_guard_open_write(struct wr *w, const char *name)
{
	wr_format(w,
		  "add table inet %s { flags owner; }\n"
		  "add chain inet %s guard { type filter hook prerouting priority -310; policy "
		  "accept; }\n",
		  name, name);
}

// Offsets in bits from the ICMP header: 8 bytes of its own, then the quoted packet.
static void rule4(struct wr *w, const struct inflow_key *k, uint8_t tag)
{
	char local[ADDR_TEXT];
	addr_write(k->local, local);
	wr_format(
		w,
		"ip daddr %s icmp type { destination-unreachable, time-exceeded } "
		"@th,96,8 0x%02x @th,160,32 0x%08x @th,192,32 0x%08x @th,224,32 0x%04x%04x drop\n",
		local, tag, addr_to_v4(k->local), addr_to_v4(k->remote), k->lport, k->rport);
}

static void rule6(struct wr *w, const struct inflow_key *k)
{
	char local[ADDR_TEXT], from[33], to[33];
	addr_write(k->local, local);
	text_hex(addr_span(&k->local), from);
	text_hex(addr_span(&k->remote), to);
	wr_format(w,
		  "ip6 daddr %s icmpv6 type { destination-unreachable, time-exceeded } "
		  "@th,96,16 %u @th,128,128 0x%s @th,256,128 0x%s @th,384,32 0x%04x%04x drop\n",
		  local, k->proto == IP_TCP ? TCP_BYTES : UDP_BYTES, from, to, k->lport, k->rport);
}

void inflow_guard_write(struct wr *w, const char *name, uint8_t tag, const struct inflow_key *flows,
			size_t count)
{
	wr_format(w, "flush chain inet %s guard\n", name);
	for (size_t i = 0; i < count; i++) {
		wr_format(w, "add rule inet %s guard ", name);
		if (flows[i].local.family == 4)
			rule4(w, &flows[i], tag);
		else
			rule6(w, &flows[i]);
	}
}
