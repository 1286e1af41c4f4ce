-- SPDX-License-Identifier: Apache-2.0
SELECT json_build_object('resolver', host(addr), 'names', to_json(names)) FROM raw.resolver WHERE scan = $1 AND names <> '{}' ORDER BY addr, node, seq, item
