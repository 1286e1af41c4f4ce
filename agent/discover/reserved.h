// SPDX-License-Identifier: Apache-2.0
//
// Addresses that are no public host (IANA special-purpose registries): the deny list that is on
// unless it is put aside, as a lab must. Pure.
#pragma once

#include "base/addr.h"
#include "pace/pace.h"

enum err reserved_put(struct pace *p) MUSTUSE; // denies all of them
