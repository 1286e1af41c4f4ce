// SPDX-License-Identifier: Apache-2.0
//
// The memory of this process. Knows nothing of what is kept in it.
#pragma once

// Gives back the pages of programs and libraries that were only needed to start: what is mapped
// from a file and cannot have been written to. A page that is needed again is mapped again.
void memory_trim(void);
