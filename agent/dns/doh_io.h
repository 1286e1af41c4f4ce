// SPDX-License-Identifier: Apache-2.0
//
// One part of streams_io: questions over HTTPS by libcurl's multi interface.
#pragma once

#include "dns/streams_io.h"

struct dns_doh;

enum err dns_doh_open(struct loop *l, const struct dns_streams_config *c, struct dns_doh **out,
		      struct fault *f) MUSTUSE;
void dns_doh_close(struct dns_doh **d);
void dns_doh_put(struct dns_doh *d, const struct dns_want *w, struct mono now);
