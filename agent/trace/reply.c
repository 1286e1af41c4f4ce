// SPDX-License-Identifier: Apache-2.0
#include "trace/reply.h"

#include <string.h>

#include "base/rd.h"
#include "trace/quic.h"
#include "wire/be.h"
#include "wire/checksum.h"
#include "wire/tcp.h"
#include "wire/udp.h"

#define KEPT 576 // bytes at least, of who cuts packets here; a shorter one was cut on the way

static void token_put(struct trace_reply *out, struct trace_quic_id id)
{
	out->has_token = true;
	out->serial = id.serial;
	out->cookie = id.cookie;
}

// What a probe's payload carries: the balance word first, unless it is QUIC.
static void token_read(struct span payload, struct trace_reply *out)
{
	struct rd r = rd_of(payload);
	struct trace_quic_id id;
	if (trace_quic_quoted(payload, &id)) {
		token_put(out, id);
		return;
	}
	rd_skip(&r, 2);
	id.serial = rd_u16(&r);
	id.cookie = rd_u32(&r);
	if (r.err == ERR_OK)
		token_put(out, id);
}

static void quoted_udp(struct span in, struct trace_reply *out)
{
	struct udp_head h;
	enum err err = udp_read(in, &h); // a cut quote is welcome: ports are set from 4 bytes on
	out->sport = h.sport;
	out->dport = h.dport;
	out->has_check = err == ERR_OK;
	out->check = h.checksum;
	if (err == ERR_OK)
		token_read(h.payload, out);
}

static void quoted_tcp(struct span in, struct trace_reply *out)
{
	struct tcp_head h;
	enum err err = tcp_read(in, &h);
	out->sport = h.sport;
	out->dport = h.dport;
	out->has_seq = in.len >= 8;
	out->seq = h.seq;
	if (err == ERR_OK) {
		out->has_check = true;
		out->check = h.checksum;
	}
}

static void quoted_echo(uint8_t family, struct span in, struct trace_reply *out)
{
	struct icmp h;
	if (icmp_read(family, in, &h) != ERR_OK || h.kind != ICMP_ECHO)
		return;
	out->sport = h.id;
	out->has_seq = true;
	out->seq = h.seq;
	out->has_check = true;
	out->check = h.checksum;
	token_read(h.body, out);
}

static void quote_read(const struct ip_head *q, struct trace_reply *out)
{
	out->quoted = true;
	out->src = q->src;
	out->dst = q->dst;
	out->proto = q->proto;
	out->quoted_ttl = q->ttl;
	out->quoted_tos = q->tos;
	out->quoted_id = q->src.family == 4 ? (uint16_t)q->id : 0;
	if (q->frag_at != 0)
		return;
	if (q->proto == IP_UDP)
		quoted_udp(q->payload, out);
	else if (q->proto == IP_TCP)
		quoted_tcp(q->payload, out);
	else
		quoted_echo(q->src.family, q->payload, out);
}

// The flow of the probe that a packet answers directly is its own, mirrored.
static void mirror(const struct ip_head *ip, struct trace_reply *out)
{
	out->src = ip->dst;
	out->dst = ip->src;
	out->proto = ip->proto;
}

static enum err read_icmp(const struct ip_head *ip, struct trace_reply *out)
{
	struct icmp m;
	enum err err = icmp_read(ip->src.family, ip->payload, &m);
	if (err != ERR_OK)
		return err;
	out->icmp_type = m.type;
	out->icmp_code = m.code;
	if (m.kind == ICMP_ECHO_REPLY) {
		out->kind = TRACE_HEARD_ECHO;
		mirror(ip, out);
		out->sport = m.id;
		out->has_seq = true;
		out->seq = m.seq;
		token_read(m.body, out);
		return ERR_OK;
	}
	if (!m.quotes ||
	    (m.kind != ICMP_TIME_EXCEEDED && m.kind != ICMP_UNREACHABLE && m.kind != ICMP_TOO_BIG))
		return ERR_MISSING;
	out->kind = m.kind == ICMP_TIME_EXCEEDED ? TRACE_HEARD_EXPIRED : TRACE_HEARD_UNREACHABLE;
	out->objects = m.extensions;
	out->mtu = m.kind == ICMP_TOO_BIG ? m.mtu : 0;
	out->mpls_count = m.mpls_count;
	memcpy(out->mpls, m.mpls, sizeof(out->mpls));
	quote_read(&m.quote, out);
	return ERR_OK;
}

static enum err read_tcp(const struct ip_head *ip, struct trace_reply *out)
{
	struct tcp_head h;
	enum err err = tcp_read(ip->payload, &h);
	if (err != ERR_OK)
		return err;
	if ((h.flags & TCP_RST) != 0)
		out->kind = TRACE_HEARD_RST;
	else if ((h.flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK))
		out->kind = TRACE_HEARD_SYN_ACK;
	else
		return ERR_MISSING;
	mirror(ip, out);
	out->sport = h.dport;
	out->dport = h.sport;
	out->tcp_flags = h.flags;
	out->tcp_options = h.options;
	out->has_seq = true;
	// A SYN is acknowledged; the RST to a lone ACK starts where that said (RFC 9293 3.5.2).
	out->seq = (h.flags & TCP_ACK) != 0 ? h.ack - 1 : h.seq;
	return ERR_OK;
}

static enum err read_udp(const struct ip_head *ip, struct trace_reply *out)
{
	struct trace_quic_id id;
	struct udp_head h;
	enum err err = udp_read(ip->payload, &h);
	if (err != ERR_OK)
		return err;
	out->kind = TRACE_HEARD_DATAGRAM;
	mirror(ip, out);
	out->sport = h.dport;
	out->dport = h.sport;
	if (trace_quic_answered(h.payload, &id))
		token_put(out, id);
	return ERR_OK;
}

// A ring hands out packets before the kernel checks them, and an address damaged on the way would
// be a router that is not there. TCP and UDP are not looked at: packets of this machine's own name
// spaces have no checksum yet, and say nothing but that the target answered.
static bool is_sound(struct span packet, const struct ip_head *ip)
{
	bool v4 = ip->src.family == 4, icmp = ip->proto == (v4 ? IP_ICMP : IP_ICMP6);
	if (v4 && checksum_end(checksum_add(0, span_cut(packet, 0, ip->head_len))) != 0)
		return false;
	if (!icmp || ip->frag_more)
		return true;
	if (ip->head_len + ip->payload.len < ip->total_len)
		return packet.len >= KEPT;
	uint32_t len = (uint32_t)ip->payload.len;
	uint32_t sum = v4 ? 0 : checksum_pseudo(&ip->src, &ip->dst, IP_ICMP6, len);
	return checksum_end(checksum_add(sum, ip->payload)) == 0;
}

enum err trace_reply_read(struct span packet, struct trace_reply *out)
{
	struct ip_head ip;
	*out = (struct trace_reply){ .kind = TRACE_HEARD_OTHER };
	enum err err = ip_read(packet, &ip);
	if (err != ERR_OK)
		return err;
	out->from = ip.src;
	out->ttl = ip.ttl;
	out->tos = ip.tos;
	out->ip_id = (uint16_t)ip.id;
	if (ip.frag_at != 0)
		return ERR_MISSING;
	if (!is_sound(packet, &ip))
		return ERR_FORMAT;
	if (ip.proto == (ip.src.family == 4 ? IP_ICMP : IP_ICMP6))
		return read_icmp(&ip, out);
	if (ip.proto == IP_UDP)
		return read_udp(&ip, out);
	return ip.proto == IP_TCP ? read_tcp(&ip, out) : ERR_MISSING;
}
