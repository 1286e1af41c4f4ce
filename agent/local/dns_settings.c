// SPDX-License-Identifier: Apache-2.0
#include "local/dns_settings.h"

#include "base/text.h"

#define CONTROL "a.root-servers.net"

#define ROW(name, kind, field, min, max, unset, value, help)                                       \
	{                                                                                          \
		name, kind, offsetof(struct dns_settings, field),                                  \
			sizeof(((struct dns_settings *)0)->field), min, max, unset, value, help    \
	}
#define MANNER(name, kind, part, max, unset, value, help)                                          \
	MANNERS_ROW(struct dns_settings, manners, name, kind, part, 0, max, unset, value, help)

const struct conf_option dns_options[] = {
	ROW("resolvers", CONF_TEXT, resolvers, 0, 0, "", "FILE",
	    "resolvers, one a line: ADDRESS, ADDRESS#PORT, [ADDRESS]:PORT; - is standard input"),
	ROW("domains", CONF_TEXT, domains, 0, 0, "", "FILE",
	    "names, one a line (the first word of it); - is standard input"),
	ROW("pairs", CONF_TEXT, pairs, 0, 0, "", "FILE",
	    "a name and its resolvers a line, parted by blanks or commas, in place of lists of "
	    "each"),
	ROW("type", CONF_TEXT, types, 0, 0, "", "TYPES",
	    "record types, by name or number: A,AAAA,65; unset: A, and PTR of addresses"),
	ROW("matrix", CONF_BOOL, matrix, 0, 0, "no", NULL,
	    "every name at every resolver: what is done anyway, unless --spread"),
	ROW("spread", CONF_BOOL, spread, 0, 0, "no", NULL,
	    "every name at one of the resolvers, in turn; none at who is denied or given up"),
	ROW("profile", CONF_TEXT, profile, 0, 0, "", "NAME",
	    "plain, v2.1, v2.2 or waymark: which controls and tries make a pair"),
	ROW("control", CONF_TEXT, control, 0, 0, "", "NAME",
	    "control domain of a sandwich; unset: " CONTROL),
	ROW("tries", CONF_UINT, tries, 0, DNS_TRIES_ASKED, "0", "N",
	    "most tries of the test; 0: the profile's"),
	ROW("timeout", CONF_DURATION, timeout, 0.01, 60, "2s", "DURATION",
	    "longest wait for an answer"),
	ROW("stream-timeout", CONF_DURATION, stream_timeout, 0.01, 60, "5s", "DURATION",
	    "the same over TCP, TLS and HTTPS"),
	ROW("listen", CONF_DURATION, listen, 0, 60, "3s", "DURATION",
	    "how long a pair listens on after its answers"),
	ROW("repetitions", CONF_UINT, repetitions, 1, 64, "1", "N",
	    "times each pair is asked, each from another source port"),
	ROW("transport", CONF_TEXT, transport, 0, 0, "udp", "HOW", "udp, tcp, tls or https"),
	ROW("no-fallback", CONF_BOOL, no_fallback, 0, 0, "no", NULL,
	    "a truncated answer is not asked for again over TCP"),
	ROW("tls-name", CONF_TEXT, tls_name, 0, 0, "", "NAME",
	    "name the server's certificate must be for; unset: not checked"),
	ROW("path", CONF_TEXT, path, 0, 0, "/dns-query", "PATH", "of HTTPS"),
	ROW("no-edns", CONF_BOOL, no_edns, 0, 0, "no", NULL, "no OPT record in questions"),
	ROW("dnssec", CONF_BOOL, dnssec, 0, 0, "no", NULL, "ask for signatures (DO)"),
	ROW("nsid", CONF_BOOL, nsid, 0, 0, "no", NULL, "ask for the server's identifier"),
	ROW("client-subnet", CONF_PREFIX, subnet, 0, 0, NULL, "PREFIX",
	    "ask as for a client there"),
	ROW("size", CONF_UINT, size, 0, DNS_SIZE_MOST, "0", "BYTES",
	    "largest UDP answer asked for, 512 to 4096; 0: 1232"),
	ROW("0x20", CONF_BOOL, mixed, 0, 0, "no", NULL,
	    "mix the letter case of names, and see whether it comes back"),
	ROW("no-recurse", CONF_BOOL, no_recurse, 0, 0, "no", NULL, "recursion not desired"),
	ROW("no-check", CONF_BOOL, no_check, 0, 0, "no", NULL, "checking disabled (CD)"),
	ROW("nobody", CONF_BOOL, nobody, 0, 0, "no", NULL,
	    "the addresses run no resolver: any answer was made on the way"),
	ROW("trace", CONF_BOOL, trace, 0, 0, "no", NULL,
	    "questions with rising TTL on one flow: who answers, at which hop; needs root"),
	ROW("hops", CONF_UINT, hops, 1, 64, "24", "TTL", "with --trace: last hop asked"),
	ROW("attempts", CONF_UINT, attempts, 1, 3, "2", "N", "with --trace: questions to each hop"),
	MANNER("rate", CONF_REAL, rate, 1e7, "10000", "N",
	       "questions a second, all together; 0: no limit"),
	MANNER("resolver-rate", CONF_REAL, target_rate, 1e7, "100", "N",
	       "to one resolver; 0: none"),
	MANNER("net-rate", CONF_REAL, net_rate, 1e7, "2000", "N", "to one /24 or /48; 0: none"),
	MANNER("deny", CONF_LIST, deny, 0, NULL, "PREFIX", "never ask these addresses; repeatable"),
	MANNER("deny-file", CONF_TEXT, deny_file, 0, "", "FILE",
	       "prefixes never asked and those who opted out, one a line; obeyed within 10 s when "
	       "it grows"),
	ROW("parallel", CONF_UINT, parallel, 1, 1000, "10", "N", "pairs of one resolver at once"),
	ROW("give-up", CONF_UINT, give_up, 0, 1000, "10", "N",
	    "pairs in a row without use after which a resolver is left alone, longer each time, "
	    "and at last given up; 0: never"),
	ROW("outstanding", CONF_UINT, outstanding, 1, 8e6, "100000", "N",
	    "pairs asking or listening at once"),
	ROW("ports", CONF_UINT, ports, 0, 4096, "0", "N", "source ports; 0: as many as needed"),
	ROW("sport", CONF_UINT, sport, 0, 65535, "0", "PORT", "first source port; 0: chosen"),
	ROW("port", CONF_UINT, port, 0, 65535, "0", "PORT", "of resolvers that name none"),
	ROW("no-raw", CONF_BOOL, plain_sockets, 0, 0, "no", NULL,
	    "no packet socket, even as root: IP ids are not known then"),
	ROW("json", CONF_BOOL, json, 0, 0, "no", NULL, "one JSON document a pair"),
	ROW("output", CONF_TEXT, output, 0, 0, "", "FILE", "in place of standard output"),
	ROW("checkpoint", CONF_TEXT, checkpoint, 0, 0, "", "FILE",
	    "go on from here after an end without warning; the output must be a file"),
	ROW("metadata", CONF_TEXT, metadata, 0, 0, "", "FILE",
	    "a JSON document on the whole scan, with sums by resolver and by domain"),
	ROW("status-file", CONF_TEXT, status_file, 0, 0, "", "FILE",
	    "counts and rates once a second, as CSV"),
	ROW("quiet", CONF_BOOL, quiet, 0, 0, "no", NULL, "no progress line on standard error"),
	ROW("dry-run", CONF_BOOL, dry_run, 0, 0, "no", NULL,
	    "say what would be asked, ask nothing"),
	ROW("seed", CONF_UINT, seed, 0, UINT32_MAX, "0", "N", "of ids, ports and order; 0: random"),
	{ .name = NULL },
};

