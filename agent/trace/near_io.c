// SPDX-License-Identifier: Apache-2.0
#include "trace/near_io.h"

#include <linux/fib_rules.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/macro.h"
#include "sys/fd.h"

#define KNOWN       1024         // networks remembered, by hash
#define PARTED_MAX  256          // networks that are always asked for
#define ANSWER_MAX  32768        // bytes the kernel tells at once, at most
#define ANSWERS_MAX (256 * 1024) // of routes; a longer table is not looked through
#define USUAL_RULES 3            // local, main, default
#define GOOD_NS     NS_PER_S

struct known {
	uint32_t net; // the /24 without its last byte; 0: none
	struct addr src;
};

struct trace_near {
	struct mono good_until;
	bool usable;
	size_t rules;
	uint32_t parted[PARTED_MAX];
	size_t parted_count;
	struct known known[KNOWN];
};

struct trace_near *trace_near_new(void)
{
	return calloc(1, sizeof(struct trace_near));
}

void trace_near_free(struct trace_near **n)
{
	free(*n);
	*n = NULL;
}

static bool is_parted(const struct trace_near *n, uint32_t net)
{
	for (size_t i = 0; i < n->parted_count; i++)
		if (n->parted[i] == net)
			return true;
	return false;
}

static void part(struct trace_near *n, uint32_t addr)
{
	if (is_parted(n, addr >> 8))
		return;
	if (n->parted_count == PARTED_MAX)
		n->usable = false;
	else
		n->parted[n->parted_count++] = addr >> 8;
}

typedef void near_hear_fn(struct trace_near *n, uint16_t type, struct span body);

// The messages of LEN bytes; false when the answer ends with them, *WHOLE when as it should.
static bool hear_all(struct trace_near *n, const uint8_t *bytes, size_t len, near_hear_fn *hear,
		     bool *whole)
{
	for (size_t at = 0; len - at >= sizeof(struct nlmsghdr);) {
		struct nlmsghdr h;
		memcpy(&h, bytes + at, sizeof(h));
		if (h.nlmsg_len < sizeof(h) || h.nlmsg_len > len - at)
			return false;
		*whole = h.nlmsg_type == NLMSG_DONE;
		if (*whole || h.nlmsg_type == NLMSG_ERROR)
			return false;
		hear(n, h.nlmsg_type, span_of(bytes + at + sizeof(h), h.nlmsg_len - sizeof(h)));
		size_t step = NLMSG_ALIGN(h.nlmsg_len);
		at = step < len - at ? at + step : len;
	}
	return true;
}

// All of one kind the kernel has, each told to HEAR. False when it has more than we look through,
// or does not say.
static bool ask(struct trace_near *n, const void *question, size_t len, near_hear_fn *hear)
{
	const struct timeval patience = { .tv_sec = 1 };
	uint8_t answer[ANSWER_MAX];
	bool whole = false;
	AUTO(fd_close) int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) != 0 ||
	    send(fd, question, len, 0) != (ssize_t)len)
		return false;
	for (size_t heard = 0; heard < ANSWERS_MAX && n->usable;) {
		ssize_t got = recv(fd, answer, sizeof(answer), 0);
		if (got <= 0)
			return false;
		if (!hear_all(n, answer, (size_t)got, hear, &whole))
			return whole;
		heard += (size_t)got;
	}
	return false;
}

static void hear_rule(struct trace_near *n, uint16_t type, struct span body)
{
	(void)body;
	n->rules += type == RTM_NEWRULE;
}

static bool attribute(struct span attributes, uint16_t type, struct span *out)
{
	for (size_t at = 0; at < attributes.len && attributes.len - at >= sizeof(struct rtattr);) {
		struct rtattr a;
		memcpy(&a, attributes.at + at, sizeof(a));
		if (a.rta_len < sizeof(a) || a.rta_len > attributes.len - at)
			return false;
		if (a.rta_type == type) {
			*out = span_cut(attributes, at + sizeof(a), a.rta_len - sizeof(a));
			return true;
		}
		at += RTA_ALIGN(a.rta_len);
	}
	return false;
}

// Local routes are among them: our own addresses. Where a route has several next hops each host
// has one of them, and the source address of its interface.
static void hear_route(struct trace_near *n, uint16_t type, struct span body)
{
	struct rtmsg m;
	struct span dst, hops, object, out;
	if (type != RTM_NEWROUTE || body.len < sizeof(m))
		return;
	memcpy(&m, body.at, sizeof(m));
	struct span attributes = span_cut(body, NLMSG_ALIGN(sizeof(m)), body.len);
	if (attribute(attributes, RTA_MULTIPATH, &hops) ||
	    (attribute(attributes, RTA_NH_ID, &object) && !attribute(attributes, RTA_OIF, &out)))
		n->usable = false;
	if (m.rtm_dst_len > 24 && attribute(attributes, RTA_DST, &dst) && dst.len == 4)
		part(n, addr_to_v4(addr_of(dst)));
}

static void look(struct trace_near *n, struct mono now)
{
	const struct {
		struct nlmsghdr head;
		struct fib_rule_hdr rule;
	} rules = { { sizeof(rules), RTM_GETRULE, NLM_F_REQUEST | NLM_F_DUMP, 1, 0 },
		    { .family = AF_INET } };
	const struct {
		struct nlmsghdr head;
		struct rtmsg route;
	} routes = { { sizeof(routes), RTM_GETROUTE, NLM_F_REQUEST | NLM_F_DUMP, 1, 0 },
		     { .rtm_family = AF_INET } };
	memset(n->known, 0, sizeof(n->known));
	n->parted_count = n->rules = 0;
	n->usable = true;
	n->usable = ask(n, &rules, sizeof(rules), hear_rule) && n->rules == USUAL_RULES;
	n->usable = n->usable && ask(n, &routes, sizeof(routes), hear_route) && n->usable;
	n->good_until = mono_add(now, GOOD_NS);
}

struct addr trace_near_find(struct trace_near *n, struct trace_source *s, struct mono now,
			    struct addr dst)
{
	if (dst.family != 4)
		return trace_source_find(s, dst);
	if (!mono_before(now, n->good_until))
		look(n, now);
	uint32_t net = addr_to_v4(dst) >> 8;
	struct known *k = &n->known[net * 2654435761u >> 22];
	if (!n->usable || net == 0 || is_parted(n, net))
		return trace_source_find(s, dst);
	if (k->net != net) {
		k->src = trace_source_find(s, dst);
		k->net = net;
	}
	return k->src;
}
