// SPDX-License-Identifier: Apache-2.0
//
// What several formats need. Inside the trace_format room only.
#pragma once

#include "cli/json.h"
#include "trace_format/doc.h"
#include "trace_format/tree.h"

// Room for one more reply, all zero, at the end of D. ERR_RANGE: too many; ERR_MEMORY.
enum err trace_reply_put(struct arena *a, struct trace_doc *d,
			 struct trace_doc_reply **out) MUSTUSE;

enum err trace_label_put(struct arena *a, struct trace_doc_reply *r, uint32_t word) MUSTUSE;

// Replies by TTL, otherwise as they came.
enum err trace_doc_sort(struct arena *a, struct trace_doc *d) MUSTUSE;

// What follows from the replies: first TTL, and how it ended where the format does not say so.
void trace_doc_settle(struct trace_doc *d);

void trace_facts_members(struct json *j, const struct trace_facts *f); // as members, as they stood
enum err trace_facts_read(struct arena *a, const struct tree *object,
			  struct trace_facts *out) MUSTUSE;

// Microseconds as milliseconds without trailing zeros.
void trace_milli_write(struct json *j, const char *key, uint32_t us);

// TEXT that stood between quotes in some JSON, or that needs no escape: as it is.
void trace_quoted(struct json *j, const char *key, struct span text);
