-- SPDX-License-Identifier: Apache-2.0
--
-- Open resolvers: what was asked and every packet that came back, what disputed addresses serve, what
-- discovery found, and published scans of others in the same tables, so that one rule judges both.
-- Facts only. Answers are decoded when they are stored: the bytes stay beside what was read from them.

CREATE TABLE raw.scan (
	id uuid PRIMARY KEY,
	serial bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
	name text NOT NULL,
	origin text NOT NULL DEFAULT 'scan' CHECK (origin IN ('scan', 'import')),
	format text NOT NULL DEFAULT 'waymark' CHECK (format IN ('waymark', 'v1', 'v2.0', 'v2.1', 'v2.2', 'v2.2-raw')),
	started timestamptz NOT NULL,
	ended timestamptz,
	control text,
	created timestamptz NOT NULL DEFAULT now(),
	note text,
	next_repetition int NOT NULL DEFAULT 1000
);
COMMENT ON TABLE raw.scan IS 'Scans of open resolvers: our own and imported ones';
COMMENT ON COLUMN raw.scan.id IS 'Random, carried by every record of the scan';
COMMENT ON COLUMN raw.scan.serial IS 'Running number';
COMMENT ON COLUMN raw.scan.name IS 'What people call it; of an imported one: its folder';
COMMENT ON COLUMN raw.scan.origin IS 'scan: measured; import: published by others';
COMMENT ON COLUMN raw.scan.format IS 'waymark, or the published format it came in';
COMMENT ON COLUMN raw.scan.started IS 'When it began or was to begin';
COMMENT ON COLUMN raw.scan.ended IS 'When it ended; null: under way, or not told';
COMMENT ON COLUMN raw.scan.control IS 'Control domain of the sandwich; null: none';
COMMENT ON COLUMN raw.scan.created IS 'When it was ordered or imported';
COMMENT ON COLUMN raw.scan.note IS 'Free text; null: none';
COMMENT ON COLUMN raw.scan.next_repetition IS 'Number of the next repetition that asks as for another network (client subnet); plain ones count from 0';

-- Orders of a scan belong to it as those of a run belong to the run.
ALTER TABLE registry.orders ADD COLUMN scan uuid REFERENCES raw.scan;
CREATE INDEX ON registry.orders (scan);
COMMENT ON COLUMN registry.orders.scan IS 'Scan it belongs to; null: none';

