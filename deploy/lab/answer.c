// SPDX-License-Identifier: Apache-2.0
//
// The packets a router sends itself: the writing half of packet.h.
#include <string.h>

#include "lab/packet.h"
#include "wire/tcp.h"

#define V4_QUOTE   (576 - IP4_HEAD - ICMP_HEAD)  // RFC 1812 4.3.2.3: at most 576 bytes in all
#define V6_QUOTE   (1280 - IP6_HEAD - ICMP_HEAD) // RFC 4443 3: within the minimum MTU
#define MPLS_QUOTE 128  // RFC 4884 5.3: so long a quote, padded, goes before extensions
#define MPLS_HEAD  8    // of the extensions and of the one object
#define CONTROL    0xc0 // internetwork control, RFC 1812 4.3.2.5

static struct ip_head head_of(const struct packet *about, struct packet_from from, uint8_t proto)
{
	return (struct ip_head){ .src = from.addr,
				 .dst = about->ip.src,
				 .proto = proto,
				 .ttl = from.ttl,
				 .id = from.addr.family == 4 ? from.id : 0 };
}

enum err packet_error_write(struct wr *w, const struct packet *about, enum packet_error error,
			    struct packet_from from, uint16_t mtu)
{
	static const uint8_t codes[][4] = {
		// ICMP type and code, ICMPv6 type and code
		[PACKET_EXPIRED] = { 11, 0, 3, 0 }, [PACKET_NO_NET] = { 3, 0, 1, 0 },
		[PACKET_NO_HOST] = { 3, 1, 1, 3 },  [PACKET_NO_PORT] = { 3, 3, 1, 4 },
		[PACKET_TOO_BIG] = { 3, 4, 2, 0 },
	};
	bool v6 = about->ip.src.family == 6;
	bool mpls = error == PACKET_EXPIRED && from.mpls_count > 0;
	size_t most = mpls ? MPLS_QUOTE : v6 ? V6_QUOTE : V4_QUOTE;
	struct span quote = span_cut(about->bytes, 0, most);
	struct ip_head h = head_of(about, from, v6 ? IP_ICMP6 : IP_ICMP);
	struct icmp message = { .type = codes[error][v6 ? 2 : 0],
				.code = codes[error][v6 ? 3 : 1],
				.rest = error == PACKET_TOO_BIG ? mtu : 0 };

	h.tos = CONTROL;
	if (mpls) {
		message.mpls_count = from.mpls_count;
		memcpy(message.mpls, from.mpls, from.mpls_count * sizeof(*from.mpls));
	}
	size_t len = mpls ? MPLS_QUOTE + MPLS_HEAD + 4 * from.mpls_count : quote.len;
	enum err err = ip_write(w, &h, ICMP_HEAD + len);
	return err == ERR_OK ? icmp_error_write(w, &h.src, &h.dst, &message, quote) : err;
}

enum err packet_echo_write(struct wr *w, const struct packet *request, struct packet_from from)
{
	struct ip_head h = head_of(request, from, request->ip.proto);
	struct icmp echo;
	enum err err = icmp_read(h.src.family, request->ip.payload, &echo);

	if (err == ERR_OK)
		err = ip_write(w, &h, request->ip.payload.len);
	echo.type = h.src.family == 6 ? 129 : 0;
	return err == ERR_OK ? icmp_write(w, &h.src, &h.dst, &echo) : err;
}

// RFC 9293 3.10.7.1: a segment for a port nobody listens on.
enum err packet_reset_write(struct wr *w, const struct packet *segment, struct packet_from from)
{
	struct ip_head h = head_of(segment, from, IP_TCP);
	struct tcp_head tcp;
	enum err err = tcp_read(segment->ip.payload, &tcp);

	if (err != ERR_OK)
		return err;
	bool acked = tcp.flags & TCP_ACK;
	uint32_t used = (uint32_t)tcp.payload.len + (tcp.flags & TCP_SYN ? 1 : 0) +
			(tcp.flags & TCP_FIN ? 1 : 0);
	struct tcp_head reset = { .sport = tcp.dport,
				  .dport = tcp.sport,
				  .seq = acked ? tcp.ack : 0,
				  .ack = acked ? 0 : tcp.seq + used,
				  .flags = acked ? TCP_RST : TCP_RST | TCP_ACK };
	err = ip_write(w, &h, TCP_HEAD);
	return err == ERR_OK ? tcp_write(w, &h.src, &h.dst, &reset) : err;
}
