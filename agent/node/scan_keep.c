// SPDX-License-Identifier: Apache-2.0
#include "node/scan_keep.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/rd.h"
#include "base/table.h"
#include "base/text.h"
#include "seal/seal.h"
#include "sys/clock.h"
#include "sys/file.h"

#define MAGIC    "waymark-scan-v1\n"
#define HEAD     (sizeof(MAGIC) - 1 + 2 * 8)
#define TAIL     4
#define EVERY_NS (2 * NS_PER_S)
#define LARGEST  ((size_t)1 << 30)
#define TOLD_MAX (1u << 26)

static void name_files(struct scan_keep *k, const char *data, const struct run_id *id)
{
	char hex[2 * RUN_ID_SIZE + 1];
	text_hex(span_of(id->bytes, sizeof(id->bytes)), hex);
	snprintf(k->order, sizeof(k->order), "%s/scan-%s.order", data, hex);
	snprintf(k->state, sizeof(k->state), "%s/scan-%s.state", data, hex);
	snprintf(k->told, sizeof(k->told), "%s/scan-%s.told", data, hex);
}

// Magic, seeds, image, CRC of all before. ERR_MISSING: none.
static enum err load(struct scan_keep *k, char **bytes, struct span *image, struct fault *f)
{
	size_t len = 0;
	*bytes = NULL;
	if (access(k->state, F_OK) != 0)
		return ERR_MISSING;
	enum err err = file_read(k->state, LARGEST, bytes, &len, f);
	if (err != ERR_OK)
		return err;
	struct rd r = rd_of(span_of(*bytes, len));
	struct span magic = rd_span(&r, sizeof(MAGIC) - 1);
	uint64_t seed[2] = { rd_le64(&r), rd_le64(&r) };
	*image = rd_span(&r, len < HEAD + TAIL ? 0 : len - HEAD - TAIL);
	uint32_t sum = seal_crc32c(0, span_of(*bytes, r.pos));
	if (rd_le32(&r) != sum || r.err != ERR_OK || !text_is(magic, MAGIC))
		return fault_set(f, ERR_CORRUPT, 0, "%s: no whole checkpoint", k->state);
	memcpy(k->seed, seed, sizeof(seed));
	return ERR_OK;
}

static enum err read_told(struct scan_keep *k, struct fault *f)
{
	static const uint64_t seed[2];
	char *bytes = NULL;
	size_t len = 0;
	k->pick = table_new(sizeof(struct dns_pick), 1, TOLD_MAX, seed);
	if (k->pick == NULL)
		return fault_set(f, ERR_MEMORY, 0, "no memory");
	if (access(k->told, F_OK) != 0)
		return ERR_OK;
	enum err err = file_read(k->told, LARGEST, &bytes, &len, f);
	for (size_t at = 0; err == ERR_OK && at + sizeof(struct dns_pick) <= len;
	     at += sizeof(struct dns_pick))
		if (table_put(k->pick, bytes + at, NULL) == NULL)
			err = fault_set(f, ERR_FULL, 0, "%s: too many pairs", k->told);
	free(bytes);
	return err;
}

