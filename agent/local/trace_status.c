// SPDX-License-Identifier: Apache-2.0
#include "local/trace_status.h"

#include <errno.h>
#include <unistd.h>

#include "base/version.h"
#include "cli/json.h"

#define SAY_NS (10 * NS_PER_S) // between two lines to what is no terminal

static const char columns[] = "time,seconds,targets,done,running,sent,sent_rate,heard,heard_rate,"
			      "late,repeated,strange,kernel_drops\n";

enum err trace_status_open(struct trace_status *t, const struct trace_settings *s, bool many,
			   struct mono now, struct wall wall, struct fault *f)
{
	*t = (struct trace_status){
		.settings = s,
		.line = many && !s->quiet && isatty(STDOUT_FILENO) == 0,
		.tty = isatty(STDERR_FILENO) != 0,
		.start = wall,
		.begun = now,
		.last = now,
		.said = now,
	};
	if (s->status_file[0] == '\0')
		return ERR_OK;
	t->file = fopen(s->status_file, "we");
	if (t->file == NULL)
		return fault_set(f, ERR_IO, errno, "%s", s->status_file);
	fputs(columns, t->file);
	return ERR_OK;
}

static double rate_of(uint64_t count, int64_t ns)
{
	return ns <= 0 ? 0 : (double)count * 1e9 / (double)ns;
}

static void put_row(FILE *out, struct wall wall, double seconds, const struct trace_figures *g,
		    double sent, double heard)
{
	char time[WALL_TEXT];
	wall_write(wall, time);
	fprintf(out, "%s,%.3f,%llu,%llu,%llu,%llu,%.0f,%llu,%.0f,%llu,%llu,%llu,%llu\n", time,
		seconds, (unsigned long long)g->taken, (unsigned long long)g->done,
		(unsigned long long)g->running, (unsigned long long)g->probes.sent, sent,
		(unsigned long long)g->probes.heard, heard, (unsigned long long)g->probes.late,
		(unsigned long long)g->probes.repeated, (unsigned long long)g->probes.strange,
		(unsigned long long)g->drops);
	fflush(out);
}

static void draw(struct trace_status *t, struct mono now, const struct trace_figures *g,
		 double sent, double heard)
{
	int64_t run = mono_since(now, t->begun), s = run / NS_PER_S;
	fprintf(stderr,
		"%s%lld:%02lld traces: %llu done, %llu running%s; sent: %llu %.1f Kp/s (%.1f avg); "
		"heard: %llu %.1f Kp/s (%.1f avg); late: %llu; drops: %llu%s",
		t->tty ? "\r\033[K" : "", (long long)(s / 60), (long long)(s % 60),
		(unsigned long long)g->done, (unsigned long long)g->running,
		g->all_known ? "" : ", more to come", (unsigned long long)g->probes.sent,
		sent / 1e3, rate_of(g->probes.sent, run) / 1e3, (unsigned long long)g->probes.heard,
		heard / 1e3, rate_of(g->probes.heard, run) / 1e3,
		(unsigned long long)g->probes.late, (unsigned long long)g->drops,
		t->tty ? "" : "\n");
	t->drawn = true;
	t->said = now;
}

void trace_status_tick(struct trace_status *t, struct mono now, struct wall wall,
		       const struct trace_figures *g)
{
	int64_t span = mono_since(now, t->last);
	double sent = rate_of(g->probes.sent - t->before.sent, span);
	double heard = rate_of(g->probes.heard - t->before.heard, span);
	if (t->file != NULL)
		put_row(t->file, wall, (double)mono_since(now, t->begun) / 1e9, g, sent, heard);
	if (t->line && (t->tty || mono_since(now, t->said) >= SAY_NS))
		draw(t, now, g, sent, heard);
	t->last = now;
	t->before = g->probes;
}

