// SPDX-License-Identifier: Apache-2.0
#include "local/discover.h"

#include <signal.h>
#include <stdlib.h>

#include "base/text.h"
#include "cli/options.h"
#include "discover/discover_io.h"
#include "discover/reserved.h"
#include "local/discover_print.h"
#include "local/manners.h"
#include "sys/clock.h"
#include "sys/file.h"

#define LIST_MAX (256 * 1024 * 1024)

struct settings {
	bool json, reserved, usable;
	char list[1024], control[256], whoami[256], nothing[256], helper[64];
	struct conf_list right;
	uint64_t tries, rounds, parallel, seed, from;
	int64_t wait, every;
	struct manners_settings manners;
};

#define ROW(name, kind, field, min, max, unset, value, help)                                       \
	{                                                                                          \
		name, kind, offsetof(struct settings, field),                                      \
			sizeof(((struct settings *)0)->field), min, max, unset, value, help        \
	}

static const struct conf_option options[] = {
	ROW("list", CONF_TEXT, list, 0, 0, "", "FILE",
	    "addresses to ask, one a line, with an optional role: test, control, special; - is "
	    "standard input"),
	ROW("json", CONF_BOOL, json, 0, 0, "no", NULL, "one JSON document a resolver"),
	ROW("usable", CONF_BOOL, usable, 0, 0, "no", NULL,
	    "print only those that resolve the control name rightly"),
	ROW("control", CONF_TEXT, control, 0, 0, "a.root-servers.net", "NAME",
	    "name whose address tells who is alive"),
	ROW("right", CONF_LIST, right, 0, 0, NULL, "ADDRESS",
	    "a right address of it; repeatable; none: any public one will do"),
	ROW("whoami", CONF_TEXT, whoami, 0, 0, "", "NAME",
	    "name whose address (or text) is the address of who asks; `*.` in front becomes a "
	    "random label"),
	ROW("nothing", CONF_TEXT, nothing, 0, 0, "", "NAME",
	    "zone in which a random label does not exist"),
	ROW("helper", CONF_TEXT, helper, 0, 0, "", "ADDRESS",
	    "recursive resolver for reverse names; else the first of resolv.conf; none: not asked"),
	ROW("tries", CONF_UINT, tries, 1, 10, "2", "N", "of a question; a sweep asks first once"),
	ROW("wait", CONF_DURATION, wait, 0.01, 60, "2s", "DURATION", "for one answer"),
	ROW("rounds", CONF_UINT, rounds, 1, RESOLVER_ROUNDS_MAX, "3", "N",
	    "times the control name is asked, for the error profile"),
	ROW("every", CONF_DURATION, every, 0, 86400, "1s", "DURATION", "from round to round"),
	ROW("parallel", CONF_UINT, parallel, 1, 100000, "2000", "N", "resolvers at once"),
	ROW("reserved", CONF_BOOL, reserved, 0, 0, "no", NULL,
	    "ask reserved, private and test addresses, too: for labs"),
	ROW("seed", CONF_UINT, seed, 0, UINT32_MAX, "0", "N",
	    "of the order of a sweep; 0: random, and told at the end"),
	ROW("from", CONF_UINT, from, 0, 1e18, "0", "N",
	    "with the same --seed: go on where a sweep stopped"),
	MANNERS_ROWS(struct settings, manners, "1000", "20", "100"),
	{ .name = NULL },
};

static const struct cli_usage usage = {
	.synopsis = "waymark discover PREFIX… | --list FILE [option …]",
	.text = "Finds resolvers that answer, and what they are: every address of the prefixes "
		"once, in\n"
		"an order that looks random, or the addresses of a list. Who answers is asked for "
		"its\n"
		"reverse name (and whether that leads back), who it asks itself (recursive, "
		"forwarder,\n"
		"transparent forwarder), what it says of names that do not exist, and the control "
		"name\n"
		"again for its error profile. Reserved addresses are denied. Read docs/ethics.md "
		"first.",
	.examples = "  waymark discover 198.18.0.0/20 --reserved --control scan.example --json\n"
		    "  waymark discover --list resolvers.txt --whoami '*.whoami.example' --json\n",
};

struct item {
	struct addr addr;
	enum resolver_role role;
};

struct job {
	struct settings set;
	struct discover_config config;
	struct loop *loop;
	struct discover_io *io;
	struct loop_timer *feeder;
	struct manners manners;
	struct space space;
	struct prefix prefixes[SPACE_PREFIXES];
	struct item *items; // of the list
	size_t count, next;
	uint64_t seed;
	uint64_t states[RESOLVER_STATE_COUNT];
	bool interrupted;
};

static void feed(void *self, struct mono now)
{
	struct job *j = self;
	while (j->next < j->count &&
	       discover_io_put(j->io, j->items[j->next].addr, j->items[j->next].role) == ERR_OK)
		j->next++;
	if (j->next == j->count && discover_io_done(j->io))
		loop_stop(j->loop);
	loop_timer_at(j->feeder, mono_add(now, 20 * NS_PER_MS));
	fflush(stdout);
}

