#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Every rule of the cascade on answers decides in a made-up scan, with its evidence; signatures are
# loaded, looked for in their order, and bounded. Against a private cluster, through the real verbs.
# shellcheck source=tests/sql/lib.sh
. "$(dirname "$0")/lib.sh"
shared=$shared/c_dns_censorship

expect 0 'a database is made' "$waymark" db init
sql -f "$here/dns_world.sql" >"$dir/out" 2>&1
ok $? 'a scan, and one before it'
cat >"$dir/geo.csv" <<'END'
network,country,asn,as_name
198.18.0.0/24,US,64500,Control
198.18.1.0/24,DE,64501,Rhein
198.18.100.0/24,US,64510,Sites
198.18.120.0/24,DE,64520,Elsewhere
END
expect 0 'where addresses are' "$waymark" geo import "$dir/geo.csv" --table lab --version 1

# --- signatures -----------------------------------------------------------------------------------------

cat >"$dir/pages.json" <<'END'
{"fingerprint":"f_gen_blocked","pattern":"BLOCKED"}
{"fingerprint":"a_prod_lab","pattern":"Server: x.*BLOCKED BY LAB"}
{"fingerprint":"e_unk_broken","pattern":"(unclosed"}
{"nothing":1}
END
printf '{"fingerprint":"x_manual","pattern":"BLOCKED BY LAB, says the manual"}\n' >"$dir/false_positive.json"
cat >"$dir/lists.csv" <<'END'
name,scope,other_names,location_found,pattern_type,pattern,confidence_no_fp,expected_countries,source,exp_url,notes
lab.known,nat,,dns,full,198.18.120.2,5,DE,lab,,"an address, given instead"
lab.header,isp,,header.X-Blocked,full,yes.no,5,DE,lab,,
lab.prefix,isp,,body,prefix,a.b(c,5,DE,lab,,
END
expect 2 'a licence is wanted' "$waymark" signatures load "$dir/pages.json"
expect 3 'signatures are loaded, what is no pattern is passed over' "$waymark" signatures load "$dir/pages.json" --licence BSD
says 'pages.json:3: passed over: no pattern: missing closing parenthesis' && says 'pages.json:4: passed over' && says '2 in set pages.json, 2 passed over'
ok $? 'and told'
expect 0 'false positives' "$waymark" signatures load "$dir/false_positive.json" --licence BSD
expect 0 'addresses and places in a page' "$waymark" signatures load "$dir/lists.csv" --licence none
expect 0 'again replaces' "$waymark" signatures load "$dir/lists.csv" --licence none
is 'a header and the beginning of a body become patterns' '(?i)\r\n%X\x2dBlocked:[ \t]*(?-i)yes\x2eno\r\n
\r\n\r\na\x2eb\x28c' "SELECT replace(pattern, 'X\x2d', '%X\x2d') FROM ref.signature WHERE name IN ('lab.header', 'lab.prefix') ORDER BY name"
expect 0 'the sets are listed' "$waymark" signatures list --csv
says '^lists.csv,2,0,1,none,' && says '^pages.json,2,0,0,BSD,'
ok $? 'with their licences'
if [ -d "$shared" ]; then
	expect 0 'the published sets' "$waymark" signatures load "$shared/blockpage_signatures.json" --licence Apache-2.0
	says '622 in set'
	ok $? 'are loaded whole'
	expect 0 'and so are their false positives' "$waymark" signatures load "$shared/false_positive_signatures.json" --licence Apache-2.0
	says '460 in set'
	ok $? 'all of them'
	expect 0 'and go again' "$waymark" signatures remove blockpage_signatures.json
	expect 0 'both' "$waymark" signatures remove false_positive_signatures.json
fi

echo 'example. 3600 IN DS 45359 13 2 4b6baa7cd3d0781471774bb455c71b3f84a5627f90d68379753fb92aa0b81156' >"$dir/anchor"
expect 0 'the zone that signs has an anchor' "$waymark" anchors load "$dir/anchor" --source 'the test'
expect 0 'which stands beside those of the root' "$waymark" anchors list --csv
says '^example,45359,13,2,' && says '^.,20326,8,2,' && says '^.,38696,8,2,'
ok $? 'with what they are'

# --- the cascade ----------------------------------------------------------------------------------------

expect 0 'all is judged' "$waymark" judge
says '2 scans judged: '
ok $? 'both scans'
rule() { # DOMAIN WORD RULE NAME
	is "$4" "$2 $3" "SELECT word || ' ' || rule FROM judge.dns_verdict WHERE scan::text LIKE '%d2' AND resolver = '198.18.1.1'
		AND domain = '$1.example' AND repetition = 0"
}
rule dead unknown resolver_dead 'who does not answer the control either tells nothing'
rule page unexpected block_page 'a block page'
is 'is known by the first signature in order' 'a_prod_lab blockpage' "SELECT page || ' ' || page_kind FROM judge.dns_verdict WHERE domain = 'page.example' AND resolver = '198.18.1.1'"
rule known unexpected block_address 'an address known for blocking'
rule ede unexpected extended_error 'the resolver says so itself'
rule twice unexpected injected 'two answers to one question'
is 'are both kept' '{198.18.120.3}|{198.18.100.5}|10' "SELECT answers, injected_addrs, late_us FROM judge.dns_verdict WHERE domain = 'twice.example' AND resolver = '198.18.1.1'"
rule tls expected tls_consistent 'a certificate for the domain is proof'
rule same expected tls_consistent 'so is the control'"'"'s own, if nobody trusts it'
rule bogon unexpected bogon 'a private address'
rule wrong unexpected tls_inconsistent 'a certificate that nobody trusts, where the control has a good one'
rule subnet expected control_subnet 'what the control gives for this network'
rule address expected control_address 'what the control gives'
rule own unexpected own_address 'the resolver itself'
rule history expected control_history 'what the control gave last week'
rule tcp unexpected udp_tcp 'over TCP another answer, the right one'
is 'unless that is an address of a network in which the site is' 'expected control_network differ' "SELECT word || ' ' || rule || ' ' || udp_tcp
	FROM judge.dns_verdict WHERE domain = 'network.example' AND resolver = '198.18.1.3'"
rule nothing unexpected no_server 'nothing is there, where the control has a site'
rule network expected control_network 'in the network of the control'
rule stripped unexpected signature_missing 'no signature, where the control has one and the resolver passes on others'
is 'and of a resolver that passes on none it tells nothing' 'unknown unmatched true' "SELECT word || ' ' || rule || ' ' || signed_missing FROM judge.dns_verdict
	WHERE domain = 'stripped.example' AND resolver = '198.18.1.3'"
rule sealed expected signature_valid 'what the zone itself signed'
rule broken unexpected signature_bogus 'a signature of something else'
is 'an old signature decides nothing' 'unknown unmatched bogus expired example' "SELECT word || ' ' || rule || ' ' || signature || ' ' || signature_why FROM v1.dns_verdict
	WHERE domain = 'sealed.example' AND resolver = '198.18.1.20'"
is 'a forged one says why' 'bogus changed example' "SELECT signature || ' ' || signature_why FROM judge.dns_verdict
	WHERE resolver = '198.18.1.1' AND domain = 'broken.example'"
is 'without bytes nothing is said' 'indeterminate unread' "SELECT DISTINCT signature || ' ' || signature_why FROM judge.dns_verdict
	WHERE resolver = '198.18.1.1' AND domain NOT IN ('sealed.example', 'broken.example') AND packets > 0 AND rcode = 0"
is 'what is told of keys is no pair to be judged' 0 "SELECT count(*) FROM judge.dns_verdict WHERE qtype IN (43, 48)"
rule nowhere unknown no_control 'no control, no verdict'
rule unmatched unknown unmatched 'another address alone proves nothing'
rule failed unknown control_failed 'nor does silence when one control failed'
rule nx unexpected nxdomain 'NXDOMAIN'
rule refused unexpected refused 'REFUSED'
rule servfail unexpected servfail 'SERVFAIL'
rule other unexpected other_rcode 'another code'
rule unusable unexpected unusable 'packets that are no answers'
rule empty unexpected empty 'no address'
rule silent unexpected silent 'silence between two answered controls'
rule harmless expected tls_consistent 'a page that only looks like one'
is 'is told so' 'x_manual false_positive' "SELECT page || ' ' || page_kind FROM judge.dns_verdict WHERE domain = 'harmless.example' AND resolver = '198.18.1.1'"
rule cdn expected tls_consistent 'an edge of a distribution network'
is 'a resolver that fails everywhere tells nothing' 'unknown resolver_fails 9' "SELECT min(word) || ' ' || min(rule) || ' ' || count(*)
	FROM judge.dns_verdict WHERE resolver = '198.18.1.2' HAVING min(rule) = max(rule)"
is 'who runs no resolver and answers' 'unexpected nobody_answered twice.example' "SELECT word || ' ' || rule || ' ' || domain FROM judge.dns_verdict WHERE kind = 2"
is 'pairs that depend on the path are told' 'path.example 2' "SELECT domain || ' ' || count(*) FROM judge.dns_verdict WHERE path_dependent GROUP BY domain"
is 'a signed name without signature' 'true false' "SELECT signed_missing || ' ' || EXISTS (SELECT FROM judge.dns_verdict WHERE signed_missing AND domain NOT IN ('signed.example', 'stripped.example'))
	FROM judge.dns_verdict WHERE domain = 'signed.example' AND resolver = '198.18.1.1'"
is 'names without an AAAA are no failures' 'nxdomain' "SELECT rule FROM judge.dns_verdict WHERE resolver = '198.18.1.5' AND domain = 'nx.example'"
is 'and who fails for one type fails for that' 'nxdomain|resolver_fails' "SELECT string_agg(DISTINCT rule, ' ') FILTER (WHERE qtype = 1 AND word <> 'expected'), string_agg(DISTINCT rule, ' ')
	FILTER (WHERE qtype = 28) FROM judge.dns_verdict WHERE resolver = '198.18.1.6' AND domain LIKE 'has%'"
is 'what the control gives too is no block page, whatever stands there' 'control_address a_prod_lab blockpage' "SELECT rule || ' ' || page || ' ' || page_kind
	FROM judge.dns_verdict WHERE domain = 'looks.example' AND resolver = '198.18.1.4'"
is 'nothing is there, nor at the address of the site in that family' 'unmatched none' "SELECT rule || ' ' || tls FROM judge.dns_verdict WHERE domain = 'nothing.example' AND qtype = 28 AND resolver = '198.18.1.4'"
is 'who reached no address of the family tells nothing of them' 'unmatched not fetched' "SELECT rule || ' ' || coalesce(tls, 'not fetched') FROM judge.dns_verdict WHERE domain = 'six.example' AND resolver = '198.18.1.4'"
is 'who reached some does' 'no_server' "SELECT rule FROM judge.dns_verdict WHERE domain = 'six.example' AND resolver = '198.18.1.7'"
is 'what an answer says of itself it says in the place of a dead resolver, too' 'bogon bogon|ede extended_error|known block_address|nx resolver_dead|page block_page|tls tls_consistent|unmatched resolver_dead' \
	"SELECT string_agg(split_part(domain, '.', 1) || ' ' || rule, '|' ORDER BY domain) FROM judge.dns_verdict WHERE resolver = '198.18.1.8'"
is 'two answers that are both confirmed are no injection' 'address injected|nx injected|tls tls_consistent|twice tls_consistent' \
	"SELECT string_agg(split_part(domain, '.', 1) || ' ' || rule, '|' ORDER BY domain) FROM judge.dns_verdict WHERE resolver = '198.18.1.9' AND injected"
is 'what a clean node saw of a site counts, where it saw any' 'alone tls_consistent|between tls_inconsistent' "SELECT string_agg(split_part(domain, '.', 1) || ' ' || rule, '|' ORDER BY domain)
	FROM judge.dns_verdict WHERE domain IN ('alone.example', 'between.example') AND resolver = '198.18.1.1'"
is 'nor does a control confirm what was answered twice for him' 'injected|injected' "SELECT string_agg(rule, '|') FROM judge.dns_verdict WHERE domain = 'both.example' AND injected"
expect 0 'the scan before is judged after the one that came later' "$waymark" judge --scan past
is 'which tells nothing of it' 'no_control' "SELECT rule FROM judge.dns_verdict WHERE resolver = '198.18.1.10'"
is 'every rule decided somewhere' '' "SELECT r.name FROM judge.dns_rule r WHERE r.version = 3 AND NOT EXISTS (SELECT FROM judge.dns_verdict v WHERE v.rule = r.name AND v.version = 3)"
is 'no word but the three' 'expected unexpected unknown' "SELECT string_agg(DISTINCT word, ' ' ORDER BY word) FROM judge.dns_verdict"
is 'Satellite would call the edge an anomaly' 't' "SELECT anomaly FROM judge.dns_satellite WHERE domain = 'cdn.example' AND resolver = '198.18.1.1'"
is 'and sets it aside, for it was seen for one domain' 't|{few_domains}' "SELECT excluded, exclude_reason FROM judge.dns_satellite WHERE domain = 'cdn.example' AND resolver = '198.18.1.1'"
tried() { # CHANGE COLUMNS WHERE: what Satellite's rule says then
	echo "BEGIN; $1; DO \$\$ BEGIN PERFORM judge.dns_satellite_rule(id) FROM raw.scan WHERE name = 'now'; END \$\$; SELECT $2 FROM judge.dns_satellite WHERE scan::text LIKE '%d2' AND $3; ROLLBACK"
}
for each in 'Google LLC' 'GOOGLE' 'Cloudflare, Inc.' 'Akamai International B.V.'; do
	is "and if it is of $each, for that, too" '{is_CDN,few_domains}' "$(tried "UPDATE judge.place SET as_name = '$each' WHERE addr = '198.18.120.12'" \
		exclude_reason "domain = 'cdn.example' AND resolver = '198.18.1.1'")"
done
is 'an address that stands there twice counts once' '{66.66666666666667,0,0}|33.333333333333336' "$(tried "UPDATE raw.dns_pair
	SET addr = '{198.41.0.4,198.18.100.200,198.18.120.9,198.18.120.9,198.41.0.4}', addr_answer = '{1,2,2,2,3}' WHERE domain = 'network.example' AND resolver = '198.18.1.1'
		AND scan::text LIKE '%d2'; INSERT INTO raw.page SELECT (jsonb_populate_record(g, '{\"addr\": \"198.18.100.200\", \"chain\": null, \"http_sha256\": \"\\\\x01\"}')).* FROM raw.page g WHERE domain = 'network.example' LIMIT 1" \
	'matches, average' "domain = 'network.example' AND resolver = '198.18.1.1'")"
is 'and one failed control passes as v2.2, not as v2.1' 'false false|true true' "SELECT string_agg(passed_liveness || ' ' || anomaly, '|' ORDER BY repetition)
	FROM judge.dns_satellite WHERE domain = 'nx.example' AND resolver = '198.18.1.4'"

for format in v2.2 v2.2-raw v1; do
	folder=$("$waymark" export satellite --format $format now "$dir/$format" 2>"$dir/out")
	ok $? "the scan goes out as $format"
	python3 "$here/satellite_forms.py" rules "$folder" >"$dir/out" 2>&1 && [ ! -s "$dir/out" ]
	ok $? 'as its readers demand: no line would be dropped'
done
jq -rs 'map(select(.resolver_ip == "1.1.1.1") | "\(.resolver_is_trusted) \(.resolver_name)") | unique | join(",")' "$dir"/v2.2-raw/*/*.json >"$dir/out" 2>&1
grep -h '"1.1.1.1"' "$dir"/v2.2/*/resolvers.json "$dir"/v1/*/resolvers.json | jq -r .name >>"$dir/out" 2>&1
[ "$(cat "$dir/out")" = "true control
control
control" ]
ok $? 'a control resolver that everybody knows, and nobody listed, goes out as one'
jq -r 'select(.keyword == "between.example" or .keyword == "alone.example") | .keyword + " " + (.http.body? // "none")' "$dir"/v2.2/*/control_pages.json |
	sort | tr '\n' , >"$dir/out"
[ "$(cat "$dir/out")" = 'alone.example none,alone.example what he made of it,between.example site,' ]
ok $? 'the pages of controls go out as a clean node saw them'
for view in $(sql -c "SELECT table_name FROM information_schema.views WHERE table_schema = 'v1' AND (table_name LIKE 'dns%' OR table_name = 'scan')"); do
	sql -c "SET ROLE waymark_read; SELECT * FROM v1.$view" >"$dir/out" 2>&1
	ok $? "an analyst reads v1.$view"
done

# --- shares and their denominators ------------------------------------------------------------------------

# Of one domain: refused for two resolvers (one of them wanted for nothing else), not asked of one, not judged of one.
sql -c "INSERT INTO raw.dns_pair SELECT (jsonb_populate_record(p, jsonb_build_object('item', 30000 + n, 'state', x.state, 'resolver', '198.18.1.' || host,
		'domain', 'wanted.example'))).*
	FROM (SELECT p FROM raw.dns_pair p WHERE scan::text LIKE '%d2' AND resolver = '198.18.1.1' AND domain = 'address.example' AND qtype = 1 LIMIT 1) q,
		(VALUES (1, 4, 3), (2, 4, 250), (3, 5, 2), (4, 2, 4), (5, 1, 1)) AS x (n, state, host);
	INSERT INTO judge.dns_verdict SELECT (jsonb_populate_record(v, '{\"domain\": \"wanted.example\", \"word\": \"unexpected\", \"injected\": true, \"page_kind\": \"blockpage\"}')).*
	FROM judge.dns_verdict v WHERE scan::text LIKE '%d2' AND resolver = '198.18.1.1' AND domain = 'address.example' AND qtype = 1" >"$dir/out" 2>&1
