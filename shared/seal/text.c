// SPDX-License-Identifier: Apache-2.0
//
// Keys as text: Z85, base64, and the two key files.
#include "base/text.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "seal/seal.h"

static const char z85[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			  ".-:+=^!/*?&<>()[]{}@%$#";

void seal_z85_write(const uint8_t key[static SEAL_KEY_SIZE], char out[static SEAL_Z85_SIZE])
{
	for (size_t i = 0; i < SEAL_KEY_SIZE / 4; i++) {
		const uint8_t *b = key + 4 * i;
		uint32_t v =
			(uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
		for (size_t j = 5; j-- > 0; v /= 85)
			out[5 * i + j] = z85[v % 85];
	}
	out[SEAL_Z85_SIZE - 1] = '\0';
}

enum err seal_z85_read(struct span text, uint8_t out[static SEAL_KEY_SIZE])
{
	if (text.len != SEAL_Z85_SIZE - 1)
		return ERR_FORMAT;
	for (size_t i = 0; i < SEAL_KEY_SIZE / 4; i++) {
		uint64_t v = 0;
		for (size_t j = 0; j < 5; j++) {
			const char *at = memchr(z85, text.at[5 * i + j], sizeof(z85) - 1);
			if (at == NULL)
				return ERR_FORMAT;
			v = v * 85 + (uint64_t)(at - z85);
		}
		if (v > UINT32_MAX)
			return ERR_FORMAT;
		for (size_t j = 0; j < 4; j++)
			out[4 * i + j] = (uint8_t)(v >> (24 - 8 * j));
	}
	return ERR_OK;
}

void seal_base64_write(const uint8_t key[static SEAL_KEY_SIZE], char out[static SEAL_BASE64_SIZE])
{
	sodium_bin2base64(out, SEAL_BASE64_SIZE, key, SEAL_KEY_SIZE,
			  sodium_base64_VARIANT_ORIGINAL);
}

enum err seal_base64_read(struct span text, uint8_t out[static SEAL_KEY_SIZE])
{
	size_t len = 0;
	const char *end = NULL;
	const char *at = (const char *)text.at;
	if (text.len != SEAL_BASE64_SIZE - 1 ||
	    sodium_base642bin(out, SEAL_KEY_SIZE, at, text.len, NULL, &len, &end,
			      sodium_base64_VARIANT_ORIGINAL) != 0 ||
	    len != SEAL_KEY_SIZE || end != at + text.len)
		return ERR_FORMAT;
	return ERR_OK;
}

void seal_public_write(const struct seal_public *p, const char *kind,
		       char out[static SEAL_PUBLIC_TEXT])
{
	char curve[SEAL_Z85_SIZE], sign[2 * SEAL_KEY_SIZE + 1], wireguard[SEAL_BASE64_SIZE];
	seal_z85_write(p->curve, curve);
	text_hex(span_of(p->sign, sizeof(p->sign)), sign);
	seal_base64_write(p->wireguard, wireguard);
	int n = snprintf(out, SEAL_PUBLIC_TEXT, "%s\ncurve %s\nsign %s\nwireguard %s\n", kind,
			 curve, sign, wireguard);
	assert(n > 0 && n < SEAL_PUBLIC_TEXT);
}

// The value of the next line of *REST, which must begin with WORD.
static enum err line_value(struct span *rest, const char *word, struct span *out)
{
	struct span line = text_trim(text_cut(rest, '\n'));
	if (!text_is(text_word(&line), word))
		return ERR_FORMAT;
	*out = text_trim(line);
	return ERR_OK;
}

enum err seal_public_read(struct span text, const char *kind, struct seal_public *out)
{
	struct span rest = text, curve, sign, wireguard;
	if (!text_is(text_trim(text_cut(&rest, '\n')), kind))
		return ERR_FORMAT;
	if (line_value(&rest, "curve", &curve) != ERR_OK ||
	    line_value(&rest, "sign", &sign) != ERR_OK ||
	    line_value(&rest, "wireguard", &wireguard) != ERR_OK || text_trim(rest).len != 0)
		return ERR_FORMAT;
	if (seal_z85_read(curve, out->curve) != ERR_OK ||
	    text_unhex(sign, out->sign, SEAL_KEY_SIZE) != ERR_OK ||
	    seal_base64_read(wireguard, out->wireguard) != ERR_OK)
		return ERR_FORMAT;
	return ERR_OK;
}

void seal_secret_write(const struct seal_secret *s, const char *kind,
		       char out[static SEAL_SECRET_TEXT])
{
	char curve[2 * SEAL_KEY_SIZE + 1], sign[2 * SEAL_SECRET_SIZE + 1];
	char wireguard[2 * SEAL_KEY_SIZE + 1];
	text_hex(span_of(s->curve, sizeof(s->curve)), curve);
	text_hex(span_of(s->sign, sizeof(s->sign)), sign);
	text_hex(span_of(s->wireguard, sizeof(s->wireguard)), wireguard);
	int n = snprintf(out, SEAL_SECRET_TEXT, "%s-secret\ncurve %s\nsign %s\nwireguard %s\n",
			 kind, curve, sign, wireguard);
	assert(n > 0 && n < SEAL_SECRET_TEXT);
	sodium_memzero(curve, sizeof(curve));
	sodium_memzero(sign, sizeof(sign));
	sodium_memzero(wireguard, sizeof(wireguard));
}

enum err seal_secret_read(struct span text, const char *kind, struct seal_secret *out)
{
	struct span rest = text, curve, sign, wireguard;
	struct span first = text_trim(text_cut(&rest, '\n'));
	size_t len = strlen(kind);
	if (!text_is(span_cut(first, 0, len), kind) ||
	    !text_is(span_cut(first, len, first.len), "-secret"))
		return ERR_FORMAT;
	if (line_value(&rest, "curve", &curve) != ERR_OK ||
	    line_value(&rest, "sign", &sign) != ERR_OK ||
	    line_value(&rest, "wireguard", &wireguard) != ERR_OK || text_trim(rest).len != 0)
		return ERR_FORMAT;
	(void)sodium_mlock(out, sizeof(*out));
	if (text_unhex(curve, out->curve, SEAL_KEY_SIZE) == ERR_OK &&
	    text_unhex(sign, out->sign, SEAL_SECRET_SIZE) == ERR_OK &&
	    text_unhex(wireguard, out->wireguard, SEAL_KEY_SIZE) == ERR_OK)
		return ERR_OK;
	seal_wipe(out);
	return ERR_FORMAT;
}
