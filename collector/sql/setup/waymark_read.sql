-- SPDX-License-Identifier: Apache-2.0
CREATE ROLE waymark_read NOLOGIN;
COMMENT ON ROLE waymark_read IS 'Reads the views of schema v1';
