#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Tracing inside live flows: a phone behind a node that masquerades, four equal branches hashed by
# port behind it. Which branch the app's own packets take is counted on the branches.
cd "$(dirname "$0")/../.." || exit 1
. tests/netns/chain.sh
need nft jq

# p - a - b = (c d e f) = g - h
node p a b c d e f g h
link a b 1
# The phone's cable is a tun, as in earnest.
[ -c /dev/net/tun ] || skip_all "needs /dev/net/tun"
python3 tests/netns/wire.py "wl-$WORLD-p" "wl-$WORLD-a" x20 >"$TEMP/wire" 2>&1 &
for _ in $(seq 300); do grep -q ready "$TEMP/wire" && break; sleep 0.1; done
end=1
for n in p a; do
	on $n ip -batch - <<-END
		addr add 198.18.20.$end/24 dev x20
		addr add 2001:db8:20::$end/64 dev x20 nodad
		link set x20 up
	END
	end=2
done
link g h 9
net=2
for branch in c d e f; do
	link b $branch $net
	link $branch g $((net + 10))
	on $branch ip route add 198.18.9.0/24 via 198.18.$((net + 10)).2
	on $branch ip route add 198.18.1.0/24 via 198.18.$net.1
	on $branch ip -6 route add 2001:db8:9::/64 via 2001:db8:$((net + 10))::2
	on $branch ip -6 route add default via 2001:db8:$net::1
	net=$((net + 1))
done
on p ip route add default via 198.18.20.2
on p ip -6 route add default via 2001:db8:20::2
on a ip route add default via 198.18.1.2
on a ip -6 route add default via 2001:db8:1::2
on b ip -6 route add 2001:db8:20::/64 via 2001:db8:1::1
on g ip -6 route add 2001:db8:20::/64 via 2001:db8:12::1
on g ip -6 route add 2001:db8:1::/64 via 2001:db8:12::1
on g ip route add 198.18.1.0/24 via 198.18.12.1
on h ip route add default via 198.18.9.1
on h ip -6 route add default via 2001:db8:9::1
on b ip route add 198.18.9.0/24 nexthop via 198.18.2.2 nexthop via 198.18.3.2 \
	nexthop via 198.18.4.2 nexthop via 198.18.5.2
on b ip -6 route add 2001:db8:9::/64 nexthop via 2001:db8:2::2 nexthop via 2001:db8:3::2 \
	nexthop via 2001:db8:4::2 nexthop via 2001:db8:5::2

# The node: as a tunnel's end does it.
on a nft -f - <<-END
	table ip nat {
		chain after {
			type nat hook postrouting priority 100;
			oifname x1 masquerade
		}
	}
END
# Only packets with data of the app: probes are 40 and 38 bytes (IPv6: 60 and 58).
for branch in c d e f; do
	on $branch nft -f - <<-END
		table inet truth {
			set seen4 { type inet_proto . inet_service; }
			set seen6 { type inet_proto . inet_service; }
			chain pass {
				type filter hook forward priority 0;
				meta nfproto ipv4 meta l4proto { tcp, udp } th dport 7000 meta length > 100 \
					add @seen4 { meta l4proto . th sport }
				meta nfproto ipv6 meta l4proto { tcp, udp } th dport 7000 meta length > 100 \
					add @seen6 { meta l4proto . th sport }
			}
		}
	END
done
# What must not happen, at the phone and at the server.
on p nft -f - <<-END
	table inet bad {
		counter errors { }
		counter resets { }
		chain in {
			type filter hook prerouting priority -400;
			icmp type { destination-unreachable, time-exceeded } counter name errors
			icmpv6 type { destination-unreachable, time-exceeded } counter name errors
			tcp flags & rst == rst counter name resets
		}
	}
END
on h nft -f - <<-END
	table inet bad {
		counter probes { }
		counter resets { }
		chain in {
			type filter hook prerouting priority -400;
			meta l4proto { tcp, udp } ip ttl < 4 counter name probes
			meta l4proto { tcp, udp } ip6 hoplimit < 4 counter name probes
			tcp dport 7000 ip6 length 20 tcp flags == ack counter name probes
			tcp dport 7000 ip length 40 tcp flags == ack counter name probes
			tcp flags & rst == rst counter name resets
			udp dport 7000 meta length < 100 counter name probes
		}
	}
END

counted() {
	on "$1" nft list counter inet bad "$2" | awk '$1 == "packets" { print $2 }'
}

on h python3 tests/netns/flows_talk.py serve 7000 >"$TEMP/server" 2>&1 &
for _ in $(seq 300); do grep -q ready "$TEMP/server" && break; sleep 0.1; done

