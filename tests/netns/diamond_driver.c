// SPDX-License-Identifier: Apache-2.0
//
// Random diamonds (tests/mda/diamond.h) behind a TUN device, for tracers of any make:
//	diamond_driver serve DEVICE     answers probes to 198.19.X.Y, diamond number 256 X + Y
//	                                (198.19.255.Y: packets, not flows, are balanced)
//	diamond_driver truth NUMBER…    what is there: "NUMBER node TTL ADDR", "NUMBER link TTL A B"
// A flow is addresses, protocol and the first four bytes of the transport header.
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/macro.h"
#include "mda/diamond.h"
#include "wire/be.h"
#include "wire/icmp.h"

#define FIRST_SEED 1000
#define PER_PACKET 0xff00
#define PACKET     2048

static uint64_t packets;

static struct addr router(unsigned hop, unsigned i)
{
	return addr_v4(0xc6120000u | hop << 8 | (i + 1)); // 198.18.HOP.I+1
}

static struct addr target(unsigned number)
{
	return addr_v4(0xc6130000u | number);
}

static struct addr address(const struct diamond *d, unsigned number, unsigned hop, unsigned i)
{
	return hop >= d->hops ? target(number) : router(hop, i);
}

static size_t answer(struct span packet, uint8_t *out, size_t cap)
{
	struct ip_head ip;
	struct diamond d;
	uint8_t body[PACKET];
	if (ip_read(packet, &ip) != ERR_OK || ip.src.family != 4 || ip.payload.len < 8)
		return 0;
	unsigned number = addr_to_v4(ip.dst) & 0xffff;
	diamond_make(&d, FIRST_SEED + number);
	uint64_t flow = (uint64_t)be32_at(ip.payload.at) << 8 | ip.proto;
	if (number >= PER_PACKET)
		flow ^= diamond_mix(packets++) << 1;
	unsigned hop = ip.ttl < d.hops ? ip.ttl : d.hops;
	bool end = ip.ttl >= d.hops;
	struct addr from = address(&d, number, hop, diamond_at(&d, flow, hop));
	struct wr b = wr_of(body, sizeof(body)), o = wr_of(out, cap);
	struct icmp h = { .type = end ? 3 : 11, .code = end ? 3 : 0 };
	struct icmp probe;
	enum err err;
	if (end && ip.proto == IP_ICMP && icmp_read(4, ip.payload, &probe) == ERR_OK) {
		h = (struct icmp){ .rest = probe.rest, .body = probe.body };
		err = icmp_write(&b, &from, &ip.src, &h);
	} else {
		err = icmp_error_write(&b, &from, &ip.src, &h, packet);
	}
	const struct ip_head head = { .src = from, .dst = ip.src, .ttl = 64, .proto = IP_ICMP };
	if (err != ERR_OK || ip_write(&o, &head, b.len) != ERR_OK)
		return 0;
	wr_bytes(&o, wr_span(&b));
	return o.len;
}

static int serve(const char *device)
{
	struct ifreq r = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	uint8_t in[PACKET], out[PACKET];
	int fd = open("/dev/net/tun", O_RDWR);
	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", device);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &r) != 0) {
		perror("tun");
		return 1;
	}
	for (;;) {
		ssize_t n = read(fd, in, sizeof(in));
		if (n < 0)
			return 1;
		size_t len = answer(span_of(in, (size_t)n), out, sizeof(out));
		if (len > 0 && write(fd, out, len) < 0)
			continue;
	}
}

static void truth(unsigned number)
{
	struct diamond d;
	char a[ADDR_TEXT], b[ADDR_TEXT];
	diamond_make(&d, FIRST_SEED + number);
	for (unsigned hop = 1; hop <= d.hops; hop++)
		for (unsigned i = 0; i < d.width[hop - 1]; i++) {
			addr_write(address(&d, number, hop, i), a);
			printf("%u node %u %s\n", number, hop, a);
			for (unsigned k = 0; hop < d.hops && k < d.router[hop - 1][i].fan; k++) {
				addr_write(
					address(&d, number, hop + 1, d.router[hop - 1][i].next[k]),
					b);
				printf("%u link %u %s %s\n", number, hop, a, b);
			}
		}
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "serve") == 0)
		return serve(argv[2]);
	for (int i = 2; i < argc; i++)
		truth((unsigned)strtoul(argv[i], NULL, 10));
	return 0;
}
