// SPDX-License-Identifier: Apache-2.0
//
// Verbs of `waymark geo` with a file of their own.
#pragma once

int geo_explain(int argc, char **argv);
int geo_override(int argc, char **argv);
