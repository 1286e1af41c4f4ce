// SPDX-License-Identifier: Apache-2.0
//
// What a server's certificate says: whose it is, who issued it, when it is valid, for which names.
// What enters: the certificate in DER, as it was sent or as others published it; what leaves: the
// fields of a page that tell of the leaf. It knows no chain and no root, and trusts nobody.
//
// libcrypto reads it, for wire/cert.h looks for names alone, and nothing here may differ from what
// a handshake saw.
#pragma once

#include "base/arena.h"
#include "msg/page.h"

// Fills subject, issuer, validity, names, and whether it is for HOST; the rest of OUT stays. Texts
// lie in ARENA. False: no certificate, OUT stays whole.
bool leaf_read(struct span der, const char *host, struct arena *arena, struct page_tls *out);
