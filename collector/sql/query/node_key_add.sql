-- SPDX-License-Identifier: Apache-2.0
INSERT INTO registry.node_key (node, curve, sign, wireguard) VALUES ($1, $2, $3, $4)
