// SPDX-License-Identifier: Apache-2.0
//
// Answers for every address of this network namespace, as fast as one core can: the far end of
// dns_bench.sh and of the matrix tests. An A record made from the name's hash for every question;
// what else it does depends on the address asked, so that a test can say beforehand what must come
// out:
//   x.x.x.250 never answers            x.x.x.251 answers twice, the second time otherwise
//   x.x.x.252 answers from .253        x.x.x.249 answers under a wrong id
//   x.x.x.248 REFUSED                  x.x.x.247 truncated over UDP (TCP is not served)
//   x.x.x.246 garbage                  names that begin with "late" are answered twice, 1 s apart;
//                                      with "path": otherwise where the port asked from is odd
// `dns_answer PORT [plain]`: with `plain` every address answers alike. Prints the questions heard
// when it ends.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BATCH 256
#define SIZE  1024
#define LATE  4096

struct held {
	struct sockaddr_in to;
	struct in_addr from;
	size_t len;
	int64_t due;
	uint8_t bytes[SIZE];
};

static struct mmsghdr in[BATCH], out[2 * BATCH];
static struct iovec in_parts[BATCH], out_parts[2 * BATCH];
static struct sockaddr_in peers[BATCH];
static uint8_t in_bytes[BATCH][SIZE], second[BATCH][SIZE];
static uint8_t in_control[BATCH][64], out_control[2 * BATCH][CMSG_SPACE(sizeof(struct in_pktinfo))];
static struct held held[LATE];
static size_t held_from, held_to;
static uint64_t heard;
static volatile sig_atomic_t stop;

static void on_signal(int number)
{
	(void)number;
	stop = 1;
}

static int64_t now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static struct in_addr asked(struct msghdr *m)
{
	struct in_pktinfo info = { 0 };
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c))
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO)
			memcpy(&info, CMSG_DATA(c), sizeof(info));
	return info.ipi_addr;
}

// Turns the question in M into its answer, with an OPT record where the question has one; 0 when it
// is none. EMPTY: no address.
static size_t answer(uint8_t *m, size_t len, uint8_t salt, bool empty)
{
	size_t at = 12;
	uint32_t hash = 2166136261u + salt;
	if (len < 17 || (m[2] & 0x80) != 0 || m[5] != 1)
		return 0;
	while (at < len && m[at] != 0) {
		for (size_t i = 1; i <= m[at] && at + i < len; i++)
			hash = (hash ^ (m[at + i] | 0x20)) * 16777619u;
		at += m[at] + 1u;
	}
	at += 5;
	if (at > len || at + 16 + 11 > SIZE)
		return 0;
	bool address = !empty && m[at - 4] == 0 && m[at - 3] == 1;
	m[2] = 0x81;
	m[3] = 0x80;
	m[7] = address;
	const uint8_t record[16] = {
		0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4, 203, 0, (uint8_t)(hash >> 8), (uint8_t)hash
	};
	const uint8_t opt[11] = { 0, 0, 41, 4, 208 };
	if (address)
		memcpy(m + at, record, sizeof(record));
	at += address ? sizeof(record) : 0;
	if (m[11] != 0)
		memcpy(m + at, opt, sizeof(opt));
	return at + (m[11] != 0 ? sizeof(opt) : 0);
}

static void put(size_t *count, struct sockaddr_in *to, struct in_addr from, uint8_t *bytes,
		size_t len)
{
	const struct in_pktinfo info = { .ipi_spec_dst = from };
	struct msghdr *m = &out[*count].msg_hdr;
	out_parts[*count] = (struct iovec){ bytes, len };
	*m = (struct msghdr){ .msg_name = to,
			      .msg_namelen = sizeof(*to),
			      .msg_iov = &out_parts[*count],
			      .msg_iovlen = 1,
			      .msg_control = out_control[*count],
			      .msg_controllen = sizeof(out_control[*count]) };
	struct cmsghdr *c = CMSG_FIRSTHDR(m);
	c->cmsg_level = IPPROTO_IP;
	c->cmsg_type = IP_PKTINFO;
	c->cmsg_len = CMSG_LEN(sizeof(info));
	memcpy(CMSG_DATA(c), &info, sizeof(info));
	++*count;
}

