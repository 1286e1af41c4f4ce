// SPDX-License-Identifier: Apache-2.0
//
// For tests: a client's Initial packet of QUIC, protected as the RFC says.
#pragma once

#include <assert.h>
#include <string.h>

#include "initial/initial.h"
#include "initial/initial_ssl.h"

// What protects the probes of a test; lives as long as that.
static inline struct initial *initial_seals(void)
{
	static struct initial *x;
	if (x == NULL)
		x = initial_new();
	assert(x != NULL);
	return x;
}

// KEY protects; DCID is what stands in the packet, TOKEN may be empty.
static inline struct span initial_write(uint8_t *buf, size_t cap, uint32_t version,
					const struct initial_key *key, struct span dcid,
					struct span token, uint8_t number, struct span frames)
{
	struct wr w = wr_of(buf, cap);
	size_t plain = frames.len < 20 ? 20 : frames.len; // padding is zeros
	uint8_t iv[12], mask[16];
	int len;
	wr_u8(&w, version == 0x6b3343cf ? 0xd0 : 0xc0); // packet number of one byte
	wr_u32(&w, version);
	wr_u8(&w, (uint8_t)dcid.len);
	wr_bytes(&w, dcid);
	wr_u8(&w, 0);
	wr_u8(&w, (uint8_t)token.len);
	wr_bytes(&w, token);
	wr_u16(&w, (uint16_t)(0x4000 | (1 + plain + 16)));
	size_t at = w.len;
	wr_u8(&w, number);
	size_t head = w.len;
	wr_bytes(&w, frames);
	wr_zero(&w, plain - frames.len + 16);
	assert(w.err == ERR_OK);
	memcpy(iv, key->iv, 12);
	iv[11] ^= number;
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	EVP_EncryptInit_ex(c, EVP_aes_128_gcm(), NULL, key->key, iv);
	EVP_EncryptUpdate(c, NULL, &len, buf, (int)head);
	EVP_EncryptUpdate(c, buf + head, &len, buf + head, (int)plain);
	EVP_EncryptFinal_ex(c, buf + head + plain, &len);
	EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, 16, buf + head + plain);
	EVP_CIPHER_CTX_reset(c);
	EVP_EncryptInit_ex(c, EVP_aes_128_ecb(), NULL, key->hp, NULL);
	EVP_EncryptUpdate(c, mask, &len, buf + at + 4, 16);
	EVP_CIPHER_CTX_free(c);
	buf[0] ^= mask[0] & 0x0f;
	buf[at] ^= mask[1];
	return wr_span(&w);
}

static inline void initial_crypto(struct wr *frames, uint16_t from, struct span data)
{
	wr_u8(frames, 6);
	wr_u16(frames, (uint16_t)(0x4000 | from));
	wr_u16(frames, (uint16_t)(0x4000 | data.len));
	wr_bytes(frames, data);
}
