-- SPDX-License-Identifier: Apache-2.0
COPY raw.step (
	begun, ended, node, stream, seq, item, run, side, name, outcome, detail
) FROM STDIN (FORMAT binary)
