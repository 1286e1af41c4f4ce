// SPDX-License-Identifier: Apache-2.0
//
// The programs that live in the hosts of a world: messenger servers, background servers, resolvers
// and phones. In go a world, whose namespaces exist, and a run directory; out come processes, each
// in its host's namespace, ready to be spoken to. This room does not know how packets travel.
//
// What a program needs to know stands in its host's attributes:
//
//	host ts-us kind=server app=textsecure names=chat.textsecure.example port=443
//	host wx-cn kind=server app=wechat names=long.wechat.example port=8080 serves=CN
//	host wx-hk kind=server app=wechat names=long.wechat.example port=8080
//	host bg-1  kind=server app=check names=check.phone.example         TLS, port 443
//	host bg-2  kind=server app=time names=time.phone.example           UDP, port 123
//	host bg-3  kind=server app=push names=push.phone.example           TLS, port 5228
//	host ns-de kind=resolver
//	host p1    kind=phone gateway=gw1 [resolver=ADDR[,ADDR]] [family=4|6] [noise=no]
//
//	host kres  kind=resolver software=unbound|knot-resolver [rate=N]
//	host masq  kind=resolver software=dnsmasq upstream=HOST
//	           each: [list=WORD lie=LIE [to=ADDR]]
//	host auth  kind=authority                                  knot; one of a world
//	host web   kind=web                                        nginx, for the sites of its nets
//	host crowd kind=crowd                                      crowd.h, for the crowds of its
// nets
//
// `app` textsecure, threema, wechat, whatsapp and any word but check, time, push are messengers.
// `port` has the app's usual port as its default. Servers of one messenger relay to each other.
// Where several servers share a name, a resolver answers with the one whose `serves` lists the
// resolver's country, else with one that has no `serves`. A phone without `resolver` asks its
// gateway's IPv4 address on the LAN.
#pragma once

#include "lab/world.h"

#define APPS_READY_NS (20 * NS_PER_S)
#define APPS_SUFFIX   "lab.example" // names of routers and hosts: NAME.lab.example

struct apps;

struct apps_config {
	const struct world *world; // borrowed until apps_stop
	const char *lab;           // namespaces are wl-LAB-HOST
	const char *program;       // path of waymark-lab itself
	const char *run_dir;       // exists
};

// What is running, for `status`.
struct apps_item {
	const char *host, *program; // constant as long as the apps are
	int pid;                    // 0: ended by itself
};

// RUN_DIR gets ca.pem, and per host HOST.log, HOST.pem and HOST.key, HOST.dns, HOST.sock (a phone's
// control socket, wire/phone_line.h), HOST.d/ (servers_io.h). Returns when everything listens;
// otherwise ends what it started. The programs die with the calling thread.
enum err apps_start(const struct apps_config *c, struct apps **out, struct fault *f) MUSTUSE;

// Ends every program; NULL-safe.
void apps_stop(struct apps **a);

// The host whose program ended by itself and was not told of yet, or NULL: ask until NULL after
// SIGCHLD. Nothing is restarted.
const char *apps_gone(struct apps *a);

size_t apps_count(const struct apps *a);
struct apps_item apps_item(const struct apps *a, size_t at);

// The command line of HOST's program as a NULL-terminated vector in TEXT; ERR_MISSING: it has none.
enum err apps_argv(const struct apps_config *c, const struct world_host *h, struct arena *text,
		   const char *const **argv, struct fault *f) MUSTUSE;
