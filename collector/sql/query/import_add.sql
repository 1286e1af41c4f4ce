-- SPDX-License-Identifier: Apache-2.0
INSERT INTO judge.import (name, measured) VALUES ($1, $2::text::date) RETURNING id
