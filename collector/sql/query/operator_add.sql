-- SPDX-License-Identifier: Apache-2.0
INSERT INTO registry.operator_key (sign, name) VALUES ($1, $2)
