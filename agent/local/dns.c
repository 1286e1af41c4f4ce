// SPDX-License-Identifier: Apache-2.0
#include "local/dns.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/table.h"
#include "cli/idn.h"
#include "local/dns_keep.h"
#include "local/dns_path.h"
#include "local/dns_print.h"
#include "local/dns_status.h"
#include "sys/clock.h"
#include "sys/memory.h"

struct job {
	struct dns_settings settings;
	struct dns_lists lists;
	struct manners manners;
	struct dns_scan_io_config config;
	struct dns_keep keep;
	struct dns_status status;
	struct loop *loop;
	struct dns_scan_io *io;
	struct loop_timer *second;
	struct json json;
	uint64_t pairs;
	bool interrupted, resumed;
	int path_status;      // of --trace
	struct fault trouble; // met while running
};

static void on_record(void *self, const struct dns_want *w)
{
	struct job *j = self;
	if (j->settings.json)
		dns_print_json(&j->json, w->record, j->config.scan.repetitions, w->pair_differs);
	else if (j->pairs == 1)
		dns_print_short(j->keep.out, stderr, w->record);
	else
		dns_print_line(j->keep.out, w->record);
}

static void on_ended(void *self)
{
	struct job *j = self;
	loop_stop(j->loop);
}

// Pairs left over by an interruption are told as not asked, unless somebody will go on.
static void interrupt(struct job *j)
{
	if (j->interrupted) {
		loop_stop(j->loop);
		return;
	}
	j->interrupted = true;
	dns_scan_io_stop(j->io, j->settings.checkpoint[0] == '\0');
}

static void on_signal(void *self, uint32_t number)
{
	if (number == SIGINT || number == SIGTERM)
		interrupt(self);
}

static void on_second(void *self, struct mono now)
{
	struct job *j = self;
	struct dns_matrix *m = dns_scan_matrix(dns_scan_io_scan(j->io));
	dns_status_tick(&j->status, now, clock_wall(), j->io);
	if (j->keep.path[0] == '\0' && fflush(j->keep.out) != 0)
		fault_set(&j->trouble, ERR_IO, 0, "the output cannot be written");
	if (j->trouble.err == ERR_OK &&
	    dns_keep_tick(&j->keep, m, j->config.scan.seed, now, false, &j->trouble) == ERR_OK &&
	    !ferror(j->keep.out))
		loop_timer_at(j->second, mono_add(now, NS_PER_S));
	else
		interrupt(j);
}

static enum err open_loop(struct job *j, struct fault *f)
{
	enum err err = loop_new(&j->loop, f);
	if (err == ERR_OK)
		err = loop_signals(j->loop, on_signal, j, f);
	if (err == ERR_OK)
		err = loop_timer(j->loop, on_second, j, &j->second, f);
	if (err == ERR_OK)
		err = manners_watch(&j->manners, j->loop, f);
	if (err == ERR_OK)
		loop_timer_at(j->second, mono_add(clock_mono(), NS_PER_S));
	return err;
}

static enum err finish(struct job *j, char **argv, struct fault *f)
{
	struct dns_matrix *m = dns_scan_matrix(dns_scan_io_scan(j->io));
	const struct dns_ending e = {
		.argv = argv,
		.seed = { j->config.scan.seed[0], j->config.scan.seed[1] },
		.interrupted = j->interrupted,
		.resumed = j->resumed,
		.raw = dns_scan_io_raw(j->io),
		.now = clock_mono(),
		.wall = clock_wall(),
	};
	enum err err = j->trouble.err;
	if (err != ERR_OK)
		*f = j->trouble;
	else
		err = dns_keep_tick(&j->keep, m, e.seed, e.now, true, f);
	if (err == ERR_OK && (fflush(j->keep.out) != 0 || ferror(j->keep.out) != 0))
		err = fault_set(f, ERR_IO, 0, "the output cannot be written");
	enum err told =
		dns_status_close(&j->status, j->io, &j->lists, &e, err == ERR_OK ? f : NULL);
	return err == ERR_OK ? told : err;
}

