// SPDX-License-Identifier: Apache-2.0
#include "initial/initial.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "initial/initial_ssl.h"

enum { HASH = 32, TAG = 16, SAMPLE_AT = 4, HEAD_MAX = 2048 };

struct initial {
	EVP_CIPHER *block_cipher, *sealed_cipher; // owned
	EVP_CIPHER_CTX *block, *sealed;           // owned
};

struct initial *initial_new(void)
{
	struct initial *x = calloc(1, sizeof(*x));
	if (x == NULL)
		return NULL;
	x->block_cipher = EVP_CIPHER_fetch(NULL, "AES-128-ECB", NULL);
	x->sealed_cipher = EVP_CIPHER_fetch(NULL, "AES-128-GCM", NULL);
	x->block = EVP_CIPHER_CTX_new();
	x->sealed = EVP_CIPHER_CTX_new();
	if (x->block_cipher == NULL || x->sealed_cipher == NULL || x->block == NULL ||
	    x->sealed == NULL)
		initial_free(&x);
	return x;
}

void initial_free(struct initial **x)
{
	if (*x == NULL)
		return;
	EVP_CIPHER_CTX_free((*x)->block);
	EVP_CIPHER_CTX_free((*x)->sealed);
	EVP_CIPHER_free((*x)->block_cipher);
	EVP_CIPHER_free((*x)->sealed_cipher);
	free(*x);
	*x = NULL;
}

static enum err hmac(struct span key, struct span data, uint8_t out[static HASH])
{
	unsigned len = HASH;
	bool done = HMAC(EVP_sha256(), key.at, (int)key.len, data.at, data.len, out, &len) != NULL;
	return done && len == HASH ? ERR_OK : ERR_UNSUPPORTED;
}

// HKDF-Expand-Label (RFC 8446 7.1) with no context; one block is enough for all that is wanted.
static enum err expand(const uint8_t secret[static HASH], const char *prefix, const char *word,
		       uint8_t *out, size_t len)
{
	uint8_t info[64], block[HASH];
	char label[32];
	struct wr w = wr_of(info, sizeof(info));
	int n = snprintf(label, sizeof(label), "tls13 %s%s", prefix, word);
	wr_u16(&w, (uint16_t)len);
	wr_u8(&w, (uint8_t)n);
	wr_text(&w, label);
	wr_u8(&w, 0);
	wr_u8(&w, 1);
	enum err err = w.err != ERR_OK ? w.err : hmac(span_of(secret, HASH), wr_span(&w), block);
	if (err == ERR_OK)
		memcpy(out, block, len);
	return err;
}

enum err initial_key_client(const struct quic_cipher *cipher, struct span dcid,
			    struct initial_key *out)
{
	uint8_t common[HASH], secret[HASH];
	enum err err = hmac(span_of(cipher->salt, sizeof(cipher->salt)), dcid, common);
	if (err == ERR_OK)
		err = expand(common, "", "client in", secret, HASH);
	if (err == ERR_OK)
		err = expand(secret, cipher->prefix, " key", out->key, sizeof(out->key));
	if (err == ERR_OK)
		err = expand(secret, cipher->prefix, " iv", out->iv, sizeof(out->iv));
	if (err == ERR_OK)
		err = expand(secret, cipher->prefix, " hp", out->hp, sizeof(out->hp));
	return err;
}

static enum err mask_of(struct initial *x, const struct initial_key *key, struct span sample,
			uint8_t mask[static 16])
{
	int len = 0;
	if (EVP_EncryptInit_ex2(x->block, x->block_cipher, key->hp, NULL, NULL) != 1 ||
	    EVP_CIPHER_CTX_set_padding(x->block, 0) != 1 ||
	    EVP_EncryptUpdate(x->block, mask, &len, sample.at, 16) != 1 || len != 16)
		return ERR_UNSUPPORTED;
	return ERR_OK;
}

// TAG is in bytes the library takes as not const, though it only reads them.
static enum err unseal(struct initial *x, const struct initial_key *key,
		       const uint8_t iv[static 12], struct span head, struct span body,
		       struct wr *w)
{
	uint8_t tag[TAG];
	int len = 0;
	size_t plain = body.len - TAG;
	memcpy(tag, body.at + plain, TAG);
	uint8_t *to = wr_reserve(w, plain);
	if (to == NULL)
		return ERR_FULL;
	if (EVP_DecryptInit_ex2(x->sealed, x->sealed_cipher, key->key, iv, NULL) != 1 ||
	    EVP_DecryptUpdate(x->sealed, NULL, &len, head.at, (int)head.len) != 1 ||
	    EVP_DecryptUpdate(x->sealed, to, &len, body.at, (int)plain) != 1 ||
	    EVP_CIPHER_CTX_ctrl(x->sealed, EVP_CTRL_AEAD_SET_TAG, TAG, tag) != 1)
		return ERR_UNSUPPORTED;
	if (EVP_DecryptFinal_ex(x->sealed, to + len, &len) == 1)
		return ERR_OK;
	w->len -= plain;
	return ERR_AUTH;
}

enum err initial_open(struct initial *x, const struct initial_key *key, const struct quic_packet *p,
		      struct wr *w)
{
	uint8_t mask[16], head[HEAD_MAX], iv[12];
	size_t at = p->number_at;
	if (p->bytes.len < at + SAMPLE_AT + 16 || at + 4 > sizeof(head) || p->bytes.len > INT32_MAX)
		return ERR_SHORT;
	enum err err = mask_of(x, key, span_cut(p->bytes, at + SAMPLE_AT, 16), mask);
	if (err != ERR_OK)
		return err;
	memcpy(head, p->bytes.at, at + 4);
	head[0] ^= mask[0] & 0x0f;
	size_t digits = (head[0] & 3u) + 1;
	memcpy(iv, key->iv, sizeof(iv));
	// The number as sent is taken for the whole: Initials are few, so none is ever shortened.
	for (size_t i = 0; i < digits; i++) {
		head[at + i] ^= mask[1 + i];
		iv[sizeof(iv) - digits + i] ^= head[at + i];
	}
	struct span body = span_cut(p->bytes, at + digits, p->bytes.len);
	if (body.len < TAG)
		return ERR_SHORT;
	return unseal(x, key, iv, span_of(head, at + digits), body, w);
}
