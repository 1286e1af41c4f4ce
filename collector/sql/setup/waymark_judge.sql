-- SPDX-License-Identifier: Apache-2.0
CREATE ROLE waymark_judge NOLOGIN;
COMMENT ON ROLE waymark_judge IS 'Writes verdicts';
