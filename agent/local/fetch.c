// SPDX-License-Identifier: Apache-2.0
#include "local/fetch.h"

#include <signal.h>
#include <unistd.h>

#include "base/text.h"
#include "base/version.h"
#include "cli/idn.h"
#include "cli/options.h"
#include "fetch/fetch.h"
#include "fetch/fetch_io.h"
#include "local/fetch_print.h"
#include "local/lines.h"
#include "local/manners.h"
#include "sys/clock.h"

struct settings {
	bool json, control;
	uint64_t parallel, body;
	int64_t timeout, connect;
	char roots[1024], contact[256];
	struct manners_settings manners;
};

#define ROW(name, kind, field, min, max, unset, value, help)                                       \
	{                                                                                          \
		name, kind, offsetof(struct settings, field),                                      \
			sizeof(((struct settings *)0)->field), min, max, unset, value, help        \
	}

static const struct conf_option options[] = {
	ROW("json", CONF_BOOL, json, 0, 0, "no", NULL, "one JSON document a page"),
	ROW("parallel", CONF_UINT, parallel, 1, 4096, "200", "N", "pages at once"),
	ROW("connect-timeout", CONF_DURATION, connect, 0.1, 60, "5s", "DURATION",
	    "longest wait for a connection"),
	ROW("timeout", CONF_DURATION, timeout, 0.1, 300, "10s", "DURATION",
	    "longest wait for all of an answer"),
	ROW("body", CONF_SIZE, body, 0, 1 << 28, "1M", "SIZE",
	    "bytes of a body read and hashed; the first 64K are kept"),
	ROW("roots", CONF_TEXT, roots, 0, 0, "", "FILE",
	    "PEM file of the only roots to trust, in place of the system's"),
	ROW("control", CONF_BOOL, control, 0, 0, "no", NULL,
	    "the addresses came from a control resolver: says so in each page"),
	ROW("contact", CONF_TEXT, contact, 0, 0, "", "URL",
	    "page about who asks and how to opt out, told in the User-Agent"),
	MANNERS_ROWS(struct settings, manners, "200", "10", "50"),
	{ .name = NULL },
};

static const struct cli_usage usage = {
	.synopsis = "waymark fetch ADDRESS DOMAIN… [option …]",
	.text = "What ADDRESS serves for DOMAIN: GET / over HTTP (port 80) and HTTPS (port 443) "
		"with\n"
		"the domain as Host and as server name; nothing is looked up, no redirect "
		"followed.\n"
		"Certificates are kept and judged, never refused. Without arguments lines\n"
		"ADDRESS DOMAIN… are read from standard input as they come. Private and local\n"
		"addresses are refused, and those of the deny lists.",
	.examples = "  waymark fetch 198.18.7.1 example.org\n"
		    "  waymark fetch --json --roots ca.pem < answers.txt > pages.jsonl\n",
};

struct job {
	struct settings set;
	char agent[512];
	struct loop *loop;
	struct fetch_io *io;
	struct manners manners;
	struct lines lines;
	struct loop_watch *input;
	char **words;
	size_t count, next;  // words, and the next domain of them
	struct addr addr;    // of the line or the words at hand
	struct span domains; // what is left of the line
	bool from_input, ended, interrupted;
	uint64_t put, refused, bad;
};

static void feed(struct job *j);

static void stop_when_done(struct job *j)
{
	if (j->ended && fetch_io_count(j->io) == 0)
		loop_stop(j->loop);
}

static void on_done(void *self, const struct page_record *p, uint64_t tag)
{
	struct job *j = self;
	(void)tag;
	if (j->set.json)
		fetch_print_json(stdout, p);
	else
		fetch_print_text(stdout, p);
	j->refused += p->http.state == PAGE_REFUSED && p->https.state == PAGE_REFUSED;
}

static void complain(struct job *j, const char *what, struct span s)
{
	j->bad++;
	fprintf(stderr, "waymark fetch: line %zu: \"%.*s\" is not %s\n", j->lines.number,
		s.len > 60 ? 60 : (int)s.len, (const char *)s.at, what);
}

// The next domain of the line at hand or of the next. ERR_AGAIN and ERR_MISSING as lines_next.
static enum err next_domain(struct job *j, struct span *out)
{
	for (;;) {
		struct span line;
		*out = text_word(&j->domains);
		if (out->len > 0)
			return ERR_OK;
		enum err err = lines_next(&j->lines, &line);
		if (err != ERR_OK)
			return err;
		struct span addr = text_word(&line);
		if (addr_read(addr, &j->addr) != ERR_OK)
			complain(j, "ADDRESS DOMAIN…", addr);
		else if (text_trim(line).len == 0)
			complain(j, "ADDRESS DOMAIN…: no domain follows", addr);
		else
			j->domains = line;
	}
}

static enum err next_wish(struct job *j, struct span *out)
{
	if (j->from_input)
		return next_domain(j, out);
	if (j->next == j->count)
		return ERR_MISSING;
	*out = span_text(j->words[j->next++]);
	return ERR_OK;
}