CREATE TABLE raw.dns_pair (
	started timestamptz NOT NULL,
	node int NOT NULL,
	stream int NOT NULL,
	seq bigint NOT NULL,
	item int NOT NULL,
	scan uuid,
	kind smallint NOT NULL,
	state smallint NOT NULL,
	profile smallint NOT NULL,
	resolver inet NOT NULL,
	port int NOT NULL,
	src inet,
	sport int NOT NULL,
	domain text NOT NULL,
	qtype int NOT NULL,
	repetition int NOT NULL,
	control text,
	ended timestamptz,
	options int NOT NULL,
	subnet cidr,
	detail text,
	listen_ms int NOT NULL,
	try_role smallint[] NOT NULL,
	try_transport smallint[] NOT NULL,
	try_outcome smallint[] NOT NULL,
	try_error smallint[] NOT NULL,
	try_text text[],
	try_rcode smallint[] NOT NULL,
	try_sent_us int[] NOT NULL,
	try_first smallint[] NOT NULL,
	try_ttl smallint[],
	try_sport int[],
	answer_try smallint[] NOT NULL,
	answer_at_us int[] NOT NULL,
	answer_src inet[] NOT NULL,
	answer_ttl smallint[] NOT NULL,
	answer_ip_id int[] NOT NULL,
	answer_flags int[] NOT NULL,
	answer_mark int[] NOT NULL,
	answer_rcode smallint[] NOT NULL,
	answer_ede int[] NOT NULL,
	answer_signed boolean[] NOT NULL,
	answer_wire bytea[] NOT NULL,
	answers_lost int NOT NULL,
	addr_answer smallint[] NOT NULL,
	addr inet[] NOT NULL,
	addr_ttl bigint[] NOT NULL,
	cname_answer smallint[] NOT NULL,
	cname text[] NOT NULL,
	size int,
	answer_scope smallint[],
	answer_nsid bytea[]
) PARTITION BY RANGE (started);
COMMENT ON TABLE raw.dns_pair IS 'One row per pair of a scan (resolver, domain, type, repetition): every question and every packet as arrays, one entry per try and one per packet. v1.dns_try, v1.dns_packet and v1.dns_answer show rows. Daily partitions';
COMMENT ON COLUMN raw.dns_pair.started IS 'First question, the node''s clock; of a pair never asked: when that was decided, or 1970';
COMMENT ON COLUMN raw.dns_pair.node IS 'registry.node.id';
COMMENT ON COLUMN raw.dns_pair.stream IS 'raw.stream.id';
COMMENT ON COLUMN raw.dns_pair.seq IS 'Batch';
COMMENT ON COLUMN raw.dns_pair.item IS 'Position among the records of its kind in that batch, from 0';
COMMENT ON COLUMN raw.dns_pair.scan IS 'raw.scan.id; null: outside a scan';
COMMENT ON COLUMN raw.dns_pair.kind IS '1 pair: a resolver inside a sandwich; 2 nobody: the address runs no resolver; 3 path: questions with rising IP TTL';
COMMENT ON COLUMN raw.dns_pair.state IS '1 answered, 2 timed out, 3 error, 4 refused by our own policy, 5 not asked, 0 unknown';
COMMENT ON COLUMN raw.dns_pair.profile IS '1 plain, 2 v2.1, 3 v2.2, 4 waymark, 0 unknown';
COMMENT ON COLUMN raw.dns_pair.resolver IS 'Address asked';
COMMENT ON COLUMN raw.dns_pair.port IS 'At the resolver';
COMMENT ON COLUMN raw.dns_pair.src IS 'Our address; null: never asked, or not told';
COMMENT ON COLUMN raw.dns_pair.sport IS 'Source port of the sandwich; 0: never asked, or one per try';
COMMENT ON COLUMN raw.dns_pair.domain IS 'Test domain, lower case, without trailing dot';
COMMENT ON COLUMN raw.dns_pair.qtype IS 'Record type asked for: 1 A, 28 AAAA';
COMMENT ON COLUMN raw.dns_pair.repetition IS 'From 0, or from 1000 as for another network; each has its own source port';
COMMENT ON COLUMN raw.dns_pair.control IS 'Control domain; null: none was asked';
COMMENT ON COLUMN raw.dns_pair.ended IS 'Last question sent or packet heard; null: never asked';
COMMENT ON COLUMN raw.dns_pair.options IS 'Of the questions, bits: 1 recursion desired, 2 OPT, 4 DO, 8 NSID, 16 mixed case (0x20), 32 client subnet, 64 checking disabled';
COMMENT ON COLUMN raw.dns_pair.subnet IS 'Client subnet asked with; null: none';
COMMENT ON COLUMN raw.dns_pair.detail IS 'Why it was not asked or refused; null: nothing to say';
COMMENT ON COLUMN raw.dns_pair.listen_ms IS 'How long it listened on after the first answer';
COMMENT ON COLUMN raw.dns_pair.try_role IS 'Per try: 1 control before, 2 test, 3 control after';
COMMENT ON COLUMN raw.dns_pair.try_transport IS 'Per try: 1 UDP, 2 TCP, 3 TLS, 4 HTTPS, 0 not told';
COMMENT ON COLUMN raw.dns_pair.try_outcome IS 'Per try: 1 answered, 2 timed out, 3 error, 4 only unusable packets, 5 abandoned';
COMMENT ON COLUMN raw.dns_pair.try_error IS 'Per try: 0 none, 1 i/o timeout, 2 connection refused, 3 no route to host, 4 network is unreachable, 5 message too long, 6 reset, 7 prohibited, 8 short read, 9 protocol error, 10 TLS, 11 HTTP, 12 no socket, 13 other, 14 TTL exceeded';
COMMENT ON COLUMN raw.dns_pair.try_text IS 'Per try: the error in the publication''s words; null: measured by a node';
COMMENT ON COLUMN raw.dns_pair.try_rcode IS 'Per try: DNS response code; null: no usable answer';
COMMENT ON COLUMN raw.dns_pair.try_sent_us IS 'Per try: when it was sent, µs after started; null: not told';
COMMENT ON COLUMN raw.dns_pair.try_first IS 'Per try: which packet counts as its answer (1-based); null: none';
COMMENT ON COLUMN raw.dns_pair.try_ttl IS 'Per try: IP TTL the question left with; null: all with the default';
COMMENT ON COLUMN raw.dns_pair.try_sport IS 'Per try: source port; null: all sport';
COMMENT ON COLUMN raw.dns_pair.answer_try IS 'Per packet: which try it belongs to (1-based); null: cannot be told';
COMMENT ON COLUMN raw.dns_pair.answer_at_us IS 'Per packet: when it was heard, µs after started; null: not told';
COMMENT ON COLUMN raw.dns_pair.answer_src IS 'Per packet: who sent it';
COMMENT ON COLUMN raw.dns_pair.answer_ttl IS 'Per packet: IP TTL as it arrived; null: not known';
COMMENT ON COLUMN raw.dns_pair.answer_ip_id IS 'Per packet: IP ID; null: not known, or IPv6';
COMMENT ON COLUMN raw.dns_pair.answer_flags IS 'Per packet: second word of the DNS header; null: not told';
COMMENT ON COLUMN raw.dns_pair.answer_mark IS 'Per packet, bits: 1 id ours, 2 question ours, 4 letter case ours (0x20), 8 other source, 16 other port, 32 OPT, 64 truncated, 128 unreadable, 256 late, 512 not a response, 1024 ICMP error, 2048 cut, 4096 DF, 8192 differs from the answer that counts, 16384 same bytes again';
COMMENT ON COLUMN raw.dns_pair.answer_rcode IS 'Per packet: response code with its extension; null: unreadable';
COMMENT ON COLUMN raw.dns_pair.answer_ede IS 'Per packet: extended error (RFC 8914); null: none';
COMMENT ON COLUMN raw.dns_pair.answer_signed IS 'Per packet: an RRSIG is among its answers';
COMMENT ON COLUMN raw.dns_pair.answer_wire IS 'Per packet: the bytes as they came; null: imported';
COMMENT ON COLUMN raw.dns_pair.answers_lost IS 'Packets heard and not kept: past a bound';
COMMENT ON COLUMN raw.dns_pair.addr_answer IS 'Per address read from the packets: which packet (1-based)';
COMMENT ON COLUMN raw.dns_pair.addr IS 'Addresses at the name asked for or at the end of its CNAME chain, in the order of the packet';
COMMENT ON COLUMN raw.dns_pair.addr_ttl IS 'Per address: TTL of its record, s; null: not told';
COMMENT ON COLUMN raw.dns_pair.cname_answer IS 'Per CNAME target: which packet (1-based)';
COMMENT ON COLUMN raw.dns_pair.cname IS 'CNAME targets in the order of the chain';
CREATE INDEX ON raw.dns_pair USING brin (started);
CREATE INDEX ON raw.dns_pair (scan, resolver);
CREATE INDEX ON raw.dns_pair (scan, domain);
CREATE INDEX ON raw.dns_pair (node, stream, seq);

