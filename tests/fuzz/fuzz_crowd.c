// SPDX-License-Identifier: Apache-2.0
//
// A hostile question to the lab's resolvers, over UDP and TCP, and a hostile answer in the place of
// their authority's; and the same bytes in a packet past an injector.
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "lab/crowd.h"
#include "lab/inject.h"
#include "wire/dns.h"
#include "wire/udp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char world[] =
	"world w\nas 1 one\nrouter a as=1 country=DE at=1,1\nhost many kind=crowd router=a\n"
	"net 198.18.64.0/24 host=many router=a\n"
	"domain a.example at=198.18.9.1 list=bad\ndomain s.example at=198.18.9.2 signed\n"
	"domain c.example pool=198.18.128.0/24 places=4 answers=8 turns=8\ndomain w.example "
	"whoami\n"
	"crowd one at=198.18.64.10 ptr=n%.a.example\n"
	"crowd two at=198.18.64.11 list=bad lie=page v4=10.0.0.1 ede=15\n"
	"inject a list=bad v4=192.0.2.1 v6=2001:db8::1\n";

static struct world *w;

static void ask(struct crowd *c, int member, bool stream, struct span in)
{
	struct crowd_question q = { addr_v4(0xc612400a + (uint32_t)member), addr_v4(0xc6120001), in,
				    stream };
	struct crowd_answer a;
	struct dns_walk walk;
	struct dns_record r;

	if (!crowd_hear(c, &q, (struct mono){ 1 }, &a))
		return;
	assert(a.len >= DNS_HEAD && a.len <= sizeof(a.bytes));
	assert(dns_walk_init(&walk, span_of(a.bytes, a.len)) == ERR_OK && walk.head.response);
	while (dns_record_next(&walk, &r))
		;
	assert(walk.r.err == ERR_OK);
}

static void inject(struct span in)
{
	uint8_t room[1600], out[1600];
	struct wr p = wr_of(room, sizeof(room)), forged = wr_of(out, sizeof(out));
	struct ip_head ip = { .src = addr_v4(1), .dst = addr_v4(2), .proto = IP_UDP, .ttl = 9 };
	struct udp_head udp = { .sport = 1, .dport = 53, .payload = in };
	struct packet packet;

	if (in.len > 1400 || ip_write(&p, &ip, UDP_HEAD + in.len) != ERR_OK ||
	    udp_write(&p, &ip.src, &ip.dst, &udp) != ERR_OK ||
	    packet_read(wr_span(&p), &packet) != ERR_OK)
		return;
	if (inject_write(w, &w->injectors[0], &packet, 0, &forged))
		assert(packet_read(wr_span(&forged), &packet) == ERR_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = span_of(data, size);
	struct fault f;

	if (!w && world_read(span_of(world, sizeof(world) - 1), "t", &w, &f) != ERR_OK)
		abort();
	struct crowd *c = crowd_new(w, 0);
	if (!c)
		return 0;
	ask(c, 0, false, in);
	ask(c, 1, true, in);
	crowd_learn(c, in);
	ask(c, 0, true, in);
	inject(in);
	crowd_free(&c);
	return 0;
}
