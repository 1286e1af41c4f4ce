// SPDX-License-Identifier: Apache-2.0
//
// What the files of this room share.
#pragma once

#include "correlate/correlate.h"

// Looks up the addresses that STATEMENT (parameters: id of a run or scan, geolocation table) gives.
enum err correlate_place_with(struct pg *pg, const char *data_dir, const char *statement,
			      const uint8_t id[static 16], struct correlate_counts *counts,
			      struct fault *f) MUSTUSE;

// Looks at the signatures of zones in a scan's answers.
enum err correlate_signed(struct pg *pg, const uint8_t scan[static 16], struct fault *f) MUSTUSE;
