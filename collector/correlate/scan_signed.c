// SPDX-License-Identifier: Apache-2.0
//
// Signatures of zones in the answers of a scan, by the keys that its control resolvers told: one
// resolver after the other, each once with the keys there are.
#include "correlate/correlate_own.h"
#include "signed/signed.h"

enum { RESOLVER_ADDR, RESOLVER_KEYS };
enum {
	ANSWER_NODE,
	ANSWER_STREAM,
	ANSWER_SEQ,
	ANSWER_ITEM,
	ANSWER_PACKET,
	ANSWER_DOMAIN,
	ANSWER_TYPE,
	ANSWER_AT,
	ANSWER_WIRE
};

static enum err load(struct pg *pg, const uint8_t scan[static 16], struct signed_keys *k,
		     struct fault *f)
{
	AUTO(pg_rows_free) struct pg_rows *rows = NULL;
	enum err err = pg_query(pg, "signature_keys", PG_VALUES(pg_uuid(scan)), &rows, f);
	if (err != ERR_OK)
		return err;
	for (size_t i = 0; err == ERR_OK && i < pg_rows_count(rows); i++)
		err = signed_keys_put(k, pg_rows_bytes(rows, i, 0));
	return err == ERR_OK ? ERR_OK : fault_set(f, err, 0, "no memory for keys of zones");
}

static enum err check_answer(struct pg *pg, const uint8_t scan[static 16],
			     const struct signed_keys *k, struct span digest, struct pg_rows *rows,
			     size_t i, struct fault *f)
{
	const struct signed_question q = { .domain = pg_rows_text(rows, i, ANSWER_DOMAIN),
					   .type = (uint16_t)pg_rows_int(rows, i, ANSWER_TYPE),
					   .at = pg_rows_wall(rows, i, ANSWER_AT) };
	enum signed_state state = signed_find(k, &q, pg_rows_bytes(rows, i, ANSWER_WIRE));
	return pg_run(pg, "signature_put",
		      PG_VALUES(pg_uuid(scan), pg_int(pg_rows_int(rows, i, ANSWER_NODE)),
				pg_int(pg_rows_int(rows, i, ANSWER_STREAM)),
				pg_int(pg_rows_int(rows, i, ANSWER_SEQ)),
				pg_int(pg_rows_int(rows, i, ANSWER_ITEM)),
				pg_int(pg_rows_int(rows, i, ANSWER_PACKET)),
				pg_text(signed_name(state)), pg_bytes(digest)),
		      NULL, f);
}

static enum err check_resolver(struct pg *pg, const uint8_t scan[static 16],
			       const struct signed_keys *k, struct addr resolver,
			       struct span digest, struct fault *f)
{
	AUTO(pg_rows_free) struct pg_rows *rows = NULL;
	enum err err = pg_begin(pg, f);
	if (err == ERR_OK)
		err = pg_query(pg, "signature_answers", PG_VALUES(pg_uuid(scan), pg_addr(resolver)),
			       &rows, f);
	for (size_t i = 0; err == ERR_OK && i < pg_rows_count(rows); i++)
		err = check_answer(pg, scan, k, digest, rows, i, f);
	if (err == ERR_OK)
		return pg_commit(pg, f);
	pg_rollback(pg);
	return err;
}

enum err correlate_signed(struct pg *pg, const uint8_t scan[static 16], struct fault *f)
{
	AUTO(signed_keys_free) struct signed_keys *k = signed_keys_new();
	AUTO(pg_rows_free) struct pg_rows *rows = NULL;
	if (k == NULL)
		return fault_set(f, ERR_MEMORY, 0, "no memory");
	enum err err = load(pg, scan, k, f);
	if (err == ERR_OK && signed_keys_count(k) == 0)
		return ERR_OK;
	if (err == ERR_OK)
		err = pg_query(pg, "signature_resolvers", PG_VALUES(pg_uuid(scan)), &rows, f);
	for (size_t i = 0; err == ERR_OK && i < pg_rows_count(rows); i++)
		err = check_resolver(pg, scan, k, pg_rows_addr(rows, i, RESOLVER_ADDR),
				     pg_rows_bytes(rows, i, RESOLVER_KEYS), f);
	return err;
}
