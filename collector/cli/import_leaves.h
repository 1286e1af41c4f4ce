// SPDX-License-Identifier: Apache-2.0
//
// What the certificates of imported pages say, beside them: published scans carry them as bytes.
#pragma once

#include "pg/pg.h"

// In the import's own transaction. What the publication itself tells of a certificate stays.
enum err import_leaves(struct pg *pg, int64_t node, int64_t stream, struct fault *f) MUSTUSE;
