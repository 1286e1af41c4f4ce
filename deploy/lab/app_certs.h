// SPDX-License-Identifier: Apache-2.0
//
// The lab's own certificate authority: made when a lab comes up, gone with its run directory. Only
// programs of the lab are told to trust it.
#pragma once

#include "base/err.h"

#define CERTS_DAYS 30

struct certs;

// A new authority, whose certificate is written to PATH (PEM).
enum err certs_new(const char *path, struct certs **out, struct fault *f) MUSTUSE;
void certs_free(struct certs **c);

// A key and a certificate for NAMES (comma-separated), written to CERT and KEY (PEM, KEY is 0600).
enum err certs_issue(struct certs *c, const char *names, const char *cert, const char *key,
		     struct fault *f) MUSTUSE;

// The same, but not as it should be: signed by itself, or expired yesterday.
enum certs_kind { CERTS_GOOD, CERTS_SELF, CERTS_EXPIRED };
enum err certs_issue_as(struct certs *c, enum certs_kind kind, const char *names, const char *cert,
			const char *key, struct fault *f) MUSTUSE;

// `waymark-lab certify DIR NAMES…`: ca.pem, and 1.pem, 1.key, 2.pem … for each NAMES.
int verb_certify(int argc, char **argv);
