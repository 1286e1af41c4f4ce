-- SPDX-License-Identifier: Apache-2.0
SELECT iso2 FROM ref.country
