-- SPDX-License-Identifier: Apache-2.0
SELECT path, traces, silent_hops, unplaced_hops, not_reached, whole FROM v1.path_quality WHERE run = $1
