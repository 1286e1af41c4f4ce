// SPDX-License-Identifier: Apache-2.0
//
// Whether the reverse name of a resolver says that it is part of somebody's infrastructure and not
// a box in a home: the clauses one by one, and which of them decided. Pure.
//
// A name counts when its first label is a name server's (ns, dns, rdns, resolver, cache,
// nameserver; then nothing, digits, '-' or '_'), when it does not spell the resolver's own address
// (its octets in order or backwards, three of them are enough; in hex; in padded decimals), and
// when one of the name's addresses is the resolver's.
#pragma once

#include "base/addr.h"
#include "msg/resolver.h"

// RESOLVER_LABELLED and RESOLVER_EMBEDDED as they apply to NAME (text, without trailing dot).
uint8_t infra_marks(struct span name, struct addr a);

// From the marks of all names (RESOLVER_CONFIRMED among them) to the verdict: marks the name that
// decided and returns the clause: "label:ns" … when it is infrastructure; else the clause that the
// best name fails: "no-ptr", "label", "embedded-address", "not-confirmed". (Where the question for
// names failed, "ptr-failed" stands in a record instead: nobody knows whether there is one.)
const char *infra_decide(const struct span *names, uint8_t *marks, size_t count, bool *is);
