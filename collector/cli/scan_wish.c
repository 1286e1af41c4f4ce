// SPDX-License-Identifier: Apache-2.0
//
// What is to be fetched or traced of a scan, as orders of a size that a node takes.
#include "base/wr.h"
#include "cli/scan.h"

#define CLEAN_TEXT 4096 // bytes of the names of clean nodes

// --- pages ---

static enum err file_fetches(struct scan_job *j, const struct scan_options *o, bool controls,
			     struct fault *f)
{
	static struct fetch_order wishes[ORDER_FETCHES_MAX];
	AUTO(pg_rows_free) struct pg_rows *rows = NULL;
	char id[RUN_ID_TEXT];
	size_t bytes = 0;
	run_id_text(j->scan, id);
	struct order *order = scan_begin(j, o, ORDER_FETCH);
	order->fetches = wishes;
	order->body_limit = (uint32_t)o->body;
	enum err err =
		pg_query(j->pg, "scan_wishes",
			 PG_VALUES(pg_text(id), pg_int(j->node), pg_bool(controls)), &rows, f);
	size_t count = err == ERR_OK ? pg_rows_count(rows) : 0;
	for (size_t i = 0; err == ERR_OK && i < count; i++) {
		struct span domain = span_text(pg_rows_text(rows, i, 1));
		if (domain.len == 0 || domain.len > PAGE_DOMAIN_MAX)
			continue;
		wishes[order->fetch_count++] =
			(struct fetch_order){ .addr = pg_rows_addr(rows, i, 0),
					      .domain = domain,
					      .role = (enum page_role)pg_rows_int(rows, i, 2) };
		bytes += domain.len + 32;
		if (order->fetch_count < ORDER_FETCHES_MAX && bytes < PACKED_MAX)
			continue;
		err = scan_file(j, f);
		order->fetch_count = bytes = 0;
	}
	return err == ERR_OK && order->fetch_count > 0 ? scan_file(j, f) : err;
}

// The names parted by commas; no name has one.
static enum err join_names(const struct conf_list *list, char *out, size_t cap, struct fault *f)
{
	struct wr w = wr_of((uint8_t *)out, cap);
	for (size_t i = 0; i < list->count; i++) {
		wr_bytes(&w, span_text(i > 0 ? "," : ""));
		wr_bytes(&w, span_text(list->items[i]));
	}
	wr_u8(&w, '\0');
	return w.err == ERR_OK ? ERR_OK : fault_set(f, ERR_USAGE, 0, "too many clean nodes");
}

// What J's node is to fetch, and the clean nodes of what controls gave.
enum err scan_file_fetch(struct scan_job *j, const struct scan_options *o, struct fault *f)
{
	AUTO(pg_rows_free) struct pg_rows *rows = NULL;
	char id[RUN_ID_TEXT], names[CLEAN_TEXT];
	run_id_text(j->scan, id);
	enum err err = join_names(&o->clean, names, sizeof(names), f);
	if (err == ERR_OK)
		err = file_fetches(j, o, false, f);
	if (err == ERR_OK)
		err = pg_query(j->pg, "scan_clean",
			       PG_VALUES(pg_text(id), pg_int(j->node),
					 pg_text(o->clean.count > 0 ? names : NULL)),
			       &rows, f);
	struct scan_job clean = *j;
	clean.orders = 0;
	for (size_t i = 0; err == ERR_OK && i < pg_rows_count(rows); i++) {
		clean.node = pg_rows_int(rows, i, 0);
		clean.node_name = pg_rows_text(rows, i, 1);
		err = file_fetches(&clean, o, true, f);
	}
	j->clean_orders = clean.orders;
	return err;
}

// --- paths ---

enum err scan_file_path(struct scan_job *j, const struct scan_options *o, struct fault *f)
{
	static struct path_wish wishes[ORDER_PATHS_MAX];
	AUTO(pg_rows_free) struct pg_rows *rows = NULL;
	char id[RUN_ID_TEXT];
	size_t bytes = 0;
	int64_t type = 0;
	run_id_text(j->scan, id);
	struct path_order *p = &scan_begin(j, o, ORDER_PATH)->path;
	*p = (struct path_order){ .wishes = wishes,
				  .options = DNS_RECURSE | DNS_EDNS,
				  .hops = (uint8_t)o->hops,
				  .attempts = (uint8_t)o->attempts,
				  .wait_ms = (uint32_t)(o->wait / NS_PER_MS),
				  .reserved = o->reserved };
	enum err err = pg_query(
		j->pg, "scan_disputed",
		PG_VALUES(pg_text(id), pg_int(j->node), pg_bool(o->all), pg_int((int64_t)o->most)),
		&rows, f);
	for (size_t i = 0; err == ERR_OK && i < pg_rows_count(rows); i++) {
		struct span domain = span_text(pg_rows_text(rows, i, 1));
		const char *control = o->control[0] != '\0' ? o->control : pg_rows_text(rows, i, 3);
		bool full = p->count == ORDER_PATHS_MAX || bytes > PACKED_MAX;
		if (p->count > 0 && (full || pg_rows_int(rows, i, 2) != type)) {
			err = scan_file(j, f);
			p->count = bytes = 0;
		}
		type = pg_rows_int(rows, i, 2);
		p->type = (uint16_t)type;
		p->control = span_text(control);
		wishes[p->count++] = (struct path_wish){ pg_rows_addr(rows, i, 0), domain };
		bytes += domain.len + 32;
	}
	return err == ERR_OK && p->count > 0 ? scan_file(j, f) : err;
}