# run NAME ADDRESS KIND FLOWS: all flows talk until each is traced, however long that takes here.
run() {
	local tracer app
	rm -f "$TEMP/enough"
	timeout 120 ip netns exec "wl-$WORLD-a" "$PROGRAM" trace --live x1 --for 100s --json --wait 400ms \
		--rate 5000 --target-rate 2000 --net-rate 5000 >"$TEMP/$1.jsonl" 2>"$TEMP/$1.said" &
	tracer=$!
	sleep 0.5
	on p timeout 90 python3 tests/netns/flows_talk.py talk "$2" 7000 "$4" "$TEMP/enough" "$3" >"$TEMP/$1.talk" 2>&1 &
	app=$!
	for _ in $(seq 300); do
		[ "$(grep -c '"method":"flow"' "$TEMP/$1.jsonl")" -ge "$4" ] && break
		sleep 0.2
	done
	touch "$TEMP/enough"
	wait $app
	echo $? >"$TEMP/$1.status"
	kill $tracer
	wait $tracer
}

# compare NAME PROTO SET FLOWS: each flow's branch, traced and counted; the middle hop is branch c to f.
compare() {
	for branch in c d e f; do
		on "$branch" nft -j list set inet truth "$3" | sed "s/^/$branch /"
	done >"$TEMP/truth"
	python3 - "$TEMP/truth" "$TEMP/$1.jsonl" "$2" "$4" <<-'END'
		import json, sys
		truth, branches = {}, {}
		for i, name in enumerate("cdef"):
		    branches[f"198.18.{i + 2}.2"] = branches[f"2001:db8:{i + 2}::2"] = name
		for line in open(sys.argv[1]):
		    name, text = line.split(" ", 1)
		    for entry in json.loads(text)["nftables"]:
		        for e in entry.get("set", {}).get("elem", []):
		            proto, port = e["concat"]
		            if proto == sys.argv[3]:
		                truth.setdefault(port, set()).add(name)
		same, wrong, flows = 0, [], 0
		for line in open(sys.argv[2]):
		    t = json.loads(line)
		    if t["method"] != "flow" or t["dport"] != 7000 or t["sport"] not in truth:
		        continue
		    flows += 1
		    hops = [{r["addr"] for r in h["replies"] if r["addr"]} for h in t["hops"]]
		    named = [branches.get(a) for h in hops for a in h if a in branches]
		    whole = len(hops) == 3 and all(len(h) == 1 for h in hops)
		    if whole and t["stop_reason"] == "maxttl" and set(named) == truth[t["sport"]]:
		        same += 1
		    else:
		        wrong.append((t["sport"], t["stop_reason"], hops, truth[t["sport"]]))
		print(f"{same} of {flows} traced, {len(truth)} counted")
		for w in wrong[:5]:
		    print(w)
		sys.exit(not (same == flows == len(truth) == int(sys.argv[4])))
	END
}

run tcp4 198.18.9.2 tcp 100
check "100 TCP flows: the path traced is the path of the app's packets in 100" compare tcp4 tcp seen4 100
sed 's/^/# /' "$TEMP/out"
check "every message of these came back whole" same "$(cat "$TEMP/tcp4.status" "$TEMP/tcp4.talk")" "0
wrong 0"
sed 's/^/# /' "$TEMP/tcp4.said"

run udp4 198.18.9.2 udp 30
check "30 UDP flows likewise" compare udp4 udp seen4 30
check "every datagram of these came back whole" same "$(cat "$TEMP/udp4.status" "$TEMP/udp4.talk")" "0
wrong 0"
run tcp6 2001:db8:9::2 tcp 50
check "50 TCP flows over IPv6 likewise" compare tcp6 tcp seen6 50
check "every message of these came back whole" same "$(cat "$TEMP/tcp6.status" "$TEMP/tcp6.talk")" "0
wrong 0"

# Byte-exact transfer while it is traced, again and again.
(for _ in $(seq 4); do
	timeout 60 ip netns exec "wl-$WORLD-a" "$PROGRAM" trace --live x1 --for 3s --json --wait 300ms \
		--attempts 10 --target-rate 2000 2>>"$TEMP/carry.said"
done >"$TEMP/carry.jsonl") &
tracers=$!
sleep 0.3
on p timeout 120 python3 tests/netns/flows_talk.py carry 198.18.9.2 7000 20000000 >"$TEMP/carry" 2>&1
check "20 MB to and fro during tracing are the same to the byte" same "$(cat "$TEMP/carry")" \
	"bytes 20000000 same"
wait $tracers
check "and were traced meanwhile, whole, each time that they were seen" jq -se 'length >= 1 and all(.method == "flow" and
	.stop_reason == "maxttl" and (.hops | length) == 3 and all(.hops[].replies[]; .addr != null)) and
	(map(.hops[].replies | length) | add) >= 30' "$TEMP/carry.jsonl"
sed 's/^/# /' "$TEMP/carry.said"

check "the phone got no ICMP error" same "$(counted p errors)" 0
check "no RST at the phone" same "$(counted p resets)" 0
check "no RST at the server" same "$(counted h resets)" 0
check "no probe came as far as the server" same "$(counted h probes)" 0

