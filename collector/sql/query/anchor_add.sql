-- SPDX-License-Identifier: Apache-2.0
INSERT INTO ref.trust_anchor (zone, tag, algorithm, digest_type, digest, source) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (zone, tag, algorithm, digest_type, digest) DO UPDATE SET source = excluded.source
