// SPDX-License-Identifier: Apache-2.0
//
// `waymark flows`: who spoke with whom, from a capture file or an interface.
#pragma once

int flows_run(int argc, char **argv);
