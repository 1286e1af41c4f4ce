// SPDX-License-Identifier: Apache-2.0
//
// HTTP in clear: the host a request asks for, and the names some apps ask for over HTTP.
#include <string.h>

#include "capture/flow_inner.h"
#include "wire/http.h"
#include "wire/httpdns.h"

enum err flow_look_request(struct flow_table *t, const struct flow_heard *h, struct span bytes,
			   uint32_t *used)
{
	struct http_head head;
	enum err err = http_head_read(bytes, &head);
	*used = 0;
	// A head cut by the capture may still have told its host.
	if ((err == ERR_OK || err == ERR_SHORT) && http_host_plain(head.host)) {
		flow_say_name(t, h, head.host, NAME_HTTP, false);
		return ERR_OK;
	}
	return err;
}

static bool is_loopback(const struct addr *a)
{
	return a->family == 4 && a->bytes[0] == 127;
}

static void hear_domain(struct flow_table *t, const struct flow_heard *h,
			const struct httpdns_domain *d)
{
	struct rd r = rd_of(d->inside);
	struct name_entry entry = {
		.asker = h->key.b,
		.at = h->packet->at,
		.text = names_put(t->names, d->name),
		.how = NAME_HTTPDNS,
	};
	while (httpdns_addr_next(&r, &entry.addr))
		if (!is_loopback(&entry.addr))
			names_hear(t->names, &entry);
}

static enum err hear_body(struct flow_table *t, const struct flow_heard *h, struct span bytes,
			  uint32_t *used)
{
	struct rd r = rd_of(bytes);
	struct httpdns_domain d;
	while (httpdns_domain_next(&r, &d))
		hear_domain(t, h, &d);
	*used += (uint32_t)r.pos;
	return r.err == ERR_OK ? ERR_SHORT : ERR_OK;
}

static bool may_tell(struct span type)
{
	return memmem(type.at, type.len, "xml", 3) != NULL ||
	       memmem(type.at, type.len, "text/", 5) != NULL;
}

enum err flow_look_response(struct flow_table *t, const struct flow_heard *h, struct span bytes,
			    uint32_t *used)
{
	struct flow_watch *w = flow_watch_of(t, h->slot, h->side);
	struct http_head head;
	*used = 0;
	if (w->body)
		return hear_body(t, h, bytes, used);
	enum err err = http_head_read(bytes, &head);
	if (err != ERR_OK)
		return err;
	struct span body = span_cut(bytes, head.len, bytes.len);
	if (head.type.len > 0 && !may_tell(head.type))
		return ERR_FORMAT;
	if (!httpdns_begins(body))
		return body.len < 128 ? ERR_SHORT : ERR_FORMAT;
	*used = (uint32_t)head.len;
	w->body = true;
	return hear_body(t, h, body, used);
}
