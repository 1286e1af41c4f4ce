// SPDX-License-Identifier: Apache-2.0
//
// One TLS connection of a phone to a server it knows by name: asks the resolver, tries the
// addresses one after the other, checks the certificate. What is said inside is the owner's
// business.
#pragma once

#include "lab/app_tls.h"
#include "lab/phone_dns.h"

#define PHONE_TRY_NS (4 * NS_PER_S) // for one address, handshake included

struct phone_link;

struct phone_net {
	struct loop *loop;
	struct phone_dns *dns;
	struct ssl_ctx_st *tls;
};

// EV as of a TLS connection; a `down` may have the stage "name" too.
enum err phone_link_open(const struct phone_net *net, const char *name, uint16_t port,
			 struct tls_events ev, struct phone_link **out, struct fault *f) MUSTUSE;
void phone_link_close(struct phone_link **l); // also from a callback
void phone_link_send(struct phone_link *l, struct span s);
