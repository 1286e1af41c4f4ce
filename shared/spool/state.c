// SPDX-License-Identifier: Apache-2.0
//
// The state file: what the collector has.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "spool/inside.h"

enum err spool_file(const struct spool *s, const char *name, int *fd, struct fault *f)
{
	char path[PATH_MAX];
	snprintf(path, sizeof(path), "%s/%s", s->dir, name);
	*fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (*fd < 0)
		return fault_set(f, errno == EACCES ? ERR_PERMIT : ERR_IO, errno, "cannot open %s",
				 path);
	return ERR_OK;
}

enum err spool_state_open(struct spool *s, bool *fresh, struct fault *f)
{
	uint8_t slots[2 * SEG_STATE_SIZE];
	enum err err = spool_file(s, "state", &s->state, f);
	if (err != ERR_OK)
		return err;
	ssize_t n = pread(s->state, slots, sizeof(slots), 0);
	if (n < 0)
		return fault_set(f, ERR_IO, errno, "cannot read the state of %s", s->dir);
	*fresh = true;
	for (size_t i = 0; i < 2; i++) {
		struct seg_state st;
		struct span all = span_of(slots, (size_t)n);
		struct span slot = span_cut(all, i * SEG_STATE_SIZE, SEG_STATE_SIZE);
		if (seg_state_read(slot, &st) != ERR_OK)
			continue;
		if (*fresh || st.generation > s->at.generation)
			s->at = st;
		*fresh = false;
	}
	return ERR_OK;
}

enum err spool_state_put(struct spool *s, bool sync, struct fault *f)
{
	uint8_t slot[SEG_STATE_SIZE];
	s->at.generation++;
	seg_state_write(&s->at, slot);
	off_t to = s->at.generation % 2 == 0 ? 0 : SEG_STATE_SIZE;
	if (pwrite(s->state, slot, sizeof(slot), to) != (ssize_t)sizeof(slot) ||
	    (sync && fdatasync(s->state) != 0))
		return fault_set(f, errno == ENOSPC ? ERR_FULL : ERR_IO, errno,
				 "cannot write the state of %s", s->dir);
	return ERR_OK;
}
