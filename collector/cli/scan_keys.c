// SPDX-License-Identifier: Apache-2.0
//
// Orders for what it takes to verify signatures: control resolvers are asked for the keys (DNSKEY)
// of each name and of all above it, and for what the name above says of them (DS).
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/scan.h"

#define TYPE_DS     43
#define TYPE_DNSKEY 48

bool scan_wants_keys(const struct scan_options *o, const struct dns_order *d)
{
	for (size_t i = 0; o->dnssec && !o->nobody && i < d->type_count; i++)
		if (d->types[i] != TYPE_DNSKEY && d->types[i] != TYPE_DS)
			return true;
	return false;
}

static enum err read_controls(struct scan_job *j, struct addr **out, size_t *count, struct fault *f)
{
	AUTO(pg_rows_free) struct pg_rows *rows = NULL;
	enum err err = pg_query(j->pg, "scan_controls", PG_VALUES(pg_uuid(j->scan)), &rows, f);
	*count = err == ERR_OK ? pg_rows_count(rows) : 0;
	*out = calloc(*count + 1, sizeof(**out));
	if (*out == NULL)
		return fault_set(f, ERR_MEMORY, 0, "no memory");
	for (size_t i = 0; i < *count; i++)
		(*out)[i] = pg_rows_addr(rows, i, 0);
	return err;
}

// Alone, without a sandwich: an answer says by itself whether it is right. Checking is disabled,
// for a resolver that checks gives no keys of a zone that is broken.
static void make_keys(struct dns_order *d, const struct scan_options *o)
{
	*d = (struct dns_order){
		.types = { TYPE_DNSKEY, TYPE_DS },
		.type_count = 2,
		.profile = DNS_PLAIN,
		.repetitions = 1,
		.options = DNS_RECURSE | DNS_EDNS | DNS_DO | DNS_NO_CHECK,
		.transport = DNS_UDP,
		.size = (uint16_t)o->size,
		.kind = DNS_KIND_PAIR,
		.listen_ms = (uint32_t)(o->listen / NS_PER_MS),
		.reserved = o->reserved,
	};
}

static enum err file_zones(struct scan_job *j, const struct scan_options *o,
			   const struct pg_rows *rows, struct fault *f)
{
	struct addr *controls = NULL;
	size_t count = 0, size = 1;
	enum err err = read_controls(j, &controls, &count, f);
	for (size_t i = 0; i < pg_rows_count(rows); i++)
		size += strlen(pg_rows_text(rows, i, 0)) + 1;
	char *names = calloc(1, size);
	struct wr w = wr_of(names, names == NULL ? 0 : size);
	for (size_t i = 0; err == ERR_OK && i < pg_rows_count(rows); i++)
		wr_format(&w, "%s\n", pg_rows_text(rows, i, 0));
	if (err == ERR_OK && w.err != ERR_OK)
		err = fault_set(f, w.err, 0, "no memory");
	if (err == ERR_OK && count == 0)
		fprintf(stderr, "waymark scan: no control resolvers in this scan: without keys "
				"from them no signature is verified\n");
	make_keys(&scan_begin(j, o, ORDER_DNS)->dns, o);
	if (err == ERR_OK && count > 0 && w.len > 0)
		err = scan_file_matrix(j, wr_span(&w), controls, count, f);
	free(names);
	free(controls);
	return err;
}

enum err scan_file_keys(struct scan_job *j, const struct scan_options *o, const char *names,
			struct fault *f)
{
	AUTO(pg_rows_free) struct pg_rows *rows = NULL;
	enum err err = pg_query(j->pg, "scan_zones", PG_VALUES(pg_uuid(j->scan), pg_text(names)),
				&rows, f);
	return err == ERR_OK ? file_zones(j, o, rows, f) : err;
}
