-- SPDX-License-Identifier: Apache-2.0
--
-- Largest packet inside tunnels. 1420: the MSS is set to what fits, and a server sees that. 1500:
-- nothing shows, and large outer packets travel in fragments, which a net may drop.
INSERT INTO registry.setting VALUES ('tunnel_mtu', '1420');