// What a checkpoint must agree with.
static uint64_t print_of(const struct job *j)
{
	static const uint64_t seed[2] = { 7, 8 };
	const struct dns_scan_config *c = &j->config.scan;
	const uint64_t parts[] = {
		dns_list_hash(c->servers),
		dns_list_hash(c->names) ^ (c->wanted == NULL ? 0 : dns_wanted_hash(c->wanted)),
		table_hash(seed, span_of(c->types, c->type_count * sizeof(c->types[0]))),
		table_hash(seed, c->control),
		(uint64_t)c->rules.profile << 32 | c->repetitions,
		(uint64_t)c->transport << 32 | c->options,
		(uint64_t)c->kind << 32 | (uint64_t)c->size << 1 | c->spread,
		table_hash(seed, addr_span(&c->subnet.addr)) ^ c->subnet.bits,
	};
	return table_hash(seed, span_of(parts, sizeof(parts)));
}

static enum err prepare(struct job *j, struct fault *f)
{
	struct dns_scan_config *c = &j->config.scan;
	struct dns_keep_head head;
	enum err err =
		dns_keep_open(&j->keep, j->settings.output, j->settings.checkpoint, print_of(j), f);
	if (err != ERR_OK)
		return err;
	err = dns_keep_head(&j->keep, &head, f);
	if (err == ERR_OK)
		memcpy(c->seed, head.seed, sizeof(c->seed));
	if (err != ERR_OK && err != ERR_MISSING)
		return err;
	j->json = json_of(j->keep.out);
	j->config.record = on_record;
	j->config.ended = on_ended;
	j->config.self = j;
	err = open_loop(j, f);
	if (err == ERR_OK)
		err = dns_scan_io_open(j->loop, &j->config, &j->io, f);
	if (err != ERR_OK)
		return err;
	struct dns_matrix *m = dns_scan_matrix(dns_scan_io_scan(j->io));
	err = dns_keep_begin(&j->keep, m, c->seed, &j->resumed, f);
	j->pairs = dns_matrix_pairs(m);
	if (err == ERR_OK)
		err = dns_status_open(&j->status, &j->settings, j->pairs,
				      j->pairs - dns_matrix_left(m), clock_mono(), clock_wall(), f);
	return err;
}

static enum err measure(struct job *j, char **argv, struct fault *f)
{
	enum err err = prepare(j, f);
	// What only other verbs and the start need would stand beside the pairs outstanding.
	memory_trim();
	if (err == ERR_OK)
		err = loop_run(j->loop, f);
	return err == ERR_OK ? finish(j, argv, f) : err;
}

// How many names server I would be asked for.
static size_t names_of(const struct dns_scan_config *c, size_t i)
{
	size_t names = dns_list_count(c->names);
	if (c->wanted != NULL)
		return dns_wanted_first(c->wanted, (uint32_t)i + 1) -
		       dns_wanted_first(c->wanted, (uint32_t)i);
	return c->spread ? names / dns_list_count(c->servers) : names;
}

// Says what would be asked, and of whom not.
static enum err rehearse(struct job *j)
{
	const struct dns_scan_config *c = &j->config.scan;
	size_t servers = dns_list_count(c->servers), names = dns_list_count(c->names), denied = 0;
	uint64_t pairs = 0;
	char text[ADDR_TEXT];
	for (size_t i = 0; i < servers; i++) {
		struct dns_server s = dns_list_server(c->servers, i);
		const struct prefix *p = pace_denied(c->pace, s.addr);
		addr_write(s.addr, text);
		denied += p != NULL;
		pairs += p != NULL ? 0 : names_of(c, i);
		if (p != NULL)
			printf("%s\trefused\n", text);
		else
			printf("%s\t%s\t%zu names\t%u types\t%u times\n", text,
			       dns_profile_name(c->rules.profile), names_of(c, i), c->type_count,
			       c->repetitions);
	}
	pairs = (c->spread ? names : pairs) * c->type_count * c->repetitions;
	uint64_t each = 1u + c->rules.control + (c->rules.after == DNS_AFTER_ALWAYS);
	fprintf(stderr,
		"waymark dns: dry run: %zu resolvers (%zu denied), %zu names, %llu pairs, at least "
		"%llu questions%s",
		servers, denied, names, (unsigned long long)pairs,
		(unsigned long long)(pairs * each), j->settings.manners.rate > 0 ? "" : "\n");
	if (j->settings.manners.rate > 0)
		fprintf(stderr, ", %.1f s\n", (double)(pairs * each) / j->settings.manners.rate);
	return ERR_OK;
}

