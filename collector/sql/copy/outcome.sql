-- SPDX-License-Identifier: Apache-2.0
COPY raw.outcome (
	node, stream, seq, item, orders, run, state, at, detail
) FROM STDIN (FORMAT binary)
