// SPDX-License-Identifier: Apache-2.0
#include "reflector.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cli/options.h"
#include "log/log.h"
#include "reflect/reflect_io.h"

#define PROGRAM "waymark-agent reflector"

struct settings {
	struct addr address4, address6;
	uint64_t port, dns_port, rate, rate_net;
	char zone[256];
};

#define AT(field) offsetof(struct settings, field)

// clang-format off
static const struct conf_option options[] = {
	{ "listen", CONF_ADDR, AT(address4), 0, 0, 0, NULL, "ADDRESS", "IPv4 address to listen on (all)" },
	{ "listen6", CONF_ADDR, AT(address6), 0, 0, 0, NULL, "ADDRESS", "IPv6 address to listen on (all)" },
	{ "port", CONF_UINT, AT(port), 0, 1, 65534, "5766", "PORT", "UDP and TCP port; UDP on the next one too" },
	{ "zone", CONF_TEXT, AT(zone), sizeof(((struct settings *)0)->zone), 0, 0, NULL, "NAME", "DNS zone delegated to this host, so that resolvers are seen" },
	{ "dns-port", CONF_UINT, AT(dns_port), 0, 1, 65535, "53", "PORT", "UDP port of the zone" },
	{ "rate", CONF_UINT, AT(rate), 0, 1, 1e6, "2000", "PPS", "most answers a second, all together" },
	{ "rate-net", CONF_UINT, AT(rate_net), 0, 1, 1e6, "200", "PPS", "most answers a second to one /24 or /48" },
	{ NULL, CONF_BOOL, 0, 0, 0, 0, NULL, NULL, NULL },
};
// clang-format on

static const struct cli_usage usage = {
	.synopsis = PROGRAM " [--zone NAME] [option …]",
	.text = "Tells who asks the address, port, TTL and TCP SYN options he was seen with. "
		"Gateways and\n"
		"vantage nodes ask it before a run (`reflector` in their configuration), so it "
		"must run\n"
		"on a host that is neither. A name of the zone tells who asks for it his address\n"
		"(`waymark discover --whoami '*.NAME'`). Else an answer is never longer than its\n"
		"question, and rates are bounded. Needs no keys; needs CAP_NET_BIND_SERVICE for "
		"--zone.",
	.examples = "  " PROGRAM "\n"
		    "  " PROGRAM " --zone whoami.example.org\n",
};

static void on_signal(void *self, uint32_t number)
{
	if (number != SIGCHLD)
		loop_stop(self);
}

// Each label fits a DNS name.
static bool zone_right(const char *zone)
{
	while (*zone != '\0') {
		size_t len = strcspn(zone, ".");
		if (len == 0 || len > 63)
			return false;
		zone += len + (zone[len] == '.');
	}
	return true;
}

static enum err serve(const struct settings *s, struct fault *f)
{
	const struct reflect_io_config c = {
		.address4 = s->address4,
		.address6 = s->address6,
		.port = (uint16_t)s->port,
		.dns_port = s->zone[0] != '\0' ? (uint16_t)s->dns_port : 0,
		.rate = (double)s->rate,
		.rate_net = (double)s->rate_net,
		.zone = s->zone,
	};
	struct loop *loop = NULL;
	struct reflect_io *r = NULL;
	enum err err = loop_new(&loop, f);
	if (err == ERR_OK)
		err = loop_signals(loop, on_signal, loop, f);
	if (err == ERR_OK)
		err = reflect_io_open(loop, &c, &r, f);
	if (err == ERR_OK) {
		LOG(LOG_INFO, "reflect", "ready", KU("port", s->port), KT("zone", s->zone));
		err = loop_run(loop, f);
		struct reflect_counts n = reflect_io_count(r);
		LOG(LOG_INFO, "reflect", "stop", KU("answered", n.answered),
		    KU("over_rate", n.refused), KU("strange", n.strange));
	}
	reflect_io_close(&r);
	loop_free(&loop);
	return err;
}

int reflector_main(int argc, char **argv)
{
	struct settings s = { 0 };
	struct cli words;
	struct fault f = { 0 };
	enum err err = cli_read(argc, argv, options, &usage, &s, &words, &f);
	if (err == ERR_OK && words.helped)
		return 0;
	if (err == ERR_OK && (s.address4.family == 6 || s.address6.family == 4))
		err = fault_set(&f, ERR_USAGE, 0,
				"listen takes an IPv4 address, listen6 an IPv6 one");
	if (err == ERR_OK && !zone_right(s.zone))
		err = fault_set(&f, ERR_USAGE, 0, "zone: \"%s\" is not a DNS name", s.zone);
	if (err == ERR_OK)
		err = serve(&s, &f);
	return err == ERR_OK ? 0 : cli_fail(PROGRAM, &f);
}
