-- SPDX-License-Identifier: Apache-2.0
COPY raw.name (
	node, stream, seq, item, addr, name, at
) FROM STDIN (FORMAT binary)