static void on_done(void *self, const struct resolver_record *r)
{
	struct job *j = self;
	j->states[r->state]++;
	if (j->set.usable && r->state != RESOLVER_USABLE)
		return;
	if (j->set.json)
		discover_print_json(stdout, r);
	else
		discover_print_text(stdout, r);
}

static void on_signal(void *self, uint32_t number)
{
	struct job *j = self;
	if (number != SIGINT && number != SIGTERM)
		return;
	j->interrupted = true;
	discover_io_stop(j->io);
	for (; j->next < j->count; j->next++) { // a list is told whole
		const struct resolver_record r = { .addr = j->items[j->next].addr,
						   .role = j->items[j->next].role,
						   .state = RESOLVER_NOT_ASKED,
						   .start = clock_wall(),
						   .end = clock_wall() };
		on_done(j, &r);
	}
	loop_stop(j->loop);
}

static enum err bad_word(struct fault *f, const char *option, const char *word, const char *what)
{
	return fault_set(f, ERR_USAGE, 0, "%s: \"%s\" is not %s", option, word, what);
}

static enum err read_names(struct job *j, struct fault *f)
{
	const struct settings *s = &j->set;
	struct discover_config *c = &j->config;
	struct span whoami = span_text(s->whoami);
	c->whoami_any = whoami.len > 2 && whoami.at[0] == '*' && whoami.at[1] == '.';
	if (c->whoami_any)
		whoami = span_cut(whoami, 2, whoami.len);
	if (dns_name_read(span_text(s->control), &c->control) != ERR_OK)
		return bad_word(f, "control", s->control, "a name");
	if (whoami.len > 0 && dns_name_read(whoami, &c->whoami) != ERR_OK)
		return bad_word(f, "whoami", s->whoami, "a name");
	if (s->nothing[0] != '\0' && dns_name_read(span_text(s->nothing), &c->nothing) != ERR_OK)
		return bad_word(f, "nothing", s->nothing, "a name");
	c->helper = discover_helper_find();
	if (text_is(span_text(s->helper), "none"))
		c->helper = (struct addr){ 0 };
	else if (s->helper[0] != '\0' && addr_read(span_text(s->helper), &c->helper) != ERR_OK)
		return bad_word(f, "helper", s->helper, "an address");
	return ERR_OK;
}

static enum err read_right(struct job *j, struct fault *f)
{
	struct discover_config *c = &j->config;
	if (j->set.right.count > DISCOVER_CONTROL_MAX)
		return fault_set(f, ERR_USAGE, 0, "right: more than %d", DISCOVER_CONTROL_MAX);
	for (size_t i = 0; i < j->set.right.count; i++)
		if (addr_read(span_text(j->set.right.items[i]), &c->right[c->right_count++]) !=
		    ERR_OK)
			return bad_word(f, "right", j->set.right.items[i], "an address");
	if (c->right_count == 0 && text_is(span_text(j->set.control), "a.root-servers.net"))
		c->right[c->right_count++] = addr_v4(0xc6290004); // 198.41.0.4
	return ERR_OK;
}

static bool read_role(struct span word, enum resolver_role *out)
{
	*out = RESOLVER_TEST;
	if (word.len == 0)
		return true;
	for (int r = RESOLVER_TEST; r < RESOLVER_ROLE_COUNT; r++)
		if (text_is(word, resolver_role_name((enum resolver_role)r))) {
			*out = (enum resolver_role)r;
			return true;
		}
	return false;
}

static enum err read_list(struct job *j, struct fault *f)
{
	char *text = NULL;
	size_t len = 0, line_number = 0, cap = 0;
	enum err err = file_read(j->set.list, LIST_MAX, &text, &len, f);
	struct span rest = span_of(text, len);
	while (err == ERR_OK && rest.len > 0) {
		struct span line = text_cut(&rest, '\n');
		struct span bare = text_trim(text_cut(&line, '#'));
		struct item item;
		line_number++;
		if (bare.len == 0)
			continue;
		if (addr_read(text_word(&bare), &item.addr) != ERR_OK ||
		    !read_role(text_word(&bare), &item.role) || text_trim(bare).len > 0)
			err = fault_set(f, ERR_USAGE, 0, "%s:%zu: not ADDRESS [ROLE]", j->set.list,
					line_number);
		if (err == ERR_OK && j->count == cap) {
			cap = cap == 0 ? 1024 : cap * 2;
			struct item *more = reallocarray(j->items, cap, sizeof(*more));
			err = more == NULL ? fault_set(f, ERR_MEMORY, 0, "no memory") : ERR_OK;
			j->items = more == NULL ? j->items : more;
		}
		if (err == ERR_OK)
			j->items[j->count++] = item;
	}
	free(text);
	return err;
}