COMMENT ON COLUMN raw.dns_pair.size IS 'Largest UDP answer asked for by OPT; null: no OPT, or imported';
COMMENT ON COLUMN raw.dns_pair.answer_scope IS 'Per packet: scope of the client subnet in its OPT (RFC 7871), bits; null: none, the server paid it no attention';
COMMENT ON COLUMN raw.dns_pair.answer_nsid IS 'Per packet: identifier of the server (RFC 5001); null: none';
CREATE TABLE raw.dns_pair_default PARTITION OF raw.dns_pair DEFAULT;
COMMENT ON TABLE raw.dns_pair_default IS 'Pairs dated outside every daily partition: imported, never asked, or a node''s clock was wrong';

CREATE TABLE raw.page (
	started timestamptz NOT NULL,
	node int NOT NULL,
	stream int NOT NULL,
	seq bigint NOT NULL,
	item int NOT NULL,
	ended timestamptz NOT NULL,
	scan uuid,
	addr inet NOT NULL,
	domain text NOT NULL,
	role smallint NOT NULL,
	http_state smallint NOT NULL,
	http_error text,
	http_us bigint,
	http_status int,
	http_status_line text,
	http_headers text,
	http_body bytea,
	http_bytes bigint,
	http_sha256 bytea,
	http_cut boolean NOT NULL,
	https_state smallint NOT NULL,
	https_error text,
	https_us bigint,
	https_status int,
	https_status_line text,
	https_headers text,
	https_body bytea,
	https_bytes bigint,
	https_sha256 bytea,
	https_cut boolean NOT NULL,
	tls_version int,
	tls_cipher int,
	chain bytea[],
	trusted boolean,
	name_match boolean,
	verify int,
	tls_error text,
	subject text,
	issuer text,
	not_before timestamptz,
	not_after timestamptz,
	names text[]
);
COMMENT ON TABLE raw.page IS 'One row per fetch: what one address served for one name, over HTTP and HTTPS';
COMMENT ON COLUMN raw.page.started IS 'Start, the node''s clock';
COMMENT ON COLUMN raw.page.node IS 'registry.node.id';
COMMENT ON COLUMN raw.page.stream IS 'raw.stream.id';
COMMENT ON COLUMN raw.page.seq IS 'Batch';
COMMENT ON COLUMN raw.page.item IS 'Position among the records of its kind in that batch, from 0';
COMMENT ON COLUMN raw.page.ended IS 'End';
COMMENT ON COLUMN raw.page.scan IS 'raw.scan.id; null: outside a scan';
COMMENT ON COLUMN raw.page.addr IS 'Address asked';
COMMENT ON COLUMN raw.page.domain IS 'Host and server name asked for';
COMMENT ON COLUMN raw.page.role IS '1 test: the address is disputed; 2 control: it came from a control resolver; 0 unknown';
COMMENT ON COLUMN raw.page.http_state IS 'HTTP: 1 answered, 2 failed, 3 timed out, 4 refused by our own policy, 5 not asked, 0 unknown';
COMMENT ON COLUMN raw.page.http_error IS 'HTTP: what went wrong; null: nothing';
COMMENT ON COLUMN raw.page.http_us IS 'HTTP: duration, µs; null: not told';
COMMENT ON COLUMN raw.page.http_status IS 'HTTP: status code; null: none';
COMMENT ON COLUMN raw.page.http_status_line IS 'HTTP: status line; null: none';
COMMENT ON COLUMN raw.page.http_headers IS 'HTTP: header lines, each with CRLF; null: none';
COMMENT ON COLUMN raw.page.http_body IS 'HTTP: beginning of the body; null: none';
COMMENT ON COLUMN raw.page.http_bytes IS 'HTTP: bytes of the body that were read; null: none';
COMMENT ON COLUMN raw.page.http_sha256 IS 'HTTP: SHA-256 of the body as far as it was read; null: none';
COMMENT ON COLUMN raw.page.http_cut IS 'HTTP: the body is longer than was read, or broke off';
COMMENT ON COLUMN raw.page.https_state IS 'HTTPS: 1 answered, 2 failed, 3 timed out, 4 refused by our own policy, 5 not asked, 0 unknown';
COMMENT ON COLUMN raw.page.https_error IS 'HTTPS: what went wrong; null: nothing';
COMMENT ON COLUMN raw.page.https_us IS 'HTTPS: duration, µs; null: not told';
COMMENT ON COLUMN raw.page.https_status IS 'HTTPS: status code; null: none';
COMMENT ON COLUMN raw.page.https_status_line IS 'HTTPS: status line; null: none';
COMMENT ON COLUMN raw.page.https_headers IS 'HTTPS: header lines, each with CRLF; null: none';
COMMENT ON COLUMN raw.page.https_body IS 'HTTPS: beginning of the body; null: none';
COMMENT ON COLUMN raw.page.https_bytes IS 'HTTPS: bytes of the body that were read; null: none';
COMMENT ON COLUMN raw.page.https_sha256 IS 'HTTPS: SHA-256 of the body as far as it was read; null: none';
COMMENT ON COLUMN raw.page.https_cut IS 'HTTPS: the body is longer than was read, or broke off';
COMMENT ON COLUMN raw.page.tls_version IS 'As on the wire, 771 is TLS 1.2; null: no handshake';
COMMENT ON COLUMN raw.page.tls_cipher IS 'IANA number of the cipher suite; null: no handshake';
COMMENT ON COLUMN raw.page.chain IS 'Certificates as sent, leaf first, DER; null: none';
COMMENT ON COLUMN raw.page.trusted IS 'The chain leads to a known root and is in time; null: no certificate, or not told';
COMMENT ON COLUMN raw.page.name_match IS 'The leaf is for the domain; null: no certificate, or not told';
COMMENT ON COLUMN raw.page.verify IS '0 trusted, else the verifier''s number; null: no certificate, or not told';
COMMENT ON COLUMN raw.page.tls_error IS 'The verifier''s words; null: none';
COMMENT ON COLUMN raw.page.subject IS 'Common name of the leaf; null: none';
COMMENT ON COLUMN raw.page.issuer IS 'Common name of its issuer; null: none';
COMMENT ON COLUMN raw.page.not_before IS 'Valid from; null: not known';
COMMENT ON COLUMN raw.page.not_after IS 'Valid until; null: not known';
COMMENT ON COLUMN raw.page.names IS 'Names in the leaf; null: not known';
CREATE INDEX ON raw.page (scan, domain, addr);
CREATE INDEX ON raw.page (node, stream, seq, item);

