// SPDX-License-Identifier: Apache-2.0
#include "lab/packet.h"

#include "base/table.h"
#include "wire/tcp.h"

enum err packet_read(struct span bytes, struct packet *out)
{
	enum err err = ip_read(bytes, &out->ip);

	out->bytes = span_cut(bytes, 0, out->ip.total_len);
	if (err == ERR_OK && out->bytes.len < out->ip.total_len)
		return ERR_SHORT;
	return err;
}

static bool is_icmp(const struct packet *p)
{
	return p->ip.frag_at == 0 && p->ip.payload.len >= ICMP_HEAD &&
	       p->ip.proto == (p->ip.src.family == 6 ? IP_ICMP6 : IP_ICMP);
}

bool packet_is_error(const struct packet *p)
{
	if (!is_icmp(p))
		return false;
	uint8_t type = p->ip.payload.at[0];
	if (p->ip.src.family == 6)
		return type < 128;
	return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

uint64_t packet_flow(const struct packet *p)
{
	static const uint64_t seed[2] = { 0x7761796d61726b21, 0x6c61622f666c6f77 };
	uint8_t key[2 * 16 + 1 + 4 + 4] = { 0 };
	struct wr w = wr_of(key, sizeof(key));
	struct ip_head ip = p->ip;
	struct ip_head quote;

	if (packet_is_error(p) &&
	    ip_quote_read(span_cut(ip.payload, ICMP_HEAD, ip.payload.len), &quote) == ERR_OK)
		ip = quote;
	wr_bytes(&w, span_of(ip.src.bytes, 16));
	wr_bytes(&w, span_of(ip.dst.bytes, 16));
	wr_u8(&w, ip.proto);
	wr_u32(&w, ip.flow_label);
	if (ip.frag_at == 0)
		wr_bytes(&w, span_cut(ip.payload, 0, 4));
	return table_hash(seed, span_of(key, sizeof(key)));
}

enum err packet_ttl_put(struct packet *p, uint8_t *bytes, uint8_t ttl)
{
	p->ip.ttl = ttl;
	return ip_ttl_put(bytes, p->bytes.len, ttl);
}

bool packet_is_echo(const struct packet *p)
{
	return is_icmp(p) && p->ip.payload.at[0] == (p->ip.src.family == 6 ? 128 : 8);
}

bool packet_wants_reset(const struct packet *p)
{
	struct tcp_head tcp;

	return p->ip.proto == IP_TCP && p->ip.frag_at == 0 &&
	       tcp_read(p->ip.payload, &tcp) == ERR_OK && !(tcp.flags & TCP_RST);
}
