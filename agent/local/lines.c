// SPDX-License-Identifier: Apache-2.0
#include "local/lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

enum err lines_open(struct lines *l, struct fault *f)
{
	struct stat st;
	*l = (struct lines){ 0 };
	l->file = fstat(STDIN_FILENO, &st) != 0 || !(S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode));
	l->buffer = malloc(LINES_SIZE);
	return l->buffer == NULL ? fault_set(f, ERR_MEMORY, 0, "no memory") : ERR_OK;
}

void lines_wipe(struct lines *l)
{
	free(l->buffer);
	*l = (struct lines){ 0 };
}

void lines_hear(struct lines *l)
{
	if (l->from > 0) {
		memmove(l->buffer, l->buffer + l->from, l->to - l->from);
		l->to -= l->from;
		l->from = 0;
	}
	if (l->to == LINES_SIZE) {
		l->broken++;
		l->to = 0;
	}
	ssize_t n = read(STDIN_FILENO, l->buffer + l->to, LINES_SIZE - l->to);
	if (n > 0)
		l->to += (size_t)n;
	else if (n == 0 || (errno != EINTR && errno != EAGAIN))
		l->ended = true;
}

enum err lines_next(struct lines *l, struct span *out)
{
	for (;;) {
		const char *at = l->buffer + l->from;
		size_t len = l->to - l->from;
		const char *end = memchr(at, '\n', len);
		if (end == NULL && !l->ended)
			return ERR_AGAIN;
		if (end == NULL && len == 0)
			return ERR_MISSING;
		struct span line = span_of(at, end == NULL ? len : (size_t)(end - at));
		l->from += end == NULL ? len : line.len + 1;
		l->number++;
		*out = text_trim(text_cut(&line, '#'));
		if (out->len > 0)
			return ERR_OK;
	}
}