static void hold(const struct sockaddr_in *to, struct in_addr from, const uint8_t *bytes,
		 size_t len)
{
	struct held *h = &held[held_to++ % LATE];
	h->to = *to;
	h->from = from;
	h->len = len;
	h->due = now_ns() + 1000000000;
	memcpy(h->bytes, bytes, len);
}

static void serve(size_t i, bool plain, size_t *count)
{
	struct in_addr from = asked(&in[i].msg_hdr);
	uint8_t *m = in_bytes[i], kind = plain ? 1 : (uint8_t)(ntohl(from.s_addr) & 255);
	size_t len = in[i].msg_len;
	memcpy(second[i], m, len);
	bool late = len > 17 && memcmp(m + 13, "late", 4) == 0;
	bool odd = len > 17 && memcmp(m + 13, "path", 4) == 0 && ntohs(peers[i].sin_port) % 2 == 1;
	size_t n = answer(m, len, odd ? 3 : 0, kind == 248 || kind == 247);
	heard++;
	if (n == 0 || kind == 250)
		return;
	if (kind == 252)
		from.s_addr = htonl(ntohl(from.s_addr) + 1);
	if (kind == 249)
		m[0] ^= 0x55;
	if (kind == 248)
		m[3] = 0x85;
	if (kind == 247)
		m[2] |= 2;
	if (kind == 246)
		m[7] = 9, n = 12 + n % 11;
	put(count, &peers[i], from, m, n);
	if (kind == 251) {
		n = answer(second[i], len, 1, false);
		put(count, &peers[i], from, second[i], n);
	}
	if (late) {
		n = answer(second[i], len, 2, false);
		hold(&peers[i], from, second[i], n);
	}
}

static void send_all(int fd, size_t count)
{
	for (size_t done = 0; done < count;) {
		int n = sendmmsg(fd, out + done, (unsigned)(count - done), 0);
		done += n > 0 ? (size_t)n : 1;
	}
}

static void send_held(int fd)
{
	while (held_from < held_to && held[held_from % LATE].due <= now_ns()) {
		struct held *h = &held[held_from++ % LATE];
		size_t count = 0;
		put(&count, &h->to, h->from, h->bytes, h->len);
		send_all(fd, count);
	}
}

int main(int argc, char **argv)
{
	const int on = 1, buffer = 64 << 20;
	const struct timeval tick = { 0, 20000 };
	bool plain = argc > 2 && strcmp(argv[2], "plain") == 0;
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_port = htons((uint16_t)(argc > 1 ? atoi(argv[1]) : 53)) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct sigaction quit = { .sa_handler = on_signal };
	sigaction(SIGTERM, &quit, NULL);
	sigaction(SIGINT, &quit, NULL);
	setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tick, sizeof(tick));
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof(buffer)) != 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer));
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0) {
		perror("dns_answer: bind");
		return 1;
	}
	puts("ready");
	fflush(stdout);
	while (!stop) {
		for (size_t i = 0; i < BATCH; i++) {
			in_parts[i] = (struct iovec){ in_bytes[i], SIZE };
			in[i].msg_hdr = (struct msghdr){ .msg_name = &peers[i],
							 .msg_namelen = sizeof(peers[i]),
							 .msg_iov = &in_parts[i],
							 .msg_iovlen = 1,
							 .msg_control = in_control[i],
							 .msg_controllen = sizeof(in_control[i]) };
		}
		int n = recvmmsg(fd, in, BATCH, MSG_WAITFORONE, NULL);
		size_t count = 0;
		for (int i = 0; i < n; i++)
			serve((size_t)i, plain, &count);
		send_all(fd, count);
		send_held(fd);
	}
	printf("heard %llu\n", (unsigned long long)heard);
	return 0;
}
