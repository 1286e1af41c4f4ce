// SPDX-License-Identifier: Apache-2.0
//
// Names and addresses as WeChat's servers answer them in XML over HTTP: <dns> with <domain
// name="…"> elements that hold <ip> elements. A second root may follow the first, and `localhost`
// stands among the names; both are passed over. No XML parser: elements of this one shape are
// looked for, so that a chunked or cut body yields what is whole in it.
#pragma once

#include "base/addr.h"
#include "base/rd.h"

struct httpdns_domain {
	struct span name;
	struct span inside; // for httpdns_addr_next
};

// Whether this body may be such an answer.
bool httpdns_begins(struct span body);

// The next <domain> of rd_of(body), whole. False: none; R then stands where one that is not whole
// yet may begin, or R.err is ERR_FORMAT at the end of <dns>.
bool httpdns_domain_next(struct rd *r, struct httpdns_domain *out);

// The next address of rd_of(domain.inside); what is none is passed over.
bool httpdns_addr_next(struct rd *r, struct addr *out);
