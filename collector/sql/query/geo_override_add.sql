-- SPDX-License-Identifier: Apache-2.0
INSERT INTO judge.override (prefix, country, reason, made_by) VALUES ($1::text::cidr, $2, $3, coalesce($4, session_user))
RETURNING id
