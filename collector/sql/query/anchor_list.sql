-- SPDX-License-Identifier: Apache-2.0
SELECT zone, tag, algorithm, digest_type, encode(digest, 'hex'), valid_from::date, source FROM ref.trust_anchor ORDER BY zone, tag, digest_type
