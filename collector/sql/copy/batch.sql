-- SPDX-License-Identifier: Apache-2.0
COPY raw.batch (
	node, stream, seq, key, sealed, received, records, bytes, digest, signature,
	clock_synced, clock_offset_us, clock_error_us
) FROM STDIN (FORMAT binary)
