// SPDX-License-Identifier: Apache-2.0
//
// Scans as a node would by order, with its engines, keys and spool; what it found lies there until
// the agent of that node delivers it. For a lab whose answers are known.
//
//	scan_driver SPOOL KEYS NODE SCAN discover RATE CONTROL WHOAMI HELPER PREFIX…
//	scan_driver SPOOL KEYS NODE SCAN list FILE                         ADDRESS ROLE, one a line
//	scan_driver SPOOL KEYS NODE SCAN ask|nobody RATE CONTROL RESOLVERS DOMAINS
//	scan_driver SPOOL KEYS NODE SCAN fetch RATE FILE            ADDRESS DOMAIN ROLE, one a line
//
// SCAN is the scan's id, 32 hexadecimal digits. Says how many records there were.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "discover/discover_io.h"
#include "discover/space.h"
#include "dns/scan_io.h"
#include "fetch/fetch_io.h"
#include "keys/keys.h"
#include "node/records.h"
#include "sys/clock.h"
#include "sys/file.h"

#define FILE_MAX   (256u << 20)
#define SPOOL_MAX  (16ULL << 30)
#define TARGET_MAX 20 // questions a second to one resolver
#define NET_MAX    20000
#define WORDS_MAX  32

struct driver {
	struct run_id scan;
	struct loop *loop;
	struct records *records;
	struct pace *pace;
	struct discover_io *discover;
	struct fetch_io *fetch;
	struct span rest; // lines of a list not done yet
	uint64_t count, lost;
	uint8_t field[SPOOL_FIELD_MAX];
};

// --- records -------------------------------------------------------------------------------------

static void keep(struct driver *d, enum err err, const struct wr *w)
{
	struct fault f = { 0 };

	if (err == ERR_OK)
		err = spool_put(records_spool(d->records), wr_span(w), clock_mono(), &f);
	if (err == ERR_OK)
		d->count++;
	else
		d->lost++;
}

static void on_pair(void *self, const struct dns_want *want)
{
	struct driver *d = self;
	struct wr w = wr_of(d->field, sizeof(d->field));

	keep(d, record_write_dns_pair(&w, want->record), &w);
}

static void on_page(void *self, const struct page_record *page, uint64_t tag)
{
	struct driver *d = self;
	struct wr w = wr_of(d->field, sizeof(d->field));

	(void)tag;
	keep(d, record_write_page(&w, page), &w);
}

static void on_resolver(void *self, const struct resolver_record *r)
{
	struct driver *d = self;
	struct wr w = wr_of(d->field, sizeof(d->field));

	keep(d, record_write_resolver(&w, r), &w);
}

static void on_end(void *self)
{
	loop_stop(((struct driver *)self)->loop);
}

// --- work ----------------------------------------------------------------------------------------

static enum err read_lines(const char *path, struct span *out, struct fault *f)
{
	char *text;
	size_t len;
	enum err err = file_read(path, FILE_MAX, &text, &len, f);

	*out = span_of(text, err == ERR_OK ? len : 0);
	return err;
}

static enum err pace_open(struct driver *d, const char *rate, struct fault *f)
{
	struct pace_limits limits = {
		.target = TARGET_MAX, .net = NET_MAX, .burst_s = 0.01, .targets = 200000
	};

	if (text_f64(span_text(rate), 1, 1e6, &limits.all) != ERR_OK)
		return fault_set(f, ERR_USAGE, 0, "%s is no rate", rate);
	d->pace = pace_new(&limits);
	return d->pace ? ERR_OK : fault_set(f, ERR_MEMORY, 0, "no memory");
}

// Resolvers of a list are what their file says.
static enum err list(struct driver *d, char **words, struct fault *f)
{
	struct span rest;
	enum err err = read_lines(words[0], &rest, f);

