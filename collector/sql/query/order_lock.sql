-- SPDX-License-Identifier: Apache-2.0
SELECT pg_advisory_xact_lock(hashtext('waymark orders'))
