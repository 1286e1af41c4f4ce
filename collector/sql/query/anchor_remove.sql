-- SPDX-License-Identifier: Apache-2.0
DELETE FROM ref.trust_anchor WHERE zone = coalesce(nullif(rtrim(lower($1), '.'), ''), '.') AND tag::text = $2
