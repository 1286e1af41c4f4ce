// SPDX-License-Identifier: Apache-2.0
//
// What was heard becomes names of addresses, and events.
#include "capture/flow_inner.h"

void flow_say_name(struct flow_table *t, const struct flow_heard *h, struct span name,
		   enum name_how how, bool of_sender)
{
	const struct name_entry entry = {
		.addr = of_sender ? h->key.a : h->key.b,
		.asker = of_sender ? h->key.b : h->key.a,
		.at = h->packet->at,
		.text = names_put(t->names, name),
		.how = how,
	};
	struct flow *flow = &t->store.slots[h->slot].flow;
	if (entry.text == 0)
		return;
	flow->said = entry.text;
	flow->how = how;
	names_hear(t->names, &entry);
}

// Whether this packet said just that already: rows would tell nothing apart.
static bool said_before(const struct flow_table *t, const struct tls_hello *hello)
{
	if (t->event_count == 0)
		return false;
	size_t last = (t->event_head + t->event_count - 1) % FLOW_EVENTS;
	const struct flow_event *e = &t->events[last];
	return e->kind == FLOW_HELLO && e->hello.has_sni == hello->has_sni &&
	       span_eq(e->hello.sni, hello->sni) && span_eq(e->hello.alpn, hello->alpn);
}

void flow_say_hello(struct flow_table *t, const struct flow_heard *h, const struct tls_hello *hello,
		    enum flow_transport transport, uint32_t quic_version)
{
	if (said_before(t, hello))
		return;
	struct flow_event *e = flow_event_put(t, FLOW_HELLO, h);
	if (e != NULL) {
		e->hello = *hello;
		e->transport = transport;
		e->quic_version = quic_version;
	}
	flow_say_name(t, h, hello->sni, transport == FLOW_QUIC ? NAME_QUIC : NAME_SNI, false);
}
