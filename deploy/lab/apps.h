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
// `app` textsecure, threema, wechat, whatsapp (any other word is a messenger too) are messengers.
// `names` and `port` have the defaults APP.example and the app's usual port. Servers of one
// messenger relay to each other. Where several servers share a name, a resolver answers with the
// one whose `serves` lists the resolver's country, else with one that has no `serves`.
// A phone without `resolver` asks its gateway's address on the LAN.
#pragma once

#include "lab/world.h"

#define APPS_MAX      64 // servers known to one resolver or phone
#define APPS_READY_NS (10 * NS_PER_S)
#define APPS_SUFFIX   "lab.example" // names of routers and hosts: NAME.lab.example

struct apps;

// What is running, for `status`.
struct apps_item {
	const char *host, *program; // borrowed from the world, constant
	int pid;
};

// PROGRAM: path of waymark-lab itself. RUN_DIR gets ca.pem, and per host HOST.log, HOST.pem and
// HOST.key, HOST.dns.conf, HOST.sock (a phone's control socket, shared/wire/phone_line.h).
// Returns when everything listens; otherwise ends what it started. The programs die with the
// calling thread. The world must outlive *OUT.
enum err apps_start(const struct world *w, const char *program, const char *run_dir,
		    struct apps **out, struct fault *f) MUSTUSE;

// Ends every program; NULL-safe.
void apps_stop(struct apps **a);

// The process PID ended by itself (SIGCHLD): the host it was in, or NULL when it is not ours.
// Nothing is restarted.
const char *apps_gone(struct apps *a, int pid);

size_t apps_count(const struct apps *a);
struct apps_item apps_item(const struct apps *a, size_t at);
