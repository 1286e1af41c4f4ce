#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A scan of open resolvers by signed orders: discovery, questions, pages, all by one node and all in
# the database under the scan's id; orders past the node's policy are refused as results; an agent
# that is killed in the middle of any of them, or finds its disk full, goes on, and nothing is told
# twice or missing; orders that are taken back stop, and what they left is told as such.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/tap.sh
. tests/tap.sh
need_root
bin=${WAYMARK_BIN:-$PWD/build/bin}
waymark=$bin/waymark
dir=$(mktemp -d /tmp/wm-scan.XXXXXX)
chmod 755 "$dir"
ns=wl-scan-a-$$ there=wl-scan-b-$$
export WAYMARK_DATA=$dir/data WAYMARK_KEYS=$dir/op
unset WAYMARK_DB
collector='' agent='' world='' web=''

finish() {
	rm -f "$dir/filling"
	for pid in $agent $collector $world $web; do kill "$pid" 2>/dev/null; done
	wait
	umount -l "$dir/agent" 2>/dev/null
	"$waymark" db stop >/dev/null 2>&1
	ip netns del "$ns" 2>/dev/null
	ip netns del "$there" 2>/dev/null
	rm -rf "$dir"
}
trap finish EXIT

# shellcheck disable=SC2317 # called by ok
explain() { tail -n 5 "$dir"/*.log "$dir/out" 2>/dev/null; }
within() { # SECONDS COMMAND…: until it succeeds
	local end=$(($(date +%s) + $1))
	shift
	until "$@"; do
		[ "$(date +%s)" -lt "$end" ] || return 1
		sleep 0.2
	done
}
sql() { psql -XAtq "host=$WAYMARK_DATA/socket dbname=waymark user=waymark" -c "$1" 2>>"$dir/out"; }
logged() { grep -q "$2" "$dir/$1.log"; }
ended() { # SCAN STATE HOW-MANY: so many of its orders stand so
	[ "$("$waymark" scan show "$1" --json 2>"$dir/out" | jq "[.orders[] | select(.state == \"$2\")] | length")" = "$3" ]
}
gives() { is "$(sql "$1")" "$2" "$3"; } # SQL WANTED NAME
rows() { [ "$(sql "SELECT count(*) FROM raw.$1 WHERE scan = '$scan'")" -ge "$2" ]; } # TABLE AT-LEAST
told() { [ -s "$(echo "$dir/agent"/scan-*.noted)" ]; } # the node has noted down what it told, and has not ended
kill_agent() { kill -KILL "$agent" && wait "$agent" 2>/dev/null; }
run_agent() {
	ip netns exec "$ns" "$bin/waymark-agent" --config "$dir/agent.conf" >>"$dir/agent.log" 2>&1 &
	agent=$!
}

{
	ip netns add "$ns" && ip netns add "$there" &&
		ip -n "$ns" link add eth0 type veth peer name eth0 netns "$there" &&
		ip -n "$ns" link set lo up && ip -n "$there" link set lo up &&
		ip -n "$ns" link set eth0 up && ip -n "$there" link set eth0 up &&
		ip -n "$ns" addr add 198.18.42.1/30 dev eth0 && ip -n "$there" addr add 198.18.42.2/30 dev eth0 &&
		ip -n "$ns" route add 198.18.0.0/15 via 198.18.42.2 &&
		ip -n "$there" route add local 198.18.40.0/23 dev lo && ip -n "$there" route add local 198.18.50.0/24 dev lo &&
		ip -n "$there" route add unreachable 198.18.66.0/24 &&
		ip netns exec "$there" sysctl -qw net.ipv4.ip_forward=1 net.ipv4.icmp_ratelimit=0 &&
		mkdir "$dir/agent" && mount -t tmpfs -o size=64m,mode=755 wm-scan "$dir/agent" &&
		"$waymark" db init && "$bin/waymark-agent" keygen --keys "$dir/keys" && "$waymark" operator keygen &&
		"$waymark" node add alpha --country CH --position 47.4,8.5 --address4 198.18.42.1 --key "$dir/keys/node.pub" &&
		"$waymark" operator add me --key "$dir/op/operator.pub"
} >"$dir/out" 2>&1
ok $? 'a database, a node, an operator, and resolvers on the other side'
ip netns exec "$there" python3 tests/netns/discover_world.py "$dir/asked" >"$dir/world.log" 2>&1 &
world=$!
ip netns exec "$there" python3 - "$dir/agents" >/dev/null 2>&1 <<-'PYTHON' &
	import http.server, sys
	class Page(http.server.BaseHTTPRequestHandler):
	    def do_GET(self):
	        print(self.headers["User-Agent"], file=open(sys.argv[1], "a"))
	        self.send_response(200)
	        self.end_headers()
	        self.wfile.write(b"the right page\n")
	http.server.ThreadingHTTPServer(("198.18.50.1", 80), Page).serve_forever()
PYTHON
web=$!
within 60 logged world ready
ip netns exec "$ns" "$bin/waymark-collector" --listen 'tcp://127.0.0.1:5757' >"$dir/collector.log" 2>&1 &
collector=$!
cat >"$dir/agent.conf" <<-CONF
	name = alpha
	role = vantage
	data = $dir/agent
	keys = $dir/keys
	collector = tcp://127.0.0.1:5757
	collector-key = $WAYMARK_DATA/collector.pub
	operator-key = $dir/op/operator.pub
	allow = dns
	allow = discover
	allow = fetch
	deny = 198.18.40.8/32
	outside = lo
	resolver = 198.18.41.53
	scan-rate = 500
	scan-rate-target = 1000
	scan-rate-net = 2000
	max-scan = 5000
	contact = https://prober.example/
CONF
within 60 logged collector ev=ready
run_agent
within 60 logged agent ev=link_up
ok $? 'collector and agent work'

# --- discovery ---
printf '198.18.40.2 special\n198.18.40.99\n' >"$dir/list"
scan=$("$waymark" scan discover alpha 198.18.40.0/28 --list "$dir/list" --control scan.example --right 198.18.50.1 \
	--whoami '*.whoami.example' --nothing nothing.example --wait 400ms --every 100ms --rate 30 --reserved --name lab 2>"$dir/out")
within 60 told
kill_agent
kill -HUP "$world"
told
ok $? 'the agent is killed while it discovers'
run_agent
within 60 ended "$scan" 'done' 1
ok $? 'the discovery is carried out to its end'
within 60 rows resolver 12
gives "SELECT count(*), count(DISTINCT (addr, role)) FROM raw.resolver WHERE scan = '$scan'" '12|12' 'every resolver is told exactly once'
gives "SELECT string_agg(host(addr) || ' ' || state || ' ' || class, ',' ORDER BY addr, role) FROM raw.resolver
	WHERE scan = '$scan' AND host(addr) IN ('198.18.40.1', '198.18.40.3', '198.18.40.4', '198.18.40.8', '198.18.40.99')" \
	'198.18.40.1 1 1,198.18.40.3 1 3,198.18.40.4 2 0,198.18.40.99 3 0' \
	'resolvers with state and class; not one that is denied'
gives "SELECT count(*) FROM raw.resolver WHERE scan = '$scan' AND infrastructure" 5 'those that are infrastructure'
[ "$(grep -c '^198.18.40.8 ' "$dir/asked")" -eq 0 ]
ok $? 'the denied address was not asked'

# --- questions, with the agent killed in the middle ---
for i in $(seq 80); do echo "site$i.example"; done >"$dir/domains"
cp "$dir/domains" "$dir/slow"
for i in $(seq 1250); do echo "back$i.example"; done >"$dir/many"
printf '198.18.40.%s\n' 1 2 5 12 8 >"$dir/resolvers"
# What a node could not do, or would leave out unsaid, is refused where it is typed.
refused() { # RESOLVER NAME SAYS
	printf '%s\n' "$1" >"$dir/odd.r" && printf '%s\n' "$2" >"$dir/odd.d"
	"$waymark" scan start alpha --scan "$scan" --resolvers "$dir/odd.r" --domains "$dir/odd.d" >"$dir/out" 2>&1
	[ $? = 2 ] && grep -q "$3" "$dir/out"
	ok $? "\"$1\" and \"$2\" are no order: $3"
}
refused 198.18.40.1 bad..name 'odd.d:1: not a name'
refused 198.18.40.1 1,site.example 'odd.d:1: not a name'
refused '198.18.40.1 control' site.example 'odd.r:1: not an address alone'
"$waymark" scan start alpha --reserved --scan "$scan" --resolvers "$dir/resolvers" --domains "$dir/domains" \
	--control scan.example --listen 100ms --rate 300 >"$dir/out" 2>&1
ok $? 'questions are ordered'
within 60 rows dns_pair 41
ok $? 'pairs arrive while it is at work'
kill_agent
ls "$dir/agent"/scan-*.state >/dev/null 2>&1
ok $? 'the agent is killed, and its scan is noted down'
run_agent
sleep 1
kill -TERM "$agent" # and stopped
wait "$agent" 2>/dev/null
run_agent
within 60 ended "$scan" 'done' 2
ok $? 'it goes on where it was, to the end'
within 60 rows dns_pair 400
gives "SELECT count(*), count(DISTINCT (resolver, domain, qtype, repetition)) FROM raw.dns_pair WHERE scan = '$scan'" \
	'400|400' 'every pair is told exactly once'
gives "SELECT string_agg(host(resolver) || ' ' || state || ' ' || c, ',' ORDER BY resolver, state)
	FROM (SELECT resolver, state, count(*) AS c FROM raw.dns_pair WHERE scan = '$scan' GROUP BY 1, 2) AS t
	WHERE host(resolver) IN ('198.18.40.1', '198.18.40.5', '198.18.40.8')" \
	'198.18.40.1 1 80,198.18.40.5 1 80,198.18.40.8 4 80' 'and what is denied is told as refused'
! ls "$dir/agent"/scan-* >/dev/null 2>&1
ok $? 'nothing of it is left on the node'

# --- and with the disk full in the middle ---
sed -n '1,50s/site/full/p' "$dir/domains" >"$dir/more"
many() { [ "$(sql "SELECT count(*) FROM raw.dns_pair WHERE scan = '$scan' AND domain LIKE 'full%'")" -ge "$1" ]; }
"$waymark" scan start alpha --reserved --scan "$scan" --resolvers "$dir/resolvers" --domains "$dir/more" \
	--control scan.example --listen 100ms --rate 300 >"$dir/out" 2>&1 && within 60 many 41
touch "$dir/filling"
while [ -e "$dir/filling" ]; do
	dd if=/dev/zero bs=4k count=20000 2>/dev/null >>"$dir/agent/ballast"
	sleep 0.01
done &
filler=$!
within 60 logged agent ev=scan_waits
ok $? 'a scan whose disk is full says that it waits'
sleep 1.5
[ "$(grep -c ev=scan_waits "$dir/agent.log")" = 1 ] && ! many 250
ok $? 'once, and asks nothing more meanwhile'
rm "$dir/filling"
wait "$filler"
rm "$dir/agent/ballast"
within 60 ended "$scan" 'done' 3
ok $? 'it goes on when there is room, to the end'
within 60 many 250
gives "SELECT count(*), count(DISTINCT (resolver, domain, qtype, repetition)) FROM raw.dns_pair
	WHERE scan = '$scan' AND domain LIKE 'full%'" '250|250' 'no pair is told twice, none is missing'
gives "SELECT count(*) > 0 FROM raw.outcome WHERE detail LIKE 'goes on after%'" t 'and that it waited is on record'

"$waymark" verify --all >"$dir/out" 2>&1
ok $? 'what is stored is what the node signed'

# --- pages: what the answers serve ---
sql "DELETE FROM raw.dns_pair WHERE scan = '$scan' AND domain NOT IN ('site1.example', 'site2.example')" >/dev/null
"$waymark" scan fetch alpha --scan lab --rate 1 >"$dir/out" 2>&1 && within 60 told
kill_agent
told
ok $? 'what answers serve is ordered, and the agent killed while it fetches'
run_agent
within 60 ended "$scan" 'done' 4
ok $? 'all is fetched in the end'
within 60 rows page 4
gives "SELECT string_agg(host(addr) || ' ' || domain || ' ' || http_state || ' ' || coalesce(trim(E'\\n' FROM encode(http_body, 'escape')), '-'), ',' ORDER BY addr, domain)
	FROM raw.page WHERE scan = '$scan'" \
	'198.18.50.1 site1.example 1 the right page,198.18.50.1 site2.example 1 the right page,198.18.66.6 site1.example 2 -,198.18.66.6 site2.example 2 -' \
	'each address with each domain, once'
is "$(sed 's/waymark[^;]*;/waymark;/' "$dir/agents" | sort -u)" 'Mozilla/5.0 (compatible; waymark; +https://prober.example/)' \
	'the prober says who asks'
[ "$("$waymark" scan fetch alpha --scan lab 2>&1 >/dev/null)" = 'waymark scan: 0 orders for alpha' ]
ok $? 'what was fetched is not ordered again'

# --- a clean node fetches what controls gave ---
{
	"$bin/waymark-agent" keygen --keys "$dir/clean" &&
		"$waymark" node add beta --country US --position 40,-74 --key "$dir/clean/node.pub" --clean
} >"$dir/out" 2>&1 && [ "$("$waymark" node list --json | jq -r 'select(.clean == "yes") | .name')" = beta ]
ok $? 'a node is admitted as clean'
"$waymark" scan fetch alpha --scan lab --clean nobody >"$dir/out" 2>&1
is $? 4 'a clean node that is none is told'
sql "UPDATE raw.resolver SET role = 2 WHERE scan = '$scan' AND host(addr) = '198.18.40.1'" >/dev/null
"$waymark" scan fetch alpha --scan lab 2>&1 >/dev/null | grep -qx 'waymark scan: 1 orders for clean nodes' &&
	[ "$("$waymark" scan show lab --json | jq -r '.orders[] | select(.state == "waiting") | .node')" = beta ]
ok $? 'what a control gave is ordered from it, too'
gives "SELECT clean FROM v1.scan WHERE scan = '$scan'" '{beta}' 'which the scan says'
"$waymark" node clean beta maybe >"$dir/out" 2>&1
is $? 2 'clean is yes or no'
"$waymark" node clean beta no >"$dir/out" 2>&1 && [ "$("$waymark" node list --json | jq -r 'select(.clean == "yes") | .name')" = '' ]
ok $? 'no longer'

# --- policy ---
"$waymark" scan discover alpha 198.18.0.0/16 --scan lab --reserved >"$dir/out" 2>&1 && within 60 ended "$scan" refused_rate 1
ok $? 'a larger scan than the node allows is refused, and the refusal is a result'
"$waymark" scan discover alpha 198.18.0.0/30 --scan lab --reserved --rate 501 >"$dir/out" 2>&1 &&
	within 60 ended "$scan" refused_rate 2
ok $? 'so is a higher rate'
denied() { [ "$(sql "SELECT count(*) FROM raw.dns_pair WHERE scan = '$scan' AND domain = 'reserved.example'")" = 5 ]; }
echo reserved.example >"$dir/domains"
"$waymark" scan start alpha --scan lab --resolvers "$dir/resolvers" --domains "$dir/domains" >"$dir/out" 2>&1 &&
	within 60 ended "$scan" 'done' 5
within 60 denied
gives "SELECT DISTINCT state, detail FROM raw.dns_pair WHERE scan = '$scan' AND domain = 'reserved.example'" '4|denied' \
	'reserved addresses are asked only where the order says so'

# --- orders taken back ---
printf '198.18.40.%s\n' 1 2 5 12 >"$dir/four"
scan=$("$waymark" scan start alpha --reserved --resolvers "$dir/four" --domains "$dir/many" --control scan.example \
	--listen 100ms --name back 2>"$dir/out") && within 60 rows dns_pair 1
ok $? 'a scan is under way that uses all of the rate'
"$waymark" scan discover alpha 198.18.40.0/28 --scan back --control scan.example --reserved >"$dir/out" 2>&1 &&
	within 60 ended "$scan" accepted 2
ok $? 'and another order of it waits until the rate is free'
"$waymark" scan end back --operator-key "$dir/agent" >"$dir/out" 2>&1
[ $? -ne 0 ] && "$waymark" scan list --json 2>"$dir/out" | jq -es '.[] | select(.name == "back") | .ended == null' >/dev/null
ok $? 'without the key of an operator a scan with open orders does not end'
"$waymark" scan end back 2>&1 | grep -qx 'waymark scan end: 2 orders taken back, of 1 nodes' && within 30 ended "$scan" withdrawn 2
ok $? 'with it the orders are taken back'
last=$(wc -l <"$dir/asked")
is "$("$waymark" scan show back --json | jq -r '.orders[] | select(.state == "done").detail')" \
	'1 stopped, 1 never begun, 0 not here' 'which the node says'
within 60 rows dns_pair 5000
gives "SELECT count(*), count(DISTINCT (resolver, domain)), count(*) FILTER (WHERE state = 5) BETWEEN 500 AND 4990
	FROM raw.dns_pair WHERE scan = '$scan'" '5000|5000|t' 'every pair is told once, those not asked as such'
gives "SELECT count(*) FROM raw.resolver WHERE scan = '$scan'" 0 'what had not begun never was'
sleep 0.5
[ "$(wc -l <"$dir/asked")" -eq "$last" ] && ! ls "$dir/agent"/scan-* >/dev/null 2>&1
ok $? 'nobody is asked any more, and nothing of it is left on the node'
sql "DELETE FROM raw.dns_pair WHERE scan = '$scan' AND NOT (domain = ANY (ARRAY(SELECT domain FROM raw.dns_pair WHERE scan = '$scan' AND state = 1 ORDER BY domain LIMIT 20)))" >/dev/null
"$waymark" scan fetch alpha --scan back --rate 2 >"$dir/out" 2>&1 && within 60 rows page 1
"$waymark" order withdraw "$scan" >"$dir/out" 2>&1 && within 30 ended "$scan" withdrawn 3
wishes=$(sql "SELECT count(*) FROM (SELECT DISTINCT u, domain FROM judge.dns_asked, unnest(answers) u WHERE scan = '$scan') AS w")
within 60 rows page "$wishes"
gives "SELECT count(*), count(*) FILTER (WHERE (http_state, https_state) = (5, 5)) BETWEEN 3 AND $wishes - 1 FROM raw.page WHERE scan = '$scan'" \
	"$wishes|t" 'pages too'
[ "$("$waymark" scan fetch alpha --scan back 2>&1 >/dev/null)" = 'waymark scan: 1 orders for alpha' ] &&
	"$waymark" order withdraw "$scan" >"$dir/out" 2>&1
ok $? 'those that were not asked are ordered again'
for i in $(seq 100); do echo "198.18.40.$i"; done >"$dir/list"
scan=$("$waymark" scan discover alpha --list "$dir/list" --control scan.example --reserved --rate 20 --name found 2>"$dir/out") &&
	within 60 rows resolver 1
"$waymark" order withdraw "$scan" >"$dir/out" 2>&1 && within 30 ended "$scan" withdrawn 1
within 60 rows resolver 100
gives "SELECT count(*), count(*) FILTER (WHERE state = 5) BETWEEN 30 AND 98 FROM raw.resolver WHERE scan = '$scan'" '100|t' \
	'and of a list those that were not asked'
"$waymark" order withdraw "$scan" >"$dir/out" 2>&1
is $? 4 'what is done cannot be taken back'

# Ordered and taken back while the agent is away: one is under way on the node, one it never gets.
scan=$("$waymark" scan start alpha --reserved --resolvers "$dir/resolvers" --domains "$dir/slow" --control scan.example \
	--listen 100ms --rate 40 --name away 2>"$dir/out") && within 60 rows dns_pair 9
kill_agent
"$waymark" scan discover alpha 198.18.40.0/28 --scan away --control scan.example --reserved >"$dir/out" 2>&1
"$waymark" scan end away >"$dir/out" 2>&1 && ended "$scan" withdrawn 1
ok $? 'an order the node does not have yet is taken back at once'
run_agent
within 30 ended "$scan" withdrawn 2 && within 60 rows dns_pair 400
gives "SELECT count(*), count(DISTINCT (resolver, domain)) FROM raw.dns_pair WHERE scan = '$scan'" '400|400' \
	'what was under way stops when the agent comes back'
gives "SELECT count(*) FROM raw.outcome u JOIN registry.orders o ON u.orders = o.id WHERE o.scan = '$scan'" 3 \
	'the other the node was never given'
# A node that is killed before it has written a scan off does so when it is back.
scan=$("$waymark" scan start alpha --reserved --resolvers "$dir/resolvers" --domains "$dir/slow" --control scan.example \
	--listen 100ms --rate 40 --name off 2>"$dir/out") && within 60 rows dns_pair 9
kill_agent
sed -i 's/^open /stop /' "$dir/agent/orders"
run_agent
within 30 ended "$scan" withdrawn 1 && within 60 rows dns_pair 400
ok $? 'a scan that was taken back stays so over an end of the agent'
"$waymark" scan end off --operator-key "$dir/agent" >"$dir/out" 2>&1
ok $? 'a scan without open orders ends without a key'

"$waymark" scan end lab >"$dir/out" 2>&1 && "$waymark" scan list --json 2>"$dir/out" | jq -es '.[0].ended != null' >/dev/null
ok $? 'a scan is ended and listed'
done_testing
