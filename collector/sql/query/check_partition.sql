-- SPDX-License-Identifier: Apache-2.0
WITH wanted AS (
	SELECT format('%s_%s', c.relname, to_char(day, 'YYYYMMDD')) AS name
	FROM pg_class AS c, generate_series(current_date, current_date + 1, '1 day') AS day
	WHERE c.relkind = 'p' AND c.relnamespace = 'raw'::regnamespace
), missing AS (
	SELECT name FROM wanted WHERE to_regclass('raw.' || quote_ident(name)) IS NULL
)
SELECT CASE WHEN EXISTS (SELECT FROM missing) THEN 1 ELSE 0 END, 'partitions',
	coalesce((SELECT 'missing: ' || string_agg(name, ' ' ORDER BY name) || '; `waymark db migrate` makes them' FROM missing),
		'today and tomorrow are there')
UNION ALL
SELECT 1, 'partitions', 'raw.' || parent || ': ' || CASE WHEN strays < 1000 THEN '' ELSE 'at least ' END || strays
	|| ' dated outside every daily partition: a clock is wrong'
FROM raw.strays() WHERE strays > 0
