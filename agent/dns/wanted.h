// SPDX-License-Identifier: Apache-2.0
//
// Which names are asked of which resolver, where it is not every name of every resolver: pairs of
// numbers of two lists, each once. In: pairs in any order; out: the names of a resolver, and the
// number of a pair. Knows no list.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct dns_wanted;

struct dns_wanted *dns_wanted_new(void); // NULL without memory
void dns_wanted_free(struct dns_wanted **w);

enum err dns_wanted_put(struct dns_wanted *w, uint32_t server, uint32_t name) MUSTUSE;

// No more will be put. SERVERS and NAMES: how many there are; DOUBLES: pairs that had been put
// before.
enum err dns_wanted_end(struct dns_wanted *w, uint32_t servers, uint32_t names,
			size_t *doubles) MUSTUSE;

// From here on pairs have numbers: by server, then by name.
size_t dns_wanted_count(const struct dns_wanted *w);
uint32_t dns_wanted_first(const struct dns_wanted *w, uint32_t server); // up to the next server's
uint32_t dns_wanted_name(const struct dns_wanted *w, uint32_t pair);
uint32_t dns_wanted_servers(const struct dns_wanted *w, uint32_t name); // how many are asked it
uint32_t dns_wanted_find(const struct dns_wanted *w, uint32_t server, uint32_t name); // it is there
uint64_t dns_wanted_hash(const struct dns_wanted *w);
