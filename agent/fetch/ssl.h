// SPDX-License-Identifier: Apache-2.0
//
// OpenSSL's headers name a type ERR_STATE; base/err.h names a value so. Theirs is put aside.
// Inside fetch only.
#pragma once

#define ERR_STATE openssl_err_state
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#undef ERR_STATE
