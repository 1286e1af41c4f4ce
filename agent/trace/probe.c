// SPDX-License-Identifier: Apache-2.0
#include "trace/probe.h"

#include <string.h>

#include "trace/quic.h"
#include "wire/be.h"
#include "wire/checksum.h"
#include "wire/ip.h"
#include "wire/tcp.h"
#include "wire/udp.h"

#define PAYLOAD      16
#define TOKEN_MODULE 65534u // tokens are 1..65534: neither 0 nor its other form in one's complement
#define SYN_WINDOW   65535

static const char sender[8] = "waymark"; // for the person who looks at the packet

uint16_t trace_token(uint16_t cookie, uint16_t serial)
{
	return (uint16_t)(1 + ((uint32_t)cookie + serial) % TOKEN_MODULE);
}

uint16_t trace_token_serial(uint16_t cookie, uint16_t token)
{
	uint32_t base = cookie % TOKEN_MODULE;
	return (uint16_t)((token + 2 * TOKEN_MODULE - 1 - base) % TOKEN_MODULE);
}

uint8_t trace_proto(enum trace_method m, uint8_t family)
{
	if (m == TRACE_ICMP)
		return family == 4 ? IP_ICMP : IP_ICMP6;
	return m == TRACE_UDP || m == TRACE_QUIC ? IP_UDP : IP_TCP;
}

// Of UDP and ICMP: what the size ordered leaves for it.
static size_t payload_size(const struct trace_probe *p)
{
	size_t heads = (p->src.family == 4 ? 20u : 40u) + UDP_HEAD;
	size_t room = p->size > heads ? p->size - heads : 0;
	return room < PAYLOAD ? PAYLOAD : room;
}

static void payload_put(uint8_t out[static PAYLOAD], const struct trace_probe *p)
{
	be16_put(out, 0);
	be16_put(out + 2, p->ref.serial);
	be32_put(out + 4, p->cookie);
	memcpy(out + 8, sender, sizeof(sender));
}

// Turns the checksum at CHECK into the one ordered by storing what is missing at BALANCE.
static void balance(uint8_t *check, uint8_t *word, uint16_t want)
{
	be16_put(word, checksum_balance(be16_at(check), want));
	be16_put(check, want);
}

static enum err udp_probe(struct wr *w, const struct trace_probe *p)
{
	uint8_t payload[TRACE_PROBE_MAX];
	size_t from = w->len, len = payload_size(p);
	if (len > PAYLOAD)
		memset(payload + PAYLOAD, 0, len - PAYLOAD);
	payload_put(payload, p);
	const struct udp_head h = { .sport = p->sport,
				    .dport = p->dport,
				    .payload = span_of(payload, len) };
	enum err err = udp_write(w, &p->src, &p->dst, &h);
	if (err == ERR_OK)
		balance(w->at + from + 6, w->at + from + UDP_HEAD, p->check);
	return err;
}

static enum err quic_probe(struct wr *w, const struct trace_probe *p, struct initial *seal)
{
	uint8_t payload[TRACE_QUIC_SIZE];
	struct wr q = wr_of(payload, sizeof(payload));
	size_t from = w->len;
	enum err err = trace_quic_write(&q, p, seal);
	const struct udp_head h = { .sport = p->sport, .dport = p->dport, .payload = wr_span(&q) };
	if (err == ERR_OK)
		err = udp_write(w, &p->src, &p->dst, &h);
	if (err == ERR_OK)
		balance(w->at + from + 6, w->at + from + UDP_HEAD + TRACE_QUIC_BALANCE, p->check);
	return err;
}

static enum err echo_probe(struct wr *w, const struct trace_probe *p)
{
	uint8_t payload[TRACE_PROBE_MAX];
	size_t from = w->len, len = payload_size(p);
	if (len > PAYLOAD)
		memset(payload + PAYLOAD, 0, len - PAYLOAD);
	payload_put(payload, p);
	const struct icmp h = {
		.type = p->src.family == 4 ? 8 : 128,
		.rest = (uint32_t)p->sport << 16 | (uint16_t)p->seq,
		.body = span_of(payload, len),
	};
	enum err err = icmp_write(w, &p->src, &p->dst, &h);
	if (err == ERR_OK)
		balance(w->at + from + 2, w->at + from + ICMP_HEAD, p->check);
	return err;
}

// A server or a host without such a connection answers RST, whose sequence number is what we
// acknowledge.
static enum err ack_probe(struct wr *w, const struct trace_probe *p)
{
	const struct tcp_head h = {
		.sport = p->sport,
		.dport = p->dport,
		.seq = p->seq,
		.ack = p->seq,
		.flags = TCP_ACK,
		.window = SYN_WINDOW,
	};
	return tcp_write(w, &p->src, &p->dst, &h);
}

static enum err syn_probe(struct wr *w, const struct trace_probe *p)
{
	static const uint8_t mss[4] = { TCP_OPT_MSS, 4, 1440 >> 8, 1440 & 0xff };
	const struct tcp_head h = {
		.sport = p->sport,
		.dport = p->dport,
		.seq = p->seq,
		.flags = TCP_SYN,
		.window = SYN_WINDOW,
		.options = span_of(mss, sizeof(mss)),
	};
	return tcp_write(w, &p->src, &p->dst, &h);
}

// Bytes after the IP header.
static size_t size_of(const struct trace_probe *p)
{
	enum trace_method m = p->method;
	switch (trace_proto(m, 4)) {
	case IP_TCP:
		return m == TRACE_TCP_ACK ? TCP_HEAD : TCP_HEAD + 4;
	case IP_UDP:
		return UDP_HEAD + (m == TRACE_QUIC ? TRACE_QUIC_SIZE : payload_size(p));
	default:
		return ICMP_HEAD + payload_size(p);
	}
}

enum err trace_probe_write(struct wr *w, const struct trace_probe *p, struct initial *seal)
{
	const struct ip_head ip = {
		.src = p->src,
		.dst = p->dst,
		.proto = trace_proto(p->method, p->dst.family),
		.ttl = p->ttl,
		.tos = p->tos,
		.id = p->dst.family == 4 ? p->ip_id : 0,
		.flow_label = p->flow_label,
		.frag_never = p->size > 0 || p->method == TRACE_QUIC, // RFC 9000 14
	};
	enum err err = ip_write(w, &ip, size_of(p));
	if (err != ERR_OK)
		return err;
	if (p->method == TRACE_UDP)
		return udp_probe(w, p);
	if (p->method == TRACE_QUIC)
		return quic_probe(w, p, seal);
	if (p->method == TRACE_TCP_ACK)
		return ack_probe(w, p);
	return p->method == TRACE_ICMP ? echo_probe(w, p) : syn_probe(w, p);
}
