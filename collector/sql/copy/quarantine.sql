-- SPDX-License-Identifier: Apache-2.0
COPY raw.quarantine (
	node, stream, seq, received, reason, detail, digest, signature, body
) FROM STDIN (FORMAT binary)
