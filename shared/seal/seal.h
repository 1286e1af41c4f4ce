// SPDX-License-Identifier: Apache-2.0
//
// Keys, digests, signatures: the only room that knows libsodium. Private keys live in a struct that
// its owner wipes; they are never logged or printed. It knows no files: those are keys/keys.h.
#pragma once

#include "base/err.h"
#include "base/span.h"

#define SEAL_KEY_SIZE       32
#define SEAL_SECRET_SIZE    64 // Ed25519 secret as libsodium keeps it
#define SEAL_SIGNATURE_SIZE 64
#define SEAL_DIGEST_SIZE    32
#define SEAL_Z85_SIZE       41 // 32 bytes as Z85 (ZeroMQ RFC 32) with NUL
#define SEAL_BASE64_SIZE    45 // 32 bytes as base64 with NUL

#define SEAL_BATCH          "waymark-batch-v1"
#define SEAL_ORDER          "waymark-order-v1"

// What a node or collector owns.
struct seal_secret {
	uint8_t curve[SEAL_KEY_SIZE];     // X25519 secret for ZeroMQ CURVE
	uint8_t sign[SEAL_SECRET_SIZE];   // Ed25519
	uint8_t wireguard[SEAL_KEY_SIZE]; // X25519 secret for WireGuard
};

// What others may know.
struct seal_public {
	uint8_t curve[SEAL_KEY_SIZE];
	uint8_t sign[SEAL_KEY_SIZE];
	uint8_t wireguard[SEAL_KEY_SIZE];
};

// Once per process before anything else here.
enum err seal_start(struct fault *f) MUSTUSE;

void seal_make(struct seal_secret *secret, struct seal_public *public);
void seal_public_of(const struct seal_secret *secret, struct seal_public *public);
void seal_wipe(struct seal_secret *secret);

// KIND is the first line's word of a key file: "waymark-node-v1", "waymark-collector-v1",
// "waymark-operator-v1". The files themselves are keys/keys.h.
#define SEAL_PUBLIC_TEXT 256 // room for a public file with NUL
#define SEAL_SECRET_TEXT 384 // room for a secret file with NUL

// The secret file as text, pure: KIND and "-secret", then the three keys in hex. Wipe the text.
enum err seal_secret_read(struct span text, const char *kind, struct seal_secret *out) MUSTUSE;
void seal_secret_write(const struct seal_secret *s, const char *kind,
		       char out[static SEAL_SECRET_TEXT]);
void seal_wipe_bytes(void *at, size_t len); // a wipe that no compiler takes away

// The public file as text, pure: "waymark-node-v1\ncurve <z85>\nsign <hex>\nwireguard <base64>\n".
enum err seal_public_read(struct span text, const char *kind, struct seal_public *out) MUSTUSE;
void seal_public_write(const struct seal_public *p, const char *kind,
		       char out[static SEAL_PUBLIC_TEXT]);

void seal_digest(struct span in, uint8_t out[static SEAL_DIGEST_SIZE]); // BLAKE2b-256

// SHA-256, for what other programs must be able to check: put all the bytes, take the digest.
#define SEAL_SHA256_SIZE 32
struct seal_sha256 {
	uint64_t room[16];
};
void seal_sha256_init(struct seal_sha256 *s);
void seal_sha256_put(struct seal_sha256 *s, struct span in);
void seal_sha256_take(struct seal_sha256 *s, uint8_t out[static SEAL_SHA256_SIZE]);

// Ed25519 over DOMAIN's bytes with their NUL, then BLAKE2b-256(BODY).
void seal_sign(const char *domain, struct span body, const struct seal_secret *secret,
	       uint8_t out[static SEAL_SIGNATURE_SIZE]);
// The same from a digest already made.
bool seal_verify_digest(const char *domain, const uint8_t digest[static SEAL_DIGEST_SIZE],
			const uint8_t sign[static SEAL_KEY_SIZE],
			const uint8_t signature[static SEAL_SIGNATURE_SIZE]) MUSTUSE;
bool seal_verify(const char *domain, struct span body, const uint8_t sign[static SEAL_KEY_SIZE],
		 const uint8_t signature[static SEAL_SIGNATURE_SIZE]) MUSTUSE;

void seal_z85_write(const uint8_t key[static SEAL_KEY_SIZE], char out[static SEAL_Z85_SIZE]);
enum err seal_z85_read(struct span text, uint8_t out[static SEAL_KEY_SIZE]) MUSTUSE;
void seal_base64_write(const uint8_t key[static SEAL_KEY_SIZE], char out[static SEAL_BASE64_SIZE]);
enum err seal_base64_read(struct span text, uint8_t out[static SEAL_KEY_SIZE]) MUSTUSE;

// CRC32C (RFC 3720) for stored bytes: damage, not malice. SEED is 0, or the CRC of what went
// before.
uint32_t seal_crc32c(uint32_t seed, struct span in);
uint32_t seal_crc32c_plain(uint32_t seed, struct span in); // without the machine's instruction
