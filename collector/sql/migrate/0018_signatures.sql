-- SPDX-License-Identifier: Apache-2.0
--
-- What gives interference away by itself: signatures of pages, and addresses that no site has.

CREATE TABLE ref.signature_set (
	id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	name text NOT NULL UNIQUE,
	licence text NOT NULL,
	digest bytea NOT NULL,
	signatures int NOT NULL DEFAULT 0,
	loaded timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE ref.signature_set IS 'Sets of signatures, loaded at run time by `waymark signatures load`';
COMMENT ON COLUMN ref.signature_set.id IS 'Number';
COMMENT ON COLUMN ref.signature_set.name IS 'Name';
COMMENT ON COLUMN ref.signature_set.licence IS 'Under which its makers give it';
COMMENT ON COLUMN ref.signature_set.digest IS 'SHA-256 of the file';
COMMENT ON COLUMN ref.signature_set.signatures IS 'How many are in it';
COMMENT ON COLUMN ref.signature_set.loaded IS 'When';

CREATE TABLE ref.signature (
	id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	set int NOT NULL REFERENCES ref.signature_set ON DELETE CASCADE,
	place int NOT NULL,
	name text NOT NULL,
	kind text NOT NULL CHECK (kind IN ('false_positive', 'blockpage', 'address')),
	scope text NOT NULL CHECK (scope IN ('fp', 'prod', 'nat', 'isp', 'corp', 'unk', 'gen')),
	pattern text NOT NULL,
	country text,
	UNIQUE (set, place)
);
COMMENT ON TABLE ref.signature IS 'Signatures of pages that blocking serves, and of pages that look so and are not';
COMMENT ON COLUMN ref.signature.id IS 'Number';
COMMENT ON COLUMN ref.signature.set IS 'ref.signature_set.id';
COMMENT ON COLUMN ref.signature.place IS 'Line of the file';
COMMENT ON COLUMN ref.signature.name IS 'As its makers call it';
COMMENT ON COLUMN ref.signature.kind IS 'false_positive: looked for first, and then it is none; blockpage: of a page; address: an address that blocking gives as an answer';
COMMENT ON COLUMN ref.signature.scope IS 'Whose: a product, national, of a provider, of a company, unknown, general; looked through in this order';
COMMENT ON COLUMN ref.signature.pattern IS 'PCRE over status, CRLF, headers, CRLF, CRLF, body, in which a dot is any byte; of an address: the address';
COMMENT ON COLUMN ref.signature.country IS 'Countries it was seen in, parted by commas; null: not told';

CREATE FUNCTION ref.signature_order(scope text) RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN array_position(ARRAY['fp', 'prod', 'nat', 'isp', 'corp', 'unk', 'gen'], scope);
COMMENT ON FUNCTION ref.signature_order(text) IS 'Order in which signatures are looked for';

CREATE TABLE judge.page_match (
	node int NOT NULL,
	stream int NOT NULL,
	seq bigint NOT NULL,
	item int NOT NULL,
	reply text NOT NULL CHECK (reply IN ('http', 'https')),
	signature int REFERENCES ref.signature ON DELETE SET NULL,
	gave_up int NOT NULL,
	newest int NOT NULL,
	PRIMARY KEY (node, stream, seq, item, reply)
);
COMMENT ON TABLE judge.page_match IS 'Which signature each page matched, if any';
COMMENT ON COLUMN judge.page_match.node IS 'registry.node.id';
COMMENT ON COLUMN judge.page_match.stream IS 'raw.stream.id';
COMMENT ON COLUMN judge.page_match.seq IS 'Batch';
COMMENT ON COLUMN judge.page_match.item IS 'As raw.page';
COMMENT ON COLUMN judge.page_match.reply IS 'Which of the two';
COMMENT ON COLUMN judge.page_match.signature IS 'ref.signature.id of the first that matched; null: none';
COMMENT ON COLUMN judge.page_match.gave_up IS 'Signatures that met the match limit on this page';
COMMENT ON COLUMN judge.page_match.newest IS 'Highest ref.signature_set.id that was looked through';

CREATE VIEW judge.page_unmatched AS
	SELECT p.scan, p.node, p.stream, p.seq, p.item, r.reply, r.status_line, r.headers, r.body
	FROM raw.page p
	CROSS JOIN LATERAL (VALUES ('http', p.http_status_line, p.http_headers, p.http_body),
		('https', p.https_status_line, p.https_headers, p.https_body)) AS r (reply, status_line, headers, body)
	LEFT JOIN judge.page_match m ON m.node = p.node AND m.stream = p.stream AND m.seq = p.seq AND m.item = p.item AND m.reply = r.reply
	WHERE (r.status_line IS NOT NULL OR r.body IS NOT NULL)
		AND (m.newest IS NULL OR m.newest < (SELECT max(id) FROM ref.signature_set));
COMMENT ON VIEW judge.page_unmatched IS 'Pages that the newest signatures were not looked for in';
COMMENT ON COLUMN judge.page_unmatched.scan IS 'raw.scan.id';
COMMENT ON COLUMN judge.page_unmatched.node IS 'As raw.page';
COMMENT ON COLUMN judge.page_unmatched.stream IS 'As raw.page';
COMMENT ON COLUMN judge.page_unmatched.seq IS 'As raw.page';
COMMENT ON COLUMN judge.page_unmatched.item IS 'As raw.page';
COMMENT ON COLUMN judge.page_unmatched.reply IS 'http or https';
COMMENT ON COLUMN judge.page_unmatched.status_line IS 'Status line';
COMMENT ON COLUMN judge.page_unmatched.headers IS 'Header lines';
COMMENT ON COLUMN judge.page_unmatched.body IS 'Body';

CREATE TABLE ref.bogon (
	prefix cidr PRIMARY KEY,
	says text NOT NULL
);
COMMENT ON TABLE ref.bogon IS 'Addresses that no site on the Internet has. The benchmarking and documentation ranges are left out: laboratories stand there';
COMMENT ON COLUMN ref.bogon.prefix IS 'Range';
COMMENT ON COLUMN ref.bogon.says IS 'What it is for';
INSERT INTO ref.bogon VALUES ('0.0.0.0/8', 'this network'), ('10.0.0.0/8', 'private'), ('100.64.0.0/10', 'shared by a provider'),
	('127.0.0.0/8', 'loopback'), ('169.254.0.0/16', 'link-local'), ('172.16.0.0/12', 'private'), ('192.0.0.0/24', 'protocol assignments'),
	('192.168.0.0/16', 'private'), ('224.0.0.0/4', 'multicast'), ('240.0.0.0/4', 'reserved'), ('::/128', 'unspecified'),
	('::1/128', 'loopback'), ('::ffff:0:0/96', 'mapped'), ('64:ff9b::/96', 'translated'), ('100::/64', 'discarded'), ('fc00::/7', 'private'), ('fe80::/10', 'link-local'), ('ff00::/8', 'multicast');

GRANT SELECT ON ref.signature_set, ref.signature TO waymark_store, waymark_judge, waymark_read;
GRANT SELECT ON ref.bogon TO waymark_store, waymark_judge, waymark_read;
GRANT SELECT, INSERT, UPDATE, DELETE ON judge.page_match TO waymark_judge;
GRANT SELECT ON judge.page_match, judge.page_unmatched TO waymark_judge, waymark_read;