const struct cli_usage dns_usage = {
	.synopsis = "waymark dns [NAME…] [TYPE…] [@RESOLVER…] [option …]",
	.text = "Asks every resolver for every name, each pair exactly once, and keeps every\n"
		"packet that comes back. With --resolvers and --domains each pair is asked inside\n"
		"a control sandwich (profile waymark): control, up to four tries of the test,\n"
		"control, on one 5-tuple; otherwise plainly. Names missing on the command line "
		"are\n"
		"read from standard input, resolvers from /etc/resolv.conf. Names may be in "
		"letters\n"
		"of any alphabet; an address in place of a name asks for its PTR record. As root,\n"
		"or with CAP_NET_RAW, IP ids are known.\n"
		"Each pair is a line: resolver, name, type, status, code or error, data, and what\n"
		"other answers to the question say; of one pair the data alone. --json has it all.",
	.examples =
		"  waymark dns example.org AAAA @198.18.0.53\n"
		"  waymark dns --spread --resolvers open.txt --rate 50000 < names.txt\n"
		"  echo example.org,198.18.0.53 | waymark dns --pairs -\n"
		"  waymark dns --resolvers open.txt --domains names.txt --json \\\n"
		"    --output pairs.jsonl --checkpoint scan.state --metadata scan.json\n"
		"  waymark dns --resolvers open.txt --domains names.txt --profile v2.2 \\\n"
		"    --control control.example --repetitions 3 --deny-file optout.txt --json\n"
		"  waymark dns --trace blocked.example --control control.example @198.18.0.53\n",
};

