// SPDX-License-Identifier: Apache-2.0
#include "lab/phone.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/options.h"
#include "lab/phone_app.h"
#include "lab/phone_control.h"
#include "lab/phone_noise.h"
#include "lab/phone_reach.h"
#include "log/log.h"
#include "sys/clock.h"

struct phone_config {
	char control[108], ca[512], resolver[512];
	char check[270], time[270], push[270];
	int64_t check_every, time_every, push_every;
	uint64_t family;
	struct conf_list app; // APP=NAME,PORT
};

struct phone {
	const struct phone_config *config;
	struct phone_net net;
	struct phone_control *control;
	struct phone_app *app;
	struct phone_noise *noise; // NULL: one app has the network to itself
	struct phone_reach *reach;
};

#define AT(field) offsetof(struct phone_config, field)

// clang-format off
static const struct conf_option options[] = {
	{ .name = "control", .kind = CONF_TEXT, .offset = AT(control), .size = 108, .value = "PATH",
	  .help = "control socket" },
	{ .name = "ca", .kind = CONF_TEXT, .offset = AT(ca), .size = 512, .value = "FILE",
	  .help = "PEM certificate of the authority that is trusted" },
	{ .name = "resolver", .kind = CONF_TEXT, .offset = AT(resolver), .size = 512,
	  .value = "ADDR[:PORT],…", .help = "resolvers, asked in this order" },
	{ .name = "app", .kind = CONF_LIST, .offset = AT(app), .value = "APP=NAME,PORT",
	  .help = "a messenger and where its server is" },
	{ .name = "check", .kind = CONF_TEXT, .offset = AT(check), .size = 270, .value = "NAME,PORT",
	  .help = "server of the connectivity check" },
	{ .name = "time", .kind = CONF_TEXT, .offset = AT(time), .size = 270, .value = "NAME,PORT",
	  .help = "time server" },
	{ .name = "push", .kind = CONF_TEXT, .offset = AT(push), .size = 270, .value = "NAME,PORT",
	  .help = "push server" },
	{ .name = "check-every", .kind = CONF_DURATION, .offset = AT(check_every), .min = 0.01,
	  .max = 86400, .unset = "60s", .help = "time between two checks" },
	{ .name = "time-every", .kind = CONF_DURATION, .offset = AT(time_every), .min = 0.01,
	  .max = 86400, .unset = "64s", .help = "time between two questions for the time" },
	{ .name = "push-every", .kind = CONF_DURATION, .offset = AT(push_every), .min = 0.01,
	  .max = 86400, .unset = "25s", .help = "time between two signs of life to the push server" },
	{ .name = "family", .kind = CONF_UINT, .offset = AT(family), .max = 6, .unset = "0",
	  .value = "4|6", .help = "addresses to use; 0: both" },
	{ .name = NULL },
};
// clang-format on

static const struct cli_usage usage = {
	.synopsis =
		"waymark-lab phone --control PATH --ca FILE --resolver ADDR --app APP=NAME,PORT…",
	.text = "A phone: opens messengers and sends messages as told over the control socket, "
		"and\n"
		"talks to its check, time and push servers by itself. Prints `ready` once it "
		"listens.",
};

static void on_event(void *self, const struct phone_line *event)
{
	struct phone *p = self;

	phone_control_tell(p->control, event);
}

// APP=NAME,PORT among the configured ones.
static bool app_find(const struct phone *p, struct span app, char *name, size_t cap, uint16_t *port)
{
	for (size_t i = 0; i < p->config->app.count; i++) {
		struct span rest = span_text(p->config->app.items[i]);
		uint64_t number = 0;
		if (!span_eq(text_cut(&rest, '='), app))
			continue;
		struct span host = text_cut(&rest, ',');
		if (text_copy(name, cap, host) != ERR_OK ||
		    text_u64(rest, 1, 65535, &number) != ERR_OK)
			return false;
		*port = (uint16_t)number;
		return true;
	}
	return false;
}

static void open_app(struct phone *p, const struct phone_line *command)
{
	char name[256], why[100];
	uint16_t port;

	if (app_find(p, command->app, name, sizeof(name), &port)) {
		phone_app_open(p->app, command, name, port);
		return;
	}
	snprintf(why, sizeof(why), "state %.*s is not installed", (int)command->app.len,
		 command->app.at);
	phone_control_tell(p->control, &(struct phone_line){ .word = PHONE_FAILED,
							     .id = span_text(PHONE_NO_ID),
							     .text = span_text(why),
							     .at = clock_wall() });
}

