-- SPDX-License-Identifier: Apache-2.0
SELECT id, app = 'none' FROM registry.run WHERE judge.facts(id) > 0 ORDER BY app = 'none' DESC, serial
