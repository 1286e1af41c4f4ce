-- SPDX-License-Identifier: Apache-2.0
SELECT (SELECT value FROM registry.setting WHERE name = 'tunnel4'),
	(SELECT value FROM registry.setting WHERE name = 'tunnel6'),
	(SELECT value FROM registry.setting WHERE name = 'tunnel_port_first'),
	(SELECT value FROM registry.setting WHERE name = 'tunnel_mtu')
