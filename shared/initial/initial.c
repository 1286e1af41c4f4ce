// SPDX-License-Identifier: Apache-2.0
#include "initial/initial.h"

#include <stdlib.h>
#include <string.h>

#include "initial/initial_ssl.h"

enum { HASH = 32, BLOCK = 64, TAG = QUIC_TAG, SAMPLE_AT = 4, HEAD_MAX = 2048 };

struct initial {
	EVP_CIPHER *block_cipher, *sealed_cipher; // owned
	EVP_CIPHER_CTX *block, *sealed;           // owned
	EVP_MD *hash;                             // owned
	EVP_MD_CTX *sum;                          // owned; begun with HASH
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
	x->hash = EVP_MD_fetch(NULL, "SHA256", NULL);
	x->sum = EVP_MD_CTX_new();
	if (x->block_cipher == NULL || x->sealed_cipher == NULL || x->block == NULL ||
	    x->sealed == NULL || x->hash == NULL || x->sum == NULL ||
	    EVP_DigestInit_ex2(x->sum, x->hash, NULL) != 1)
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
	EVP_MD_CTX_free((*x)->sum);
	EVP_MD_free((*x)->hash);
	free(*x);
	*x = NULL;
}

// PAD and DATA hashed; no digest named: the one it was begun with, without allocating.
static bool hash(struct initial *x, const uint8_t pad[static BLOCK], struct span data,
		 uint8_t out[static HASH])
{
	unsigned len = 0;
	return EVP_DigestInit_ex2(x->sum, NULL, NULL) == 1 &&
	       EVP_DigestUpdate(x->sum, pad, BLOCK) == 1 &&
	       EVP_DigestUpdate(x->sum, data.at, data.len) == 1 &&
	       EVP_DigestFinal_ex(x->sum, out, &len) == 1 && len == HASH;
}

// HMAC (RFC 2104). The library's own looks its algorithms up every time, which costs more than all
// the rest of a packet.
static enum err hmac(struct initial *x, struct span key, struct span data, uint8_t out[static HASH])
{
	uint8_t inner[BLOCK], outer[BLOCK];
	if (key.len > BLOCK)
		return ERR_RANGE;
	for (size_t i = 0; i < BLOCK; i++) {
		uint8_t byte = i < key.len ? key.at[i] : 0;
		inner[i] = byte ^ 0x36;
		outer[i] = byte ^ 0x5c;
	}
	bool done = hash(x, inner, data, out) && hash(x, outer, span_of(out, HASH), out);
	return done ? ERR_OK : ERR_UNSUPPORTED;
}

// HKDF-Expand-Label (RFC 8446 7.1) with no context; one block is enough for all that is wanted.
static enum err expand(struct initial *x, const uint8_t secret[static HASH], const char *prefix,
		       const char *word, uint8_t *out, size_t len)
{
	uint8_t info[64], block[HASH];
	struct wr w = wr_of(info, sizeof(info));
	wr_u16(&w, (uint16_t)len);
	wr_u8(&w, 0);
	wr_text(&w, "tls13 ");
	wr_text(&w, prefix);
	wr_text(&w, word);
	info[2] = (uint8_t)(w.len - 3);
	wr_u8(&w, 0);
	wr_u8(&w, 1);
	enum err err = w.err != ERR_OK ? w.err : hmac(x, span_of(secret, HASH), wr_span(&w), block);
	if (err == ERR_OK)
		memcpy(out, block, len);
	return err;
}

enum err initial_key_client(struct initial *x, const struct quic_cipher *cipher, struct span dcid,
			    struct initial_key *out)
{
	uint8_t common[HASH], secret[HASH];
	enum err err = hmac(x, span_of(cipher->salt, sizeof(cipher->salt)), dcid, common);
	if (err == ERR_OK)
		err = expand(x, common, "", "client in", secret, HASH);
	if (err == ERR_OK)
		err = expand(x, secret, cipher->prefix, " key", out->key, sizeof(out->key));
	if (err == ERR_OK)
		err = expand(x, secret, cipher->prefix, " iv", out->iv, sizeof(out->iv));
	if (err == ERR_OK)
		err = expand(x, secret, cipher->prefix, " hp", out->hp, sizeof(out->hp));
	return err;
}

// What hides the first byte and the number of a header (RFC 9001 5.4.3).
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

// Encrypts LEN bytes at BODY where they stand; the tag goes behind them.
static enum err seal(struct initial *x, const struct initial_key *key, const uint8_t iv[static 12],
		     struct span head, uint8_t *body, size_t len)
{
	int n = 0;
	if (EVP_EncryptInit_ex2(x->sealed, x->sealed_cipher, key->key, iv, NULL) != 1 ||
	    EVP_EncryptUpdate(x->sealed, NULL, &n, head.at, (int)head.len) != 1 ||
	    EVP_EncryptUpdate(x->sealed, body, &n, body, (int)len) != 1 ||
	    EVP_EncryptFinal_ex(x->sealed, body + n, &n) != 1 ||
	    EVP_CIPHER_CTX_ctrl(x->sealed, EVP_CTRL_AEAD_GET_TAG, TAG, body + len) != 1)
		return ERR_UNSUPPORTED;
	return ERR_OK;
}

enum err initial_seal(struct initial *x, const struct initial_key *key, size_t number_at,
		      struct wr *w)
{
	uint8_t mask[16], iv[12];
	if (w->err != ERR_OK)
		return w->err;
	if (w->len < number_at + SAMPLE_AT + TAG || w->len > INT32_MAX)
		return ERR_SHORT;
	size_t digits = (w->at[0] & 3u) + 1, head = number_at + digits;
	memcpy(iv, key->iv, sizeof(iv));
	for (size_t i = 0; i < digits; i++)
		iv[sizeof(iv) - digits + i] ^= w->at[number_at + i];
	enum err err = seal(x, key, iv, span_of(w->at, head), w->at + head, w->len - head - TAG);
	if (err == ERR_OK)
		err = mask_of(x, key, span_of(w->at + number_at + SAMPLE_AT, 16), mask);
	if (err != ERR_OK)
		return err;
	w->at[0] ^= mask[0] & 0x0f;
	for (size_t i = 0; i < digits; i++)
		w->at[number_at + i] ^= mask[1 + i];
	return ERR_OK;
}