CREATE TABLE raw.resolver (
	started timestamptz NOT NULL,
	node int NOT NULL,
	stream int NOT NULL,
	seq bigint NOT NULL,
	item int NOT NULL,
	ended timestamptz NOT NULL,
	scan uuid,
	addr inet NOT NULL,
	role smallint NOT NULL,
	state smallint NOT NULL,
	payload bytea,
	rtt_us int,
	ttl smallint,
	answered_from inet[] NOT NULL,
	names text[] NOT NULL,
	name_mark smallint[] NOT NULL,
	ptr_rcode smallint,
	infrastructure boolean NOT NULL,
	infra_rule text,
	class smallint NOT NULL,
	egress inet[] NOT NULL,
	nxdomain smallint NOT NULL,
	nx_addr inet[] NOT NULL,
	round_ms int[] NOT NULL,
	round_rtt_us int[] NOT NULL,
	round_outcome smallint[] NOT NULL,
	round_rcode smallint[] NOT NULL,
	told_country text,
	told_country_name text
);
COMMENT ON TABLE raw.resolver IS 'One row per address that discovery looked at, or that a list or a publication names';
COMMENT ON COLUMN raw.resolver.started IS 'Start, the node''s clock';
COMMENT ON COLUMN raw.resolver.node IS 'registry.node.id';
COMMENT ON COLUMN raw.resolver.stream IS 'raw.stream.id';
COMMENT ON COLUMN raw.resolver.seq IS 'Batch';
COMMENT ON COLUMN raw.resolver.item IS 'Position among the records of its kind in that batch, from 0';
COMMENT ON COLUMN raw.resolver.ended IS 'End';
COMMENT ON COLUMN raw.resolver.scan IS 'raw.scan.id; null: outside a scan';
COMMENT ON COLUMN raw.resolver.addr IS 'Address asked as a resolver';
COMMENT ON COLUMN raw.resolver.role IS '1 test, 2 control, 3 special, 0 unknown';
COMMENT ON COLUMN raw.resolver.state IS '1 usable, 2 answers wrongly, 3 silent, 4 refused by our own policy, 5 not asked, 0 unknown';
COMMENT ON COLUMN raw.resolver.payload IS 'First answer to the probe; null: none';
COMMENT ON COLUMN raw.resolver.rtt_us IS 'Of the probe; null: no answer';
COMMENT ON COLUMN raw.resolver.ttl IS 'IP TTL of that answer; null: not known';
COMMENT ON COLUMN raw.resolver.answered_from IS 'Other addresses that answered instead';
COMMENT ON COLUMN raw.resolver.names IS 'PTR names';
COMMENT ON COLUMN raw.resolver.name_mark IS 'Per name, bits: 1 forward-confirmed, 2 embeds the address, 4 first label is a name server''s, 8 decided';
COMMENT ON COLUMN raw.resolver.ptr_rcode IS 'Of the PTR answer; null: not asked or no answer';
COMMENT ON COLUMN raw.resolver.infrastructure IS 'The infrastructure rule holds';
COMMENT ON COLUMN raw.resolver.infra_rule IS 'Clause that decided; null: not looked at';
COMMENT ON COLUMN raw.resolver.class IS '1 recursive, 2 forwarder, 3 transparent forwarder, 0 unknown';
COMMENT ON COLUMN raw.resolver.egress IS 'Addresses that asked the whoami zone for it';
COMMENT ON COLUMN raw.resolver.nxdomain IS 'A name that does not exist: 1 honest, 2 rewritten, 3 failed, 0 unknown';
COMMENT ON COLUMN raw.resolver.nx_addr IS 'Addresses given for it';
COMMENT ON COLUMN raw.resolver.round_ms IS 'Error profile, per round: ms after started';
COMMENT ON COLUMN raw.resolver.round_rtt_us IS 'Per round; null: no answer';
COMMENT ON COLUMN raw.resolver.round_outcome IS 'Per round: 1 right, 2 rcode, 3 no address, 4 other address, 5 private address, 6 0.0.0.0, 7 no answer, 8 refused by ICMP, 9 unreadable';
COMMENT ON COLUMN raw.resolver.round_rcode IS 'Per round';
COMMENT ON COLUMN raw.resolver.told_country IS 'Country the publication gives it, ISO 3166-1 alpha-2; null: not told';
COMMENT ON COLUMN raw.resolver.told_country_name IS 'The same in words; null: not told';
CREATE INDEX ON raw.resolver (scan, addr);
CREATE INDEX ON raw.resolver (node, stream, seq);

