// SPDX-License-Identifier: Apache-2.0
#include "cli/export_rows.h"

#include <stdlib.h>
#include <string.h>

#include "satellite/satellite.h"
#include "wire/dns_query.h"

static void put_line(struct export_file *x, const char *line, size_t len)
{
	if (x->lines++ > 0)
		fputc('\n', x->to);
	fwrite(line, 1, len, x->to);
}

enum err export_lines(struct export_file *x, const struct pg_rows *rows, struct fault *f)
{
	for (size_t i = 0; i < pg_rows_count(rows); i++) {
		char *line = strdup(pg_rows_text(rows, i, 0));
		if (line == NULL)
			return fault_set(f, ERR_MEMORY, 0, "no memory");
		put_line(x, line, satellite_line_pack(line, strlen(line)));
		free(line);
	}
	return ERR_OK;
}

enum err export_answers(struct export_file *x, struct pg_rows *rows, struct fault *f)
{
	for (size_t i = 0; i < pg_rows_count(rows); i++) {
		char line[64 + 2 * ADDR_TEXT], who[ADDR_TEXT], what[ADDR_TEXT];
		struct dns_answer a;
		if (dns_answer_read(pg_rows_bytes(rows, i, 1), &a) != ERR_OK || a.addr_count == 0)
			continue;
		addr_write(pg_rows_addr(rows, i, 0), who);
		addr_write(a.addrs[0], what);
		int len = snprintf(line, sizeof(line), "{\"resolver\":\"%s\",\"answer\":\"%s\"}",
				   who, what);
		if (len < 0 || (size_t)len >= sizeof(line))
			return fault_set(f, ERR_FULL, 0, "an address is too long");
		put_line(x, line, (size_t)len);
	}
	return ERR_OK;
}

enum err export_packet(struct export_file *x, const char *name, struct fault *f)
{
	uint8_t bytes[DNS_QUERY_MAX];
	struct wr w = wr_of(bytes, sizeof(bytes));
	struct dns_wire_name wire;
	enum err err = dns_name_read(span_text(name), &wire);
	const struct dns_query q = { .name = span_of(wire.bytes, wire.len),
				     .type = DNS_A,
				     .recurse = true };
	if (err == ERR_OK)
		err = dns_query_write(&w, &q);
	if (err != ERR_OK)
		return fault_set(f, err, 0, "the control domain %s is not a name", name);
	fwrite(bytes, 1, w.len, x->to);
	return ERR_OK;
}