static void put(struct job *j, struct span domain)
{
	char host[FETCH_HOST_MAX + 1], room[IDN_TEXT];
	struct span name;
	enum err err = idn_read(domain, room, &name);
	const struct fetch_wish w = {
		.addr = j->addr,
		.domain = name,
		.role = j->set.control ? PAGE_CONTROL : PAGE_TEST,
	};
	if (err != ERR_OK || fetch_host_read(name, host) != ERR_OK)
		complain(j, "a host name", domain);
	else if (fetch_io_put(j->io, &w) == ERR_OK)
		j->put++;
	else
		complain(j, "started: no memory", domain);
}

static void feed(struct job *j)
{
	struct fault f;
	enum err err = ERR_OK;
	while (!j->ended && fetch_io_count(j->io) < j->set.parallel * 2) {
		struct span domain;
		err = next_wish(j, &domain);
		if (err == ERR_OK)
			put(j, domain);
		else if (err == ERR_AGAIN && j->lines.file)
			lines_hear(&j->lines);
		else
			break;
	}
	j->ended = j->ended || err == ERR_MISSING;
	if (j->input != NULL &&
	    loop_watch_events(j->input, err == ERR_AGAIN ? EPOLLIN : 0, &f) != ERR_OK)
		j->ended = true;
}

static void on_turn(void *self, struct mono now)
{
	struct job *j = self;
	(void)now;
	feed(j);
	stop_when_done(j);
	fflush(stdout);
}

static void on_input(void *self, uint32_t events)
{
	struct job *j = self;
	(void)events;
	lines_hear(&j->lines);
}

static void on_signal(void *self, uint32_t number)
{
	struct job *j = self;
	if (number != SIGINT && number != SIGTERM)
		return;
	j->interrupted = j->ended = true;
	fetch_io_stop(j->io);
	loop_stop(j->loop);
}

static enum err open_fetch(struct job *j, struct loop *l, struct fetch_io **io, struct fault *f)
{
	struct fetch_config c = FETCH_DEFAULT;
	snprintf(j->agent, sizeof(j->agent), "Mozilla/5.0 (compatible; waymark/%s%s%s)",
		 waymark_version, j->set.contact[0] != '\0' ? "; +" : "", j->set.contact);
	c.parallel = (size_t)j->set.parallel;
	c.waiting = c.parallel;
	c.connect_ns = j->set.connect;
	c.timeout_ns = j->set.timeout;
	c.body_limit = j->set.body;
	c.roots = j->set.roots;
	c.agent = j->agent;
	c.pace = j->manners.pace;
	c.done = on_done;
	c.self = j;
	return fetch_io_open(l, &c, io, f);
}

static enum err measure(struct job *j, struct fault *f)
{
	AUTO(loop_free) struct loop *loop = NULL;
	AUTO(manners_unwatch) struct manners *manners = &j->manners;
	AUTO(fetch_io_close) struct fetch_io *io = NULL;
	enum err err = loop_new(&loop, f);
	if (err == ERR_OK)
		err = loop_signals(loop, on_signal, j, f);
	if (err == ERR_OK)
		err = manners_watch(manners, loop, f);
	if (err == ERR_OK)
		err = open_fetch(j, loop, &io, f);
	if (err == ERR_OK)
		err = loop_hook(loop, on_turn, j, f);
	if (err == ERR_OK && j->from_input && !j->lines.file)
		err = loop_watch(loop, STDIN_FILENO, 0, on_input, j, &j->input, f);
	if (err != ERR_OK)
		return err;
	j->loop = loop;
	j->io = io;
	feed(j);
	if (!j->ended || fetch_io_count(io) > 0)
		err = loop_run(loop, f);
	return err;
}

static enum err run(int argc, char **argv, struct job *j, struct fault *f)
{
	struct cli cli;
	enum err err = cli_read(argc, argv, options, &usage, &j->set, &cli, f);
	if (err != ERR_OK || cli.helped)
		return err;
	if (cli.count == 1)
		return fault_set(f, ERR_USAGE, 0, "no domain given; --help tells more");
	if (cli.count > 0 && addr_read(span_text(cli.words[0]), &j->addr) != ERR_OK)
		return fault_set(f, ERR_USAGE, 0, "\"%s\" is not an address", cli.words[0]);
	j->words = cli.words;
	j->count = cli.count;
	j->next = 1;
	j->from_input = cli.count == 0;
	err = manners_open(&j->manners, &j->set.manners, f);
	if (err == ERR_OK && j->from_input)
		err = lines_open(&j->lines, f);
	return err == ERR_OK ? measure(j, f) : err;
}

static int status(const struct job *j)
{
	if (j->interrupted)
		return err_exit(ERR_CANCELED);
	if (j->put > 0 && j->refused == j->put && j->bad == 0)
		return err_exit(ERR_REFUSED);
	if (j->put == 0 && j->bad > 0)
		return 1;
	return j->refused > 0 || j->bad > 0 ? 3 : 0;
}

int fetch_run(int argc, char **argv)
{
	static struct job j;
	struct fault f = { 0 };
	enum err err = run(argc, argv, &j, &f);
	int exit = err == ERR_OK ? status(&j) : cli_fail("waymark fetch", &f);
	lines_wipe(&j.lines);
	manners_close(&j.manners);
	conf_wipe(options, &j.set);
	if ((fflush(stdout) != 0 || ferror(stdout) != 0) && exit == 0)
		exit = 1;
	return exit;
}
