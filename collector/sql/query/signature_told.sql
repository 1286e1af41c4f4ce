-- SPDX-License-Identifier: Apache-2.0
SELECT domain, qtype, at, wire FROM judge.dns_told($1)
