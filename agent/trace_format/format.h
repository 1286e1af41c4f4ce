// SPDX-License-Identifier: Apache-2.0
//
// The formats a trace is read from and written to. Readers take one document's bytes; a file of
// many is walked by trace_file_next.
#pragma once

#include "trace_format/doc.h"

enum trace_format {
	TRACE_FORMAT_TEXT, // as Linux traceroute prints it
	TRACE_FORMAT_JSON, // our own; carries everything
	TRACE_FORMAT_ATLAS,
	TRACE_FORMAT_WARTS,
	TRACE_FORMAT_COUNT,
};

enum err trace_format_read(struct span word, enum trace_format *out) MUSTUSE;

// One line of JSON: our own, RIPE Atlas', scamper's, mtr's (told apart by their keys). ERR_MISSING:
// valid, but no trace. ERR_FORMAT, ERR_RANGE, ERR_MEMORY.
enum err trace_line_read(struct arena *a, struct span line, struct trace_doc *out) MUSTUSE;

// The body of a warts record of type 6. ERR_UNSUPPORTED: addresses by the deprecated global table.
enum err warts_read(struct arena *a, struct span body, struct trace_doc *out) MUSTUSE;

// The body of a warts record of type 8 (tracelb): the document that scamper's JSON of it gives.
enum err warts_graph_read(struct arena *a, struct span body, struct trace_doc *out) MUSTUSE;

// Walks a file that lies in memory. ERR_MISSING: the end. ERR_CORRUPT: no going on after this. Any
// other error: this document could not be read, the next may be.
enum trace_file_kind {
	TRACE_FILE_LINES, // JSON, a document a line
	TRACE_FILE_WARTS,
	TRACE_FILE_TEXT,
	TRACE_FILE_WHOLE, // JSON, one value
	TRACE_FILE_LIST,  // which has a list of documents, or is one
};
struct trace_file {
	struct span rest;
	enum trace_file_kind kind;
	size_t place;    // line, or offset of the record, of the document handed out last
	size_t begun;    // bytes or lines before it
	uint16_t object; // type of that record
};
struct trace_file trace_file_of(struct span bytes);
enum err trace_file_next(struct trace_file *f, struct arena *a, struct trace_doc *out) MUSTUSE;

void trace_text_write(FILE *out, const struct trace_doc *d, unsigned max_ttl);
void trace_json_write(FILE *out, const struct trace_doc *d);
void atlas_write(FILE *out, const struct trace_doc *d);

// ERR_RANGE: too long. ERR_UNSUPPORTED: no destination address.
enum err warts_write(FILE *out, const struct trace_doc *d) MUSTUSE;

enum err trace_format_write(FILE *out, enum trace_format f, const struct trace_doc *d,
			    unsigned max_ttl) MUSTUSE;