ok $? 'pairs refused, not asked, and not judged yet'
all='b.pairs, b.asked, b.refused, b.not_asked, b.judged, b.expected, b.unexpected, b.unknown, b.injected, b.block_pages, b.unexpected_share'
by() { # VIEW WHERE VALUES NAME [FIRST]: the first columns, then those all have
	is "$4" "$3" "SELECT ${5:+$5, }$all FROM v1.dns_by_$1 AS b ${6-JOIN v1.scan USING (scan)} WHERE $2"
}
of="name = 'now' AND domain = 'wanted.example'"
by resolver "name = 'now' AND resolver = '198.18.1.1'" 'DE|64501|36|38|38|0|0|38|12|21|5|2|2|0.6364' 'by resolver' 'b.country, b.asn, b.domains'
by resolver "name = 'now' AND resolver = '198.18.1.250'" '0|1|0|1|0|0|0|0|0|0|0|' 'and of one that opted out' b.domains
by domain "$of" '1|1|1|5|2|2|1|1|0|1|0|1|1|1.0000' 'by domain' 'b.resolvers, b.countries, b.unexpected_countries'
by country "$of AND b.country = 'DE'" '1|1|1|1|4|2|1|1|1|0|1|0|1|1|1.0000' 'by country' 'b.resolvers, b.networks, b.unexpected_resolvers, b.unexpected_networks'
by country "$of AND b.country IS NULL" '0|1|0|1|0|0|0|0|0|0|0|' 'of nowhere, until it is looked up' b.resolvers
by network "$of AND b.asn = 64501" 'Rhein|DE|1|4|2|1|1|1|0|1|0|1|1|1.0000' 'by network' 'b.as_name, b.country, b.resolvers'
is 'which begins on Monday in UTC, wherever one asks' '2026-11-09' "BEGIN; SET LOCAL TimeZone = 'Pacific/Auckland'; UPDATE raw.scan SET started = '2026-11-15 22:00Z' WHERE name = 'now';
	SELECT max(week) FROM v1.dns_by_week; ROLLBACK"