enum err scan_keep_open(struct scan_keep *k, const char *data, const struct run_id *order,
			struct fault *f)
{
	char *bytes;
	struct span image;
	*k = (struct scan_keep){ .log = -1, .seed = { random_u64(), random_u64() } };
	name_files(k, data, order);
	enum err err = load(k, &bytes, &image, f);
	free(bytes);
	if (err == ERR_OK)
		err = read_told(k, f);
	if (err != ERR_OK && err != ERR_MISSING)
		return err;
	k->log = open(k->told, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	return k->log >= 0 ? ERR_OK : fault_set(f, ERR_IO, errno, "%s", k->told);
}

void scan_keep_close(struct scan_keep *k)
{
	if (k->log >= 0)
		close(k->log);
	k->log = -1;
	table_free(&k->pick);
	free(k->room);
	k->room = NULL;
}

void scan_keep_remove(struct scan_keep *k)
{
	(void)unlink(k->order);
	(void)unlink(k->state);
	(void)unlink(k->told);
}

static enum err save_order(const struct scan_keep *k, const struct order *o, struct fault *f)
{
	uint8_t *room = malloc(ORDER_SIZE_MAX);
	if (room == NULL)
		return fault_set(f, ERR_MEMORY, 0, "no memory");
	struct wr w = wr_of(room, ORDER_SIZE_MAX);
	enum err err = order_write(&w, o);
	err = err == ERR_OK ? file_write(k->order, 0600, wr_span(&w), f)
			    : fault_set(f, err, 0, "the order cannot be noted down");
	free(room);
	return err;
}

enum err scan_keep_begin(struct scan_keep *k, const struct order *o, struct dns_matrix *m,
			 struct fault *f)
{
	char *bytes;
	struct span image;
	k->size = HEAD + dns_matrix_image_size(m) + TAIL;
	k->room = malloc(k->size);
	if (k->room == NULL)
		return fault_set(f, ERR_MEMORY, 0, "no memory for a checkpoint");
	enum err err = load(k, &bytes, &image, f);
	if (err == ERR_OK && dns_matrix_image_read(m, image) != ERR_OK)
		err = fault_set(f, ERR_CORRUPT, 0, "%s: does not add up", k->state);
	free(bytes);
	if (err != ERR_MISSING)
		return err;
	err = save_order(k, o, f);
	return err == ERR_OK ? scan_keep_tick(k, m, clock_mono(), true, f) : err;
}

bool scan_keep_is_told(struct scan_keep *k, const struct dns_pick *p)
{
	return k->pick != NULL && table_take(k->pick, p);
}

// At once and unbuffered: it outlives a kill of this process, as the record's journal does.
void scan_keep_tell(struct scan_keep *k, const struct dns_pick *p)
{
	(void)!write(k->log, p, sizeof(*p));
}

enum err scan_keep_tick(struct scan_keep *k, const struct dns_matrix *m, struct mono now,
			bool force, struct fault *f)
{
	if (!force && mono_before(now, k->next))
		return ERR_OK;
	struct wr w = wr_of(k->room, k->size);
	wr_bytes(&w, span_text(MAGIC));
	wr_le64(&w, k->seed[0]);
	wr_le64(&w, k->seed[1]);
	dns_matrix_image_write(m, &w);
	wr_le32(&w, seal_crc32c(0, wr_span(&w)));
	if (w.err != ERR_OK)
		return fault_set(f, w.err, 0, "a checkpoint that does not fit");
	enum err err = file_write(k->state, 0600, wr_span(&w), f);
	// What the image tells of need not be remembered pair by pair; what was told before we were
	// started and has not come up again is in no image yet.
	bool whole = k->pick == NULL || table_count(k->pick) == 0;
	if (err == ERR_OK && whole && ftruncate(k->log, 0) != 0)
		err = fault_set(f, ERR_IO, errno, "%s", k->told);
	struct mono after = clock_mono();
	int64_t took = mono_since(after, now);
	k->next = mono_add(after, took * 20 > EVERY_NS ? took * 20 : EVERY_NS);
	return err;
}

enum err scan_keep_find(const char *data, const struct run_id *order, struct arena *arena,
			struct order *out, struct fault *f)
{
	struct scan_keep k;
	char *bytes = NULL, *kept = NULL;
	size_t len = 0;
	name_files(&k, data, order);
	if (access(k.order, F_OK) != 0)
		return ERR_MISSING;
	enum err err = file_read(k.order, ORDER_SIZE_MAX, &bytes, &len, f);
	if (err == ERR_OK)
		kept = arena_text(arena, span_of(bytes, len));
	free(bytes);
	if (err == ERR_OK && (kept == NULL || order_read(span_of(kept, len), arena, out) != ERR_OK))
		err = fault_set(f, ERR_CORRUPT, 0, "%s: no order", k.order);
	return err;
}
