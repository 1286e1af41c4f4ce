// SPDX-License-Identifier: Apache-2.0
#include "seal/seal.h"

#include <assert.h>
#include <string.h>

#include <sodium.h>

#define DOMAIN_MAX 32 // bytes of a domain's name with NUL

enum err seal_start(struct fault *f)
{
	if (sodium_init() < 0)
		return fault_set(f, ERR_UNSUPPORTED, 0, "libsodium does not start");
	return ERR_OK;
}

void seal_wipe_bytes(void *at, size_t len)
{
	sodium_memzero(at, len);
}

// RFC 7748 section 5: what every X25519 implementation does to a secret before use.
static void clamp(uint8_t key[static SEAL_KEY_SIZE])
{
	key[0] &= 248;
	key[31] = (uint8_t)((key[31] & 127) | 64);
}

void seal_make(struct seal_secret *secret, struct seal_public *public)
{
	// Refused by small memory limits; the keys are then as safe as the rest of the process.
	(void)sodium_mlock(secret, sizeof(*secret));
	randombytes_buf(secret->curve, sizeof(secret->curve));
	randombytes_buf(secret->wireguard, sizeof(secret->wireguard));
	clamp(secret->curve);
	clamp(secret->wireguard);
	crypto_sign_keypair(public->sign, secret->sign);
	seal_public_of(secret, public);
}

void seal_public_of(const struct seal_secret *secret, struct seal_public *public)
{
	int curve = crypto_scalarmult_base(public->curve, secret->curve);
	int wireguard = crypto_scalarmult_base(public->wireguard, secret->wireguard);
	assert(curve == 0 && wireguard == 0);
	crypto_sign_ed25519_sk_to_pk(public->sign, secret->sign);
}

void seal_wipe(struct seal_secret *secret)
{
	(void)sodium_munlock(secret, sizeof(*secret)); // zeroes first
	sodium_memzero(secret, sizeof(*secret));
}

_Static_assert(sizeof(struct seal_sha256) >= sizeof(crypto_hash_sha256_state),
	       "the state of the library fits");

static crypto_hash_sha256_state *state_of(struct seal_sha256 *s)
{
	return (crypto_hash_sha256_state *)(void *)s->room;
}

void seal_sha256_init(struct seal_sha256 *s)
{
	(void)crypto_hash_sha256_init(state_of(s));
}

void seal_sha256_put(struct seal_sha256 *s, struct span in)
{
	(void)crypto_hash_sha256_update(state_of(s), in.at, in.len);
}

void seal_sha256_take(struct seal_sha256 *s, uint8_t out[static SEAL_SHA256_SIZE])
{
	(void)crypto_hash_sha256_final(state_of(s), out);
}

void seal_digest(struct span in, uint8_t out[static SEAL_DIGEST_SIZE])
{
	crypto_generichash(out, SEAL_DIGEST_SIZE, in.at, in.len, NULL, 0);
}

// What is really signed: DOMAIN with its NUL, then the digest.
static size_t message_of(const char *domain, const uint8_t digest[static SEAL_DIGEST_SIZE],
			 uint8_t out[static DOMAIN_MAX + SEAL_DIGEST_SIZE])
{
	size_t len = strlen(domain) + 1;
	assert(len <= DOMAIN_MAX);
	memcpy(out, domain, len);
	memcpy(out + len, digest, SEAL_DIGEST_SIZE);
	return len + SEAL_DIGEST_SIZE;
}

void seal_sign(const char *domain, struct span body, const struct seal_secret *secret,
	       uint8_t out[static SEAL_SIGNATURE_SIZE])
{
	uint8_t digest[SEAL_DIGEST_SIZE], message[DOMAIN_MAX + SEAL_DIGEST_SIZE];
	seal_digest(body, digest);
	size_t len = message_of(domain, digest, message);
	crypto_sign_detached(out, NULL, message, len, secret->sign);
}

bool seal_verify_digest(const char *domain, const uint8_t digest[static SEAL_DIGEST_SIZE],
			const uint8_t sign[static SEAL_KEY_SIZE],
			const uint8_t signature[static SEAL_SIGNATURE_SIZE])
{
	uint8_t message[DOMAIN_MAX + SEAL_DIGEST_SIZE];
	size_t len = message_of(domain, digest, message);
	return crypto_sign_verify_detached(signature, message, len, sign) == 0;
}

bool seal_verify(const char *domain, struct span body, const uint8_t sign[static SEAL_KEY_SIZE],
		 const uint8_t signature[static SEAL_SIGNATURE_SIZE])
{
	uint8_t digest[SEAL_DIGEST_SIZE];
	seal_digest(body, digest);
	return seal_verify_digest(domain, digest, sign, signature);
}