by week "b.country = 'DE' AND domain = 'wanted.example'" '2026-11-16|1|1|4|2|1|1|1|0|1|0|1|1|1.0000' 'by week' 'b.week, b.scans, b.resolvers' ''
is 'controls and addresses that run none are in no count' '0' "SELECT count(*) FROM v1.dns_by_resolver WHERE resolver IN ('198.18.0.53', '198.18.1.99')"
is 'pairs add up' 't' "SELECT bool_and(pairs = asked + refused + not_asked AND asked = answered + timed_out + failed) FROM v1.scan"
for view in resolver domain country network week; do
	is "by $view, too" 't' "SELECT bool_and(pairs = asked + refused + not_asked AND asked >= judged AND judged = expected + unexpected + unknown) FROM v1.dns_by_$view"
done
sql -c "DELETE FROM raw.dns_pair WHERE domain = 'wanted.example'" -c "DELETE FROM judge.dns_verdict WHERE domain = 'wanted.example'" >"$dir/out" 2>&1
is 'no week differs from one in which too little was asked' 0 "SELECT count(*) FROM v1.dns_change"

# Of 10 resolvers nobody forged in the week before and 9 in the next; of 10 others 5 both times.
sql -c "CREATE TEMP TABLE many AS SELECT p FROM raw.dns_pair p WHERE scan::text LIKE '%d2' AND resolver = '198.18.1.1' AND domain = 'address.example';
	INSERT INTO raw.dns_pair SELECT (jsonb_populate_record(p, jsonb_build_object('item', 40000 + 100 * s + 10 * d + n, 'resolver', '198.18.1.' || 200 + n,
			'domain', 'change' || d || '.example', 'scan', '00000000-0000-4000-8000-0000000000d' || s))).*
		FROM many, generate_series(0, 9) n, generate_series(1, 2) d, generate_series(1, 2) s;
	INSERT INTO judge.dns_verdict SELECT (jsonb_populate_record(v, jsonb_build_object('resolver', '198.18.1.' || 200 + n, 'domain', 'change' || d || '.example',
			'scan', '00000000-0000-4000-8000-0000000000d' || s, 'word', CASE WHEN n < CASE d WHEN 2 THEN 5 WHEN 1 THEN 9 * (s - 1) END
				THEN 'unexpected' ELSE 'expected' END))).*
		FROM (SELECT v FROM judge.dns_verdict v WHERE scan::text LIKE '%d2' AND resolver = '198.18.1.1' AND domain = 'address.example') x,
			generate_series(0, 9) n, generate_series(1, 2) d, generate_series(1, 2) s" >"$dir/out" 2>&1
