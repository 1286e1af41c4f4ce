-- SPDX-License-Identifier: Apache-2.0
-- Where the cursors of streams $1 stand.
SELECT id, last_seq FROM raw.stream WHERE id = ANY ($1::int[])
