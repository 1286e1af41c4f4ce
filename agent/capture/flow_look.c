// SPDX-License-Identifier: Apache-2.0
//
// What datagrams say: the names that led to addresses.
#include "base/macro.h"
#include "capture/flow_inner.h"
#include "wire/dtls.h"
#include "wire/http.h"
#include "wire/icmp.h"
#include "wire/quic.h"
#include "wire/udp.h"

void flow_look_answer(struct flow_table *t, const struct flow_heard *h, struct span message)
{
	struct dns_answer answer;
	char text[DNS_TEXT];
	if (dns_answer_read(message, &answer) != ERR_OK)
		return;
	struct flow_event *e = flow_event_put(t, FLOW_ANSWER, h);
	if (e != NULL) {
		e->key = flow_key_turned(&h->key);
		e->message = message;
		e->quoted = false;
	}
	if (answer.addr_count == 0 || dns_name_write(answer.question.name, text) != ERR_OK)
		return;
	struct name_entry entry = {
		.asker = h->key.b,
		.at = h->packet->at,
		.text = names_put(t->names, span_text(text)),
		.how = NAME_DNS,
	};
	for (size_t i = 0; i < answer.addr_count; i++) {
		entry.addr = answer.addrs[i];
		names_hear(t->names, &entry);
	}
}

// A host that no longer listens sends the answer back inside an error. It was seen again, so it is
// told again, but it led nobody anywhere.
void flow_look_icmp(struct flow_table *t, const struct flow_heard *h, struct span message)
{
	struct icmp icmp;
	struct udp_head udp;
	struct dns_answer answer;
	if (icmp_read(h->key.a.family, message, &icmp) != ERR_OK || !icmp.quotes ||
	    icmp.quote.proto != IP_UDP || icmp.quote.frag_at > 0)
		return;
	if (udp_read(icmp.quote.payload, &udp) != ERR_OK || udp.sport != PORT_DNS ||
	    dns_answer_read(udp.payload, &answer) != ERR_OK)
		return;
	struct flow_event *e = flow_event_put(t, FLOW_ANSWER, h);
	if (e == NULL)
		return;
	e->key = flow_key_turned(&h->key);
	e->message = udp.payload;
	e->quoted = true;
}

void flow_look_udp(struct flow_table *t, const struct flow_heard *h, struct span payload)
{
	uint32_t used;
	if (h->key.aport == PORT_DNS)
		flow_look_answer(t, h, payload);
	else if (quic_begins(payload))
		flow_look_quic(t, h, payload);
	else if (dtls_begins(payload))
		flow_look_dtls(t, h, payload);
	else if (http_request_begins(payload)) // SSDP; head and host lie in one datagram
		(void)!flow_look_request(t, h, payload, &used);
}
