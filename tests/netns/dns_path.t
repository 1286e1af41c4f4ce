#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Across the lab's borders: the hop that forges answers is found, whether it uses a TTL of its own or
# copies the question's, races first or second; an honest country has none; an address that runs no
# resolver answers all the same where there is an injector. The forged answer and the true one are
# both kept.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/tap.sh
. tests/tap.sh
need_root
bin=${WAYMARK_BIN:-$PWD/build/bin}
lab=dnsp$$
dir=$(mktemp -d)
trap '"$bin/waymark-lab" down --name "$lab" >/dev/null 2>&1; rm -rf "$dir"' EXIT
world=deploy/lab/world/satellite.conf
"$bin/waymark-lab" up "$world" --name "$lab" >"$dir/up" 2>&1 || give_up "the lab comes up" "$(cat "$dir/up")"
dns() { "$bin/waymark-lab" exec --name "$lab" de1 -- "$bin/waymark" dns "$@"; }

for _ in $(seq 100); do
	[ "$(dns site001.example @198.18.96.10 --quiet 2>/dev/null)" != "" ] && break
	sleep 0.2
done
control=(--control scan.example --json --quiet --listen 1s)
"$bin/waymark-lab" names "$world" >"$dir/names"
dns --trace chat001.example @198.18.96.10 @198.18.100.10 @198.18.104.10 "${control[@]}" --timeout 1s \
	>"$dir/border"
dns --trace site001.example @198.18.96.10 "${control[@]}" --timeout 1s >"$dir/honest"
dns chat001.example @198.18.98.10 --nobody --tries 1 --listen 500ms --json --quiet >"$dir/nobody"
dns site001.example @198.18.98.10 --nobody --tries 1 --timeout 500ms --json --quiet >"$dir/quiet"
dns chat001.example @198.18.96.10 @198.18.104.10 "${control[@]}" >"$dir/both"
dns --trace site001.example @198.18.96.10 "${control[@]}" --timeout 1s >/dev/full 2>"$dir/full"
echo $? >>"$dir/full"
python3 - "$dir" <<'PY'
import json, sys
d = sys.argv[1]
lines = lambda name: [json.loads(x) for x in open(f"{d}/{name}")]
n = 0
bad = []
def ok(good, what, detail=""):
    global n
    n += 1
    print(("ok" if good else "not ok"), n, "-", what)
    if not good:
        bad.append(what)
        print(f"# Failed: {what}\n#   {detail}", file=sys.stderr)
names = dict(line.strip().split(",")[:2] for line in open(f"{d}/names"))
def router(p):
    hop = p["injector_hop"]
    return names.get(p["hops"][hop - 1]["control"], "?") if hop else "?"
def said(p):
    return {k: v for k, v in p["path"].items() if k != "hops"}
by = {p["resolver"]: p for p in lines("border")}
for at, who, copied, where in (("198.18.96.10", "own TTL", False, "bjs1"),
                               ("198.18.100.10", "copied TTL", True, "thr1"),
                               ("198.18.104.10", "second in the race", False, "khi1")):
    p = by[at]["path"]
    ok(p["injected"] and p["ttl_copied"] == copied and router(p).startswith(where),
       f"the injector is found at {where}: {who}", [router(p), said(by[at])])
    ports = {t["sport"] for t in by[at]["tries"]}
    ok(len(ports) == 1, "all questions on one flow", ports)
    quoted = [a for t in by[at]["tries"] for a in t["answers"] if a.get("icmp")]
    ok(len(quoted) > 3, "routers quote the questions", len(quoted))
p = lines("honest")[0]
ok(not p["path"]["injected"] and p["path"]["answer_hop"] == p["path"]["resolver_hop"],
   "a name that nobody forges is answered at the resolver", said(p))
ok(lines("nobody")[0]["status"] == "answered", "an address without a resolver answers: forged")
ok(lines("quiet")[0]["status"] != "answered", "… and not for a name that nobody forges",
   lines("quiet")[0]["status"])
for p in lines("both"):
    a = p["tries"][-1]["answers"]
    ok(len(a) >= 2 and any(x.get("differs") for x in a), "forged and true answer are both kept",
       [[x["at_ms"], x["ip_ttl"], x["ip_id"], x["records"]] for x in a])
full = open(f"{d}/full").read().split()
ok(full[-1] == "1" and len(full) > 1, "what cannot be written down is told", full)
print(f"1..{n}")
sys.exit(1 if bad else 0)
PY