ok $? 'two weeks of twenty pairs'
is 'a share that jumped is told, one that stayed is not' '2026-11-16||change1.example|1|2026-10-26|10|10|0.9000|0.0000|4.05' 'SELECT * FROM v1.dns_change'
sql -c "DELETE FROM judge.dns_verdict WHERE domain ~ '^change'" -c "DELETE FROM raw.dns_pair WHERE domain ~ '^change'" >"$dir/out" 2>&1
ok $? 'and they go again'

# --- asked again ------------------------------------------------------------------------------------------

# Every pair stands there a second time, as when an agent was killed before it noted one; one over TCP.
was=$(sql -c "SELECT md5(string_agg(v::text, ';' ORDER BY v::text)) FROM judge.dns_verdict v WHERE domain <> 'unmatched.example'")
pairs=$(sql -c "SELECT count(*) FROM judge.dns_verdict")
counts="SELECT pairs, asked, answered, timed_out, failed, refused, not_asked, resolvers, domains FROM v1.scan WHERE name = 'now'"
counted=$(sql -c "$counts")
shown() { "$waymark" scan show now --csv | grep ',pair,\|^pair,'; }
said=$(shown)
sql -c "CREATE TEMP TABLE again AS SELECT * FROM raw.dns_pair WHERE scan::text LIKE '%d2';
	UPDATE again SET item = item + 10000, started = started - interval '1 minute';
	UPDATE again SET try_transport = '{2,2,2}', addr = array_replace(addr, '198.18.120.9', '198.18.100.17'), started = started + interval '1 hour'
		WHERE domain = 'unmatched.example' AND resolver = '198.18.1.1';
	INSERT INTO raw.dns_pair SELECT * FROM again" >"$dir/out" 2>&1
