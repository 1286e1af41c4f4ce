// SPDX-License-Identifier: Apache-2.0
//
// The options of `waymark trace`, of plain traces and of graphs, and what they make of one wish.
#pragma once

#include "cli/options.h"
#include "cli/trace_rows.h"
#include "local/trace_targets.h"
#include "pace/pace.h"
#include "trace/mda.h"
#include "trace/trace.h"

#define TRACE_OWN_MAX 64 // prefixes of --own

struct trace_settings {
	char method[16], format[8], read[256], metadata[256], status_file[256], live[16];
	uint64_t port, first, max_ttl, attempts, again, gap, window, parallel, sport, seed, tos;
	int64_t wait, deadline, span;
	double rate, target_rate, net_rate, first_rate;
	int64_t share;
	struct conf_list deny, own;
	struct prefix owns[TRACE_OWN_MAX]; // read from OWN
	bool json, names, pmtu, ipv6, dry_run, quiet, mda;
	char mode[8], flow_label[TRACE_LABEL_TEXT];
	uint32_t label; // read from FLOW_LABEL
	uint64_t probes;
	double confidence;
};

extern const struct conf_option trace_options[];
extern const struct cli_usage trace_usage;

struct trace_target trace_settings_target(const struct trace_settings *s,
					  const struct trace_wish *w);
struct mda_target trace_settings_graph(const struct trace_settings *s, const struct trace_wish *w);

// Reads what is text in the options, fills in what depends on others, refuses what does not go
// together.
enum err trace_settings_check(struct trace_settings *s, struct fault *f) MUSTUSE;
enum err trace_settings_pace(const struct trace_settings *s, const uint64_t seed[2],
			     struct pace **out, struct fault *f) MUSTUSE;
