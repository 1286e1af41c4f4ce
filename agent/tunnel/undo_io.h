// SPDX-License-Identifier: Apache-2.0
//
// Takes back what a record says is there. What is gone already is no error: the maker may have been
// killed at any line.
#pragma once

#include "base/span.h"

void undo_rules(struct span record);
void undo_routes(struct span record); // after the interface is gone
