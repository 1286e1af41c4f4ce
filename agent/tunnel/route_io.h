// SPDX-License-Identifier: Apache-2.0
//
// Runs `ip -batch` lines and sets the kernel's switches, in the network namespace of the calling
// thread.
#pragma once

#include "base/err.h"
#include "base/span.h"
#include "tunnel/tunnel.h"

// Lines of one FAMILY (4 or 6; 0: of any that tell it by themselves). Stops at the first line that
// fails.
enum err route_run(uint8_t family, struct span lines, struct fault *f) MUSTUSE;

// Goes on past lines that fail: for undoing what may be half there.
void route_undo(uint8_t family, struct span lines);

// Forwarding between the interfaces A and B for the families C carries. What is switched on stays
// on: another tunnel may need it.
enum err route_forward(const struct tunnel_config *c, const char *a, const char *b,
		       struct fault *f) MUSTUSE;
