// SPDX-License-Identifier: Apache-2.0
#include "wire/ip.h"

#include <string.h>

#include "base/macro.h"
#include "base/rd.h"
#include "wire/be.h"
#include "wire/checksum.h"

enum {
	EXT_HOP = 0,
	EXT_ROUTING = 43,
	EXT_FRAGMENT = 44,
	EXT_AUTH = 51,
	EXT_DST = 60,
	EXT_MOBILITY = 135,
	EXT_HIP = 139,
	EXT_SHIM6 = 140,
};

static struct addr addr4(const uint8_t *p)
{
	struct addr a = { .family = 4 };
	memcpy(a.bytes, p, 4);
	return a;
}

static struct addr addr6(const uint8_t *p)
{
	struct addr a = { .family = 6 };
	memcpy(a.bytes, p, 16);
	return a;
}

static enum err read4(struct span in, struct ip_head *out)
{
	if (in.len < IP4_HEAD)
		return ERR_SHORT;
	const uint8_t *p = in.at;
	uint16_t frag = be16_at(p + 6);
	out->tos = p[1];
	out->total_len = be16_at(p + 2);
	out->id = be16_at(p + 4);
	out->frag_never = (frag & 0x4000) != 0;
	out->frag_more = (frag & 0x2000) != 0;
	out->frag_at = (frag & 0x1fffu) * 8;
	out->ttl = p[8];
	out->proto = p[9];
	out->checksum = be16_at(p + 10);
	out->src = addr4(p + 12);
	out->dst = addr4(p + 16);
	out->head_len = (uint16_t)((p[0] & 15) * 4);
	if (out->head_len < IP4_HEAD)
		return ERR_FORMAT;
	if (in.len < out->head_len)
		return ERR_SHORT;
	out->payload = span_cut(in, out->head_len, in.len);
	return ERR_OK;
}

static bool is_extension(uint8_t proto)
{
	return proto == EXT_HOP || proto == EXT_ROUTING || proto == EXT_FRAGMENT ||
	       proto == EXT_AUTH || proto == EXT_DST || proto == EXT_MOBILITY || proto == EXT_HIP ||
	       proto == EXT_SHIM6;
}

// Walks one extension header; each is at least 8 bytes, so the walk ends with the packet.
static void extension(struct rd *r, struct ip_head *out)
{
	struct span h = rd_span(r, 8);
	if (h.len == 0)
		return;
	if (out->proto == EXT_FRAGMENT) {
		uint16_t frag = be16_at(h.at + 2);
		out->frag_at = frag & 0xfff8u;
		out->frag_more = (frag & 1) != 0;
		out->id = be32_at(h.at + 4);
	} else if (out->proto == EXT_AUTH) {
		size_t len = ((size_t)h.at[1] + 2) * 4;
		rd_skip(r, len > 8 ? len - 8 : 0);
	} else {
		rd_skip(r, (size_t)h.at[1] * 8);
	}
	if (r->err == ERR_OK)
		out->proto = h.at[0];
}

static enum err read6(struct span in, struct ip_head *out)
{
	struct rd r = rd_of(in);
	struct span h = rd_span(&r, IP6_HEAD);
	if (h.len == 0)
		return ERR_SHORT;
	uint32_t word = be32_at(h.at);
	out->tos = (uint8_t)(word >> 20);
	out->flow_label = word & 0xfffff;
	out->total_len = (uint32_t)be16_at(h.at + 4) + IP6_HEAD;
	out->proto = h.at[6];
	out->ttl = h.at[7];
	out->src = addr6(h.at + 8);
	out->dst = addr6(h.at + 24);
	while (r.err == ERR_OK && is_extension(out->proto) && out->frag_at == 0)
		extension(&r, out);
	if (r.err == ERR_OK && r.pos > UINT16_MAX)
		rd_fail(&r, ERR_FORMAT);
	out->head_len = (uint16_t)r.pos;
	out->payload = rd_rest(&r);
	return r.err;
}

enum err ip_quote_read(struct span in, struct ip_head *out)
{
	*out = (struct ip_head){ 0 };
	if (in.len == 0)
		return ERR_SHORT;
	switch (in.at[0] >> 4) {
	case 4:
		return read4(in, out);
	case 6:
		return read6(in, out);
	default:
		return ERR_FORMAT;
	}
}

