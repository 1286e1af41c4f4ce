-- SPDX-License-Identifier: Apache-2.0
WITH wanted AS (
	SELECT to_char(day, '"trace_"YYYYMMDD') AS name
	FROM generate_series(current_date, current_date + 1, '1 day') AS day
), missing AS (
	SELECT name FROM wanted WHERE to_regclass('raw.' || name) IS NULL
), stray AS (
	SELECT count(*) AS n FROM (SELECT 1 FROM raw.trace_default LIMIT 1000) AS a_few
)
SELECT CASE WHEN EXISTS (SELECT FROM missing) THEN 1 ELSE 0 END, 'partitions',
	coalesce((SELECT 'missing: ' || string_agg(name, ' ') || '; `waymark db migrate` makes them' FROM missing),
		'today and tomorrow are there')
UNION ALL
SELECT 1, 'partitions', n || ' or more traces are dated outside every daily partition: a clock is wrong'
FROM stray WHERE n > 0