-- Daily partitions of all that is partitioned, made ahead of time; the catalogue says what that is.
CREATE OR REPLACE FUNCTION raw.make_partitions(back int DEFAULT 2, ahead int DEFAULT 7) RETURNS int
	LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
	day date;
	parent text;
	part text;
	made int := 0;
BEGIN
	PERFORM pg_advisory_xact_lock(hashtext('waymark partitions'));
	FOR day, parent IN SELECT d::date, c.relname FROM generate_series(current_date - back, current_date + ahead, '1 day') d,
		pg_class c WHERE c.relkind = 'p' AND c.relnamespace = 'raw'::regnamespace
	LOOP
		part := format('%s_%s', parent, to_char(day, 'YYYYMMDD'));
		CONTINUE WHEN to_regclass('raw.' || part) IS NOT NULL;
		BEGIN
			EXECUTE format('CREATE TABLE raw.%I PARTITION OF raw.%I FOR VALUES FROM (%L) TO (%L)',
				part, parent, day, day + 1);
			EXECUTE format('COMMENT ON TABLE raw.%I IS %L', part, format('raw.%s that began on %s UTC', parent, day));
			made := made + 1;
		EXCEPTION WHEN check_violation THEN
			-- The default partition already holds rows of that day: they stay there.
			NULL;
		END;
	END LOOP;
	RETURN made;
