// SPDX-License-Identifier: Apache-2.0
//
// The process that answers for a host's crowds: UDP and TCP, port 53, every address of its nets.
#pragma once

// `waymark-lab crowd WORLD HOST`
int verb_crowd(int argc, char **argv);
