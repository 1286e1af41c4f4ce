// SPDX-License-Identifier: Apache-2.0
//
// The end of a capture of a run, inside or outside: its losses, its file, its record.
#pragma once

#include "capture/capture_io.h"
#include "node/artefact_io.h"
#include "node/services.h"

// What was lost so far, into R; stays as it is where the capture cannot tell.
void taken_count(struct capture *c, struct capture_record *r);

// Closes the file and puts the record. R's packets are told by the caller.
void taken_put(struct node *n, struct capture *c, struct capture_record *r, struct artefact **kept);
