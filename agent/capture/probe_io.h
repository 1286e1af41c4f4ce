// SPDX-License-Identifier: Apache-2.0
//
// Tells classic pcap files that lie about themselves: the patched libpcap of RedHat 6.1 wrote
// record headers of 24 bytes under the magic of those of 16. Read as they claim to be, they yield
// one frame shifted by 8 bytes, and then rubbish.
#pragma once

#include <stdio.h>

#include "base/err.h"

// ERR_UNSUPPORTED for such a file, ERR_OK for every other one, which may still be bad. FILE stands
// at its start afterwards; one that cannot be wound back is left alone.
enum err probe_file(FILE *file, const char *name, struct fault *f) MUSTUSE;
