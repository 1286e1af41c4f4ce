-- SPDX-License-Identifier: Apache-2.0
--
-- A node that does not believe an order does not read its id: it answers with a digest instead.

ALTER TABLE registry.orders ADD COLUMN digests uuid[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN registry.orders.digests IS 'What a node calls the order when it cannot or will not read it: the first 16 bytes of BLAKE2b-256 of the body, and of the signed bytes';