static enum err read_control(struct dns_settings *s, struct fault *f)
{
	char room[IDN_TEXT];
	struct span name;
	if (idn_read(span_text(s->control), room, &name) != ERR_OK)
		return fault_set(f, ERR_USAGE, 0, "--control: \"%s\" is no name", s->control);
	if (name.at == (uint8_t *)room)
		snprintf(s->control, sizeof(s->control), "%.*s", (int)name.len, room);
	return ERR_OK;
}

static enum err run(struct job *j, int argc, char **argv, struct fault *f)
{
	struct cli cli;
	struct dns_scan_config *c = &j->config.scan;
	enum err err = cli_read(argc, argv, dns_options, &dns_usage, &j->settings, &cli, f);
	if (err != ERR_OK || cli.helped)
		return err;
	uint64_t seed = j->settings.seed;
	c->seed[0] = seed != 0 ? seed * 0x9e3779b97f4a7c15u : random_u64();
	c->seed[1] = seed != 0 ? ~c->seed[0] : random_u64();
	if (j->settings.matrix && j->settings.spread)
		return fault_set(f, ERR_USAGE, 0, "--matrix and --spread contradict each other");
	err = read_control(&j->settings, f);
	if (err == ERR_OK)
		err = dns_lists_open(&j->lists, &j->settings, cli.words, cli.count, c->seed, f);
	if (err == ERR_OK)
		err = dns_settings_scan(&j->settings, j->lists.transport,
					j->lists.both && !j->settings.spread, &j->config, f);
	if (err == ERR_OK)
		err = manners_open(&j->manners, &j->settings.manners, f);
	if (err != ERR_OK)
		return err;
	c->servers = j->lists.servers;
	c->names = j->lists.names;
	c->wanted = j->lists.wanted;
	c->pace = j->manners.pace;
	if (j->settings.trace && (c->type_count > 1 || c->transport != DNS_UDP))
		return fault_set(f, ERR_USAGE, 0, "--trace asks for one type, over UDP");
	if (j->settings.trace && !j->settings.dry_run)
		return dns_path_run(&j->settings, c, &j->path_status, f);
	return j->settings.dry_run ? rehearse(j) : measure(j, argv, f);
}

static int status(const struct job *j)
{
	uint64_t sums[DNS_STATE_COUNT] = { 0 };
	if (j->io == NULL)
		return j->path_status;
	dns_matrix_sums(dns_scan_matrix(dns_scan_io_scan(j->io)), sums);
	if (j->interrupted)
		return err_exit(ERR_CANCELED);
	if (j->pairs > 0 && sums[DNS_REFUSED] == j->pairs)
		return err_exit(ERR_REFUSED);
	if (j->pairs > 0 && sums[DNS_TIMED_OUT] == j->pairs)
		return err_exit(ERR_TIMEOUT);
	if (j->pairs > 0 && sums[DNS_FAILED] == j->pairs)
		return 1;
	return sums[DNS_REFUSED] + sums[DNS_NOT_ASKED] + j->lists.bad > 0 ? 3 : 0;
}

int dns_run(int argc, char **argv)
{
	static struct job j;
	struct fault f = { 0 };
	enum err err = run(&j, argc, argv, &f);
	int exit = err == ERR_OK ? status(&j) : cli_fail("waymark dns", &f);
	dns_scan_io_close(&j.io);
	loop_timer_drop(&j.second);
	manners_close(&j.manners);
	loop_free(&j.loop);
	dns_keep_wipe(&j.keep);
	dns_lists_wipe(&j.lists);
	conf_wipe(dns_options, &j.settings);
	if (fflush(stdout) != 0 && exit == 0)
		exit = 1;
	return exit;
}
