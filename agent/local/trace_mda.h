// SPDX-License-Identifier: Apache-2.0
//
// `waymark trace --mda`: a graph of each target instead of one path.
#pragma once

#include "local/trace_feed.h"
#include "local/trace_settings.h"

// Until every target of FEED has its graph, which is printed. PARTLY: how many are not whole.
enum err trace_mda_measure(struct trace_feed *feed, const struct trace_settings *s, bool json,
			   struct pace *pace, size_t *partly, struct fault *f) MUSTUSE;
