#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Traces that borrow near hops from one another give the same paths as traces that ask for all of
# their own, with fewer probes, and say of each borrowed hop whose it is and how old.
cd "$(dirname "$0")/../.." || exit 1
. tests/netns/chain.sh

need python3 jq
# Six routers in a row, a branch behind the third; fifty targets at each end.
chain 6
node b
link 3 b 20
on 6 ip route add local 198.19.0.0/24 dev lo
on b ip route add local 198.19.1.0/24 dev lo
for i in 0 1 2 3 4 5; do on $i ip route add 198.19.0.0/24 via "198.18.$i.2"; done
for i in 0 1 2; do
	on $i ip route add 198.19.1.0/24 via "198.18.$i.2"
	on b ip route add "198.18.$i.0/24" via 198.18.20.1
done
on 3 ip route add 198.19.1.0/24 via 198.18.20.2
on 0 ip route add 198.18.20.0/24 via 198.18.0.2
on 1 ip route add 198.18.20.0/24 via 198.18.1.2
on 2 ip route add 198.18.20.0/24 via 198.18.2.2
for i in $(seq 1 50); do printf '198.19.0.%d\n198.19.1.%d\n' "$i" "$i"; done >"$TEMP/targets"

# run NAME ARG…: JSON lines into NAME, narration into NAME.err, metadata into NAME.meta.
run() {
	local name=$1
	shift
	on 0 "$PROGRAM" trace --json --method icmp --attempts 1 --rate 2000 --target-rate 1000 \
		--net-rate 100000 --metadata "$TEMP/$name.meta" "$@" <"$TEMP/targets" \
		>"$TEMP/$name" 2>"$TEMP/$name.err"
}
# judge OWN SHARED: the same paths; every loan is true; prints what was saved.
judge() {
	python3 - "$TEMP/$1" "$TEMP/$2" <<'PY'
import json, sys
own, shared = ([json.loads(l) for l in open(p)] for p in sys.argv[1:3])
path = lambda d: {h["ttl"]: [r["addr"] for r in h["replies"]] for h in d["hops"]}
truth = {d["target"]: path(d) for d in own}
by_id = {d["id"]: d for d in shared}
loans = 0
assert len(own) == len(shared) == 100 and len(by_id) == 100
for d in shared:
    assert d["stop_reason"] == "reached", d
    assert path(d) == truth[d["target"]], (path(d), truth[d["target"]])
    asked = 0
    for h in d["hops"]:
        for r in h["replies"]:
            if not r.get("borrowed"):
                asked += 1
                continue
            loans += 1
            source = [q for g in by_id[r["borrowed_from"]]["hops"] if g["ttl"] == h["ttl"]
                      for q in g["replies"]]
            assert [q["addr"] for q in source] == [r["addr"]] and not source[0].get("borrowed")
            assert 0 <= r["borrowed_age_ms"] <= 60000
    assert asked <= d["probes_sent"]
sent = [sum(d["probes_sent"] for d in x) for x in (own, shared)]
print("probes: %d own, %d shared, %d hops borrowed" % (sent[0], sent[1], loans))
assert loans > 200 and sent[1] + loans / 2 < sent[0]
PY
}
meta() { python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["probes"][sys.argv[2]])' "$TEMP/$1.meta" "$2"; }
sent() { python3 -c 'import json, sys; print(sum(json.loads(l)["probes_sent"] for l in open(sys.argv[1])))' "$TEMP/$1"; }
none_borrowed() { ! grep -q borrowed "$TEMP/$1"; }

run own --quiet && run shared --share 60s
check 'borrowed hops are what the trace itself would have found' judge own shared
sed 's/^/# /' "$TEMP/out"
check 'the probes saved are said' grep -E '^waymark trace: [0-9]+ probes sent, [1-9][0-9]+ hops borrowed: [1-9][0-9]+ probes saved$' "$TEMP/shared.err"
check 'and are in the metadata' test "$(meta shared saved)" -gt 200
check 'probes_sent counts what was sent' test "$(meta shared sent)" = "$(sent shared)"
check 'without --share nothing is borrowed' none_borrowed own
run asked --quiet --share 60s --own 198.19.0.0/16
check '--own: asks for every hop itself' none_borrowed asked
check '--own: wants a prefix' same "$(on 0 "$PROGRAM" trace --own nobody 198.19.0.1 >/dev/null 2>&1; echo $?)" 2
# Hops by target, of what a format said, read back: who lent them only our own JSON can say.
hops_of() {
	"$PROGRAM" trace --read "$1" --json | jq -c '[.addr, [.hops[] | [.ttl, [.replies[].addr]]]]'
}
for f in json atlas warts; do
	"$PROGRAM" trace --read "$TEMP/shared" --format $f >"$TEMP/again"
	check "borrowed hops are in --format $f like others" same "$(hops_of "$TEMP/again")" "$(hops_of "$TEMP/shared")"
done
check 'a hundred paths of them' same "$(hops_of "$TEMP/again" | grep -c 198.18.0.2)" 100
"$PROGRAM" trace --read "$TEMP/shared" --json >"$TEMP/again" 2>/dev/null
check 'JSON read back is the same' cmp "$TEMP/shared" "$TEMP/again"
done_testing
