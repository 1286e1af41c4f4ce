// SPDX-License-Identifier: Apache-2.0
//
// libcrypto's headers, whose typedef ERR_STATE would clash with ours of base/err.h.
#pragma once

#define ERR_STATE openssl_err_state
#include <openssl/evp.h>
#undef ERR_STATE
