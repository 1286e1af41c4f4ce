// SPDX-License-Identifier: Apache-2.0
//
// Files packed by gzip, read as if they were not.
#pragma once

#include <stdio.h>

// FILE itself when it is not packed; else a stream of what is inside, which then owns FILE. FILE
// stands at its start; one that cannot be wound back is taken for not packed. NULL: no memory, and
// FILE is closed.
FILE *gzip_open(FILE *file);
