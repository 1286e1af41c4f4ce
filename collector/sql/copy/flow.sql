-- SPDX-License-Identifier: Apache-2.0
COPY raw.flow (
	started, ended, node, stream, seq, item, run, side, proto, a, aport, b, bport, pkts_ab,
	bytes_ab, pkts_ba, bytes_ba, names, how, app, burst_us, burst_bytes, kernel_drops
) FROM STDIN (FORMAT binary)