ok $? 'every pair of a scan is asked again'
sql -c "INSERT INTO raw.dns_pair SELECT (jsonb_populate_record(p, '{\"item\": 20000, \"state\": 5, \"started\": \"2026-11-21\"}')).* FROM raw.dns_pair p
	WHERE scan::text LIKE '%d2' AND kind = 1 LIMIT 1" >"$dir/out" 2>&1
ok $? 'and of one it is told, too, that it was not asked'
expect 0 'it is judged' "$waymark" judge --scan now
is 'each pair once' "$pairs" "SELECT count(*) FROM judge.dns_verdict"
is 'and counted once' "$counted" "$counts"
[ -n "$said" ] && [ "$(shown)" = "$said" ]
ok $? 'and shown once' "was: $said; is: $(shown)"
sql -c "INSERT INTO raw.dns_pair SELECT (jsonb_populate_record(p, '{\"item\": 20001, \"kind\": 3}')).* FROM raw.dns_pair p
	WHERE scan::text LIKE '%d2' AND kind = 1 AND state = 1 ORDER BY item LIMIT 1" >"$dir/out" 2>&1 && expect 0 'of one the path is asked, too' "$waymark" judge --scan now
is 'which is no other record of it' 0 'SELECT count(*) FROM judge.dns_again WHERE item = 20001'
is 'as before' "$was" "SELECT md5(string_agg(v::text, ';' ORDER BY v::text)) FROM judge.dns_verdict v WHERE domain <> 'unmatched.example'"
rule unmatched unexpected udp_tcp 'what came over TCP is evidence of what came over UDP'
folder=$("$waymark" export satellite --format v2.2 now "$dir/again" 2>"$dir/out")
is 'and goes out once' "$(grep -c . "$folder/results.json")" "SELECT count(*) FROM judge.dns_satellite WHERE scan::text LIKE '%d2' AND qtype NOT IN (43, 48)"
sql -c "UPDATE raw.dns_pair SET answer_wire = array_fill('\\x00'::bytea, ARRAY[cardinality(answer_try)]) WHERE domain = 'page.example' AND resolver = '198.18.1.1'"
folder=$("$waymark" export satellite --format v1 now "$dir/again1" 2>"$dir/out")
is 'its packets, too' "$(grep '"page.example"' "$folder/answers_raw.json" | grep -c '"198.18.1.1"')" "SELECT count(DISTINCT (qtype, repetition, packet)) FROM v1.dns_packet
	WHERE domain = 'page.example' AND resolver = '198.18.1.1' AND try = 2 AND wire IS NOT NULL"

