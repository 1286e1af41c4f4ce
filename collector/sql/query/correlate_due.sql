-- SPDX-License-Identifier: Apache-2.0
-- Runs to be judged: of late those that ended, or with $1 all of which something is known.
SELECT run, empty FROM judge.due WHERE $1::boolean OR (fresh AND ended) ORDER BY empty DESC, run
