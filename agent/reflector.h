// SPDX-License-Identifier: Apache-2.0
//
// `waymark-agent reflector`: tells those who ask how they look from here.
#pragma once

int reflector_main(int argc, char **argv);
