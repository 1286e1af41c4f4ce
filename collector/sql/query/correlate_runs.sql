-- SPDX-License-Identifier: Apache-2.0
SELECT id, app = 'none' FROM registry.run WHERE origin = 'run' AND judge.facts(id) > 0 ORDER BY app = 'none' DESC, serial
