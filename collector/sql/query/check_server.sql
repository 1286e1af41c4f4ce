-- SPDX-License-Identifier: Apache-2.0
SELECT CASE WHEN setting_of.fsync = 'on' AND setting_of.sync <> 'off' THEN 0 ELSE 2 END, 'durable',
	format('PostgreSQL %s, fsync %s, synchronous_commit %s, checksums %s', current_setting('server_version'),
		setting_of.fsync, setting_of.sync, current_setting('data_checksums'))
FROM (SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS sync) AS setting_of
