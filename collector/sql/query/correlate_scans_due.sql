-- SPDX-License-Identifier: Apache-2.0
-- Scans to be judged: of late those that ended, or with $1 all of which something is known.
SELECT d.scan FROM judge.dns_due AS d JOIN raw.scan AS s ON s.id = d.scan WHERE $1::boolean OR d.ended ORDER BY s.serial
