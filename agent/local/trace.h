// SPDX-License-Identifier: Apache-2.0
//
// `waymark trace`: forward paths from this machine, no collector needed.
#pragma once

int trace_run(int argc, char **argv);
