// SPDX-License-Identifier: Apache-2.0
//
// Taking orders back: an order of its own, signed like any other, for each node that still has
// some. `waymark order withdraw` and the end of a scan.
#pragma once

int withdraw_verb(int argc, char **argv);
int withdraw_scan_end(int argc, char **argv);
