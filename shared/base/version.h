// SPDX-License-Identifier: Apache-2.0
//
// Which Waymark this is: `git describe` of the tree it was built from, or "0" outside of one. Its
// own object file, so that a commit does not compile every other file again.
#pragma once

extern const char waymark_version[];