	while (err == ERR_OK && rest.at) {
		struct span line = text_trim(text_cut(&rest, '\n'));
		struct resolver_record r = { .scan = d->scan,
					     .state = RESOLVER_USABLE,
					     .start = clock_wall(),
					     .end = clock_wall() };
		if (line.len == 0)
			continue;
		err = addr_read(text_word(&line), &r.addr);
		r.role = text_is(text_word(&line), "control") ? RESOLVER_CONTROL : RESOLVER_TEST;
		if (err == ERR_OK)
			on_resolver(d, &r);
	}
	return err;
}

static void discovered(void *self, struct mono now)
{
	struct driver *d = self;

	(void)now;
	if (discover_io_done(d->discover))
		loop_stop(d->loop);
}

static enum err sweep_read(char **words, struct space *out, struct fault *f)
{
	const uint64_t seed[2] = { random_u64(), random_u64() };
	struct prefix all[WORDS_MAX];
	size_t count = 0;

	for (; *words && count < COUNT(all); words++)
		if (prefix_read(span_text(*words), &all[count++]) != ERR_OK)
			return fault_set(f, ERR_USAGE, 0, "%s is no prefix", *words);
	return space_init(out, all, count, seed);
}

static enum err discover(struct driver *d, char **words, struct fault *f)
{
	static struct space space;
	struct discover_io_config c = { .engine = DISCOVER_DEFAULT,
					.done = on_resolver,
					.self = d };
	enum err err = pace_open(d, words[0], f);

	c.engine.scan = d->scan;
	c.engine.pace = d->pace;
	c.engine.whoami_any = true;
	c.rate = atof(words[0]);
	if (err == ERR_OK && (name_read(span_text(words[1]), &c.engine.control) != ERR_OK ||
			      name_read(span_text(words[2]), &c.engine.whoami) != ERR_OK ||
			      addr_read(span_text(words[3]), &c.engine.helper) != ERR_OK))
		err = fault_set(f, ERR_USAGE, 0, "discover: a name or the helper is wrong");
	if (err == ERR_OK)
		err = sweep_read(words + 4, &space, f);
	if (err == ERR_OK)
		err = discover_io_open(d->loop, &c, &d->discover, f);
	if (err != ERR_OK)
		return err;
	discover_io_sweep(d->discover, &space, 0);
	err = loop_hook(d->loop, discovered, d, f);
	if (err == ERR_OK)
		err = loop_run(d->loop, f);
	discover_io_close(&d->discover);
	return err;
}

typedef enum err list_put_fn(struct dns_list *l, struct span text);

static enum err list_read(const char *path, list_put_fn *put, struct dns_list **out,
			  struct fault *f)
{
	const uint64_t seed[2] = { random_u64(), random_u64() };
	struct span rest;
	enum err err = read_lines(path, &rest, f);

	*out = dns_list_new(1 << 20, seed);
	while (err == ERR_OK && rest.at) {
		struct span line = text_trim(text_cut(&rest, '\n'));
		if (line.len > 0)
			err = put(*out, text_word(&line));
	}
	dns_list_end(*out);
	return err;
}

static enum err ask(struct driver *d, enum dns_kind kind, char **words, struct fault *f)
{
	struct dns_list *servers, *names;
	struct dns_scan_io *io = NULL;
	struct dns_scan_io_config c = { .record = on_pair, .ended = on_end, .self = d };
	enum err err = pace_open(d, words[0], f);

	if (err == ERR_OK)
		err = list_read(words[2], dns_list_put_server, &servers, f);
	if (err == ERR_OK)
		err = list_read(words[3], dns_list_put_name, &names, f);
	if (err != ERR_OK)
		return err;
	c.scan = (struct dns_scan_config){ .scan = d->scan,
					   .kind = kind,
					   .rules = dns_rules_of(DNS_WAYMARK),
					   .transport = DNS_UDP,
					   .fallback = true,
					   .options = DNS_RECURSE | DNS_EDNS,
					   .control = span_text(words[1]),
					   .servers = servers,
					   .names = names,
					   .types = { DNS_A },
					   .type_count = 1,
					   .repetitions = 1,
					   .parallel = kind == DNS_KIND_NOBODY ? 1000 : 20,
					   .patience = kind == DNS_KIND_NOBODY ? 0 : DNS_PATIENCE,
					   .returns = DNS_RETURNS,
					   .slots = 100000,
					   .pace = d->pace,
					   .seed = { random_u64(), random_u64() } };
	err = dns_scan_io_open(d->loop, &c, &io, f);
	if (err == ERR_OK)
		err = loop_run(d->loop, f);
	dns_scan_io_close(&io);
	dns_list_free(&servers);
	dns_list_free(&names);
	return err;
}