static enum err open_noise(struct phone *p, struct fault *f)
{
	const struct phone_config *c = p->config;
	const struct phone_noise_config noise = { .check = c->check,
						  .time = c->time,
						  .push = c->push,
						  .check_every = c->check_every,
						  .time_every = c->time_every,
						  .push_every = c->push_every };
	return phone_noise_open(&p->net, &noise, &p->noise, f);
}

// Everything this phone says that no app says is its noise.
static void isolate(struct phone *p, struct span app)
{
	struct fault f;
	bool all = text_is(app, PHONE_NO_ID);
	if (!all)
		phone_noise_close(&p->noise);
	if (all && p->noise == NULL && open_noise(p, &f) != ERR_OK)
		log_fault(LOG_WARN, "phone", "no_noise", &f);
	phone_control_tell(
		p->control,
		&(struct phone_line){ .word = PHONE_ISOLATED, .app = app, .at = clock_wall() });
}

static void on_command(void *self, const struct phone_line *command)
{
	struct phone *p = self;
	struct phone_line state;

	if (command->word == PHONE_OPEN) {
		open_app(p, command);
	} else if (command->word == PHONE_SEND) {
		phone_app_send(p->app, command);
	} else if (command->word == PHONE_CLOSE) {
		phone_app_close(p->app);
	} else if (command->word == PHONE_NETWORK) {
		phone_app_reconnect(p->app);
		if (p->noise != NULL)
			phone_noise_now(p->noise);
	} else if (command->word == PHONE_REACH) {
		phone_reach_start(p->reach, command);
	} else if (command->word == PHONE_ISOLATE) {
		isolate(p, command->app);
	} else {
		phone_app_state(p->app, &state);
		phone_control_tell(p->control, &state);
	}
}

static enum err check_apps(const struct phone *p, struct fault *f)
{
	for (size_t i = 0; i < p->config->app.count; i++) {
		struct span rest = span_text(p->config->app.items[i]);
		char name[256];
		uint16_t port;
		if (!app_find(p, text_cut(&rest, '='), name, sizeof(name), &port))
			return fault_set(f, ERR_USAGE, 0, "--app %s: needs APP=NAME,PORT",
					 p->config->app.items[i]);
	}
	return ERR_OK;
}

static enum err start(struct phone *p, struct fault *f)
{
	const struct phone_config *c = p->config;
	enum err err = check_apps(p, f);

	if (err == ERR_OK)
		err = tls_client(c->ca, NULL, NULL, &p->net.tls, f);
	if (err == ERR_OK)
		err = phone_dns_open(p->net.loop, c->resolver, (int)c->family, &p->net.dns, f);
	if (err == ERR_OK)
		err = phone_app_new(&p->net, on_event, p, &p->app, f);
	if (err == ERR_OK)
		err = open_noise(p, f);
	if (err == ERR_OK)
		err = phone_reach_new(p->net.loop, on_event, p, &p->reach, f);
	if (err == ERR_OK)
		err = phone_control_open(p->net.loop, c->control, on_command, p, &p->control, f);
	return err;
}

static void stop(struct phone *p)
{
	phone_noise_close(&p->noise);
	phone_reach_free(&p->reach);
	phone_app_free(&p->app);
	phone_dns_close(&p->net.dns);
	tls_context_free(&p->net.tls);
	phone_control_close(&p->control);
	loop_free(&p->net.loop);
}

static void on_signal(void *self, uint32_t number)
{
	if (number != SIGCHLD)
		loop_stop(self);
}

static enum err run(const struct phone_config *c, struct fault *f)
{
	struct phone p = { .config = c };
	enum err err = loop_new(&p.net.loop, f);

	if (err == ERR_OK)
		err = loop_signals(p.net.loop, on_signal, p.net.loop, f);
	if (err == ERR_OK)
		err = start(&p, f);
	if (err == ERR_OK) {
		puts("ready 0");
		fflush(stdout);
		err = loop_run(p.net.loop, f);
	}
	stop(&p);
	return err;
}

int verb_phone(int argc, char **argv)
{
	struct phone_config c = { 0 };
	struct cli cli;
	struct fault f = { 0 };
	enum err err = cli_read(argc, argv, options, &usage, &c, &cli, &f);

	if (err == ERR_OK && cli.helped)
		return 0;
	if (err == ERR_OK &&
	    (cli.count != 0 || c.control[0] == '\0' || c.ca[0] == '\0' || c.resolver[0] == '\0'))
		err = fault_set(&f, ERR_USAGE, 0,
				"phone needs --control, --ca and --resolver; see --help");
	if (err == ERR_OK)
		err = run(&c, &f);
	conf_wipe(options, &c);
	return err == ERR_OK ? 0 : cli_fail("waymark-lab phone", &f);
}
