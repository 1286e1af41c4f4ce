-- SPDX-License-Identifier: Apache-2.0
--
-- Orders are taken back by an order of their own, and are not handed out any more.

ALTER TABLE registry.orders ADD COLUMN withdrawn_by uuid REFERENCES registry.orders;
CREATE INDEX ON registry.orders (withdrawn_by) WHERE withdrawn_by IS NOT NULL;
COMMENT ON COLUMN registry.orders.withdrawn_by IS 'The order that takes it back: it is not handed out any more, and a node that has it stops; null: it stands';

COMMENT ON COLUMN raw.outcome.state IS '1 accepted, 2 done, 3 failed, 4 withdrawn by its operator, 10 and above refused: signature, audience, serial, expired, kind, denied, rate, unreadable, busy';

CREATE OR REPLACE FUNCTION registry.order_state_name(state smallint) RETURNS text LANGUAGE sql IMMUTABLE STRICT
RETURN CASE state WHEN 0 THEN 'waiting' WHEN 1 THEN 'accepted' WHEN 2 THEN 'done' WHEN 3 THEN 'failed'
	WHEN 4 THEN 'withdrawn'
	WHEN 10 THEN 'refused_signature' WHEN 11 THEN 'refused_audience' WHEN 12 THEN 'refused_serial'
	WHEN 13 THEN 'refused_expired' WHEN 14 THEN 'refused_kind' WHEN 15 THEN 'refused_denied'
	WHEN 16 THEN 'refused_rate' WHEN 17 THEN 'refused_unreadable' WHEN 18 THEN 'refused_busy'
	ELSE 'unknown' END;
