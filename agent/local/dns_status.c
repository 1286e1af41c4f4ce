// SPDX-License-Identifier: Apache-2.0
#include "local/dns_status.h"

#include <errno.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/version.h"
#include "cli/json.h"

#define SAY_NS (10 * NS_PER_S) // between two lines to what is no terminal

static const char columns[] = "time,seconds,pairs,done,outstanding,sent,sent_rate,heard,heard_rate,"
			      "late,strange,lost,kernel_drops\n";

enum err dns_status_open(struct dns_status *t, const struct dns_settings *s, uint64_t pairs,
			 uint64_t done_before, struct mono now, struct wall wall, struct fault *f)
{
	*t = (struct dns_status){
		.settings = s,
		.line = pairs > 1 && !s->quiet,
		.tty = isatty(STDERR_FILENO) != 0,
		.start = wall,
		.begun = now,
		.last = now,
		.said = now,
		.done_before = done_before,
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

struct figures {
	struct dns_counts c;
	uint64_t pairs, done, drops, sums[DNS_STATE_COUNT];
};

static struct figures figures_of(struct dns_scan_io *io)
{
	struct dns_scan *s = dns_scan_io_scan(io);
	struct figures g = { .c = dns_scan_counts(s), .drops = dns_scan_io_drops(io) };
	g.pairs = dns_matrix_pairs(dns_scan_matrix(s));
	g.done = g.pairs - dns_matrix_left(dns_scan_matrix(s));
	dns_matrix_sums(dns_scan_matrix(s), g.sums);
	return g;
}

static void put_row(FILE *out, struct wall wall, double seconds, const struct figures *g,
		    double sent, double heard)
{
	char time[WALL_TEXT];
	wall_write(wall, time);
	fprintf(out, "%s,%.3f,%llu,%llu,%u,%llu,%.0f,%llu,%.0f,%llu,%llu,%llu,%llu\n", time,
		seconds, (unsigned long long)g->pairs, (unsigned long long)g->done,
		g->c.outstanding, (unsigned long long)g->c.sent, sent,
		(unsigned long long)g->c.heard, heard, (unsigned long long)g->c.late,
		(unsigned long long)g->c.strange, (unsigned long long)g->c.lost,
		(unsigned long long)g->drops);
	fflush(out);
}

static void put_left(const struct dns_status *t, const struct figures *g, int64_t run)
{
	double rate = rate_of(g->done - t->done_before, run);
	long long left = rate <= 0 ? 0 : (long long)((double)(g->pairs - g->done) / rate);
	fprintf(stderr, "%.0f%% (%lldm%02llds left); ",
		g->pairs == 0 ? 100 : 100 * (double)g->done / (double)g->pairs, left / 60,
		left % 60);
}

static void draw(struct dns_status *t, struct mono now, const struct figures *g, double sent)
{
	int64_t run = mono_since(now, t->begun);
	fputs(t->tty ? "\r\033[K" : "", stderr);
	put_left(t, g, run);
	fprintf(stderr,
		"pairs %llu/%llu: %llu answered %llu timeout %llu error %llu refused "
		"%llu not_asked; %u outstanding; questions %llu (%.0f/s, %.0f avg); packets %llu; "
		"lost %llu%s",
		(unsigned long long)g->done, (unsigned long long)g->pairs,
		(unsigned long long)g->sums[DNS_ANSWERED],
		(unsigned long long)g->sums[DNS_TIMED_OUT], (unsigned long long)g->sums[DNS_FAILED],
		(unsigned long long)g->sums[DNS_REFUSED],
		(unsigned long long)g->sums[DNS_NOT_ASKED], g->c.outstanding,
		(unsigned long long)g->c.sent, sent, rate_of(g->c.sent, run),
		(unsigned long long)g->c.heard, (unsigned long long)(g->c.lost + g->drops),
		t->tty ? "" : "\n");
	t->drawn = true;
	t->said = now;
}

void dns_status_tick(struct dns_status *t, struct mono now, struct wall wall,
		     struct dns_scan_io *io)
{
	const struct figures g = figures_of(io);
	int64_t span = mono_since(now, t->last);
	double sent = rate_of(g.c.sent - t->before.sent, span);
	double heard = rate_of(g.c.heard - t->before.heard, span);
	if (t->file != NULL)
		put_row(t->file, wall, (double)mono_since(now, t->begun) / 1e9, &g, sent, heard);
	if (t->line && (t->tty || mono_since(now, t->said) >= SAY_NS))
		draw(t, now, &g, sent);
	t->last = now;
	t->before = g.c;
}

static void put_states(struct json *j, const uint32_t *sums, uint64_t all)
{
	uint64_t told = 0;
	for (int i = 1; i < DNS_STATE_COUNT; i++) {
		uint64_t n = sums[i];
		// Pairs no line was written for were not asked, either.
		if (i == DNS_NOT_ASKED && all > told + n)
			n = all - told;
		told += n;
		json_int(j, dns_state_name((enum dns_state)i), (int64_t)n);
	}
	json_int(j, "pairs", (int64_t)told);
}

static void put_server(struct json *j, const struct dns_list *l, size_t i)
{
	const struct dns_server s = dns_list_server(l, i);
	json_addr(j, "resolver", s.addr);
	if (s.port != 0)
		json_int(j, "port", s.port);
}

static void put_sums(struct json *j, struct dns_scan *s, const struct dns_lists *l)
{
	const struct dns_matrix *m = dns_scan_matrix(s);
	size_t servers = dns_list_count(l->servers), names = dns_list_count(l->names);
	uint32_t sums[DNS_STATE_COUNT];
	char name[DNS_TEXT];
	json_array(j, "by_resolver");
	for (size_t i = 0; i < servers; i++) {
		dns_matrix_resolver(m, (uint32_t)i, sums);
		json_object(j, NULL);
		put_server(j, l->servers, i);
		put_states(j, sums, dns_matrix_share(m, (uint32_t)i));
		json_end_object(j);
	}
	json_end_array(j);
	if (!dns_matrix_domain(m, 0, sums))
		return;
	json_array(j, "by_domain");
	for (size_t i = 0; i < names; i++) {
		(void)dns_matrix_domain(m, (uint32_t)i, sums);
		struct dns_name n = { .message = dns_list_name(l->names, i) };
		json_object(j, NULL);
		json_text(j, "domain", dns_name_write(n, name) == ERR_OK ? name : NULL);
		put_states(j, sums, dns_matrix_domain_share(m, (uint32_t)i));
		json_end_object(j);
	}
	json_end_array(j);
}

static void put_counts(struct json *j, const struct figures *g, const struct dns_lists *l)
{
	struct rusage u = { 0 };
	const struct dns_counts *c = &g->c;
	(void)getrusage(RUSAGE_SELF, &u);
	json_object(j, "questions");
	json_int(j, "sent", (int64_t)c->sent);
	json_int(j, "again_over_tcp", (int64_t)c->again);
	json_int(j, "over_streams", (int64_t)c->streams);
	json_end_object(j);
	json_object(j, "packets");
	json_int(j, "heard", (int64_t)c->heard);
	json_int(j, "usable", (int64_t)c->usable);
	json_int(j, "repeated", (int64_t)c->repeated);
	json_int(j, "late", (int64_t)c->late);
	json_int(j, "other_source", (int64_t)c->odd_source);
	json_int(j, "other_id", (int64_t)c->odd_id);
	json_int(j, "unreadable", (int64_t)c->unreadable);
	json_int(j, "icmp", (int64_t)c->icmp);
	json_int(j, "strange", (int64_t)c->strange);
	json_int(j, "not_kept", (int64_t)c->lost);
	json_int(j, "kernel_drops", (int64_t)g->drops);
	json_end_object(j);
	json_object(j, "paths");
	json_int(j, "compared", (int64_t)c->paths_compared);
	json_int(j, "dependent", (int64_t)c->path_dependent);
	json_end_object(j);
	json_int(j, "most_outstanding", c->most_outstanding);
	json_int(j, "lines_twice", (int64_t)l->doubles);
	json_int(j, "lines_not_understood", (int64_t)l->bad);
	json_real(j, "cpu_s",
		  (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
			  (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6,
		  3);
	json_int(j, "rss_kib", u.ru_maxrss);
}

static enum err put_document(const struct dns_status *t, struct dns_scan_io *io,
			     const struct dns_lists *l, const struct dns_ending *e, struct fault *f)
{
	const struct figures g = figures_of(io);
	char hex[40];
	FILE *out = fopen(t->settings->metadata, "we");
	if (out == NULL)
		return fault_set(f, ERR_IO, errno, "%s", t->settings->metadata);
	struct json j = json_of(out);
	uint32_t sums[DNS_STATE_COUNT];
	snprintf(hex, sizeof(hex), "%016llx%016llx", (unsigned long long)e->seed[0],
		 (unsigned long long)e->seed[1]);
	json_object(&j, NULL);
	json_text(&j, "program", "waymark dns");
	json_text(&j, "version", waymark_version);
	json_array(&j, "arguments");
	for (char **a = e->argv; *a != NULL; a++)
		json_text(&j, NULL, *a);
	json_end_array(&j);
	json_text(&j, "seed", hex);
	json_wall(&j, "start", t->start);
	json_wall(&j, "end", e->wall);
	json_bool(&j, "interrupted", e->interrupted);
	json_bool(&j, "resumed", e->resumed);
	json_bool(&j, "ip_ids_known", e->raw);
	for (size_t i = 0; i < DNS_STATE_COUNT; i++)
		sums[i] = (uint32_t)g.sums[i];
	json_object(&j, "sums");
	put_states(&j, sums, g.pairs);
	json_end_object(&j);
	put_counts(&j, &g, l);
	put_sums(&j, dns_scan_io_scan(io), l);
	json_end_object(&j);
	if (fclose(out) != 0)
		return fault_set(f, ERR_IO, errno, "%s", t->settings->metadata);
	return ERR_OK;
}

enum err dns_status_close(struct dns_status *t, struct dns_scan_io *io, const struct dns_lists *l,
			  const struct dns_ending *e, struct fault *f)
{
	enum err err = ERR_OK;
	const struct figures g = figures_of(io);
	int64_t run = mono_since(e->now, t->begun);
	if (t->line) {
		draw(t, e->now, &g, rate_of(g.c.sent, run));
		fputs(t->tty ? "\n" : "", stderr);
	}
	if (t->file != NULL) {
		put_row(t->file, e->wall, (double)run / 1e9, &g, 0, 0);
		if (fclose(t->file) != 0)
			err = fault_set(f, ERR_IO, errno, "%s", t->settings->status_file);
		t->file = NULL;
	}
	if (err == ERR_OK && t->settings->metadata[0] != '\0')
		err = put_document(t, io, l, e, f);
	return err;
}
