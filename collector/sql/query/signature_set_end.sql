-- SPDX-License-Identifier: Apache-2.0
UPDATE ref.signature_set SET signatures = (SELECT count(*) FROM ref.signature WHERE set = $1),
	name = regexp_replace(name, ' \(new\)$', '') WHERE id = $1