expect 0 'nothing is due then' "$waymark" judge
! says 'scans judged'
ok $? 'nothing is'
# --- what is due: batch by batch, nothing counted -------------------------------------------------------

batch() { # TABLE SCAN: the stream's next batch, with a copy of one row that scan has there; no table: without
	sql -c "UPDATE raw.stream SET last_seq = last_seq + 1 WHERE id = 1"
	[ -z "$1" ] || sql -c "INSERT INTO $1 SELECT (jsonb_populate_record(x, jsonb_build_object('seq', (SELECT last_seq FROM raw.stream WHERE id = 1),
		'domain', 'new.example'))).* FROM $1 x WHERE scan::text LIKE '%$2' AND node = 1 LIMIT 1" || give_up "a batch"
}
due() { # NAMES NAME: which scans are due, after another look
	is "$2" "$1" "SELECT FROM judge.dns_notice(); SELECT coalesce(string_agg(s.name, ' ' ORDER BY s.name), 'none') FROM judge.dns_due JOIN raw.scan s ON s.id = scan"
}
due none 'all batches were looked at'
batch ''
due none 'a batch without facts of scans makes none due'
sql -c "UPDATE judge.dns_verdict SET version = 2 WHERE scan::text LIKE '%d2'"
due now 'a scan that an older cascade judged is due'
expect 0 'it is judged' "$waymark" judge
is 'by that of now' 3 "SELECT DISTINCT version FROM judge.dns_verdict WHERE scan::text LIKE '%d2'"
batch raw.dns_pair d1
due past 'a late pair makes its scan due, and no other'
due past 'until it is judged'
expect 0 'it is judged' "$waymark" judge
says '1 scans judged'
ok $? 'alone'
is 'with the pair' 1 "SELECT count(*) FROM judge.dns_verdict WHERE domain = 'new.example' AND scan::text LIKE '%d1'"
due none 'and is not due any more'
batch raw.page d2
batch raw.resolver d1
due 'now past' 'a page does so, and a resolver'
sql -c "CREATE TABLE public.noticed AS SELECT * FROM judge.dns_news WHERE scan::text LIKE '%d2'" -c "UPDATE judge.dns_news SET seq = seq - 1 WHERE scan::text LIKE '%d2'"
sql -c "CREATE FUNCTION public.meanwhile() RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN
		UPDATE judge.dns_news n SET seq = o.seq FROM public.noticed o WHERE o.scan = n.scan AND o.stream = n.stream AND n.scan IN (SELECT scan FROM fresh); RETURN NULL; END \$\$" \
	-c "GRANT SELECT ON public.noticed TO PUBLIC" -c "CREATE TRIGGER meanwhile AFTER INSERT ON judge.dns_satellite REFERENCING NEW TABLE AS fresh EXECUTE FUNCTION public.meanwhile()"
