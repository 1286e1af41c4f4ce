// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/run.h"
#include "msg/run.h"
#include "sys/clock.h"

#define ORDER_ARENA_MAX (1024 * 1024)
#define CLOCK_SLACK_NS  (60 * NS_PER_S) // an agent's clock may be this far behind ours
#define LATE_NS         (30 * NS_PER_S) // an order that comes this long after the end is void

void run_id_text(const uint8_t id[static 16], char out[static RUN_ID_TEXT])
{
	char hex[33];
	text_hex(span_of(id, 16), hex);
	snprintf(out, RUN_ID_TEXT, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16,
		 hex + 20);
}

enum err run_lock(struct pg *pg, struct fault *f)
{
	// Serials rise with every order to one node: whoever files one waits for the other.
	return pg_run(pg, "order_lock", PG_NO_VALUES, NULL, f);
}

static enum err take_serial(struct pg *pg, int64_t node, uint64_t *out, struct fault *f)
{
	struct pg_rows *rows = NULL;
	// From the wall clock, so that several operators and a restored database stay monotone.
	int64_t ms = clock_wall().ns / NS_PER_MS;
	enum err err = pg_query(pg, "order_serial", PG_VALUES(pg_int(node), pg_int(ms)), &rows, f);
	if (err == ERR_OK)
		*out = (uint64_t)pg_rows_int(rows, 0, 0);
	pg_rows_free(&rows);
	return err;
}

// What a node calls an order that it does not read: the beginning of a digest.
static void digest_name(struct span bytes, uint8_t out[static 16])
{
	uint8_t digest[SEAL_DIGEST_SIZE];
	seal_digest(bytes, digest);
	memcpy(out, digest, 16);
}

// BODY_NAME: digest_name of what is signed.
static enum err sign(const struct order *order, const struct seal_secret *key, struct wr *out,
		     uint8_t body_name[static 16], struct fault *f)
{
	static uint8_t body[ORDER_SIZE_MAX];
	uint8_t signature[SEAL_SIGNATURE_SIZE];
	struct seal_public public;
	struct wr w = wr_of(body, sizeof(body));
	enum err err = order_write(&w, order);
	if (err != ERR_OK)
		return fault_set(f, err, 0, "the order does not fit %d bytes", ORDER_SIZE_MAX);
	digest_name(wr_span(&w), body_name);
	seal_public_of(key, &public);
	seal_sign(SEAL_ORDER, wr_span(&w), key, signature);
	const struct signed_order whole = { .body = wr_span(&w),
					    .key = span_of(public.sign, SEAL_KEY_SIZE),
					    .signature = span_of(signature, SEAL_SIGNATURE_SIZE) };
	err = signed_order_write(out, &whole);
	return err == ERR_OK ? ERR_OK : fault_set(f, err, 0, "the signed order does not fit");
}

enum err run_file(struct pg *pg, const struct seal_secret *key, int64_t node, struct order *order,
		  struct fault *f)
{
	static uint8_t bytes[ORDER_SIZE_MAX + 1024];
	uint8_t body_name[16], whole_name[16];
	struct wr w = wr_of(bytes, sizeof(bytes));
	random_bytes(order->id.bytes, sizeof(order->id.bytes));
	order->not_before.ns = clock_wall().ns - CLOCK_SLACK_NS;
	enum err err = take_serial(pg, node, &order->serial, f);
	if (err == ERR_OK)
		err = sign(order, key, &w, body_name, f);
	if (err != ERR_OK)
		return err;
	digest_name(wr_span(&w), whole_name);
	// What a run's id is in the order is a scan's in an order of a scan.
	return pg_run(pg, order->kind >= ORDER_DNS ? "order_add_scan" : "order_add",
		      PG_VALUES(pg_uuid(order->id.bytes), pg_uuid(order->run.bytes), pg_int(node),
				pg_int((int64_t)order->serial), pg_wall(order->expires),
				pg_bytes(wr_span(&w)), pg_uuid(body_name), pg_uuid(whole_name)),
		      NULL, f);
}

// --- who takes part ---

static enum err copy_text(char *out, size_t cap, const char *text, const char *what,
			  struct fault *f)
{
	if (text_copy(out, cap, span_text(text)) != ERR_OK)
		return fault_set(f, ERR_RANGE, 0, "%s is too long: %.60s", what, text);
	return ERR_OK;
}

// Columns FROM…: id, name, address4, address6, wireguard.
static enum err read_node(struct pg_rows *rows, size_t from, struct schedule_node *out,
			  struct fault *f)
{
	struct span key = pg_rows_bytes(rows, 0, from + 4);
	out->id = pg_rows_int(rows, 0, from);
	out->address4 = pg_rows_addr(rows, 0, from + 2);
	out->address6 = pg_rows_addr(rows, 0, from + 3);
	if (key.len != sizeof(out->wireguard))
		return fault_set(f, ERR_STATE, 0, "node %s has no valid key",
				 pg_rows_text(rows, 0, from + 1));
	memcpy(out->wireguard, key.at, key.len);
	return copy_text(out->name, sizeof(out->name), pg_rows_text(rows, 0, from + 1), "node", f);
}

