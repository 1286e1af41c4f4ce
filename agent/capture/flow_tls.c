// SPDX-License-Identifier: Apache-2.0
//
// Handshakes at the start of a stream: hellos of the client and, where no name was said, the
// server's certificate.
#include "capture/flow_inner.h"
#include "wire/cert.h"

// ERR_SHORT: what may follow is wanted too.
static enum err hear_client(struct flow_table *t, const struct flow_heard *h, struct span message)
{
	struct tls_hello hello;
	if (tls_hello_read(message, &hello) != ERR_OK)
		return ERR_FORMAT;
	flow_say_hello(t, h, &hello, FLOW_TLS, 0);
	return ERR_SHORT;
}

static enum err hear_certificate(struct flow_table *t, const struct flow_heard *h,
				 struct span message)
{
	struct cert_names names;
	struct span der;
	if (cert_first(message, &der) != ERR_OK || cert_names_read(der, &names) != ERR_OK)
		return ERR_FORMAT;
	for (size_t i = names.count; i > 0; i--) // the first one last: it becomes the flow's own
		flow_say_name(t, h, names.name[i - 1], NAME_CERT, true);
	return ERR_OK;
}

static enum err hear_message(struct flow_table *t, const struct flow_heard *h,
			     const struct tls_message *m)
{
	// Where the client said a name, that is the name that led here.
	bool named = t->store.slots[h->slot].flow.said != 0;
	switch (m->type) {
	case TLS_CLIENT_HELLO:
		return hear_client(t, h, m->bytes);
	case TLS_SERVER_HELLO:
		return named || tls_server_hides(m->bytes) ? ERR_OK : ERR_SHORT;
	case TLS_CERTIFICATE:
		return named ? ERR_OK : hear_certificate(t, h, m->bytes);
	default:
		return ERR_FORMAT;
	}
}

enum err flow_look_handshake(struct flow_table *t, const struct flow_heard *h, struct span bytes,
			     uint32_t *used)
{
	struct flow_watch *w = flow_watch_of(t, h->slot, h->side);
	struct wr joined = wr_of(t->handshake, sizeof(t->handshake));
	struct tls_walk walk = tls_walk(bytes, &joined);
	struct tls_message m;
	unsigned before = w->told;
	bool heard = false;
	while (tls_message_next(&walk, &m)) {
		if (before > 0) {
			before--;
			continue;
		}
		enum err err = hear_message(t, h, &m);
		heard = true;
		if (err != ERR_SHORT)
			return err;
	}
	*used = (uint32_t)walk.clean;
	w->told = (uint8_t)(walk.told < UINT8_MAX ? walk.told : UINT8_MAX);
	w->heard |= heard;
	return walk.records.err == ERR_OK ? ERR_SHORT : walk.records.err;
}

enum err flow_look_old_hello(struct flow_table *t, const struct flow_heard *h, struct span bytes,
			     uint32_t *used)
{
	struct tls_hello hello;
	size_t len;
	enum err err = tls_old_hello_read(bytes, &hello, &len);
	*used = 0;
	if (err == ERR_OK)
		flow_say_hello(t, h, &hello, FLOW_TLS, 0);
	return err;
}
