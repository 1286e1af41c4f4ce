// SPDX-License-Identifier: Apache-2.0
#include "lab/app_certs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/options.h"
#include "lab/app_ssl.h"
#include "sys/clock.h"
#include "sys/file.h"

#define NAMES_MAX 2000

struct certs {
	EVP_PKEY *key;
	X509 *cert;
};

static enum err refused(struct fault *f, const char *step)
{
	char why[120];

	ERR_error_string_n(ERR_get_error(), why, sizeof(why));
	ERR_clear_error();
	return fault_set(f, ERR_IO, 0, "certificate: %s: %s", step, why);
}

static bool extension(X509 *c, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, issuer, c, NULL, NULL, 0);
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	bool done = e != NULL && X509_add_ext(c, e, -1) == 1;

	X509_EXTENSION_free(e);
	return done;
}

static bool head(X509 *c, const char *name, EVP_PKEY *key)
{
	X509_NAME *subject = X509_get_subject_name(c);
	uint64_t serial = random_u64() >> 1;
	char cn[65];

	snprintf(cn, sizeof(cn), "%s", name);
	return X509_set_version(c, X509_VERSION_3) == 1 &&
	       ASN1_INTEGER_set_uint64(X509_get_serialNumber(c), serial) == 1 &&
	       X509_gmtime_adj(X509_getm_notBefore(c), -3600) != NULL &&
	       X509_gmtime_adj(X509_getm_notAfter(c), CERTS_DAYS * 86400L) != NULL &&
	       X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (unsigned char *)cn, -1, -1,
					  0) == 1 &&
	       X509_set_pubkey(c, key) == 1;
}

static bool authority(struct certs *c)
{
	return head(c->cert, "Waymark lab authority", c->key) &&
	       X509_set_issuer_name(c->cert, X509_get_subject_name(c->cert)) == 1 &&
	       extension(c->cert, c->cert, NID_basic_constraints, "critical,CA:TRUE") &&
	       extension(c->cert, c->cert, NID_key_usage, "critical,keyCertSign,cRLSign") &&
	       extension(c->cert, c->cert, NID_subject_key_identifier, "hash") &&
	       X509_sign(c->cert, c->key, EVP_sha256()) > 0;
}

// Through memory, so that the file appears whole and with its mode.
static enum err save(const char *path, mode_t mode, X509 *cert, EVP_PKEY *key, struct fault *f)
{
	BIO *b = BIO_new(BIO_s_mem());
	char *at = NULL;
	bool good =
		b != NULL && (cert == NULL || PEM_write_bio_X509(b, cert) == 1) &&
		(key == NULL || PEM_write_bio_PrivateKey(b, key, NULL, NULL, 0, NULL, NULL) == 1);
	long len = good ? BIO_get_mem_data(b, &at) : 0;
	enum err err = good ? file_write(path, mode, span_of(at, (size_t)len), f)
			    : refused(f, "cannot be written");

	BIO_free(b);
	return err;
}

enum err certs_new(const char *path, struct certs **out, struct fault *f)
{
	struct certs *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return fault_set(f, ERR_MEMORY, 0, "certificate: no memory");
	c->key = EVP_EC_gen("P-256");
	c->cert = X509_new();
	enum err err = ERR_OK;
	if (c->key == NULL || c->cert == NULL || !authority(c))
		err = refused(f, "cannot make the authority");
	if (err == ERR_OK)
		err = save(path, 0644, c->cert, NULL, f);
	if (err != ERR_OK) {
		certs_free(&c);
		return err;
	}
	*out = c;
	return ERR_OK;
}

void certs_free(struct certs **out)
{
	struct certs *c = *out;

	if (c == NULL)
		return;
	EVP_PKEY_free(c->key);
	X509_free(c->cert);
	free(c);
	*out = NULL;
}

