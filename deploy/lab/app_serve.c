// SPDX-License-Identifier: Apache-2.0
#include "lab/app_serve.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cli/options.h"
#include "log/log.h"

static const struct {
	const char *app;
	uint16_t port;
	bool messenger;
} known[] = {
	{ "textsecure", 443, true }, { "threema", 5222, true },   { "wechat", 8080, true },
	{ "whatsapp", 5222, true },  { SERVE_CHECK, 443, false }, { SERVE_TIME, 123, false },
	{ SERVE_PUSH, 5228, false },
};

uint16_t serve_port(const char *app)
{
	for (size_t i = 0; i < COUNT(known); i++)
		if (strcmp(known[i].app, app) == 0)
			return known[i].port;
	return 443;
}

bool serve_is_messenger(const char *app)
{
	for (size_t i = 0; i < COUNT(known); i++)
		if (strcmp(known[i].app, app) == 0)
			return known[i].messenger;
	return true;
}

#define AT(field) offsetof(struct serve_config, field)

static const struct conf_option options[] = {
	{ .name = "name",
	  .kind = CONF_TEXT,
	  .offset = AT(name),
	  .size = 256,
	  .value = "DOMAIN",
	  .help = "the server's name, as in its certificate" },
	{ .name = "office",
	  .kind = CONF_TEXT,
	  .offset = AT(office),
	  .size = 64,
	  .unset = "office",
	  .value = "NAME",
	  .help = "this server among the servers of its messenger" },
	{ .name = "peer",
	  .kind = CONF_LIST,
	  .offset = AT(peer),
	  .value = "OFFICE=ADDR,PORT",
	  .help = "another server of the same messenger" },
	{ .name = "ca",
	  .kind = CONF_TEXT,
	  .offset = AT(ca),
	  .size = 512,
	  .value = "FILE",
	  .help = "PEM certificate of the authority" },
	{ .name = "cert",
	  .kind = CONF_TEXT,
	  .offset = AT(cert),
	  .size = 512,
	  .value = "FILE",
	  .help = "PEM certificate of this server" },
	{ .name = "key",
	  .kind = CONF_TEXT,
	  .offset = AT(key),
	  .size = 512,
	  .value = "FILE",
	  .help = "PEM private key of this server" },
	{ .name = "listen",
	  .kind = CONF_ADDR,
	  .offset = AT(listen),
	  .value = "ADDR",
	  .help = "listen at this address only" },
	{ .name = "port",
	  .kind = CONF_UINT,
	  .offset = AT(port),
	  .max = 65535,
	  .value = "PORT",
	  .help = "port; without it the app's usual one, 0 lets the kernel choose" },
	{ 0 },
};

static const struct cli_usage usage = {
	.synopsis = "waymark-lab serve APP --name DOMAIN --ca FILE --cert FILE --key FILE",
	.text = "Serves a messenger (textsecure, threema, wechat, whatsapp, or any other word) or\n"
		"a service of the phones (check, time, push). Prints `ready PORT` once it listens.",
};

static void on_signal(void *self, uint32_t number)
{
	if (number != SIGCHLD)
		loop_stop(self);
}

static enum err serve(const struct serve_config *c, struct fault *f)
{
	AUTO(loop_free) struct loop *l = NULL;
	uint16_t port = 0;
	enum err err = loop_new(&l, f);

	if (err == ERR_OK)
		err = loop_signals(l, on_signal, l, f);
	if (err == ERR_OK)
		err = serve_is_messenger(c->app) ? mail_start(l, c, &port, f)
						 : beat_start(l, c, &port, f);
	if (err != ERR_OK)
		return err;
	printf("ready %u\n", port);
	fflush(stdout);
	LOG(LOG_INFO, "server", "ready", KT("app", c->app), KT("name", c->name), KI("port", port));
	return loop_run(l, f);
}

int verb_serve(int argc, char **argv)
{
	struct serve_config c = { 0 };
	struct cli cli;
	struct fault f = { 0 };
	bool port_given = false;

	for (int i = 1; i < argc; i++)
		port_given |= strncmp(argv[i], "--port", 6) == 0;
	enum err err = cli_read(argc, argv, options, &usage, &c, &cli, &f);
	if (err == ERR_OK && cli.helped)
		return 0;
	if (err == ERR_OK && cli.count != 1)
		err = fault_set(&f, ERR_USAGE, 0, "serve needs one APP; see --help");
	if (err == ERR_OK) {
		c.app = cli.words[0];
		if (!port_given)
			c.port = serve_port(c.app);
		err = serve(&c, &f);
	}
	conf_wipe(options, &c);
	return err == ERR_OK ? 0 : cli_fail("waymark-lab serve", &f);
}
