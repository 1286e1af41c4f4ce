-- SPDX-License-Identifier: Apache-2.0
-- In the order they are looked for; of an address there is no pattern.
SELECT id, pattern FROM ref.signature WHERE kind <> 'address' ORDER BY ref.signature_order(scope), set, place
