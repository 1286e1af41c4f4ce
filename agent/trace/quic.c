// SPDX-License-Identifier: Apache-2.0
#include "trace/quic.h"

#include "base/table.h"
#include "wire/be.h"
#include "wire/tls.h"

#define ID         8   // bytes of an identifier
#define FIRST_ID   6   // where the destination's begins
#define TRAILER    10  // behind the packet
#define HELLO_MAX  700 // with a name of 255 bytes
#define FRAMES_MAX (HELLO_MAX + 4)

enum {
	GROUP_X25519 = 0x001d,
	GROUP_P256 = 0x0017,
	EXT_SERVER_NAME = 0,
	EXT_GROUPS = 10,
	EXT_SIGNATURES = 13,
	EXT_ALPN = 16,
	EXT_VERSIONS = 43,
	EXT_PSK_MODES = 45,
	EXT_KEY_SHARE = 51,
	EXT_QUIC = 57,
};

static const char sender[] = "waymark"; // for the person who looks at the packet

// A length of two bytes, filled in by close_length.
static size_t open_length(struct wr *w)
{
	wr_u16(w, 0);
	return w->len;
}

static void close_length(struct wr *w, size_t from)
{
	if (w->err == ERR_OK)
		be16_put(w->at + from - 2, (uint16_t)(w->len - from));
}

static void extension(struct wr *w, uint16_t type, struct span data)
{
	wr_u16(w, type);
	wr_u16(w, (uint16_t)data.len);
	wr_bytes(w, data);
}

// Bytes that look like chance, the same whenever this probe is made.
static void scatter(struct wr *w, const struct trace_probe *p, uint64_t what)
{
	const uint64_t seed[2] = { p->cookie, (uint64_t)p->check << 16 | p->ref.serial };
	for (uint64_t i = 0; i < 4; i++) {
		const uint64_t words[2] = { what, i };
		wr_u64(w, table_hash(seed, span_of(words, sizeof(words))));
	}
}

static void server_name(struct wr *w, const char *name)
{
	wr_u16(w, EXT_SERVER_NAME);
	size_t all = open_length(w), list = open_length(w);
	wr_u8(w, 0); // host_name
	size_t one = open_length(w);
	struct span host = span_text(name);
	bool dot = host.len > 0 && host.at[host.len - 1] == '.';
	wr_bytes(w, span_cut(host, 0, host.len - dot));
	close_length(w, one);
	close_length(w, list);
	close_length(w, all);
}

static void key_share(struct wr *w, const struct trace_probe *p)
{
	wr_u16(w, EXT_KEY_SHARE);
	size_t all = open_length(w), list = open_length(w);
	wr_u16(w, GROUP_X25519); // any 32 bytes are a public key of it
	wr_u16(w, 32);
	scatter(w, p, EXT_KEY_SHARE);
	close_length(w, list);
	close_length(w, all);
}

// As a client of h3 says it, but initial_source_connection_id (15) is not there: see the header.
static const uint8_t parameters[] = {
	0x01, 4,    0x80, 0,    0x75, 0x30, // max_idle_timeout: 30 s
	0x03, 2,    0x45, 0xc0,             // max_udp_payload_size: 1472
	0x04, 4,    0x80, 0x10, 0,    0,    // initial_max_data: 1 MiB
	0x05, 4,    0x80, 0x04, 0,    0,    // of a stream
	0x06, 4,    0x80, 0x04, 0,    0,    0x07, 4,
	0x80, 0x04, 0,    0,    0x08, 2,    0x40, 0x64, // initial_max_streams_bidi: 100
	0x09, 2,    0x40, 0x64,                         // initial_max_streams_uni: 100
};

