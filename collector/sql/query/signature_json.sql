-- SPDX-License-Identifier: Apache-2.0
SELECT raw.json_or_null($1) ->> 'fingerprint', raw.json_or_null($1) ->> 'pattern'
