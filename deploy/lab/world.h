// SPDX-License-Identifier: Apache-2.0
//
// A world: what a world file says, checked and completed. In goes the text of the file; out come
// routers with positions and addresses, links with delays, and hosts with the attributes that the
// programs in them read. This room knows no packet, no namespace and no clock.
//
// The file has one statement a line (`#` begins a comment, values with blanks stand in quotes):
//
//	world NAME
//	stretch 1.4                              fibre length over great-circle length
//	as NUMBER "NAME"
//	router NAME as=N country=CC city=… at=LAT,LON [v4= v6= ttl=64|255 loss=1% icmp-rate=N
//	       icmp-burst=N mpls=LABEL:TC:TTL,…] [silent] [per-packet]
//	link A B [delay=5ms metric=N loss=0.5% mtu=1400]
//	host NAME kind=KIND router=R [v4= v6= delay=0.1ms] [key=value …]
//	host NAME kind=phone gateway=GATEWAY [v4= v6=] [key=value …]
//	net, domain, crowd, inject               names and resolvers: world_dns.h
//
// Addresses not given are assigned by order: router number r (from 1) is 198.18.r.1 and
// 2001:db8:r::1, its hosts 198.18.r.10… and 2001:db8:r::10…; the LAN of gateway number g is
// 198.19.g.0/24 and 2001:db8:8000+g::/64 (gateway .1, phones .10…). 198.19.128.0/17 and
// 2001:db8:f000::/36 are never assigned: tunnels may use them.
#pragma once

#include "base/addr.h"
#include "base/arena.h"
#include "base/time.h"
#include "lab/world_dns.h"
#include "lab/world_line.h"

#define WORLD_ROUTERS_MAX 250 // the third byte of 198.18.r.1
#define WORLD_LINKS_MAX   1000
#define WORLD_HOSTS_MAX   1000 // one namespace each
#define WORLD_RHOSTS_MAX  200  // hosts at one router, phones at one gateway
#define WORLD_LANS_MAX    127  // gateways: 198.19.1.0/24 … 198.19.127.0/24
#define WORLD_AS_MAX      250
#define WORLD_ATTRS_MAX   24            // attributes of one host
#define WORLD_NAME_MAX    24            // of a host or router: it becomes part of file names
#define WORLD_LINE_MAX    2000          // characters in a line
#define WORLD_FILE_MAX    (1024 * 1024) // bytes of a world file
#define WORLD_MTU         1500
#define WORLD_MTU_MIN     1280              // IPv6 needs it
#define WORLD_STRETCH     1.4               // where the file says nothing
#define WORLD_KM_PER_MS   200.0             // light in fibre
#define WORLD_DELAY_MIN   (50 * NS_PER_US)  // of a link: two routers in one town
#define WORLD_ACCESS      (100 * NS_PER_US) // one way between a host and its router
#define WORLD_NONE        (-1)

struct world_as {
	uint32_t number;
	const char *name;
};

struct world_router {
	const char *name, *city;
	char country[3];
	double lat, lon;
	int as; // index into world.as
	struct addr v4, v6;
	uint8_t ttl;      // first TTL of what it sends itself
	double loss;      // 0..1, of every packet that passes
	double icmp_rate; // errors a second; 0 = no limit
	double icmp_burst;
	struct mpls_entry mpls[WORLD_MPLS_MAX]; // what packets that expire here come with
	int mpls_count;
	bool silent;     // forwards, never answers
	bool per_packet; // balances packets, not flows
	bool injects;    // an injector stands in it
	int hosts;       // attached ones
	int line;
};

struct world_link {
	int a, b;       // routers
	int64_t delay;  // ns, one way
	int64_t metric; // > 0; by default the delay in microseconds
	double loss;    // 0..1, each way
	int mtu;
	int line;
};

struct world_attr {
	const char *key, *value;
};

struct world_host {
	const char *name, *kind;
	int router;  // a phone has its gateway's
	int gateway; // host index, or WORLD_NONE: the simulator carries its packets
	int seat;    // 0.. among those at the same router or gateway
	int lan;     // 1.. when phones sit behind it, else 0
	struct addr v4, v6;
	struct addr lan_v4, lan_v6; // a gateway's address on its LAN
	int phones;                 // behind it
	int64_t delay;              // ns, one way to its router
	struct world_attr attrs[WORLD_ATTRS_MAX];
	int attr_count;
	int line;
};

struct table;

struct world {
	const char *name;
	double stretch;
	struct world_as as[WORLD_AS_MAX];
	struct world_router routers[WORLD_ROUTERS_MAX];
	struct world_link links[WORLD_LINKS_MAX];
	struct world_host hosts[WORLD_HOSTS_MAX];
	struct world_net nets[WORLD_NETS_MAX];
	struct world_domain domains[WORLD_DOMAINS_MAX];
	struct world_crowd crowds[WORLD_CROWDS_MAX];
	struct world_injector injectors[WORLD_INJECTORS_MAX];
	int as_count, router_count, link_count, host_count, lan_count;
	int net_count, domain_count, crowd_count, injector_count;
	struct table *domain_table; // hash of a name -> index of its domain
	struct arena text;          // every string above
};

// Parses, checks and completes. FILE is used in faults only ("FILE:LINE: what; what to do"). On
// failure *OUT is NULL.
enum err world_read(struct span text, const char *file, struct world **out,
		    struct fault *f) MUSTUSE;
void world_free(struct world **w);

// NULL when absent. To ask which hosts there are: hosts[0..host_count).
const struct world_host *world_host_find(const struct world *w, const char *name);
int world_router_find(const struct world *w, struct span name); // WORLD_NONE when absent
const char *world_attr_find(const struct world_host *h, const char *key);

// The k-th (from 0) element of a comma-separated attribute; an empty span when there is none.
struct span world_attr_item(const struct world_host *h, const char *key, int k);

const char *world_host_country(const struct world *w, const struct world_host *h);

// Who holds address A.
struct world_place {
	int router; // that the packet has to reach; WORLD_NONE when nobody in the world has it
	int host;   // behind that router; WORLD_NONE when it is the router itself or nobody
	bool self;  // the router's own address
};
struct world_place world_place_find(const struct world *w, struct addr a);

// Kilometres between two positions in degrees.
double world_distance(double lat1, double lon1, double lat2, double lon2);