static void hello_write(struct wr *w, const struct trace_probe *p)
{
	static const uint8_t suites[] = { 0, 6, 0x13, 1, 0x13, 2, 0x13, 3, 1, 0 };
	static const uint8_t groups[] = { 0, 4, 0, GROUP_X25519, 0, GROUP_P256 };
	static const uint8_t signatures[] = {
		0, 16, 4, 3, 8, 4, 4, 1, 5, 3, 8, 5, 5, 1, 8, 6, 6, 1
	};
	static const uint8_t alpn[] = { 0, 3, 2, 'h', '3' };
	static const uint8_t versions[] = { 2, 3, 4 };
	static const uint8_t psk_modes[] = { 1, 1 };
	wr_u8(w, TLS_CLIENT_HELLO);
	wr_u8(w, 0);
	size_t all = open_length(w);
	wr_u16(w, 0x0303);
	scatter(w, p, TLS_CLIENT_HELLO);
	wr_u8(w, 0); // no session
	wr_bytes(w, span_of(suites, sizeof(suites)));
	size_t extensions = open_length(w);
	if (p->name != NULL)
		server_name(w, p->name);
	extension(w, EXT_GROUPS, span_of(groups, sizeof(groups)));
	extension(w, EXT_SIGNATURES, span_of(signatures, sizeof(signatures)));
	extension(w, EXT_ALPN, span_of(alpn, sizeof(alpn)));
	extension(w, EXT_VERSIONS, span_of(versions, sizeof(versions)));
	extension(w, EXT_PSK_MODES, span_of(psk_modes, sizeof(psk_modes)));
	key_share(w, p);
	extension(w, EXT_QUIC, span_of(parameters, sizeof(parameters)));
	close_length(w, extensions);
	close_length(w, all);
}

static enum err packet_write(struct wr *w, const struct trace_probe *p, struct initial *seal)
{
	uint8_t first[ID], second[ID], hello[HELLO_MAX], frames[FRAMES_MAX];
	struct wr dcid = wr_of(first, ID), scid = wr_of(second, ID);
	struct wr h = wr_of(hello, sizeof(hello)), f = wr_of(frames, sizeof(frames));
	struct initial_key key;
	size_t number_at;
	wr_u32(&dcid, p->cookie);
	wr_u16(&dcid, p->ref.serial);
	wr_u16(&dcid, p->check);
	wr_u16(&scid, p->check);
	wr_u32(&scid, p->cookie);
	wr_u16(&scid, p->ref.serial);
	hello_write(&h, p);
	quic_crypto_write(&f, wr_span(&h));
	if (h.err != ERR_OK || f.err != ERR_OK)
		return ERR_RANGE;
	enum err err = quic_initial_write(w, wr_span(&dcid), wr_span(&scid), wr_span(&f),
					  TRACE_QUIC_SIZE - TRAILER, &number_at);
	if (err == ERR_OK)
		err = initial_key_client(seal, quic_cipher_find(QUIC_VERSION_1), wr_span(&dcid),
					 &key);
	return err == ERR_OK ? initial_seal(seal, &key, number_at, w) : err;
}

enum err trace_quic_write(struct wr *w, const struct trace_probe *p, struct initial *seal)
{
	struct wr packet =
		wr_of(wr_reserve(w, TRACE_QUIC_SIZE - TRAILER), TRACE_QUIC_SIZE - TRAILER);
	if (w->err != ERR_OK)
		return w->err;
	if (seal == NULL)
		return ERR_UNSUPPORTED;
	enum err err = packet_write(&packet, p, seal);
	wr_u8(w, 0); // neither form of header: no packet
	wr_text(w, sender);
	wr_u16(w, 0);
	return err != ERR_OK ? err : w->err;
}

bool trace_quic_quoted(struct span payload, struct trace_quic_id *out)
{
	struct rd r = rd_of(payload);
	// The first byte's last four bits are hidden by the protection.
	bool ours = (rd_u8(&r) & 0xf0) == 0xc0;
	ours = rd_u32(&r) == QUIC_VERSION_1 && ours;
	ours = rd_u8(&r) == ID && ours;
	out->cookie = rd_u32(&r);
	out->serial = rd_u16(&r);
	return ours && r.err == ERR_OK;
}

bool trace_quic_answered(struct span payload, struct trace_quic_id *out)
{
	struct rd r = rd_of(payload);
	bool ours = (rd_u8(&r) & 0x80) != 0;
	rd_skip(&r, 4);
	ours = rd_u8(&r) == ID && ours;
	rd_skip(&r, 2);
	out->cookie = rd_u32(&r);
	out->serial = rd_u16(&r);
	return ours && r.err == ERR_OK;
}