# What this machine does not let out is no router's silence.
on a nft -f - <<-END
	table netdev shut { chain out { type filter hook egress device x1 priority 0;
		ip ttl 2 udp dport 7000 drop; }; }
END
run lost 198.18.9.2 udp 4
check "a probe that did not leave is lost, and its neighbours answered" jq -se '[.[] | select(.method == "flow")] |
	length == 4 and all(.hops[1].replies | length > 3 and all(.lost == true and .addr == null)) and
	all(.hops[0, 2].replies | all(.lost != true and .addr != null)) and all(.probes_sent == 6)' "$TEMP/lost.jsonl"
sed 's/^/# /' "$TEMP/lost.said"
on a nft delete table netdev shut

# A router that lets only every fourth of its errors out, and remarks what it forwards: asked again it is found,
# and those behind it say what they saw. (One flow: two would share the count.)
on b nft -f - <<-END
	table ip tells {
		chain out { type filter hook output priority 0; icmp type time-exceeded numgen inc mod 4 < 3 drop; }
		chain remark { type filter hook forward priority 0; udp dport 7000 ip dscp set cs1; }
	}
END
run tells 198.18.9.2 udp 1 7s
check "a router that limits its answers is asked again, more slowly, and answers" jq -se 'length == 1 and
	(.[0] | .method == "flow" and .stop_reason == "maxttl" and .server_hops == 4 and (.hops[0].replies | length == 4 and
	all(.[:3][]; .addr == null) and .[3].addr == "198.18.1.2") and .duration_ms > 500)' "$TEMP/tells.jsonl"
check "and those behind tell what they saw, as to a plain trace: remarking, their own TOS and IP ID, no rewriting" jq -se '
	.[0] | all(.hops[1, 2].replies[]; .seen == {"tos": 32} and .tos == 192 and .ip_id > 0 and .quoted_ttl == 1 and
	.reply_ttl > 60 and .rewritten == false and .late == false) and .hops[0].replies[3].seen == null' "$TEMP/tells.jsonl"
sed 's/^/# /' "$TEMP/tells.said"
on b nft delete table ip tells

# A server so far away that no distance is believed: an ordinary trace stands for the flow, within the limits.
on h sysctl -qw net.ipv4.ip_default_ttl=10
timeout 60 ip netns exec "wl-$WORLD-a" "$PROGRAM" trace --live x1 --for 5s --json --wait 300ms --max-ttl 2 \
	>"$TEMP/beside.jsonl" 2>"$TEMP/beside.said" &
tracer=$!
sleep 0.5
on p timeout 60 python3 tests/netns/flows_talk.py talk 198.18.9.2 7000 3 2 tcp >"$TEMP/talk" 2>&1
wait $tracer
check "where the distance is not told: ordinary traces within --max-ttl, which name the flow's port" jq -se '
	length == 3 and (map(.beside_sport) | unique | length) == 3 and all(.method == "tcp-syn" and
	.stop_reason == "maxttl" and (.hops | length) == 2 and .beside_sport > 1023 and .beside_sport != .sport and
	.not_inside == "too_far" and .server_hops == null)' "$TEMP/beside.jsonl"
check "and the app notices nothing of them" same "$(cat "$TEMP/talk")" "wrong 0"
sed 's/^/# /' "$TEMP/beside.said"

read_back() {
	for file in tcp4 udp4 tcp6 lost tells beside; do
		"$PROGRAM" trace --read "$TEMP/$file.jsonl" --format json | cmp - "$TEMP/$file.jsonl" || return 1
	done
}
check "--read gives all of that back, to the byte" read_back

check "the table went away with the process" same "$(on a nft list tables | grep -c inflow)" 0
# A separate SYN trace to the same server and port, one for each flow.
yes "198.18.9.2 tcp-syn 7000" | head -100 |
	timeout 60 ip netns exec "wl-$WORLD-a" "$PROGRAM" trace --json --wait 300ms --attempts 1 --gap 2 \
		--rate 5000 --target-rate 2000 --net-rate 5000 >"$TEMP/syn.jsonl"
differ() {
	python3 - "$TEMP/tcp4.jsonl" "$TEMP/syn.jsonl" <<-'END'
		import json, sys
		def second(path, method):
		    return [t["hops"][1]["replies"][0]["addr"] for t in map(json.loads, open(path))
		            if t["method"] == method and len(t["hops"]) > 1 and t["dport"] == 7000]
		flow, syn = second(sys.argv[1], "flow"), second(sys.argv[2], "tcp-syn")
		n = min(len(flow), len(syn))
		wrong = sum(a != b for a, b in zip(flow, syn))
		print(f"a separate SYN trace takes another branch in {wrong} of {n} flows")
		sys.exit(not (n >= 100 and wrong > n / 4))
	END
}
check "a separate SYN trace differs in a good part" differ
sed 's/^/# /' "$TEMP/out"
done_testing