static void put_counts(struct json *j, const struct trace_figures *g, uint64_t attempts)
{
	json_object(j, "traces");
	json_int(j, "targets", (int64_t)g->taken);
	json_int(j, "done", (int64_t)g->done);
	json_int(j, "not_started", (int64_t)g->failed);
	json_int(j, "lines_not_understood", (int64_t)g->bad);
	json_end_object(j);
	json_object(j, "stop_reasons");
	for (int i = 1; i < TRACE_STOP_COUNT; i++)
		json_int(j, trace_stop_name((enum trace_stop)i), (int64_t)g->stops[i]);
	json_end_object(j);
	json_object(j, "probes");
	json_int(j, "sent", (int64_t)g->probes.sent);
	json_int(j, "heard", (int64_t)g->probes.heard);
	json_int(j, "late", (int64_t)g->probes.late);
	json_int(j, "repeated", (int64_t)g->probes.repeated);
	json_int(j, "strange", (int64_t)g->probes.strange);
	json_int(j, "kernel_drops", (int64_t)g->drops);
	json_int(j, "lost_here", (int64_t)g->probes.lost);
	json_int(j, "hops_borrowed", (int64_t)g->probes.borrowed);
	json_int(j, "saved", (int64_t)(g->probes.borrowed * attempts));
	json_end_object(j);
}

static enum err put_document(const struct trace_status *t, char **argv, const uint64_t seed[2],
			     bool interrupted, const struct trace_figures *g, struct wall end,
			     struct fault *f)
{
	char hex[40];
	FILE *out = fopen(t->settings->metadata, "we");
	if (out == NULL)
		return fault_set(f, ERR_IO, errno, "%s", t->settings->metadata);
	struct json j = json_of(out);
	snprintf(hex, sizeof(hex), "%016llx%016llx", (unsigned long long)seed[0],
		 (unsigned long long)seed[1]);
	json_object(&j, NULL);
	json_text(&j, "program", "waymark trace");
	json_text(&j, "version", waymark_version);
	json_array(&j, "arguments");
	for (; *argv != NULL; argv++)
		json_text(&j, NULL, *argv);
	json_end_array(&j);
	json_text(&j, "seed", hex);
	json_wall(&j, "start", t->start);
	json_wall(&j, "end", end);
	json_bool(&j, "interrupted", interrupted);
	put_counts(&j, g, t->settings->attempts);
	json_end_object(&j);
	if (fclose(out) != 0)
		return fault_set(f, ERR_IO, errno, "%s", t->settings->metadata);
	return ERR_OK;
}

enum err trace_status_close(struct trace_status *t, char **argv, const uint64_t seed[2],
			    bool interrupted, const struct trace_figures *g, struct mono now,
			    struct wall wall, struct fault *f)
{
	enum err err = ERR_OK;
	if (t->drawn) {
		draw(t, now, g, 0, 0);
		fputs(t->tty ? "\n" : "", stderr);
	}
	if (t->file != NULL) {
		put_row(t->file, wall, (double)mono_since(now, t->begun) / 1e9, g, 0, 0);
		if (fclose(t->file) != 0)
			err = fault_set(f, ERR_IO, errno, "%s", t->settings->status_file);
		t->file = NULL;
	}
	if (t->settings->share > 0 && !t->settings->quiet)
		fprintf(stderr,
			"waymark trace: %llu probes sent, %llu hops borrowed: %llu probes saved\n",
			(unsigned long long)g->probes.sent, (unsigned long long)g->probes.borrowed,
			(unsigned long long)(g->probes.borrowed * t->settings->attempts));
	if (g->drops > 0 && !t->settings->quiet)
		fprintf(stderr,
			"waymark trace: this machine lost %llu packets; %llu probes without an "
			"answer may be among them and say so (\"lost\"): ask more slowly\n",
			(unsigned long long)g->drops, (unsigned long long)g->probes.lost);
	if (err == ERR_OK && t->settings->metadata[0] != '\0')
		err = put_document(t, argv, seed, interrupted, g, wall, f);
	return err;
}