static void wish(void *self, struct mono now)
{
	struct driver *d = self;

	(void)now;
	while (d->rest.at) {
		struct span before = d->rest, line = text_trim(text_cut(&d->rest, '\n'));
		struct fetch_wish w = { .scan = d->scan };
		if (addr_read(text_word(&line), &w.addr) != ERR_OK)
			continue;
		w.domain = text_word(&line);
		w.role = text_is(text_word(&line), "control") ? PAGE_CONTROL : PAGE_TEST;
		if (fetch_io_put(d->fetch, &w) == ERR_OK)
			continue;
		d->rest = before;
		return;
	}
	if (fetch_io_count(d->fetch) == 0)
		loop_stop(d->loop);
}

static enum err fetch(struct driver *d, char **words, struct fault *f)
{
	struct fetch_config c = FETCH_DEFAULT;
	enum err err = pace_open(d, words[0], f);

	c.done = on_page;
	c.self = d;
	if (err == ERR_OK)
		err = read_lines(words[1], &d->rest, f);
	if (err == ERR_OK)
		err = fetch_io_open(d->loop, &c, &d->fetch, f);
	if (err == ERR_OK)
		err = loop_hook(d->loop, wish, d, f);
	if (err == ERR_OK) {
		wish(d, clock_mono()); // nothing else would wake the loop
		err = loop_run(d->loop, f);
	}
	fetch_io_close(&d->fetch);
	return err;
}

static enum err work(struct driver *d, const char *verb, int count, char **words, struct fault *f)
{
	if (strcmp(verb, "discover") == 0 && count >= 5)
		return discover(d, words, f);
	if (strcmp(verb, "list") == 0 && count == 1)
		return list(d, words, f);
	if (strcmp(verb, "ask") == 0 && count == 4)
		return ask(d, DNS_KIND_PAIR, words, f);
	if (strcmp(verb, "nobody") == 0 && count == 4)
		return ask(d, DNS_KIND_NOBODY, words, f);
	if (strcmp(verb, "fetch") == 0 && count == 2)
		return fetch(d, words, f);
	return fault_set(f, ERR_USAGE, 0, "%s: no such work", verb);
}

int main(int argc, char **argv)
{
	static struct driver d;
	struct seal_secret secret;
	struct fault f = { 0 };

	if (argc < 6 || text_unhex(span_text(argv[4]), d.scan.bytes, 16) != ERR_OK) {
		fputs("usage: scan_driver SPOOL KEYS NODE SCAN VERB …\n", stderr);
		return 2;
	}
	struct records_config c = {
		.node = argv[3], .dir = argv[1], .limit = SPOOL_MAX, .secret = &secret
	};
	enum err err = keys_load(argv[2], "node", "waymark-node-v1", &secret, &f);
	if (err == ERR_OK)
		err = loop_new(&d.loop, &f);
	if (err == ERR_OK)
		err = records_open(d.loop, &c, &d.records, &f);
	if (err == ERR_OK)
		err = work(&d, argv[5], argc - 6, argv + 6, &f);
	if (d.records) {
		records_seal(d.records);
		records_close(&d.records);
	}
	pace_free(&d.pace);
	loop_free(&d.loop);
	if (err != ERR_OK || d.lost > 0) {
		fprintf(stderr, "scan_driver: %s (%" PRIu64 " records lost)\n", f.what, d.lost);
		return 1;
	}
	printf("%" PRIu64 "\n", d.count);
	return 0;
}