static enum err find_vantage(struct pg *pg, const char *name, struct schedule_node *out,
			     struct fault *f)
{
	struct pg_rows *rows = NULL;
	enum err err = pg_query(pg, "run_vantage", PG_VALUES(pg_text(name)), &rows, f);
	if (err == ERR_OK && pg_rows_count(rows) == 0)
		err = fault_set(f, ERR_MISSING, 0,
				"no vantage node %s with a valid key (`waymark node list`)", name);
	if (err == ERR_OK)
		err = read_node(rows, 0, out, f);
	pg_rows_free(&rows);
	return err;
}

static enum err find_phone(struct pg *pg, const char *name, struct schedule_phone *out,
			   struct fault *f)
{
	struct pg_rows *rows = NULL;
	enum err err = pg_query(pg, "run_phone", PG_VALUES(pg_text(name)), &rows, f);
	if (err == ERR_OK && pg_rows_count(rows) == 0)
		err = fault_set(f, ERR_MISSING, 0, "no phone %s behind a gateway with a valid key",
				name);
	if (err == ERR_OK)
		err = copy_text(out->name, sizeof(out->name), name, "phone", f);
	if (err == ERR_OK)
		err = copy_text(out->account, sizeof(out->account), pg_rows_text(rows, 0, 0),
				"account", f);
	if (err == ERR_OK) {
		out->address4 = pg_rows_addr(rows, 0, 1);
		out->address6 = pg_rows_addr(rows, 0, 2);
		err = read_node(rows, 3, &out->gateway, f);
	}
	pg_rows_free(&rows);
	return err;
}

// The phones that were named, or the first two there are.
static enum err find_phones(struct pg *pg, const struct run_wish *wish, struct schedule_run *run,
			    struct fault *f)
{
	struct pg_rows *rows = NULL;
	const char *names[2] = { wish->phone_a, wish->phone_b };
	enum err err = pg_query(pg, "run_phones", PG_NO_VALUES, &rows, f);
	for (size_t i = 0, next = 0; err == ERR_OK && i < 2; i++) {
		const char *other = names[1 - i];
		bool given = names[i] != NULL && names[i][0] != '\0';
		while (!given && next < pg_rows_count(rows) && other != NULL &&
		       strcmp(other, pg_rows_text(rows, next, 0)) == 0)
			next++;
		if (!given && next == pg_rows_count(rows))
			err = fault_set(f, ERR_USAGE, 0,
					"a run wants two phones (`waymark phone list`)");
		else if (!given)
			names[i] = pg_rows_text(rows, next++, 0);
	}
	if (err == ERR_OK && strcmp(names[0], names[1]) == 0)
		err = fault_set(f, ERR_USAGE, 0, "a phone cannot talk to itself: %s", names[0]);
	for (size_t i = 0; err == ERR_OK && i < 2; i++)
		err = find_phone(pg, names[i], &run->side[i].phone, f);
	pg_rows_free(&rows);
	return err;
}

static enum err find_pool(struct pg *pg, struct schedule_pool *out, struct fault *f)
{
	struct pg_rows *rows = NULL;
	uint64_t port = 0, mtu = 0;
	enum err err = pg_query(pg, "run_pool", PG_NO_VALUES, &rows, f);
	if (err == ERR_OK &&
	    (pg_rows_count(rows) == 0 || pg_rows_null(rows, 0, 0) || pg_rows_null(rows, 0, 1) ||
	     pg_rows_null(rows, 0, 2) ||
	     prefix_read(span_text(pg_rows_text(rows, 0, 0)), &out->tunnel4) != ERR_OK ||
	     prefix_read(span_text(pg_rows_text(rows, 0, 1)), &out->tunnel6) != ERR_OK ||
	     text_u64(span_text(pg_rows_text(rows, 0, 2)), 1, UINT16_MAX - SCHEDULE_PORTS, &port) !=
		     ERR_OK))
		err = fault_set(f, ERR_USAGE, 0,
				"settings tunnel4, tunnel6 and tunnel_port_first must be prefixes "
				"without host bits and a port up to %d",
				UINT16_MAX - SCHEDULE_PORTS);
	if (err == ERR_OK && (pg_rows_null(rows, 0, 3) ||
			      text_u64(span_text(pg_rows_text(rows, 0, 3)), SCHEDULE_MTU_MIN,
				       SCHEDULE_MTU_MAX, &mtu) != ERR_OK))
		err = fault_set(f, ERR_USAGE, 0, "setting tunnel_mtu must be %d to %d",
				SCHEDULE_MTU_MIN, SCHEDULE_MTU_MAX);
	out->port_first = (uint16_t)port;
	out->mtu = (uint16_t)mtu;
	pg_rows_free(&rows);
	return err;
}

// --- the run ---

