# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Sourced by tunnel_*.t: a small world of namespaces.
#
#   phone1 ─ gate1 ─┐                ┌─ node (vantage)
#                   core ────────────┤
#   phone2 ─ gate2 ─┘                └─ server, with a resolver on .53
#
# The core knows no route to the phones: what arrives from one was not in a tunnel.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/tap.sh
. "$here/../tap.sh"
driver=${WAYMARK_BIN:-$here/../../build/bin}/tunnel_driver
need_root
need "$driver"

prefix=wl-tun$$
work=$(mktemp -d)
pids=()
# shellcheck disable=SC2034 # and by name
pid_node=0 pid_gate1=0 pid_gate2=0 # of the drivers; for the tests that kill them
hosts="phone1 gate1 phone2 gate2 core node server"

at() { local host=$1; shift; ip netns exec "$prefix-$host" "$@"; }

world_end() {
	local p h
	for p in "${pids[@]}"; do kill -9 "$p" 2>/dev/null; wait "$p" 2>/dev/null; done
	for h in $hosts; do
		ip netns pids "$prefix-$h" 2>/dev/null | xargs -r kill -9 2>/dev/null
		at "$h" "$driver" sweep >/dev/null 2>&1
		ip netns del "$prefix-$h" 2>/dev/null
	done
	rm -rf "$work"
}
trap world_end EXIT

# link HOST IF ADDR4 ADDR6 HOST IF ADDR4 ADDR6
link() {
	ip -n "$prefix-$1" link add "$2" type veth peer name "$6" netns "$prefix-$5"
	ip -n "$prefix-$1" addr add "$3/24" dev "$2"
	ip -n "$prefix-$1" addr add "$4/64" dev "$2" nodad
	ip -n "$prefix-$5" addr add "$7/24" dev "$6"
	ip -n "$prefix-$5" addr add "$8/64" dev "$6" nodad
	ip -n "$prefix-$1" link set "$2" up
	ip -n "$prefix-$5" link set "$6" up
}

way() { # HOST GATEWAY4 GATEWAY6
	ip -n "$prefix-$1" route add default via "$2"
	ip -n "$prefix-$1" route add ::/0 via "$3"
}

world_start() {
	local h n
	for h in $hosts; do
		ip netns add "$prefix-$h"
		ip -n "$prefix-$h" link set lo up
	done
	for n in 1 2; do
		link phone$n eth0 198.18.7$n.2 2001:db8:7$n::2 gate$n lan0 198.18.7$n.1 2001:db8:7$n::1
		link gate$n wan0 198.18.$n.2 2001:db8:$n::2 core c$n 198.18.$n.1 2001:db8:$n::1
		way phone$n 198.18.7$n.1 2001:db8:7$n::1
		way gate$n 198.18.$n.1 2001:db8:$n::1
		# A gateway is a router: without the guard it would forward.
		at gate$n sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	done
	link node eth0 198.18.3.2 2001:db8:3::2 core c3 198.18.3.1 2001:db8:3::1
	link server eth0 198.18.4.2 2001:db8:4::2 core c4 198.18.4.1 2001:db8:4::1
	way node 198.18.3.1 2001:db8:3::1
	way server 198.18.4.1 2001:db8:4::1
	ip -n "$prefix-server" addr add 198.18.4.53/24 dev eth0
	ip -n "$prefix-server" addr add 2001:db8:4::53/64 dev eth0 nodad
	at core sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	at core nft -f - <<-'RULES'
		table inet count {
			counter phone { }
			counter gate { }
			chain in {
				type filter hook prerouting priority -300;
				ip saddr { 198.18.70.0/23, 198.18.80.0/24 } counter name phone
				ip6 saddr { 2001:db8:71::/64, 2001:db8:72::/64 } counter name phone
				# The gateway itself: nobody listens on a dead tunnel's port.
				iifname "c1" ip daddr 198.18.3.2 icmp type destination-unreachable return
				iifname "c1" meta l4proto != ipv6-icmp counter name gate
			}
		}
	RULES
	for n in 1 2; do at gate$n "$driver" lockdown lan0; done
	serve server server 198.18.4.2 8000
	serve server server 2001:db8:4::2 8000
	serve server resolver 198.18.4.53 53
	serve server resolver 2001:db8:4::53 53
}

serve() { # HOST NAME ADDR PORT…
	local host=$1
	shift
	# Not by `at`: $! shall be the program itself.
	ip netns exec "$prefix-$host" python3 "$here/tunnel_peer.py" serve "$@" >"$work/serve.$1.${2//:/_}" &
	pids+=($!)
	until grep -q serving "$work/serve.$1.${2//:/_}" 2>/dev/null; do sleep 0.02; done
}

