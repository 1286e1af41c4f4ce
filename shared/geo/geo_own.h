// SPDX-License-Identifier: Apache-2.0
//
// Layout shared by reader and compiler; see geo.h.
#pragma once

#define GEO_MAGIC     "waymark-geo-v1\0" // with its last NUL: 16 bytes
#define GEO_MAGIC_LEN 16
#define GEO_CHECKED   24 // the checksum is over everything from here on
#define GEO_HEAD      40
#define GEO_TAIL      20
#define GEO_ROW4      (4 + 4 + GEO_TAIL)
#define GEO_ROW6      (16 + 16 + GEO_TAIL)
