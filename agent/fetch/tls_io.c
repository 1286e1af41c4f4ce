// SPDX-License-Identifier: Apache-2.0
#include "fetch/tls_io.h"

#include <stdlib.h>
#include <string.h>

#include "fetch/ssl.h"
#include "leaf/leaf.h"

// Signatures and keys weaker than this do not count as trust (80 bits: no MD5, no SHA-1), though
// the handshake itself takes whatever the server offers.
#define VERIFY_LEVEL 1

struct tls_roots {
	X509_STORE *store;
};

enum err tls_roots_open(const char *file, struct tls_roots **out, struct fault *f)
{
	struct tls_roots *r = calloc(1, sizeof(*r));
	X509_STORE *store = X509_STORE_new();
	*out = r;
	if (r == NULL || store == NULL) {
		free(r);
		X509_STORE_free(store);
		*out = NULL;
		return fault_set(f, ERR_MEMORY, 0, "no memory");
	}
	r->store = store;
	int good = file == NULL || file[0] == '\0' ? X509_STORE_set_default_paths(store)
						   : X509_STORE_load_file(store, file);
	ERR_clear_error();
	if (good == 1)
		return ERR_OK;
	tls_roots_close(out);
	return fault_set(f, ERR_USAGE, 0, "%s: no certificates in PEM form", file);
}

void tls_roots_close(struct tls_roots **r)
{
	if (*r == NULL)
		return;
	X509_STORE_free((*r)->store);
	free(*r);
	*r = NULL;
}

static struct span keep(struct arena *arena, struct span s)
{
	uint8_t *at = s.len == 0 ? NULL : arena_take(arena, s.len);
	if (at == NULL)
		return span_of("", 0);
	memcpy(at, s.at, s.len);
	return span_of(at, s.len);
}

static void read_leaf(struct tls_watch *w, X509 *leaf)
{
	unsigned char *der = NULL;
	int len = i2d_X509(leaf, &der);
	if (len > 0)
		leaf_read(span_of(der, (size_t)len), w->host, w->arena, &w->seen);
	OPENSSL_free(der);
}

static void keep_chain(struct tls_watch *w, const STACK_OF(X509) * sent)
{
	struct page_tls *t = &w->seen;
	size_t sum = 0;
	for (int i = 0; i < sk_X509_num(sent) && t->chain_count < PAGE_CHAIN_MAX; i++) {
		unsigned char *der = NULL;
		int len = i2d_X509(sk_X509_value(sent, i), &der);
		struct span s = span_of(der, len > 0 ? (size_t)len : 0);
		bool fits = s.len > 0 && s.len <= PAGE_CERT_MAX && sum + s.len <= PAGE_CERTS_MAX;
		s = fits ? keep(w->arena, s) : span_of("", 0);
		OPENSSL_free(der);
		if (s.len == 0)
			break;
		sum += s.len;
		t->chain[t->chain_count++] = s;
	}
	t->seen = t->chain_count > 0;
}

// Called with the chain as it was sent; our word is no one's law: the handshake goes on.
static int on_chain(X509_STORE_CTX *ctx, void *self)
{
	struct tls_watch *w = self;
	struct page_tls *t = &w->seen;
	X509 *leaf = X509_STORE_CTX_get0_cert(ctx);
	*t = (struct page_tls){ 0 };
	keep_chain(w, X509_STORE_CTX_get0_untrusted(ctx));
	X509_VERIFY_PARAM_set_auth_level(X509_STORE_CTX_get0_param(ctx), VERIFY_LEVEL);
	t->trusted = X509_verify_cert(ctx) == 1;
	if (!t->trusted) {
		int why = X509_STORE_CTX_get_error(ctx);
		t->verify = why > 0 ? (uint32_t)why : X509_V_ERR_UNSPECIFIED;
		t->error = span_text(X509_verify_cert_error_string((long)t->verify));
	}
	if (leaf != NULL)
		read_leaf(w, leaf);
	X509_STORE_CTX_set_error(ctx, X509_V_OK);
	ERR_clear_error();
	return 1;
}

static int watch_index(void)
{
	static int index = -1;
	if (index < 0)
		index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, NULL);
	return index;
}

static void on_info(const SSL *ssl, int where, int ret)
{
	struct tls_watch *w = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), watch_index());
	const SSL_CIPHER *c = SSL_get_current_cipher(ssl);
	(void)ret;
	if ((where & SSL_CB_HANDSHAKE_DONE) == 0 || w == NULL)
		return;
	w->seen.version = (uint16_t)SSL_version(ssl);
	w->seen.cipher = c == NULL ? 0 : SSL_CIPHER_get_protocol_id(c);
}

bool tls_watch_start(void *ssl_ctx, struct tls_watch *w)
{
	// Old and weak servers are findings, too.
	SSL_CTX_set_security_level(ssl_ctx, 0);
	(void)SSL_CTX_set_min_proto_version(ssl_ctx, TLS1_VERSION);
	(void)SSL_CTX_set_options(ssl_ctx, SSL_OP_LEGACY_SERVER_CONNECT);
	SSL_CTX_set1_cert_store(ssl_ctx, w->roots->store);
	SSL_CTX_set_cert_verify_callback(ssl_ctx, on_chain, w);
	if (watch_index() < 0 || SSL_CTX_set_ex_data(ssl_ctx, watch_index(), w) != 1)
		return false;
	SSL_CTX_set_info_callback(ssl_ctx, on_info);
	return true;
}
