-- SPDX-License-Identifier: Apache-2.0
INSERT INTO judge.server_override (run, app, addr, port, decision, reason, made_by)
VALUES ($1::text::uuid, $2, $3::text::cidr, $4::text::int, $5, $6, coalesce($7, session_user)) RETURNING id
