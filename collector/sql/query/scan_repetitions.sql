-- SPDX-License-Identifier: Apache-2.0
-- Numbers for $2 repetitions that ask as for another network: the first of them.
UPDATE raw.scan SET next_repetition = next_repetition + $2::int WHERE id = $1 RETURNING next_repetition - $2::int
