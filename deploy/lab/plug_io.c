// SPDX-License-Identifier: Apache-2.0
#include "lab/plug_io.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lab/space_io.h"
#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/netns.h"
#include "sys/process.h"

#define SCRIPT_MAX 16384 // commands for `ip -batch` in one namespace
#define IP_TIMEOUT (20 * NS_PER_S)
#define LAN_BITS   24
#define LAN_BITS6  64

struct edge plug_edge(const struct world *w, int host)
{
	const struct world_router *r = &w->routers[w->hosts[host].router];

	return edge_of(host, r->v4, r->v6);
}

// Some exist only in some kernels; what matters is told by `ip` afterwards.
static void knob(const char *name, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), "/proc/sys/net/%s", name);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	ssize_t ignored = write(fd, value, strlen(value));
	(void)ignored;
	close(fd);
}

static void knobs(bool gateway)
{
	static const char *const all[][2] = {
		{ "ipv6/conf/all/disable_ipv6", "0" },
		{ "ipv6/conf/default/disable_ipv6", "0" },
		// The simulator is the only neighbour: no waiting for others to object or advise.
		{ "ipv6/conf/all/accept_dad", "0" },
		{ "ipv6/conf/default/accept_dad", "0" },
		{ "ipv6/conf/default/dad_transmits", "0" },
		{ "ipv6/conf/all/router_solicitations", "0" },
		{ "ipv6/conf/default/router_solicitations", "0" },
		{ "ipv6/conf/all/accept_ra", "0" },
		{ "ipv6/conf/default/accept_ra", "0" },
		{ "ipv6/conf/default/autoconf", "0" },
		// Only the world file limits answers.
		{ "ipv4/icmp_ratelimit", "0" },
		{ "ipv4/icmp_msgs_per_sec", "1000000" },
		{ "ipv4/icmp_msgs_burst", "100000" },
		{ "ipv6/icmp/ratelimit", "0" },
		// The addresses of a net are local without being anybody's.
		{ "ipv6/ip_nonlocal_bind", "1" },
	};

	for (size_t i = 0; i < COUNT(all); i++)
		knob(all[i][0], all[i][1]);
	knob("ipv4/ip_forward", gateway ? "1" : "0");
	knob("ipv6/conf/all/forwarding", gateway ? "1" : "0");
}

static enum err tap_open(const struct edge *e, int *tap, struct fault *f)
{
	struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI };

	*tap = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (*tap < 0)
		return fault_set(f,
				 errno == EPERM || errno == EACCES ? ERR_PERMIT : ERR_UNSUPPORTED,
				 errno, "/dev/net/tun; the kernel needs TUN (modprobe tun)");
	strcpy(request.ifr_name, "eth0");
	if (ioctl(*tap, TUNSETIFF, &request) == 0) {
		request.ifr_hwaddr.sa_family = 1; // ARPHRD_ETHER
		memcpy(request.ifr_hwaddr.sa_data, e->host, sizeof(e->host));
		if (ioctl(*tap, SIOCSIFHWADDR, &request) == 0)
			return ERR_OK;
	}
	fault_set(f, errno == EPERM ? ERR_PERMIT : ERR_IO, errno,
		  "cannot make a TAP interface; run as root (needs CAP_NET_ADMIN)");
	fd_close(tap);
	return f ? f->err : ERR_IO;
}

struct words {
	char v4[ADDR_TEXT], v6[ADDR_TEXT];
};

static struct words words_of(struct addr v4, struct addr v6)
{
	struct words t;

	addr_write(v4, t.v4);
	addr_write(v6, t.v6);
	return t;
}

// A program in the host may hear and speak from every address of a net.
static void script_nets(struct wr *s, const struct world *w, const struct world_host *h)
{
	for (int i = 0; i < w->net_count; i++) {
		char prefix[PREFIX_TEXT];
		if (&w->hosts[w->nets[i].host] != h)
			continue;
		prefix_write(w->nets[i].prefix, prefix);
		wr_format(s, "route add local %s dev lo\n", prefix);
	}
}

static void script_host(struct wr *s, const struct world *w, const struct world_host *h)
{
	const struct world_router *r = &w->routers[h->router];
	struct words own = words_of(h->v4, h->v6), via = words_of(r->v4, r->v6);

	// What a host sends at once waits here for the simulator; the usual 1000 is a short burst.
	wr_text(s, "link set lo up\nlink set eth0 txqueuelen 8000\nlink set eth0 up\n");
	wr_format(s, "addr add %s/32 dev eth0\naddr add %s/128 dev eth0 nodad\n", own.v4, own.v6);
	wr_format(s, "route add %s/32 dev eth0\nroute add default via %s dev eth0\n", via.v4,
		  via.v4);
	wr_format(s, "route add %s/128 dev eth0\nroute add ::/0 via %s dev eth0\n", via.v6, via.v6);
	script_nets(s, w, h);
	if (!h->lan)
		return;
	struct words lan = words_of(h->lan_v4, h->lan_v6);
	wr_text(s, "link add lan type bridge\nlink set lan up\n");
	wr_format(s, "addr add %s/%d dev lan\naddr add %s/%d dev lan nodad\n", lan.v4, LAN_BITS,
		  lan.v6, LAN_BITS6);
}

