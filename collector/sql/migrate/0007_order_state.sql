-- SPDX-License-Identifier: Apache-2.0
--
-- States of orders by name.

CREATE FUNCTION registry.order_state_name(state smallint) RETURNS text LANGUAGE sql IMMUTABLE STRICT
RETURN CASE state WHEN 0 THEN 'waiting' WHEN 1 THEN 'accepted' WHEN 2 THEN 'done' WHEN 3 THEN 'failed'
	WHEN 10 THEN 'refused_signature' WHEN 11 THEN 'refused_audience' WHEN 12 THEN 'refused_serial'
	WHEN 13 THEN 'refused_expired' WHEN 14 THEN 'refused_kind' WHEN 15 THEN 'refused_denied'
	WHEN 16 THEN 'refused_rate' WHEN 17 THEN 'refused_unreadable' WHEN 18 THEN 'refused_busy'
	ELSE 'unknown' END;
COMMENT ON FUNCTION registry.order_state_name IS 'Name of a state in raw.outcome; 0: no outcome yet';

-- Who reads a run reads its traces; traces outside runs do not pay for it.
CREATE INDEX ON raw.trace (run) WHERE run IS NOT NULL;
