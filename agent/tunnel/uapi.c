// SPDX-License-Identifier: Apache-2.0
#include "tunnel/uapi.h"

#include <string.h>

#include "base/text.h"

#define HANDSHAKE_MAX (INT64_MAX / NS_PER_S - 1) // seconds that still fit in nanoseconds

static void write_key(struct wr *w, const char *name, const uint8_t key[static TUNNEL_KEY])
{
	char hex[2 * TUNNEL_KEY + 1];
	text_hex(span_of(key, TUNNEL_KEY), hex);
	wr_format(w, "%s=%s\n", name, hex);
	explicit_bzero(hex, sizeof(hex));
}

void uapi_write(struct wr *w, const struct wireguard_config *c)
{
	char text[PREFIX_TEXT];
	wr_text(w, "set=1\n");
	write_key(w, "private_key", c->private_key);
	if (c->listen_port != 0)
		wr_format(w, "listen_port=%u\n", c->listen_port);
	wr_text(w, "replace_peers=true\n");
	write_key(w, "public_key", c->peer_key);
	if (c->endpoint.family != 0) {
		addr_write(c->endpoint, text);
		wr_format(w, c->endpoint.family == 6 ? "endpoint=[%s]:%u\n" : "endpoint=%s:%u\n",
			  text, c->endpoint_port);
	}
	wr_text(w, "replace_allowed_ips=true\n");
	for (size_t i = 0; i < c->allowed_count; i++) {
		prefix_write(c->allowed[i], text);
		wr_format(w, "allowed_ip=%s\n", text);
	}
	// Last: a keepalive makes the daemon call at once, and the peer must be whole by then.
	if (c->keepalive_s != 0)
		wr_format(w, "persistent_keepalive_interval=%u\n", c->keepalive_s);
	wr_text(w, "\n");
}

static enum err read_endpoint(struct span value, struct wireguard_state *s)
{
	size_t colon = value.len;
	while (colon > 0 && value.at[colon - 1] != ':')
		colon--;
	if (colon == 0)
		return ERR_FORMAT;
	struct span host = span_cut(value, 0, colon - 1);
	if (host.len >= 2 && host.at[0] == '[' && host.at[host.len - 1] == ']')
		host = span_cut(host, 1, host.len - 2);
	uint64_t port;
	enum err err = text_u64(span_cut(value, colon, value.len), 0, UINT16_MAX, &port);
	if (err == ERR_OK)
		err = addr_read(host, &s->endpoint);
	s->endpoint_port = err == ERR_OK ? (uint16_t)port : 0;
	return err;
}

static enum err read_line(struct span key, struct span value, struct uapi_reply *out)
{
	struct wireguard_state *s = &out->state;
	uint64_t n = 0;
	enum err err = ERR_OK;
	if (text_is(key, "errno")) {
		// wireguard-go writes errno=-98, the kernel's tools write errno=98.
		err = text_i64(value, -4095, 4095, &out->error);
		out->error = out->error < 0 ? -out->error : out->error;
	} else if (text_is(key, "listen_port")) {
		err = text_u64(value, 0, UINT16_MAX, &n);
		s->listen_port = (uint16_t)n;
	} else if (text_is(key, "endpoint")) {
		err = read_endpoint(value, s);
	} else if (text_is(key, "last_handshake_time_sec")) {
		err = text_u64(value, 0, HANDSHAKE_MAX, &n);
		s->handshake.ns = s->handshake.ns % NS_PER_S + (int64_t)n * NS_PER_S;
	} else if (text_is(key, "last_handshake_time_nsec")) {
		err = text_u64(value, 0, NS_PER_S - 1, &n);
		s->handshake.ns = s->handshake.ns / NS_PER_S * NS_PER_S + (int64_t)n;
	} else if (text_is(key, "rx_bytes")) {
		err = text_u64(value, 0, UINT64_MAX, &s->rx_bytes);
	} else if (text_is(key, "tx_bytes")) {
		err = text_u64(value, 0, UINT64_MAX, &s->tx_bytes);
	}
	return err == ERR_OK ? ERR_OK : ERR_FORMAT;
}

enum err uapi_read(struct span in, struct uapi_reply *out)
{
	struct span rest = in;
	bool verdict = false;
	*out = (struct uapi_reply){ 0 };
	for (;;) {
		struct span line = text_cut(&rest, '\n');
		if (rest.at == NULL)
			return ERR_SHORT;
		if (line.len == 0)
			return verdict ? ERR_OK : ERR_FORMAT;
		struct span value = line;
		struct span key = text_cut(&value, '=');
		if (value.at == NULL)
			return ERR_FORMAT;
		verdict = verdict || text_is(key, "errno");
		enum err err = read_line(key, value, out);
		if (err != ERR_OK)
			return err;
	}
}