expect 0 'both are judged, and while they are, more comes of one' "$waymark" judge
due now 'which is due again'
sql -c "DROP TRIGGER meanwhile ON judge.dns_satellite" -c "DROP FUNCTION public.meanwhile" -c "DROP TABLE public.noticed"
expect 0 'and judged again' "$waymark" judge
batch raw.dns_pair d1
sql -c "UPDATE raw.scan SET created = now() - interval '31 days' WHERE name = 'past'"
due none 'but what comes after a month is not worth a judgement'

expect 0 'one scan is judged afresh' "$waymark" judge --scan now
says '1 scans judged'
ok $? 'that one'
expect 4 'a scan that is not there' "$waymark" judge --scan none

# --- and comes in again -------------------------------------------------------------------------------------

# The form has no types and few words for errors: our own lines say more.
sql -c "UPDATE raw.dns_pair SET try_error = '{0,9,0}' WHERE domain = 'unusable.example' AND resolver = '198.18.1.1';
	CREATE TEMP TABLE more AS SELECT * FROM raw.dns_pair WHERE scan::text LIKE '%d2' AND domain = 'empty.example' AND resolver = '198.18.1.1';
	INSERT INTO more SELECT * FROM raw.dns_pair WHERE scan::text LIKE '%d2' AND domain = 'address.example' AND resolver = '198.18.1.1' LIMIT 1;
	UPDATE more SET addr = array_replace(addr, '198.18.100.11', '2001:db8::11') WHERE domain = 'address.example';
	UPDATE more SET item = item + 20000, qtype = 28;
	INSERT INTO raw.dns_pair SELECT * FROM more" >"$dir/out" 2>&1
