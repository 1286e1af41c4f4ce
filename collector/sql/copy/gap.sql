-- SPDX-License-Identifier: Apache-2.0
COPY raw.gap (
	node, stream, seq, item, reason, records, bytes, noticed, first_seq, last_seq
) FROM STDIN (FORMAT binary)
