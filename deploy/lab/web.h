// SPDX-License-Identifier: Apache-2.0
//
// The web server behind a world's domains: the configuration of one nginx that answers at every
// address of a host's nets, and which certificate each site shows. Text only.
//
// A site (domain with at=) has its address to itself and shows its page and certificate to whoever
// comes; on the addresses of a pool the name asked for decides, as with a CDN. An address without a
// domain refuses.
#pragma once

#include "base/wr.h"
#include "lab/app_certs.h"
#include "lab/world.h"

#define WEB_CONF_MAX (2 * 1024 * 1024)

// Whether D is served by host number HOST.
bool web_serves(const struct world *w, int host, const struct world_domain *d);

// FOLDER has the certificates, NUMBER.pem and NUMBER.key by the domain's number.
void web_write(struct wr *out, const struct world *w, int host, const char *folder);

enum certs_kind web_certificate(const struct world_domain *d);