ok $? 'pairs for AAAA, one without an address, and one with packets that are no answers'
expect 0 'the scan is judged' "$waymark" judge --scan now
folder=$("$waymark" export satellite --format v2.2 now "$dir/back" 2>"$dir/out")
python3 "$here/satellite_forms.py" rules "$folder" >"$dir/out" 2>&1 && [ ! -s "$dir/out" ]
ok $? 'it goes out as readers demand'
python3 - "$folder/results.json" >"$dir/out" 2>&1 <<'END'
import json, sys
said = {}
for line in open(sys.argv[1]):
    r = json.loads(line)
    assert list(r['waymark'])[-2:] == ['node', 'transport'], r['waymark']
    assert (r['waymark']['node'], r['waymark']['transport']) == ('alpha', 'udp') or r['test_url'] == 'unmatched.example', r['waymark']
    if (r['vp'], r['test_url']) == ('198.18.1.1', 'address.example'):
        said[r['waymark']['qtype']] = [(list(t['response']), t['has_type_a']) for t in r['response'] if t['response']]
assert said == {1: [(['198.18.100.11'], True)], 28: [(['2001:db8::11'], False)]}, said
END
ok $? 'an address of AAAA is none of A; node and transport stand there' "$(cat "$dir/out")"
expect 0 'it comes in' "$waymark" import satellite "$folder" --name back
expect 0 'it is judged' "$waymark" judge --scan back
is 'and Satellite'\''s rule says what it said' "$(grep -c . "$folder/results.json")|{}" "SELECT count(*) || '|' || string_agg(DISTINCT differs::text, ' ')
	FROM v1.dns_published JOIN raw.scan s ON s.id = scan WHERE s.name = 'back'"

# --- keys -------------------------------------------------------------------------------------------------

looked() { # WHAT NAME: at sealed.example, at the resolver's answer
	expect 0 'the scan is judged' "$waymark" judge --scan now
	is "$2" "$1" "SELECT word || ' ' || rule || ' ' || signature || ' ' || coalesce(signature_why, '') FROM judge.dns_verdict WHERE domain = 'sealed.example' AND resolver = '198.18.1.1' AND scan::text LIKE '%d2'"
}
told() { sql -c "UPDATE raw.dns_pair p SET $1 FROM public.told t WHERE p.qtype = 48 AND p.scan = t.scan" >"$dir/out" 2>&1; }
sql -c "CREATE TABLE public.told AS SELECT scan, answer_wire[2] AS wire, overlay(answer_wire[2] PLACING '\x07' FROM 60) AS other FROM raw.dns_pair
	WHERE qtype = 48 AND scan::text LIKE '%d2'"
told "answer_wire[2] = substring(t.wire FOR 20)"
looked 'unknown unmatched indeterminate no_keys example' 'keys that nobody told'
told "answer_wire[2] = t.other"
looked 'unknown unmatched bogus wrong_keys example' 'others, that no anchor names: what they signed is nothing'
told "answer_wire[2] = t.other, answer_wire[4] = t.wire, answer_mark[4] = 8199"
looked 'expected signature_valid secure example' 'the right ones behind a forged answer'
expect 0 'the anchor is taken away' "$waymark" anchors remove Example. 45359
looked 'unknown unmatched indeterminate no_keys .' 'without an anchor nothing is believed'
expect 0 'it comes back' "$waymark" anchors load "$dir/anchor"
told "answer_wire[2] = t.wire, answer_wire[4] = NULL, answer_mark[4] = 16391"
looked 'expected signature_valid secure example' 'and all is as before'
expect 2 'what is no DS record is no anchor' "$waymark" anchors load "$dir/geo.csv"
sql -c "DROP TABLE public.told"

had=$(sql -c "SELECT count(*) FROM judge.dns_pages_that_count('00000000-0000-4000-8000-0000000000d2')")
sql -c "INSERT INTO raw.page SELECT (jsonb_populate_record(g, '{\"item\": 32000, \"http_state\": 5, \"https_state\": 5, \"chain\": null}')).*
	FROM raw.page g WHERE scan::text LIKE '%d2' ORDER BY item LIMIT 1"
is 'a page that was taken back before it was asked for is none' "$had" \
	"SELECT count(*) FROM judge.dns_pages_that_count('00000000-0000-4000-8000-0000000000d2')"
done_testing
