-- SPDX-License-Identifier: Apache-2.0
COPY raw.capture (
	opened, closed, node, stream, seq, item, run, side, place, packets, kernel_drops,
	interface_drops, snap, bytes, sha256
) FROM STDIN (FORMAT binary)
