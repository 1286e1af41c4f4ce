// SPDX-License-Identifier: Apache-2.0
//
// The library's headers, whose warnings are not ours.
#pragma once

#pragma GCC system_header
#include <ndpi/ndpi_main.h>
