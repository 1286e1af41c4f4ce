// SPDX-License-Identifier: Apache-2.0
#include "node/visit.h"

#include <string.h>

#include "node/phone_run.h"
#include "node/scan_discover.h"
#include "node/scan_dns.h"
#include "node/scan_fetch.h"
#include "node/scan_path.h"
#include "node/trace_list.h"
#include "node/vantage.h"

bool visit_is_scan(const struct order *o)
{
	return o->kind >= ORDER_DNS && o->kind <= ORDER_PATH;
}

enum err visit_open(struct visit *v, struct node *n, visit_end_fn *end, struct fault *f)
{
	switch (v->order->kind) {
	case ORDER_VANTAGE:
		return vantage_open(n, v->order, end, &v->vantage, f);
	case ORDER_GATEWAY:
		return phone_run_open(n, v->order, end, &v->phone, f);
	case ORDER_TRACE:
	case ORDER_GRAPH:
		return trace_list_open(n, v->order, end, &v->list, f);
	case ORDER_FETCH:
		return scan_fetch_open(n, v->order, end, &v->fetch, f);
	case ORDER_DISCOVER:
		return scan_discover_open(n, v->order, end, &v->discover, f);
	case ORDER_DNS:
		return scan_dns_open(n, v->order, end, &v->dns, f);
	case ORDER_PATH:
		return scan_path_open(n, v->order, end, &v->path, f);
	case ORDER_WITHDRAW: // never waits
	case ORDER_NONE:
		break;
	}
	return fault_set(f, ERR_UNSUPPORTED, 0, "an order of a kind this agent does not know");
}

void visit_close(struct visit *v)
{
	vantage_close(&v->vantage);
	phone_run_close(&v->phone);
	trace_list_close(&v->list);
	scan_fetch_close(&v->fetch);
	scan_discover_close(&v->discover);
	scan_dns_close(&v->dns);
	scan_path_close(&v->path);
}

bool visit_has(const struct visit *v, const void *self)
{
	return v->order != NULL &&
	       (self == v->vantage || self == v->phone || self == v->list || self == v->fetch ||
		self == v->discover || self == v->dns || self == v->path);
}

bool visit_stop(struct visit *v)
{
	if (v->fetch != NULL)
		scan_fetch_stop(v->fetch);
	else if (v->discover != NULL)
		scan_discover_stop(v->discover);
	else if (v->dns != NULL)
		scan_dns_stop(v->dns);
	else if (v->path != NULL)
		scan_path_stop(v->path);
	else
		return false;
	return true;
}

void visit_meet(struct visit *v, const struct link_meet *m)
{
	if (v->order == NULL || v->order->side != m->side ||
	    memcmp(&v->order->run, &m->run, sizeof(m->run)) != 0 ||
	    !span_eq(v->order->tunnel.other, m->other))
		return;
	if (v->vantage != NULL)
		vantage_meet(v->vantage, m);
	if (v->phone != NULL)
		phone_run_meet(v->phone, m);
}