// In the gateway's namespace.
static void script_port(struct wr *s, const char *space, const struct world_host *h)
{
	wr_format(s, "link add lan%d type veth peer name eth0 netns %s\n", h->seat + 1, space);
	wr_format(s, "link set lan%d master lan\nlink set lan%d up\n", h->seat + 1, h->seat + 1);
}

static void script_phone(struct wr *s, const struct world *w, const struct world_host *h, int host)
{
	const struct world_host *gateway = &w->hosts[h->gateway];
	struct words own = words_of(h->v4, h->v6), via = words_of(gateway->lan_v4, gateway->lan_v6);
	struct edge e = edge_of(host, h->v4, h->v6);

	wr_text(s, "link set lo up\n");
	wr_format(s, "link set eth0 address %02x:%02x:%02x:%02x:%02x:%02x\nlink set eth0 up\n",
		  e.host[0], e.host[1], e.host[2], e.host[3], e.host[4], e.host[5]);
	wr_format(s, "addr add %s/%d dev eth0\naddr add %s/%d dev eth0 nodad\n", own.v4, LAN_BITS,
		  own.v6, LAN_BITS6);
	wr_format(s, "route add default via %s dev eth0\nroute add ::/0 via %s dev eth0\n", via.v4,
		  via.v6);
}

// The calling thread is in the namespace that the script is about.
static enum err script_run(const struct wr *s, const char *space, struct fault *f)
{
	static const char *const argv[] = { "ip", "-batch", "-", NULL };
	AUTO(fd_close) int script = memfd_create("script", MFD_CLOEXEC);
	struct process_config c = PROCESS_DEFAULT;
	struct fault why = { 0 };
	char out[400];

	if (script < 0 || s->err != ERR_OK)
		return fault_set(f, ERR_MEMORY, errno, "no room for the commands of %s", space);
	enum err err = fd_write_all(script, wr_span(s), f);
	if (err != ERR_OK)
		return err;
	if (lseek(script, 0, SEEK_SET) < 0)
		return fault_set(f, ERR_IO, errno, "lseek");
	c.argv = argv;
	c.in = script;
	err = process_run(&c, mono_add(clock_mono(), IP_TIMEOUT), out, sizeof(out), &why);
	return err == ERR_OK ? err
			     : fault_set(f, err, why.sys, "setting up %s: %.180s", space, why.what);
}

static enum err run_in(const char *space, const struct wr *s, struct fault *f)
{
	AUTO(fd_close) int home = -1;
	enum err err = space_enter(space, &home, f);

	if (err == ERR_OK)
		err = script_run(s, space, f);
	enum err back = home >= 0 ? netns_enter(home, err == ERR_OK ? f : NULL) : ERR_OK;
	return err == ERR_OK ? back : err;
}

static enum err plug_router(const char *space, const struct world *w, int host, int *tap,
			    struct fault *f)
{
	AUTO(fd_close) int home = -1;
	const struct world_host *h = &w->hosts[host];
	struct edge e = plug_edge(w, host);
	char room[SCRIPT_MAX];
	struct wr script = wr_of(room, sizeof(room));
	enum err err = space_enter(space, &home, f);

	if (err == ERR_OK) {
		knobs(h->lan > 0);
		err = tap_open(&e, tap, f);
	}
	if (err == ERR_OK) {
		script_host(&script, w, h);
		err = script_run(&script, space, f);
	}
	enum err back = home >= 0 ? netns_enter(home, err == ERR_OK ? f : NULL) : ERR_OK;
	return err == ERR_OK ? back : err;
}

static enum err plug_phone(const char *lab, const char *space, const struct world *w, int host,
			   struct fault *f)
{
	AUTO(fd_close) int home = -1;
	const struct world_host *h = &w->hosts[host];
	char gateway[SPACE_NAME_MAX], room[SCRIPT_MAX];
	struct wr script = wr_of(room, sizeof(room));
	enum err err = space_enter(space, &home, f);

	if (err != ERR_OK)
		return err;
	knobs(false);
	err = netns_enter(home, f);
	if (err != ERR_OK)
		return err;
	space_name(lab, w->hosts[h->gateway].name, gateway);
	script_port(&script, space, h);
	err = run_in(gateway, &script, f);
	script = wr_of(room, sizeof(room));
	script_phone(&script, w, h, host);
	return err == ERR_OK ? run_in(space, &script, f) : err;
}

enum err plug_host(const char *lab, const struct world *w, int host, int *tap, struct fault *f)
{
	char space[SPACE_NAME_MAX];

	*tap = -1;
	space_name(lab, w->hosts[host].name, space);
	if (w->hosts[host].gateway != WORLD_NONE)
		return plug_phone(lab, space, w, host, f);
	return plug_router(space, w, host, tap, f);
}
