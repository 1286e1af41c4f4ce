-- SPDX-License-Identifier: Apache-2.0
UPDATE judge.server_override SET withdrawn = now() WHERE id::text = $1 AND withdrawn IS NULL
