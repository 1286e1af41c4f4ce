-- SPDX-License-Identifier: Apache-2.0
SELECT coalesce(sum(sent), 0), coalesce(sum(received), 0), coalesce(sum(traces), 0) FROM v1.run WHERE serial > $1
