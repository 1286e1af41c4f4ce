-- SPDX-License-Identifier: Apache-2.0
--
-- The collector is told within a moment when a node, a key or an order changes; and daily
-- partitions are made ahead of time.

CREATE FUNCTION registry.tell_node() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_catalog.pg_notify('waymark_nodes', NEW.id::text);
	RETURN NULL;
END $$;
COMMENT ON FUNCTION registry.tell_node IS 'NOTIFY waymark_nodes, payload the node''s id';

CREATE FUNCTION registry.tell_node_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_catalog.pg_notify('waymark_nodes', NEW.node::text);
	RETURN NULL;
END $$;
COMMENT ON FUNCTION registry.tell_node_key IS 'NOTIFY waymark_nodes, payload the node''s id';

CREATE FUNCTION registry.tell_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_catalog.pg_notify('waymark_orders', NEW.node::text);
	RETURN NULL;
END $$;
COMMENT ON FUNCTION registry.tell_order IS 'NOTIFY waymark_orders, payload the node''s id';

CREATE TRIGGER tell AFTER INSERT OR UPDATE ON registry.node
	FOR EACH ROW EXECUTE FUNCTION registry.tell_node();
CREATE TRIGGER tell AFTER INSERT OR UPDATE ON registry.node_key
	FOR EACH ROW EXECUTE FUNCTION registry.tell_node_key();
CREATE TRIGGER tell AFTER INSERT ON registry.orders
	FOR EACH ROW EXECUTE FUNCTION registry.tell_order();

-- Runs as its owner, so that the store may call it without being allowed to make tables.
CREATE FUNCTION raw.make_partitions(back int DEFAULT 2, ahead int DEFAULT 7) RETURNS int
	LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
	day date;
	part text;
	made int := 0;
BEGIN
	PERFORM pg_advisory_xact_lock(hashtext('waymark partitions'));
	FOR day IN SELECT generate_series(current_date - back, current_date + ahead, '1 day')::date LOOP
		part := format('trace_%s', to_char(day, 'YYYYMMDD'));
		CONTINUE WHEN to_regclass('raw.' || part) IS NOT NULL;
		BEGIN
			EXECUTE format('CREATE TABLE raw.%I PARTITION OF raw.trace FOR VALUES FROM (%L) TO (%L)',
				part, day, day + 1);
			EXECUTE format('COMMENT ON TABLE raw.%I IS %L', part,
				'Traces that began on ' || day || ' UTC');
			made := made + 1;
		EXCEPTION WHEN check_violation THEN
			-- The default partition already holds traces of that day: they stay there.
			NULL;
		END;
	END LOOP;
	RETURN made;
END $$;
COMMENT ON FUNCTION raw.make_partitions IS 'Makes the daily partitions of raw.trace that are missing, from BACK days ago to AHEAD days from now; returns how many';
REVOKE ALL ON FUNCTION raw.make_partitions FROM PUBLIC;
GRANT EXECUTE ON FUNCTION raw.make_partitions TO waymark_store;
