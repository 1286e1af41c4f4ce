-- SPDX-License-Identifier: Apache-2.0
UPDATE registry.node_key SET valid_to = now() + make_interval(secs => $2)
WHERE node = $1 AND (valid_to IS NULL OR valid_to > now() + make_interval(secs => $2))
