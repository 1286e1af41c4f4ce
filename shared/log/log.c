// SPDX-License-Identifier: Apache-2.0
#include "log/log.h"

#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "base/wr.h"

#define LOG_LINE 1024 // longer lines are cut

static atomic_int threshold = LOG_INFO;

static const char *const level_names[] = {
	[LOG_DEBUG] = "debug",
	[LOG_INFO] = "info",
	[LOG_WARN] = "warn",
	[LOG_ERROR] = "error",
};

void log_threshold(enum log_level level)
{
	atomic_store(&threshold, (int)level);
}

enum err log_level_read(struct span word, enum log_level *out)
{
	for (size_t i = 0; i < COUNT(level_names); i++) {
		if (text_is(word, level_names[i])) {
			*out = (enum log_level)i;
			return ERR_OK;
		}
	}
	return ERR_FORMAT;
}

static bool plain(const char *text)
{
	if (*text == '\0')
		return false;
	for (const char *p = text; *p != '\0'; p++)
		if (*p <= ' ' || *p == '"' || *p == '=' || *p == '\\' || *p == 0x7f)
			return false;
	return true;
}

// Control characters would let a stranger's text write lines of its own.
static void put_text(struct wr *w, const char *text)
{
	if (plain(text)) {
		wr_text(w, text);
		return;
	}
	wr_u8(w, '"');
	for (const char *p = text; *p != '\0'; p++) {
		uint8_t c = (uint8_t)*p;
		if (c == '"' || c == '\\')
			wr_format(w, "\\%c", c);
		else if (c < ' ' || c == 0x7f)
			wr_format(w, "\\x%02x", c);
		else
			wr_u8(w, c);
	}
	wr_u8(w, '"');
}

static void put_fact(struct wr *w, const struct log_fact *k)
{
	wr_format(w, " %s=", k->key);
	switch (k->kind) {
	case LOG_TEXT:
		put_text(w, k->text != NULL ? k->text : "");
		break;
	case LOG_INT:
		wr_format(w, "%lld", (long long)k->i);
		break;
	case LOG_UINT:
		wr_format(w, "%llu", (unsigned long long)k->u);
		break;
	case LOG_REAL:
		wr_format(w, "%g", k->d);
		break;
	case LOG_END:
		break;
	}
}

void log_event(enum log_level level, const char *room, const char *event,
	       const struct log_fact *facts)
{
	if ((int)level < atomic_load(&threshold))
		return;
	uint8_t line[LOG_LINE + 1];
	struct wr w = wr_of(line, LOG_LINE);
	wr_format(&w, "lvl=%s room=%s ev=%s", level_names[level], room, event);
	for (const struct log_fact *k = facts; k->kind != LOG_END; k++)
		put_fact(&w, k);
	line[w.len] = '\n';
	// One write a line, so that lines of several threads do not mix.
	ssize_t n = write(STDERR_FILENO, line, w.len + 1);
	(void)n;
}

void log_fault(enum log_level level, const char *room, const char *event, const struct fault *f)
{
	LOG(level, room, event, KT("err", err_name(f->err)), KT("why", f->what));
}
