-- SPDX-License-Identifier: Apache-2.0
-- Runs to be judged: those that ended, or with $1 all of which something is known.
SELECT run, empty FROM judge.due WHERE ended OR $1::boolean ORDER BY empty DESC, run
