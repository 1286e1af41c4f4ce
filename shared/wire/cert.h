// SPDX-License-Identifier: Apache-2.0
//
// The names in a certificate (RFC 5280): dNSName of subjectAltName, else the common name of the
// subject. A bounded walk over DER, no more: nothing is verified. What leaves borrows.
#pragma once

#include "base/err.h"
#include "base/rd.h"

#define CERT_NAMES 8 // names kept of one certificate

struct cert_names {
	size_t count;
	struct span name[CERT_NAMES];
};

// The first (the server's own) certificate of a Certificate message of TLS up to 1.2, header
// included. ERR_MISSING: it has none.
enum err cert_first(struct span message, struct span *der) MUSTUSE;

enum err cert_names_read(struct span der, struct cert_names *out) MUSTUSE;
