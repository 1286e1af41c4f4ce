-- SPDX-License-Identifier: Apache-2.0
COPY raw.batch_body (
	node, stream, seq, received, body
) FROM STDIN (FORMAT binary)
