// SPDX-License-Identifier: Apache-2.0
//
// libldns, whose headers bring OpenSSL's: these name a type ERR_STATE; base/err.h names a value so.
// Theirs is put aside.
#pragma once

#define ERR_STATE openssl_err_state
// clang-format off
#include <ldns/ldns.h>
// clang-format on
#undef ERR_STATE