static enum err read_prefixes(struct job *j, char *const *words, size_t count, struct fault *f)
{
	uint64_t seed[2];
	if (count > SPACE_PREFIXES)
		return fault_set(f, ERR_USAGE, 0, "more than %d prefixes", SPACE_PREFIXES);
	for (size_t i = 0; i < count; i++)
		if (prefix_read(span_text(words[i]), &j->prefixes[i]) != ERR_OK)
			return fault_set(f, ERR_USAGE, 0, "\"%s\" is not a prefix", words[i]);
	j->seed = j->set.seed != 0 ? j->set.seed : random_u64() & UINT32_MAX;
	seed[0] = j->seed;
	seed[1] = ~j->seed;
	if (space_init(&j->space, j->prefixes, count, seed) != ERR_OK)
		return fault_set(f, ERR_USAGE, 0, "more than %llu addresses",
				 (unsigned long long)SPACE_ADDRS_MAX);
	return ERR_OK;
}

static enum err configure(struct job *j, struct fault *f)
{
	const struct settings *s = &j->set;
	j->config = DISCOVER_DEFAULT;
	j->config.tries = (uint8_t)s->tries;
	j->config.wait_ns = s->wait;
	j->config.rounds = (unsigned)s->rounds;
	j->config.round_ns = s->every;
	j->config.parallel = (size_t)s->parallel;
	enum err err = read_names(j, f);
	if (err == ERR_OK)
		err = read_right(j, f);
	if (err == ERR_OK)
		err = manners_open(&j->manners, &s->manners, f);
	if (err == ERR_OK && !s->reserved && reserved_put(j->manners.pace) != ERR_OK)
		err = fault_set(f, ERR_FULL, 0, "deny: more than %d prefixes", PACE_DENY_MAX);
	j->config.pace = j->manners.pace;
	return err;
}

static void tell(const struct job *j, const struct discover_counts *c)
{
	fprintf(stderr,
		"waymark discover: %llu of the sweep, %llu of a list; %llu denied, %llu sent, "
		"%llu heard (%llu strange); %llu usable, %llu wrong, %llu silent\n",
		(unsigned long long)c->swept, (unsigned long long)j->count,
		(unsigned long long)c->denied, (unsigned long long)c->sent,
		(unsigned long long)c->heard, (unsigned long long)c->strange,
		(unsigned long long)j->states[RESOLVER_USABLE],
		(unsigned long long)j->states[RESOLVER_WRONG],
		(unsigned long long)j->states[RESOLVER_SILENT]);
	if (j->space.addrs > 0)
		fprintf(stderr, "waymark discover: --seed %llu --from %llu goes on from here%s\n",
			(unsigned long long)j->seed, (unsigned long long)c->next,
			c->next == j->space.addrs ? " (all were asked)" : "");
}

static enum err measure(struct job *j, struct fault *f)
{
	AUTO(loop_free) struct loop *loop = NULL;
	AUTO(manners_unwatch) struct manners *manners = &j->manners;
	AUTO(discover_io_close) struct discover_io *io = NULL;
	const struct discover_io_config c = {
		.engine = j->config, .rate = j->set.manners.rate, .done = on_done, .self = j
	};
	enum err err = loop_new(&loop, f);
	if (err == ERR_OK)
		err = loop_signals(loop, on_signal, j, f);
	if (err == ERR_OK)
		err = manners_watch(manners, loop, f);
	if (err == ERR_OK)
		err = loop_timer(loop, feed, j, &j->feeder, f);
	if (err == ERR_OK)
		err = discover_io_open(loop, &c, &io, f);
	if (err != ERR_OK)
		return err;
	j->loop = loop;
	j->io = io;
	if (j->space.addrs > 0)
		discover_io_sweep(io, &j->space, j->set.from);
	loop_timer_at(j->feeder, clock_mono());
	err = loop_run(loop, f);
	const struct discover_counts counts = discover_io_counts(io);
	tell(j, &counts);
	return err;
}

static enum err run(int argc, char **argv, struct job *j, struct fault *f)
{
	struct cli cli;
	enum err err = cli_read(argc, argv, options, &usage, &j->set, &cli, f);
	if (err != ERR_OK || cli.helped)
		return err;
	if ((cli.count == 0) == (j->set.list[0] == '\0'))
		return fault_set(f, ERR_USAGE, 0, "prefixes or --list FILE; --help tells more");
	err = configure(j, f);
	if (err == ERR_OK)
		err = cli.count > 0 ? read_prefixes(j, cli.words, cli.count, f) : read_list(j, f);
	return err == ERR_OK ? measure(j, f) : err;
}

int discover_run(int argc, char **argv)
{
	struct fault f = { 0 };
	struct job *j = calloc(1, sizeof(*j));
	if (j == NULL)
		return 1;
	enum err err = run(argc, argv, j, &f);
	int exit = err == ERR_OK ? 0 : cli_fail("waymark discover", &f);
	if (err == ERR_OK && j->interrupted)
		exit = err_exit(ERR_CANCELED);
	else if (err == ERR_OK && j->count > 0 && j->states[RESOLVER_REFUSED] == j->count)
		exit = err_exit(ERR_REFUSED);
	else if (err == ERR_OK && j->states[RESOLVER_REFUSED] > 0)
		exit = 3;
	manners_close(&j->manners);
	conf_wipe(options, &j->set);
	free(j->items);
	free(j);
	if ((fflush(stdout) != 0 || ferror(stdout) != 0) && exit == 0)
		exit = 1;
	return exit;
}