static enum err types_read(const char *text, struct dns_scan_config *out, struct fault *f)
{
	struct span rest = span_text(text);
	if (rest.len == 0) {
		out->type_count = 1; // what each name asks for by itself
		return ERR_OK;
	}
	while (rest.at != NULL) {
		struct span word = text_trim(text_cut(&rest, ','));
		uint16_t type;
		if (out->type_count == DNS_TYPES_MAX)
			return fault_set(f, ERR_USAGE, 0, "--type: more than %d types",
					 DNS_TYPES_MAX);
		if (dns_type_read(word, &type) != ERR_OK || type == 0)
			return fault_set(f, ERR_USAGE, 0, "--type: \"%.*s\" is no type",
					 (int)word.len, (const char *)word.at);
		bool twice = false;
		for (uint32_t i = 0; i < out->type_count; i++)
			twice |= out->types[i] == type;
		if (!twice)
			out->types[out->type_count++] = type;
	}
	return ERR_OK;
}

static uint32_t bits(const struct dns_settings *s, bool bare)
{
	bool edns = !(s->no_edns || bare) || s->dnssec || s->nsid || s->size > 0 ||
		    s->subnet.addr.family != 0;
	return (s->no_recurse ? 0u : DNS_RECURSE) | (edns ? (uint32_t)DNS_EDNS : 0) |
	       (s->dnssec ? (uint32_t)DNS_DO : 0) | (s->nsid ? (uint32_t)DNS_NSID : 0) |
	       (s->mixed ? (uint32_t)DNS_CASE : 0) | (s->no_check ? (uint32_t)DNS_NO_CHECK : 0) |
	       (s->subnet.addr.family != 0 ? (uint32_t)DNS_SUBNET : 0);
}

static enum err rules_read(const struct dns_settings *s, bool sandwich, struct dns_rules *out,
			   struct fault *f)
{
	enum dns_profile p = sandwich || s->control[0] != '\0' ? DNS_WAYMARK : DNS_PLAIN;
	if (s->profile[0] != '\0' && dns_profile_read(span_text(s->profile), &p) != ERR_OK)
		return fault_set(f, ERR_USAGE, 0,
				 "--profile: \"%s\" is not plain, v2.1, v2.2 or waymark",
				 s->profile);
	*out = dns_rules_of(p);
	out->timeout_ns = s->timeout;
	out->stream_timeout_ns = s->stream_timeout;
	out->listen_ns = s->listen;
	if (s->tries == 0)
		return ERR_OK;
	out->tries = (uint8_t)s->tries;
	if (out->tries_after_failed > out->tries)
		out->tries_after_failed = out->tries;
	return ERR_OK;
}

enum err dns_settings_scan(const struct dns_settings *s, enum dns_transport transport,
			   bool sandwich, struct dns_scan_io_config *out, struct fault *f)
{
	struct dns_scan_config *c = &out->scan;
	enum err err = types_read(s->types, c, f);
	if (err == ERR_OK)
		err = rules_read(s, sandwich, &c->rules, f);
	c->kind = s->nobody ? DNS_KIND_NOBODY : DNS_KIND_PAIR;
	c->transport = transport;
	c->fallback = !s->no_fallback && transport == DNS_UDP && !c->rules.bare;
	c->options = bits(s, c->rules.bare);
	c->subnet = s->subnet;
	if (err == ERR_OK && s->size != 0 && (s->size < DNS_SIZE_LEAST || s->no_edns))
		err = fault_set(f, ERR_USAGE, 0,
				"--size: less than %d bytes, or no OPT to say it in",
				DNS_SIZE_LEAST);
	c->size = (uint16_t)s->size;
	c->control = span_text(s->control[0] != '\0' ? s->control : CONTROL);
	c->repetitions = (uint32_t)s->repetitions;
	c->spread = s->spread;
	c->parallel = (uint32_t)s->parallel;
	c->patience = s->nobody ? 0 : (uint32_t)s->give_up; // nobody is silent by nature
	c->returns = DNS_RETURNS;
	c->slots = (uint32_t)s->outstanding;
	c->ports = (uint32_t)s->ports;
	out->no_ring = s->plain_sockets;
	out->sport = (uint16_t)s->sport;
	out->tls_name = s->tls_name[0] != '\0' ? s->tls_name : NULL;
	out->path = s->path;
	return err;
}
