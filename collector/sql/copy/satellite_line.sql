-- SPDX-License-Identifier: Apache-2.0
COPY raw.satellite_line (
	scan, file, line, doc
) FROM STDIN (FORMAT binary)
