-- SPDX-License-Identifier: Apache-2.0
CREATE ROLE waymark_store NOLOGIN;
COMMENT ON ROLE waymark_store IS 'Writes observations: member programs SET ROLE to it';
