-- SPDX-License-Identifier: Apache-2.0
SELECT digest = sha256(convert_to($2::text, 'UTF8')) FROM registry.migration WHERE number = $1
