-- SPDX-License-Identifier: Apache-2.0
SELECT node, stream FROM registry.import_scan($1, $2, $3)
