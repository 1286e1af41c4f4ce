-- SPDX-License-Identifier: Apache-2.0
COPY raw.message (
	node, stream, seq, item, run, side, id, from_side, planned, sent, delivered, received,
	status, detail
) FROM STDIN (FORMAT binary)
