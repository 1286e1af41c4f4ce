// SPDX-License-Identifier: Apache-2.0
#include "pace/deny_io.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "base/text.h"
#include "sys/file.h"

#define DENY_FILE_MAX (1 << 20)

static enum err put_line(struct deny_file *d, struct span line, size_t number, struct fault *f)
{
	struct prefix p;
	struct span bare = text_trim(text_cut(&line, '#'));
	if (bare.len == 0)
		return ERR_OK;
	if (prefix_read(bare, &p) != ERR_OK)
		return fault_set(f, ERR_USAGE, 0, "%s:%zu: \"%.*s\" is not a prefix", d->path,
				 number, bare.len > 60 ? 60 : (int)bare.len, (const char *)bare.at);
	if (pace_put(d->pace, p) != ERR_OK)
		return fault_set(f, ERR_FULL, 0, "%s: more than %d prefixes in all", d->path,
				 PACE_DENY_MAX);
	d->count++;
	return ERR_OK;
}

// Every line is tried; the first that fails is told.
static enum err read_all(struct deny_file *d, struct fault *f)
{
	char *text = NULL;
	size_t len = 0, number = 0;
	enum err first = file_read(d->path, DENY_FILE_MAX, &text, &len, f);
	if (first != ERR_OK)
		return first;
	struct span rest = span_of(text, len);
	d->count = 0;
	while (rest.len > 0) {
		struct fault later;
		enum err err =
			put_line(d, text_cut(&rest, '\n'), ++number, first == ERR_OK ? f : &later);
		first = first == ERR_OK ? err : first;
	}
	free(text);
	return first;
}

// True when the file is not the one that was read last.
static bool changed(struct deny_file *d)
{
	struct stat st;
	if (stat(d->path, &st) != 0)
		return false;
	int64_t ns = (int64_t)st.st_mtim.tv_sec * NS_PER_S + st.st_mtim.tv_nsec;
	if (ns == d->seen_ns && st.st_size == d->seen_size)
		return false;
	d->seen_ns = ns;
	d->seen_size = st.st_size;
	return true;
}

enum err deny_file_open(struct deny_file *d, const char *path, struct pace *pace, struct fault *f)
{
	*d = (struct deny_file){ .path = path, .pace = pace };
	if (path == NULL || path[0] == '\0')
		return ERR_OK;
	(void)changed(d);
	d->err = read_all(d, f);
	return d->err;
}

static void on_look(void *self, struct mono now)
{
	struct deny_file *d = self;
	struct fault f;
	if (changed(d))
		d->err = read_all(d, &f);
	loop_timer_at(d->timer, mono_add(now, DENY_LOOK_NS));
}

enum err deny_file_watch(struct deny_file *d, struct loop *l, struct fault *f)
{
	if (d->path == NULL || d->path[0] == '\0')
		return ERR_OK;
	enum err err = loop_timer(l, on_look, d, &d->timer, f);
	if (err == ERR_OK)
		loop_timer_at(d->timer, mono_add(loop_now(l), DENY_LOOK_NS));
	return err;
}

void deny_file_close(struct deny_file *d)
{
	if (d->timer != NULL)
		loop_timer_drop(&d->timer);
}
