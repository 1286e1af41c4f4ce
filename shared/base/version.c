// SPDX-License-Identifier: Apache-2.0
#include "base/version.h"

const char waymark_version[] = WAYMARK_VERSION;