static enum err find_all(struct pg *pg, const struct run_wish *wish, struct schedule_run *run,
			 struct fault *f)
{
	bool idle = wish->idle != NULL && wish->idle[0] != '\0';
	enum err err =
		copy_text(run->app, sizeof(run->app), idle ? wish->idle : wish->app, "--app", f);
	if (idle)
		run->messages = 0;
	if (err == ERR_OK)
		err = find_vantage(pg, wish->a, &run->side[0].vantage, f);
	if (err == ERR_OK)
		err = find_vantage(pg, wish->b, &run->side[1].vantage, f);
	if (err == ERR_OK)
		err = find_phones(pg, wish, run, f);
	if (err == ERR_OK)
		err = find_pool(pg, &run->pool, f);
	if (wish->mtu != 0)
		run->pool.mtu = (uint16_t)wish->mtu;
	return err;
}

static enum err put_run(struct pg *pg, const struct run_wish *wish, struct schedule_run *run,
			struct fault *f)
{
	struct pg_rows *rows = NULL;
	enum err err =
		pg_query(pg, "run_add",
			 PG_VALUES(pg_uuid(run->id.bytes), pg_text(wish->app),
				   pg_int(run->side[0].vantage.id), pg_int(run->side[1].vantage.id),
				   pg_text(run->side[0].phone.name),
				   pg_text(run->side[1].phone.name), pg_wall(run->start),
				   pg_real((double)run->length_ms / 1000), pg_text(wish->idle)),
			 &rows, f);
	if (err == ERR_OK)
		run->serial = (uint64_t)pg_rows_int(rows, 0, 0);
	pg_rows_free(&rows);
	return err;
}

static enum err file_parts(struct pg *pg, const struct seal_secret *key,
			   const struct schedule_run *run, struct fault *f)
{
	static struct order order; // large: 64 messages
	struct arena arena;
	enum err err = ERR_OK;
	arena_init(&arena, ORDER_ARENA_MAX);
	for (enum schedule_part p = 0; err == ERR_OK && p < SCHEDULE_PARTS; p++) {
		err = schedule_order(run, p, &arena, &order);
		if (err == ERR_RANGE)
			err = fault_set(f, ERR_USAGE, 0, "the tunnel settings cannot hold a run");
		else if (err != ERR_OK)
			err = fault_set(f, err, 0, "the order cannot be made: %s", err_name(err));
		order.expires.ns = run->start.ns + run->length_ms * NS_PER_MS + LATE_NS;
		if (err == ERR_OK)
			err = run_file(pg, key, schedule_node_of(run, p)->id, &order, f);
	}
	arena_wipe(&arena);
	return err;
}

enum err run_make(struct pg *pg, const struct seal_secret *key, const struct run_wish *wish,
		  struct run_made *out, struct fault *f)
{
	struct schedule_run run = { .length_ms = (uint32_t)(wish->length_s * 1000),
				    .messages = (uint32_t)wish->messages };
	enum err err = find_all(pg, wish, &run, f);
	if (err == ERR_OK)
		err = pg_begin(pg, f);
	if (err == ERR_OK)
		err = run_lock(pg, f);
	if (err == ERR_OK) {
		random_bytes(run.id.bytes, sizeof(run.id.bytes));
		run.start.ns = clock_wall().ns + (int64_t)(wish->in_s * (double)NS_PER_S);
		err = put_run(pg, wish, &run, f);
	}
	if (err == ERR_OK)
		err = file_parts(pg, key, &run, f);
	if (err == ERR_OK)
		err = pg_commit(pg, f);
	if (err != ERR_OK) {
		pg_rollback(pg);
		return err;
	}
	run_id_text(run.id.bytes, out->id);
	out->serial = run.serial;
	out->end.ns = run.start.ns + run.length_ms * NS_PER_MS;
	return ERR_OK;
}

enum err run_look(struct pg *pg, const char *id, struct run_state *out, struct fault *f)
{
	struct pg_rows *rows = NULL;
	enum err err = pg_query(pg, "run_orders", PG_VALUES(pg_text(id)), &rows, f);
	*out = (struct run_state){ .orders = err == ERR_OK ? pg_rows_count(rows) : 0 };
	for (size_t i = 0; i < out->orders; i++) {
		enum order_state state = (enum order_state)pg_rows_int(rows, i, 3);
		if (state == ORDER_UNKNOWN || state == ORDER_ACCEPTED)
			continue;
		out->ended++;
		out->done += state == ORDER_DONE;
		out->refused += state >= ORDER_REFUSED_SIGNATURE;
		const char *detail = pg_rows_text(rows, i, 5);
		if (state != ORDER_DONE && out->why[0] == '\0')
			snprintf(out->why, sizeof(out->why), "%s: %s%s%.100s",
				 pg_rows_text(rows, i, 1), order_state_name(state),
				 detail != NULL ? ": " : "", detail != NULL ? detail : "");
	}
	pg_rows_free(&rows);
	return err;
}