END $$;
COMMENT ON FUNCTION raw.make_partitions IS 'Makes the daily partitions that are missing, from BACK days ago to AHEAD days from now; returns how many';

-- Of an imported file the dates are its own; what was never asked may have none.
CREATE FUNCTION raw.strays() RETURNS TABLE (parent text, strays bigint) LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	rest regclass;
BEGIN
	FOR parent, rest IN SELECT c.relname, p.partdefid FROM pg_partitioned_table p JOIN pg_class c ON c.oid = p.partrelid
		WHERE c.relnamespace = 'raw'::regnamespace AND p.partdefid <> 0 ORDER BY 1
	LOOP
		EXECUTE format('SELECT count(*) FROM (SELECT FROM registry.node n JOIN %s r ON r.node = n.id
			WHERE n.role <> ''import'' AND r.started > to_timestamp(0) LIMIT 1000) a', rest) INTO strays;
		RETURN NEXT;
	END LOOP;
END $$;
COMMENT ON FUNCTION raw.strays() IS 'Per partitioned table: rows that nodes dated outside every daily partition, counted up to 1000';

GRANT SELECT, INSERT ON raw.scan, raw.dns_pair, raw.dns_pair_default, raw.page, raw.resolver TO waymark_store;
GRANT UPDATE (ended) ON raw.scan TO waymark_store;
GRANT SELECT ON raw.scan, raw.dns_pair, raw.dns_pair_default, raw.page, raw.resolver TO waymark_judge;
