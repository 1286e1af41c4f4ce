#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# `waymark trace` faster than is good for this machine: at 90,000 probes a second through the chain
# of kernel routers, and again with a receive queue so short that packets are lost. How many traces
# are exact, and how many of the others do not say of each missing hop that its answer was lost here.
#
#	tests/bench/trace_loss.sh [TARGETS [RATE]]
cd "$(dirname "$0")/../.." || exit 1
TARGETS=${1:-10000} RATE=${2:-90000}
set -e -o pipefail
echo "# with the receive queue of the benchmark, 100,000 packets"
PEER=no tests/bench/trace_bench.sh "$TARGETS" "$RATE" | sed '/^{/d'
echo "# with a receive queue of 100 packets"
PEER=no BACKLOG=100 tests/bench/trace_bench.sh "$TARGETS" "$RATE" | sed '/^{/d'
