// SPDX-License-Identifier: Apache-2.0
//
// Signatures of zones in the answers of a scan, by a chain from the trust anchors over what its
// control resolvers told of keys: one resolver after the other, each once with what there is.
#include "correlate/correlate_own.h"
#include "signed/signed.h"

enum { TOLD_DOMAIN, TOLD_TYPE, TOLD_AT, TOLD_WIRE };
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

static enum err load_anchors(struct pg *pg, const uint8_t scan[static 16], struct signed_chain *c,
			     struct fault *f)
{
	AUTO(pg_rows_free) struct pg_rows *rows = NULL;
	enum err err = pg_query(pg, "signature_anchors", PG_VALUES(pg_uuid(scan)), &rows, f);
	for (size_t i = 0; err == ERR_OK && i < pg_rows_count(rows); i++) {
		err = signed_anchor_put(c, pg_rows_text(rows, i, 0));
		if (err != ERR_OK)
			return fault_set(f, err, 0, "trust anchor: %s", pg_rows_text(rows, i, 0));
	}
	return err;
}

static enum err load(struct pg *pg, const uint8_t scan[static 16], struct signed_chain *c,
		     struct fault *f)
{
	AUTO(pg_rows_free) struct pg_rows *rows = NULL;
	enum err err = load_anchors(pg, scan, c, f);
	if (err == ERR_OK)
		err = pg_query(pg, "signature_told", PG_VALUES(pg_uuid(scan)), &rows, f);
	if (err != ERR_OK)
		return err;
	for (size_t i = 0; err == ERR_OK && i < pg_rows_count(rows); i++) {
		const struct signed_question q = {
			.domain = pg_rows_text(rows, i, TOLD_DOMAIN),
			.type = (uint16_t)pg_rows_int(rows, i, TOLD_TYPE),
			.at = pg_rows_wall(rows, i, TOLD_AT),
		};
		err = signed_told_put(c, &q, pg_rows_bytes(rows, i, TOLD_WIRE));
	}
	return err == ERR_OK ? ERR_OK : fault_set(f, err, 0, "no memory for keys of zones");
}

static enum err check_answer(struct pg *pg, const uint8_t scan[static 16], struct signed_chain *c,
			     struct span digest, struct pg_rows *rows, size_t i, struct fault *f)
{
	const struct signed_question q = { .domain = pg_rows_text(rows, i, ANSWER_DOMAIN),
					   .type = (uint16_t)pg_rows_int(rows, i, ANSWER_TYPE),
					   .at = pg_rows_wall(rows, i, ANSWER_AT) };
	struct signed_verdict v = signed_find(c, &q, pg_rows_bytes(rows, i, ANSWER_WIRE));
	return pg_run(pg, "signature_put",
		      PG_VALUES(pg_uuid(scan), pg_int(pg_rows_int(rows, i, ANSWER_NODE)),
				pg_int(pg_rows_int(rows, i, ANSWER_STREAM)),
				pg_int(pg_rows_int(rows, i, ANSWER_SEQ)),
				pg_int(pg_rows_int(rows, i, ANSWER_ITEM)),
				pg_int(pg_rows_int(rows, i, ANSWER_PACKET)),
				pg_text(signed_state_name(v.state)), pg_bytes(digest),
				pg_text(signed_reason_name(v.reason)), pg_text(v.zone)),
		      NULL, f);
}

static enum err check_resolver(struct pg *pg, const uint8_t scan[static 16], struct signed_chain *c,
			       struct addr resolver, struct span digest, struct fault *f)
{
	AUTO(pg_rows_free) struct pg_rows *rows = NULL;
	enum err err = pg_begin(pg, f);
	if (err == ERR_OK)
		err = pg_query(pg, "signature_answers", PG_VALUES(pg_uuid(scan), pg_addr(resolver)),
			       &rows, f);
	for (size_t i = 0; err == ERR_OK && i < pg_rows_count(rows); i++)
		err = check_answer(pg, scan, c, digest, rows, i, f);
	if (err == ERR_OK)
		return pg_commit(pg, f);
	pg_rollback(pg);
	return err;
}

enum err correlate_signed(struct pg *pg, const uint8_t scan[static 16], struct fault *f)
{
	AUTO(signed_chain_free) struct signed_chain *c = signed_chain_new();
	AUTO(pg_rows_free) struct pg_rows *rows = NULL;
	if (c == NULL)
		return fault_set(f, ERR_MEMORY, 0, "no memory");
	enum err err = load(pg, scan, c, f);
	if (err == ERR_OK && signed_told_count(c) == 0)
		return ERR_OK;
	if (err == ERR_OK)
		err = pg_query(pg, "signature_resolvers", PG_VALUES(pg_uuid(scan)), &rows, f);
	for (size_t i = 0; err == ERR_OK && i < pg_rows_count(rows); i++)
		err = check_resolver(pg, scan, c, pg_rows_addr(rows, i, RESOLVER_ADDR),
				     pg_rows_bytes(rows, i, RESOLVER_KEYS), f);
	return err;
}
