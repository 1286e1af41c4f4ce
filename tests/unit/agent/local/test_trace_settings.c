// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/macro.h"
#include "local/trace_settings.h"

#define WORDS 12

static enum err read_line(const char *line, struct fault *f)
{
	static char text[256];
	char *argv[WORDS], *rest = NULL;
	struct trace_settings s = { 0 };
	struct cli cli;
	int argc = 0;
	*f = (struct fault){ 0 };
	assert_true(strlen(line) < sizeof(text));
	strcpy(text, line);
	for (char *w = strtok_r(text, " ", &rest); w != NULL; w = strtok_r(NULL, " ", &rest)) {
		assert_true(argc < WORDS - 1);
		argv[argc++] = w;
	}
	argv[argc] = NULL;
	enum err err = cli_read(argc, argv, trace_options, &trace_usage, &s, &cli, f);
	if (err == ERR_OK)
		err = trace_settings_check(&s, f);
	conf_wipe(trace_options, &s);
	return err;
}

static void refused(const char *with, const char *option)
{
	char line[256], said[256];
	struct fault f;
	(void)snprintf(line, sizeof(line), "trace %s --%s", with, option);
	assert_int_equal(read_line(line, &f), ERR_USAGE);
	(void)snprintf(said, sizeof(said), "--%.*s does not go with %.*s",
		       (int)strcspn(option, " "), option, (int)strcspn(with, " "), with);
	assert_string_equal(f.what, said);
}

static void a_live_trace_refuses_what_it_would_not_do(void **state)
{
	static const char *const options[] = {
		"dry-run",  "method icmp", "port 80",     "first 2",       "again 0",
		"window 4", "deadline 1s", "parallel 10", "share 60s",     "own 198.18.0.0/15",
		"names",    "sport 61000", "tos 3",       "flow-label 7",  "read x",
		"pmtu",     "seed 7",      "metadata x",  "status-file x", "ipv6",
	};
	(void)state;
	for (size_t i = 0; i < COUNT(options); i++)
		refused("--live lo", options[i]);
}

static void a_live_trace_takes_what_it_does(void **state)
{
	struct fault f;
	(void)state;
	assert_int_equal(read_line("trace --live lo --for 3s --json --wait 1s --attempts 2", &f),
			 ERR_OK);
	assert_int_equal(
		read_line("trace --live lo --gap 3 --max-ttl 20 --rate 10 --first-rate 5", &f),
		ERR_OK);
	assert_int_equal(read_line("trace --live lo --deny 198.18.0.0/15 --quiet --net-rate 5", &f),
			 ERR_OK);
}

static void what_bounds_a_live_trace_alone_means_nothing(void **state)
{
	struct fault f;
	(void)state;
	assert_int_equal(read_line("trace --for 3s 198.18.0.1", &f), ERR_USAGE);
	assert_string_equal(f.what, "--for goes with --live only");
}

static void a_graph_refuses_what_it_would_not_do(void **state)
{
	static const char *const options[] = { "dry-run", "live lo",   "for 3s", "read x",
					       "names",   "share 60s", "pmtu",   "metadata x" };
	(void)state;
	for (size_t i = 0; i < COUNT(options); i++)
		refused("--mda", options[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_live_trace_refuses_what_it_would_not_do),
		cmocka_unit_test(a_live_trace_takes_what_it_does),
		cmocka_unit_test(what_bounds_a_live_trace_alone_means_nothing),
		cmocka_unit_test(a_graph_refuses_what_it_would_not_do),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
