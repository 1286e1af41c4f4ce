#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Published scans are read whole in every format, and Satellite's rule comes to the verdicts that were
# published, field by field. Against a private cluster, through the real verbs.
# shellcheck source=tests/sql/lib.sh
. "$(dirname "$0")/lib.sh"
need openssl base64 jq
data=$root/tests/data/satellite
scan() { echo "(SELECT id FROM raw.scan WHERE name = '$1')"; }

expect 0 'a database is made' "$waymark" db init

# --- all versions are read ----------------------------------------------------------------------------

for each in 'Satellitev1_2018-08-03 v1 31 8 0 5' 'Satellitev2_2021-04-25 v2.1 23 8 0 5' 'Satellitev2-2021-10-20 v2.2 45 12 21 10' \
	'Satellitev2-records v2.2 9 9 0 8'; do
	# shellcheck disable=SC2086 # words are wanted
	set -- $each
	expect 0 "$2 is imported" "$waymark" import satellite "$data/$1"
	says "($2): $3 lines, 0 of them unreadable; $4 pairs, $5 pages, $6 resolvers"
	ok $? 'with every line'
done

expect 1 'what is stored already is refused, under another name, too' "$waymark" import satellite "$data/Satellitev1_2018-08-03" --name other
says 'stored already, as scan 1 (Satellitev1_2018-08-03): --again takes it as one more'
ok $? 'with the scan that it is'
(cd "$data" && printf "%s\n" Satellitev1_2018-08-03/*.json | sort -r | tar -czf "$dir/v1.tar.gz" -T -)
expect 1 'and as an archive, whose files are in another order' "$waymark" import satellite "$dir/v1.tar.gz"
mkdir "$dir/less" && cp "$data"/Satellitev1_2018-08-03/*.json "$dir/less" && sed -i 1d "$dir/less/answers_control.json"
expect 0 'one line less is something else' "$waymark" import satellite "$dir/less"
is 'nothing of what was refused is there' '1|Satellitev1_2018-08-03
7|less' "SELECT serial, name FROM raw.scan WHERE format = 'v1' ORDER BY serial"
sql -c "DELETE FROM raw.satellite_told WHERE scan IN (SELECT id FROM raw.scan WHERE name = 'less'); DELETE FROM raw.scan WHERE name = 'less'" >"$dir/out" 2>&1
expect 0 'once more, if it is asked for, and under another name' "$waymark" import satellite "$data/Satellitev1_2018-08-03" --again --name other
is 'it is of the day its folder says' '2018-08-03 00:00:00+00' "SELECT started FROM raw.scan WHERE name = 'other'"
sql -c "DELETE FROM raw.scan WHERE name = 'other'" >"$dir/out" 2>&1

mkdir -p "$dir/CP_Satellite-2021-03-17-12-00-01/raw"
cat >"$dir/CP_Satellite-2021-03-17-12-00-01/raw/results.json" <<'END'
{"vp":"198.18.0.1","location":{"country_name":"Germany","country_code":"DE"},"test_url":"a.example","response":{"198.18.9.1":["ip","no_tags"]},"passed_control":true,"connect_error":false,"in_control_group":true,"anomaly":false,"confidence":{"average":100,"matches":[100],"untagged_controls":true,"untagged_response":true},"start_time":"2021-03-17 12:00:02 -0400 EDT","end_time":"2021-03-17 12:00:03 -0400 EDT"}
{"vp":"198.18.0.2","location":{"country_name":"Germany","country_code":"DE"},"test_url":"a.example","response":{"error":["read udp 198.18.0.9:4000->198.18.0.2:53: i/o timeout"]},"passed_control":true,"connect_error":true,"in_control_group":true,"anomaly":false,"confidence":{"average":0,"matches":null,"untagged_controls":true,"untagged_response":false},"start_time":"2021-03-17 12:00:02 -0400 EDT","end_time":"2021-03-17 12:00:03 -0400 EDT"}
END
cat >"$dir/CP_Satellite-2021-03-17-12-00-01/raw/responses_control.json" <<'END'
{"vp":"1.1.1.1","test_url":"a.example","response":[{"url":"a.root-servers.net","has_type_a":true,"response":["198.41.0.4"],"error":"null","rcode":0,"start_time":"2021-03-17 12:00:01 -0400 EDT","end_time":"2021-03-17 12:00:01.1 -0400 EDT"},{"url":"a.example","has_type_a":true,"response":["198.18.9.1"],"error":"null","rcode":0,"start_time":"2021-03-17 12:00:01.1 -0400 EDT","end_time":"2021-03-17 12:00:01.2 -0400 EDT"}],"passed_control":true,"connect_error":false}
END
tar -C "$dir" -czf "$dir/CP_Satellite-2021-03-17-12-00-01.tar.gz" CP_Satellite-2021-03-17-12-00-01
expect 0 'v2.0, as an archive' "$waymark" import satellite "$dir/CP_Satellite-2021-03-17-12-00-01.tar.gz" --name v2.0
says '(v2.0): 3 lines, 0 of them unreadable; 3 pairs'
ok $? 'with every line'
is 'an error without an rcode is a try' '{2}|{1}|{2}' "SELECT try_role, try_error, try_outcome FROM raw.dns_pair
	WHERE scan = $(scan v2.0) AND resolver = '198.18.0.2'"

cat >"$dir/DE.json" <<'END'
{"domain":"a.root-servers.net","domain_is_control":true,"date":"2023-01-02","start_time":"2023-01-02T00:00:01.5-05:00","end_time":"2023-01-02T00:00:09.5-05:00","retry":null,"resolver_ip":"198.18.0.2","resolver_name":"ns.example.","resolver_is_trusted":false,"resolver_netblock":null,"resolver_asn":1,"resolver_as_name":null,"resolver_as_full_name":null,"resolver_as_class":null,"resolver_country":"DE","resolver_organization":null,"received_error":"read udp 198.18.0.9:4000->198.18.0.2:53: i/o timeout","received_rcode":-1,"answers":[],"measurement_id":"ab","source":"CP_Satellite-2023-01-02-00-00-00"}
{"domain":"a.example","domain_is_control":false,"date":"2023-01-02","start_time":"2023-01-02T00:00:01.5-05:00","end_time":"2023-01-02T00:00:09.5-05:00","retry":0,"resolver_ip":"198.18.0.2","resolver_name":"ns.example.","resolver_is_trusted":false,"resolver_netblock":null,"resolver_asn":1,"resolver_as_name":null,"resolver_as_full_name":null,"resolver_as_class":null,"resolver_country":"DE","resolver_organization":null,"received_error":null,"received_rcode":0,"answers":[{"ip":"198.18.9.1","asn":64500,"as_name":"LAB","ip_organization":null,"censys_http_body_hash":null,"censys_ip_cert":null,"http_error":null,"http_response_status":"200 OK","http_response_headers":["Server: x"],"http_response_body":null,"https_error":"EOF","https_response_status":null}],"measurement_id":"ab","source":"CP_Satellite-2023-01-02-00-00-00"}
{"domain":"b.example","domain_is_control":false,"date":"2023-01-02","start_time":"2023-01-02T00:00:02.5-05:00","end_time":"2023-01-02T00:00:03.5-05:00","retry":0,"resolver_ip":"198.18.0.2","resolver_name":"ns.example.","resolver_is_trusted":false,"resolver_country":"DE","received_error":null,"received_rcode":3,"answers":[],"measurement_id":"cd","source":"CP_Satellite-2023-01-02-00-00-00"}
{"domain":"b.example","domain_is_control":
END
gzip "$dir/DE.json"
expect 3 'v2.2-raw, one compressed file, with a broken line' "$waymark" import satellite "$dir/DE.json.gz"
says '(v2.2-raw): 4 lines, 1 of them unreadable; 2 pairs, 1 pages, 1 resolvers'
ok $? 'and the broken line is told'
is 'round trips of one measurement are one pair' 'a.example|{1,2}|{2,1}|{198.18.9.1}
b.example|{2}|{1}|{}' "SELECT domain, try_role, try_outcome, addr FROM raw.dns_pair WHERE scan = $(scan DE.json.gz) ORDER BY domain"
is 'the broken line is kept, with the reason' 'DE|4|no JSON object' "SELECT file, line, fault FROM raw.satellite_line
	WHERE scan = $(scan DE.json.gz) AND fault IS NOT NULL"

printf '%s\n' '{"ip":"198.18.9.9","keyword":"c.example","http":{"status_line":"200 OK","headers":{},"body":"a\u0000b\ud800c\ud83d\ude00\\u0000"},"https":"EOF","fetched":true,"start_time":"2021-10-20 18:41:10 -0400 EDT","end_time":"2021-10-20 18:41:11 -0400 EDT"}' >"$dir/blockpages.json"
expect 0 'a body that no database can hold' "$waymark" import satellite "$dir/blockpages.json"
is 'is held but for what cannot be' "$(printf 'a\xef\xbf\xbdb\xef\xbf\xbdc\xf0\x9f\x98\x80\\u0000')" "SELECT convert_from(http_body, 'UTF8') FROM raw.page
	WHERE domain = 'c.example'"
# One line in which some member is not what it should be, beside one that is right: only it is lost.
good=$(head -n 1 "$data/Satellitev2-2021-10-20/results.json")
for each in '.confidence.matches = ["x"]' '.response[0].response = {"198.18.9.1": {"asnum": 99999999999999999999}}' '.anomaly = "maybe"' \
	'.confidence.average = {}' '.response[0].start_time = "0001-01-01 00:00:00 +0000 UTC"'; do
	{
		echo "$good"
		jq -c "$each | .vp = \"198.18.0.3\"" <<<"$good"
	} >"$dir/results.json"
	expect 3 "$each" "$waymark" import satellite "$dir/results.json" --name odd
	says ': 2 lines, 1 of them unreadable; 1 pairs'
	ok $? 'is that line alone'
done
sql -c "DELETE FROM raw.satellite_told WHERE scan IN (SELECT id FROM raw.scan WHERE name = 'odd'); DELETE FROM raw.scan WHERE name = 'odd'" >"$dir/out" 2>&1
expect 4 'a folder of something else is refused' "$waymark" import satellite "$root/tests/data/oracle"
expect 4 'so is one that is not there' "$waymark" import satellite "$dir/none"
printf 'x\ny\n' >"$dir/results.json"
expect 1 'of which no line can be read, nothing is stored' "$waymark" import satellite "$dir/results.json"
is 'nothing' 0 "SELECT count(*) FROM raw.scan WHERE name = 'results.json'"

# --- certificates are read, as others read them ---------------------------------------------------------

read_others() { # lines HOST|BASE64: what openssl says of each
	local host der cert
	while IFS='|' read -r host der; do
		cert=$(base64 -d <<<"$der" | openssl x509 -inform der)
		echo "$host|$(openssl x509 -noout -subject -nameopt sep_multiline,utf8 <<<"$cert" | sed -n 's/^ *CN=//p')|$(date -ud "$(
			openssl x509 -noout -startdate <<<"$cert" | cut -d= -f2)" +%s)|$(date -ud "$(openssl x509 -noout -enddate <<<"$cert" |
			cut -d= -f2)" +%s)|$(openssl x509 -noout -ext subjectAltName <<<"$cert" | grep -o 'DNS:[^,]*' |
			cut -c5- | head -n 64 | xargs | tr ' ' ,)" # that many are kept
	done
}
pages="FROM raw.page WHERE scan = $(scan Satellitev2-2021-10-20) AND chain IS NOT NULL ORDER BY item"
wanted=$(sql -c "SELECT domain, translate(encode(chain[1], 'base64'), E'\\n', '') $pages" | read_others)
[ "$(wc -l <<<"$wanted")" -ge 8 ] && ! grep -q '||' <<<"$wanted"
ok $? 'published certificates' "$wanted"
is 'subject, validity, names' "$wanted" "SELECT domain, subject, extract(epoch FROM not_before)::bigint,
	extract(epoch FROM not_after)::bigint, array_to_string(names, ',') $pages"
is 'and who issued them' 't' "SELECT bool_and(issuer <> '') FROM raw.page WHERE chain IS NOT NULL"
cert=$(sql -c "SELECT translate(encode(chain[1], 'base64'), E'\n', '') $pages LIMIT 1")
for each in "$cert" "${cert:0:64}"; do
	printf '{"domain":"d%s.example","domain_is_control":false,"start_time":"2023-01-02T00:00:02.5-05:00","end_time":"2023-01-02T00:00:03.5-05:00","retry":0,"resolver_ip":"198.18.0.2","resolver_is_trusted":false,"received_error":null,"received_rcode":0,"answers":[{"ip":"198.18.9.1","https_response_status":"200 OK","https_tls_cert":"%s","https_tls_cert_common_name":"told"}],"measurement_id":"%s","source":"x"}\n' \
		"${#each}" "$each" "${#each}"
done | gzip >"$dir/told.json.gz"
expect 0 'one with a certificate of which the publication tells, one with a broken one' "$waymark" import satellite "$dir/told.json.gz"
is 'what it tells stays, the rest is read, of what can be' 'told|t
told|' "SELECT subject, not_after > not_before FROM raw.page WHERE scan = $(scan told.json.gz) ORDER BY length(chain[1]) DESC"

# --- and the rule comes to the same verdicts ------------------------------------------------------------

sql -c 'SET ROLE waymark_judge; SELECT judge.dns_satellite_rule(id) FROM raw.scan' >"$dir/out" 2>&1
ok $? 'all are judged'
is 'every field of every published record is come to again' 'v1|4|4
v2.0|2|2
v2.1|4|4
v2.2|21|21' "SELECT format, count(*), count(*) FILTER (WHERE differs = '{}') FROM v1.dns_published GROUP BY 1 ORDER BY 1"
is 'v1: matched tags, passed' '145.239.6.50|{NULL}|f
156.154.71.37|{no_tags}|f
185.228.168.156|{"asnum,asname","asnum,asname","asnum,asname","asnum,asname"}|t
185.228.169.37|{"cert,asnum,asname"}|t' "SELECT resolver, matched, passed FROM judge.dns_satellite v WHERE scan = $(scan Satellitev1_2018-08-03)
	AND NOT control ORDER BY resolver"
is 'v2.1: confidence in the order of the answers' '{13.226.201.32,13.226.201.48,13.226.201.49,13.226.201.50}|{0,0,66.66666666666667,0}|16.666666666666668' \
	"SELECT answers, matches, average FROM judge.dns_satellite WHERE scan = $(scan Satellitev2_2021-04-25) AND resolver = '201.174.163.10'"
is 'v2.1: a failed control is told by passed_control' 'f|t|f' "SELECT passed_liveness, connect_error, anomaly FROM judge.dns_satellite
	WHERE scan = $(scan Satellitev2_2021-04-25) AND resolver = '184.75.247.86'"
is 'v2.2: with both controls failed nothing is compared' 'f|{NULL}||0' "SELECT passed_liveness, matched, matches, average FROM judge.dns_satellite
	WHERE domain = 'zhibo8.cc'"
is 'v2.2: four refusals are an anomaly, unless both controls failed' 'ajax.aspnetcdn.com|t|t|t
alipay.com|f|t|f' "SELECT domain, passed_liveness, connect_error, anomaly FROM judge.dns_satellite
	WHERE scan = $(scan Satellitev2-2021-10-20) AND resolver = '62.80.182.26' ORDER BY domain"

# --- and goes out again as it came in ----------------------------------------------------------------------

form() { # FORMAT SCAN: exports, and checks what readers demand
	folder=$("$waymark" export satellite --format "$1" "$2" "$dir/$1" 2>"$dir/out")
	ok $? "$2 goes out as $1"
	python3 "$here/satellite_forms.py" rules "$folder" >"$dir/out" 2>&1 && [ ! -s "$dir/out" ]
	ok $? 'as its readers demand: no line would be dropped'
}
same() { # PUBLISHED
	python3 "$here/satellite_forms.py" same "$folder" "$data/$1" >"$dir/out" 2>&1 && [ ! -s "$dir/out" ]
	ok $? 'key by key and value by value what was published'
}
form v2.2 Satellitev2-2021-10-20
same Satellitev2-2021-10-20
[ "$(basename "$folder")" = CP_Satellite-2021-10-20-18-51-41 ]
ok $? 'in a folder of the published name'
[ "$(tail -c +13 "$folder/dns.pkt" | od -An -v -tx1 | tr -d ' \n')" = 01610c726f6f742d73657276657273036e65740000010001 ]
ok $? 'with the question of its probe'
"$waymark" export satellite --format v2.2 Satellitev1_2018-08-03 "$dir/early" >"$dir/out" 2>&1
says 'readers take scans from before 2021-06-24 for an older form'
ok $? 'a scan too early for the form goes out with a warning'
form v1 Satellitev1_2018-08-03
same Satellitev1_2018-08-03
# A resolver with an answer to the probe, one whose reverse name is not there, a domain no control answered.
sql -c "UPDATE raw.resolver SET payload = decode('000085800001000100000000' || '01610c726f6f742d73657276657273036e65740000010001'
		|| 'c00c00010001000000050004c6290004', 'hex')
	WHERE scan = $(scan Satellitev2-records) AND addr = (SELECT min(addr) FROM raw.resolver WHERE scan = $(scan Satellitev2-records));
	UPDATE raw.resolver SET names = '{}', ptr_rcode = 3 WHERE scan = $(scan Satellitev2-records)" >"$dir/out" 2>&1
form v1 Satellitev2-records
[ "$(basename "$folder" | cut -c1-17)" = CP_Satellite-2020 ]
ok $? 'in a folder that its readers take for v1'
grep -q '","answer":"198.41.0.4"}$' "$folder/resolvers_ip.json" && grep -q '"error":{"Err":"no such host"' "$folder/resolvers_err.json"
ok $? 'with who answered the probe, and who has no reverse name'
all=$(grep -c . "$folder"/{interference,interference_err,answers_err,answers_control}.json | awk -F: '{ n += $2 } END { print n }')
is 'every pair stands in one file' "$all" "SELECT count(*) FROM judge.dns_satellite WHERE scan = $(scan Satellitev2-records)"
sql -c "INSERT INTO judge.geo_table (name, version, digest, ranges, path) VALUES ('other', '1', '', 0, '')" \
	-c "INSERT INTO judge.place (geo, addr, country) VALUES (judge.geo_now(), '62.80.182.26', 'PL')" >"$dir/out" 2>&1
ok $? 'one resolver is elsewhere by our table than the publication says'
form v2.2-raw Satellitev2-2021-10-20
jq -r '"\(.resolver_country) \(input_filename | split("/") | last)"' "$folder"/*.json | sort -u | awk '$1 ".json" != $2' >"$dir/out" 2>&1 && [ ! -s "$dir/out" ]
ok $? 'each line in the file of its country'
sql -c 'DELETE FROM judge.place' -c 'DELETE FROM judge.geo_table' >"$dir/out" 2>&1
expect 0 'the raw form comes in again' "$waymark" import satellite "$folder" --name again
is 'with the same pairs, tries and answers' 0 "SELECT count(*) FROM (
	(SELECT resolver, domain, try_role, try_outcome, try_rcode, try_text, addr FROM raw.dns_pair WHERE scan = $(scan Satellitev2-2021-10-20)
		EXCEPT SELECT resolver, domain, try_role, try_outcome, try_rcode, try_text, addr FROM raw.dns_pair WHERE scan = $(scan again))
	UNION ALL (SELECT resolver, domain, try_role, try_outcome, try_rcode, try_text, addr FROM raw.dns_pair WHERE scan = $(scan again)
		EXCEPT SELECT resolver, domain, try_role, try_outcome, try_rcode, try_text, addr FROM raw.dns_pair WHERE scan = $(scan Satellitev2-2021-10-20))) x"
printf '{"confidence":{"average":0,"matches":[],"untagged_controls":false,"untagged_response":false},"start_time":"","end_time":"","vp":"1.1.1.1","test_url":"x","response":[{"url":"x","has_type_a":true,"response":{"1.1.1.1":{"http":"","cert":"","asnum":0,"asname":"","matched":null}},"error":"null","rcode":0}]}' >"$folder/results.json"
python3 "$here/satellite_forms.py" rules "$folder" >"$dir/out" 2>&1
[ "$(wc -l <"$dir/out")" -ge 3 ]
ok $? 'what their code would drop is found'
expect 4 'a scan that is not there' "$waymark" export satellite none "$dir/none"
expect 2 'a form that is none' "$waymark" export satellite --format v3 again "$dir/none"

# What was published is not simply said again: other facts give other verdicts.
judge_again() { sql -c "$1; SELECT judge.dns_satellite_rule($(scan "$2"))" >"$dir/out" 2>&1; }
judge_again "UPDATE raw.dns_pair SET addr = '{198.18.1.1}' WHERE scan = $(scan Satellitev1_2018-08-03) AND domain = 'biblegateway.com' AND resolver = '1.1.1.1'" \
	Satellitev1_2018-08-03
is 'another control answer changes the verdict' '{passed,matched}' "SELECT differs FROM v1.dns_published WHERE domain = 'biblegateway.com'"
judge_again "UPDATE raw.satellite_tag SET asname = 'GOOGLE' WHERE addr = '31.13.92.35'" Satellitev2-2021-10-20
is 'an answer in a big network is excluded' '{excluded}|{is_CDN}' "SELECT differs, exclude_reason FROM v1.dns_published
	JOIN judge.dns_satellite USING (scan, resolver, domain) WHERE resolver = '116.63.159.66'"
judge_again "UPDATE raw.satellite_tag SET asname = 'Google LLC' WHERE addr = '31.13.92.35'" Satellitev2-2021-10-20
is 'by the name as they have it' '{}' "SELECT differs FROM v1.dns_published WHERE resolver = '116.63.159.66'"
judge_again "UPDATE raw.satellite_tag SET asnum = NULL, asname = NULL, cert = NULL WHERE addr = '31.13.92.35'" Satellitev2-2021-10-20
is 'one without tags is no anomaly' '{anomaly,untagged_response}' "SELECT differs FROM v1.dns_published WHERE resolver = '116.63.159.66'"

done_testing