ask() { local host=$1; shift; at "$host" timeout 20 python3 "$here/tunnel_peer.py" ask "$@"; }

counted() { at core nft -j list counter inet count "$1" | sed 's/.*"packets": \([0-9]*\).*/\1/'; }
count_again() { at core nft reset counters >/dev/null; }

run_id() { od -An -N16 -tx1 /dev/urandom | tr -d ' \n'; }
keys() {
	local mask
	mask=$(umask)
	umask 077 # NAME: NAME.key and NAME.pub in hex
	wg genkey >"$work/$1.b64"
	base64 -d <"$work/$1.b64" | od -An -v -tx1 | tr -d ' \n' >"$work/$1.key"
	wg pubkey <"$work/$1.b64" | base64 -d | od -An -v -tx1 | tr -d ' \n' >"$work/$1.pub"
	umask "$mask"
}

# Both ends of the tunnel of phone N, side S, for RUN: $work/node.S and $work/gate.S
ends() { # N S RUN PORT
	local n=$1 s=$2
	keys "node.$s"
	keys "gate.$s"
	cat >"$work/node.$s" <<-END
		role vantage
		run $3
		side $s
		key $(cat "$work/node.$s.key")
		peer $(cat "$work/gate.$s.pub")
		listen $4
		inner 198.19.$n.1 198.19.$n.2
		inner 2001:db8:19:$n::1 2001:db8:19:$n::2
		phone 198.18.7$n.2
		phone 2001:db8:7$n::/64
		outside eth0
		resolver 198.18.4.53
		resolver 2001:db8:4::53
	END
	cat >"$work/gate.$s" <<-END
		role gateway
		run $3
		side $s
		key $(cat "$work/gate.$s.key")
		peer $(cat "$work/node.$s.pub")
		endpoint 198.18.3.2 $4
		keepalive 25
		inner 198.19.$n.2 198.19.$n.1
		inner 2001:db8:19:$n::2 2001:db8:19:$n::1
		phone 198.18.7$n.2
		phone 2001:db8:7$n::/64
		inside lan0
	END
}

# tunnels HOST FILE…: a driver that keeps them; its words in $work/HOST.out, its input is $work/HOST.in
tunnels() {
	local host=$1 fd
	shift
	rm -f "$work/$host.in"
	mkfifo "$work/$host.in"
	ip netns exec "$prefix-$host" "$driver" open "$@" <"$work/$host.in" >"$work/$host.out" 2>"$work/$host.err" &
	declare -g "pid_$host=$!"
	pids+=($!)
	exec {fd}>"$work/$host.in"
	declare -g "fd_$host=$fd"
	for _ in $(seq 1500); do
		grep -q '^ready' "$work/$host.out" 2>/dev/null && return 0
		kill -0 "$!" 2>/dev/null || break
		sleep 0.02
	done
	sed 's/^/# /' "$work/$host.err" >&2
	return 1
}

say() { local fd="fd_$1"; echo "$2" >&"${!fd}"; }
hang_up() { local pid="pid_$1"; say "$1" quit; wait "${!pid}"; }

# user or kernel: which WireGuard drives the tunnel on HOST.
backend() {
	say "$1" state
	sleep 0.1
	tail -n 1 "$work/$1.out" | cut -d' ' -f3
}

# Until the driver on HOST says that its tunnel is ready (a handshake was made).
wait_ready() {
	for _ in $(seq 600); do
		say "$1" state
		sleep 0.05
		tail -n 1 "$work/$1.out" | grep -q ' ready ' && return 0
	done
	return 1
}

# What a tunnel could leave in HOST: one line for each thing.
left_on() {
	at "$1" ip -o link | grep -o 'wm[vgh][ab][0-9a-f]*'
	at "$1" nft list tables | grep waymark_wm
	at "$1" nft list set inet waymark_guard pass 2>/dev/null | grep -o 'wmg[ab][0-9a-f]*'
	at "$1" ip rule | grep 5700:
	at "$1" ip -6 rule | grep 5700:
	at "$1" ip route show table all | grep 'metric 9999'
	at "$1" ip -6 route show table all | grep 'metric 9999'
	ip netns pids "$prefix-$1" | xargs -r ps -o comm= -p | grep wireguard-go
	find /run/waymark/tunnel /run/wireguard -name "wm*${2:0:11}*" 2>/dev/null
}
