// SPDX-License-Identifier: Apache-2.0
//
// `waymark verify`: that what is stored is what the nodes signed. Rows are made again from the
// signed bytes and compared field by field with the database's.
#pragma once

#include "pg/pg.h"

int verify_verb(int argc, char **argv);

struct proof {
	bool good;
	bool signature, bytes, rows; // what was proved; bytes and rows only while the body is kept
	size_t count;                // rows compared
	size_t traces;               // of these
	char why[200];               // what is wrong
};

// ROWS, ROW: a row of query/verify_batch.sql. A fault means that the check itself could not be
// made.
enum err verify_batch(struct pg *pg, struct pg_rows *rows, size_t row, struct proof *out,
		      struct fault *f) MUSTUSE;

enum verify_column {
	VERIFY_NODE,
	VERIFY_STREAM,
	VERIFY_SEQ,
	VERIFY_NAME,
	VERIFY_EPOCH,
	VERIFY_DIGEST,
	VERIFY_SIGNATURE,
	VERIFY_SIGN_KEY,
	VERIFY_KEY_IS_NODES,
	VERIFY_BYTES,
	VERIFY_RECORDS,
	VERIFY_BODY,
	VERIFY_QUARANTINED,
};