enum err ip_read(struct span in, struct ip_head *out)
{
	enum err err = ip_quote_read(in, out);
	if (err != ERR_OK)
		return err;
	// Nothing stated: segmentation offload (IPv4) or a jumbogram (IPv6); take what is there.
	if (out->total_len == 0 ||
	    (out->src.family == 6 && out->total_len == IP6_HEAD && out->head_len > IP6_HEAD))
		out->total_len = (uint32_t)in.len;
	if (out->total_len < out->head_len)
		return ERR_FORMAT;
	out->payload = span_cut(out->payload, 0, out->total_len - out->head_len);
	return ERR_OK;
}

static enum err write4(struct wr *w, const struct ip_head *h, size_t payload_len)
{
	size_t total = payload_len + IP4_HEAD;
	if (total > UINT16_MAX || h->frag_at > 0x1fff * 8 || h->frag_at % 8 != 0 || h->id > 0xffff)
		return ERR_RANGE;
	uint8_t *p = wr_reserve(w, IP4_HEAD);
	if (p == NULL)
		return w->err;
	p[0] = 0x45;
	p[1] = h->tos;
	be16_put(p + 2, (uint16_t)total);
	be16_put(p + 4, (uint16_t)h->id);
	be16_put(p + 6, (uint16_t)((h->frag_never ? 0x4000 : 0) | (h->frag_more ? 0x2000 : 0) |
				   (h->frag_at / 8)));
	p[8] = h->ttl;
	p[9] = h->proto;
	be16_put(p + 10, 0);
	memcpy(p + 12, h->src.bytes, 4);
	memcpy(p + 16, h->dst.bytes, 4);
	be16_put(p + 10, checksum_end(checksum_add(0, span_of(p, IP4_HEAD))));
	return ERR_OK;
}

static enum err write6(struct wr *w, const struct ip_head *h, size_t payload_len)
{
	bool fragment = h->frag_more || h->frag_at > 0;
	size_t len = payload_len + (fragment ? 8 : 0);
	if (len > UINT16_MAX || h->frag_at > 0xfff8 || h->frag_at % 8 != 0)
		return ERR_RANGE;
	wr_u32(w, 6u << 28 | (uint32_t)h->tos << 20 | (h->flow_label & 0xfffff));
	wr_u16(w, (uint16_t)len);
	wr_u8(w, fragment ? EXT_FRAGMENT : h->proto);
	wr_u8(w, h->ttl);
	wr_bytes(w, addr_span(&h->src));
	wr_bytes(w, addr_span(&h->dst));
	if (fragment) {
		wr_u8(w, h->proto);
		wr_u8(w, 0);
		wr_u16(w, (uint16_t)(h->frag_at | (h->frag_more ? 1 : 0)));
		wr_u32(w, h->id);
	}
	return w->err;
}

enum err ip_write(struct wr *w, const struct ip_head *h, size_t payload_len)
{
	if (h->src.family != h->dst.family)
		return ERR_STATE;
	switch (h->src.family) {
	case 4:
		return write4(w, h, payload_len);
	case 6:
		return write6(w, h, payload_len);
	default:
		return ERR_STATE;
	}
}

enum err ip_ttl_put(uint8_t *at, size_t len, uint8_t ttl)
{
	if (len >= IP4_HEAD && at[0] >> 4 == 4) {
		uint16_t old = be16_at(at + 8);
		at[8] = ttl;
		be16_put(at + 10, checksum_swap(be16_at(at + 10), old, be16_at(at + 8)));
		return ERR_OK;
	}
	if (len >= IP6_HEAD && at[0] >> 4 == 6) {
		at[7] = ttl;
		return ERR_OK;
	}
	return len < IP4_HEAD ? ERR_SHORT : ERR_FORMAT;
}

static const char *const names[256] = {
	[IP_ICMP] = "icmp", [IP_IGMP] = "igmp",   [4] = "ipip",   [IP_TCP] = "tcp",
	[IP_UDP] = "udp",   [41] = "ipv6",        [47] = "gre",   [50] = "esp",
	[51] = "ah",        [IP_ICMP6] = "icmp6", [89] = "ospf",  [103] = "pim",
	[112] = "vrrp",     [115] = "l2tp",       [132] = "sctp",
};

const char *ip_proto_name(uint8_t proto)
{
	return names[proto];
}
