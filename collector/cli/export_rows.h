// SPDX-License-Identifier: Apache-2.0
//
// Rows of an export become a file as it is published. What enters are rows of one statement; what
// leaves are lines or bytes in an open file. Knows no form and no folder.
#pragma once

#include <stdio.h>

#include "pg/pg.h"

struct export_file {
	FILE *to;
	uint64_t lines;
};

// Rows are one JSON document each. As in published files: no line feed after the last.
enum err export_lines(struct export_file *x, const struct pg_rows *rows, struct fault *f) MUSTUSE;

// Rows are a resolver and its answer to the probe, on the wire: {"resolver", "answer"} with the
// address that the answer gives. Answers that give none are passed over.
enum err export_answers(struct export_file *x, struct pg_rows *rows, struct fault *f) MUSTUSE;

// The probe: a question for the address of NAME, as it goes onto the wire. Its id is zero; each
// question that was sent had its own.
enum err export_packet(struct export_file *x, const char *name, struct fault *f) MUSTUSE;
