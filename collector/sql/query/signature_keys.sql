-- SPDX-License-Identifier: Apache-2.0
SELECT judge.dns_keys($1)