// "a.example,b.example" as "DNS:a.example,DNS:b.example"; FIRST gets the first.
static bool alternatives(const char *names, char *out, size_t cap, char *first, size_t first_cap)
{
	struct wr w = wr_of(out, cap - 1);
	struct span rest = span_text(names);

	for (bool begin = true; rest.at != NULL; begin = false) {
		struct span name = text_cut(&rest, ',');
		if (name.len == 0 || (begin && text_copy(first, first_cap, name) != ERR_OK))
			return false;
		wr_text(&w, begin ? "DNS:" : ",DNS:");
		wr_bytes(&w, name);
	}
	out[w.len] = '\0';
	return w.err == ERR_OK;
}

enum err certs_issue(struct certs *c, const char *names, const char *cert, const char *key,
		     struct fault *f)
{
	return certs_issue_as(c, CERTS_GOOD, names, cert, key, f);
}

static bool expire(X509 *x)
{
	return X509_gmtime_adj(X509_getm_notBefore(x), -CERTS_DAYS * 86400L) != NULL &&
	       X509_gmtime_adj(X509_getm_notAfter(x), -86400L) != NULL;
}

enum err certs_issue_as(struct certs *c, enum certs_kind kind, const char *names, const char *cert,
			const char *key, struct fault *f)
{
	char san[NAMES_MAX], first[256];

	if (!alternatives(names, san, sizeof(san), first, sizeof(first)))
		return fault_set(f, ERR_USAGE, 0, "certificate: \"%.100s\" is no list of names",
				 names);
	EVP_PKEY *own = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	X509 *issuer = kind == CERTS_SELF ? x : c->cert;
	enum err err = ERR_OK;
	if (own == NULL || x == NULL || !head(x, first, own) ||
	    (kind == CERTS_EXPIRED && !expire(x)) ||
	    X509_set_issuer_name(x, X509_get_subject_name(issuer)) != 1 ||
	    !extension(x, issuer, NID_basic_constraints, "critical,CA:FALSE") ||
	    !extension(x, issuer, NID_subject_alt_name, san) ||
	    X509_sign(x, kind == CERTS_SELF ? own : c->key, EVP_sha256()) <= 0)
		err = refused(f, first);
	if (err == ERR_OK)
		err = save(cert, 0644, x, NULL, f);
	if (err == ERR_OK)
		err = save(key, 0600, NULL, own, f);
	X509_free(x);
	EVP_PKEY_free(own);
	return err;
}

static enum err certify(const struct cli *cli, struct fault *f)
{
	AUTO(certs_free) struct certs *c = NULL;
	char cert[4096], key[4096];

	if (cli->count < 1)
		return fault_set(f, ERR_USAGE, 0, "certify needs a DIR; see --help");
	enum err err = dir_make(cli->words[0], 0700, f);
	snprintf(cert, sizeof(cert), "%s/ca.pem", cli->words[0]);
	if (err == ERR_OK)
		err = certs_new(cert, &c, f);
	for (size_t i = 1; err == ERR_OK && i < cli->count; i++) {
		snprintf(cert, sizeof(cert), "%s/%zu.pem", cli->words[0], i);
		snprintf(key, sizeof(key), "%s/%zu.key", cli->words[0], i);
		err = certs_issue(c, cli->words[i], cert, key, f);
	}
	return err;
}

int verb_certify(int argc, char **argv)
{
	static const struct conf_option none[] = { { .name = NULL } };
	static const struct cli_usage usage = {
		.synopsis = "waymark-lab certify DIR NAME[,NAME…]…",
		.text = "Makes a certificate authority (DIR/ca.pem) and a certificate and key for "
			"each further word (DIR/1.pem, DIR/1.key, …).",
	};
	struct cli cli = { 0 };
	struct fault f = { 0 };
	enum err err = cli_read(argc, argv, none, &usage, NULL, &cli, &f);

	if (err == ERR_OK && !cli.helped)
		err = certify(&cli, &f);
	return err == ERR_OK ? 0 : cli_fail("waymark-lab certify", &f);
}
