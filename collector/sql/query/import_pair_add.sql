-- SPDX-License-Identifier: Apache-2.0
INSERT INTO judge.import_pair (import, a, b, path, side_a, side_b)
VALUES ($1, $2, $3, $4, string_to_array($5, ';'), string_to_array($6, ';'))
