// SPDX-License-Identifier: Apache-2.0
#include "node/scan_keep.h"

#include <stdlib.h>
#include <string.h>

#include "base/rd.h"
#include "sys/clock.h"

#define SEEDS    16
#define EVERY_NS (2 * NS_PER_S)

// The seeds, then the matrix.
static enum err load(struct scan_keep *k, char **bytes, struct span *image, struct fault *f)
{
	struct span state;
	enum err err = scan_file_load(k->state, bytes, &state, f);
	if (err != ERR_OK)
		return err;
	struct rd r = rd_of(state);
	uint64_t seed[2] = { rd_le64(&r), rd_le64(&r) };
	*image = rd_rest(&r);
	memcpy(k->seed, seed, sizeof(seed));
	return r.err == ERR_OK ? ERR_OK : fault_set(f, ERR_CORRUPT, 0, "%s: too short", k->state);
}

enum err scan_keep_open(struct scan_keep *k, const char *data, const struct run_id *order,
			struct fault *f)
{
	char *bytes;
	struct span image;
	*k = (struct scan_keep){ .seed = { random_u64(), random_u64() } };
	scan_file_name(data, order, "state", k->state);
	enum err err = load(k, &bytes, &image, f);
	free(bytes);
	if (err != ERR_OK && err != ERR_MISSING)
		return err;
	return scan_told_open(&k->told, data, order, sizeof(struct dns_pick), f);
}

void scan_keep_close(struct scan_keep *k)
{
	scan_told_close(&k->told);
	free(k->room);
	k->room = NULL;
}

enum err scan_keep_begin(struct scan_keep *k, struct dns_matrix *m, struct fault *f)
{
	char *bytes;
	struct span image;
	k->size = SCAN_FILE_HEAD + SEEDS + dns_matrix_image_size(m) + SCAN_FILE_TAIL;
	k->room = malloc(k->size);
	if (k->room == NULL)
		return fault_set(f, ERR_MEMORY, 0, "no memory for a checkpoint");
	enum err err = load(k, &bytes, &image, f);
	if (err == ERR_OK && dns_matrix_image_read(m, image) != ERR_OK)
		err = fault_set(f, ERR_CORRUPT, 0, "%s: does not add up", k->state);
	free(bytes);
	return err == ERR_MISSING ? scan_keep_tick(k, m, clock_mono(), true, f) : err;
}

bool scan_keep_is_told(struct scan_keep *k, const struct dns_pick *p)
{
	return scan_told_take(&k->told, p);
}

enum err scan_keep_tick(struct scan_keep *k, const struct dns_matrix *m, struct mono now,
			bool force, struct fault *f)
{
	if (scan_told_stopped(&k->told) || (!force && mono_before(now, k->next)))
		return ERR_OK;
	struct wr w = scan_file_begin(k->room, k->size);
	wr_le64(&w, k->seed[0]);
	wr_le64(&w, k->seed[1]);
	dns_matrix_image_write(m, &w);
	enum err err = scan_file_save(k->state, &w, f);
	// What the image tells of need not be remembered pair by pair; what was told before we were
	// started and has not come up again is in no image yet.
	if (err == ERR_OK && scan_told_count(&k->told) == 0)
		err = scan_told_clear(&k->told, f);
	struct mono after = clock_mono();
	int64_t took = mono_since(after, now);
	k->next = mono_add(after, took * 20 > EVERY_NS ? took * 20 : EVERY_NS);
	return err;
}
