// SPDX-License-Identifier: Apache-2.0
#include "node/config.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "keys/keys.h"
#include "log/log.h"
#include "sys/file.h"

#define CONFIG_FILE_MAX (1024 * 1024)

#define AT(field)       offsetof(struct node_config, field)
#define TEXT(f)         AT(f), sizeof(((struct node_config *)0)->f)

// clang-format off
const struct conf_option node_options[] = {
	{ "name", CONF_TEXT, TEXT(name), 0, 0, NULL, "NAME", "this node's name, as the collector admitted it" },
	{ "role", CONF_TEXT, TEXT(role), 0, 0, "vantage", "ROLE", "vantage or gateway" },
	{ "data", CONF_TEXT, TEXT(data), 0, 0, "/var/lib/waymark-agent", "DIR", "spool and state" },
	{ "keys", CONF_TEXT, TEXT(keys), 0, 0, "/etc/waymark/keys", "DIR", "where node.key lies" },
	{ "collector", CONF_TEXT, TEXT(collector), 0, 0, NULL, "ENDPOINT", "e.g. tcp://198.18.0.1:5757" },
	{ "collector-key", CONF_TEXT, TEXT(collector_key), 0, 0, "/etc/waymark/collector.pub", "FILE", "the collector's public key" },
	{ "operator-key", CONF_LIST, AT(operators), 0, 0, 0, NULL, "FILE", "public key of an operator whose orders are obeyed; repeatable" },
	{ "allow", CONF_LIST, AT(allow), 0, 0, 0, NULL, "KIND", "kind of order permitted: vantage, gateway, trace, dns, discover, fetch; repeatable" },
	{ "deny", CONF_LIST, AT(deny), 0, 0, 0, NULL, "PREFIX", "addresses never probed; repeatable" },
	{ "outside", CONF_TEXT, TEXT(outside), 0, 0, "eth0", "INTERFACE", "the uplink" },
	{ "resolver", CONF_ADDR, AT(resolver4), 0, 0, 0, NULL, "ADDRESS", "this node's IPv4 resolver, where phones' questions go" },
	{ "resolver6", CONF_ADDR, AT(resolver6), 0, 0, 0, NULL, "ADDRESS", "the same for IPv6" },
	{ "reflector", CONF_ADDR, AT(reflector4), 0, 0, 0, NULL, "ADDRESS", "IPv4 address of a reflector, which tells how this node and its phones look from outside" },
	{ "reflector6", CONF_ADDR, AT(reflector6), 0, 0, 0, NULL, "ADDRESS", "the same for IPv6" },
	{ "reflector-port", CONF_UINT, AT(reflector_port), 0, 1, 65534, "5766", "PORT", "the reflector's port" },
	{ "whoami", CONF_TEXT, TEXT(whoami), 0, 0, NULL, "ZONE", "DNS zone the reflector answers for: tells which resolver is used" },
	{ "isolate", CONF_BOOL, AT(isolate), 0, 0, 0, "no", "yes|no", "a gateway's phones let the run's app alone use the network" },
	{ "phone", CONF_LIST, AT(phones), 0, 0, 0, NULL, "NAME INTERFACE SOCKET IPV4 [IPV6]", "a phone behind this gateway; repeatable" },
	{ "rate", CONF_UINT, AT(rate), 0, 1, 1e6, "1000", "PPS", "most probes a second, all together" },
	{ "rate-target", CONF_UINT, AT(rate_target), 0, 1, 1e6, "50", "PPS", "most probes a second to one address" },
	{ "rate-net", CONF_UINT, AT(rate_net), 0, 1, 1e6, "200", "PPS", "most probes a second to one /24 or /48" },
	{ "rate-first", CONF_UINT, AT(rate_first), 0, 1, 1e6, "500", "PPS", "most probes a second that expire at one first hop" },
	{ "max-targets", CONF_UINT, AT(max_targets), 0, 1, ORDER_TARGETS_MAX, "1024", "COUNT", "most targets of one order" },
	{ "max-attempts", CONF_UINT, AT(max_attempts), 0, 1, TRACE_TRIES_MAX, "5", "COUNT", "most probes to one hop" },
	{ "scan-rate", CONF_UINT, AT(scan_rate), 0, 1, 1e6, "1000", "PPS", "most questions or connections a second of all scans of resolvers together" },
	{ "scan-rate-target", CONF_UINT, AT(scan_rate_target), 0, 1, 1e6, "20", "PPS", "most of them to one address" },
	{ "scan-rate-net", CONF_UINT, AT(scan_rate_net), 0, 1, 1e6, "200", "PPS", "most of them to one /24 or /48" },
	{ "max-scan", CONF_UINT, AT(max_scan), 0, 1, 1e12, "50000000", "COUNT", "most pairs, addresses or pages of one order" },
	{ "deny-file", CONF_TEXT, TEXT(deny_file), 0, 0, NULL, "FILE", "opt-out list of scans, one prefix a line; read again within ten seconds when it changes" },
	{ "roots", CONF_TEXT, TEXT(roots), 0, 0, NULL, "FILE", "PEM file of the only roots fetched certificates are tried against; else the system's" },
	{ "contact", CONF_TEXT, TEXT(contact), 0, 0, NULL, "URL", "page about who measures and how to opt out, told in the User-Agent" },
	{ "max-run", CONF_DURATION, AT(max_run), 0, 1, 86400, "15m", "DURATION", "longest run" },
	{ "spool-limit", CONF_SIZE, AT(spool_limit), 0, 33554432.0, 1e13, "2G", "BYTES", "most disk the spool may take; past it the oldest results become a counted gap" },
	{ "capture-snap", CONF_UINT, AT(capture_snap), 0, 64, 262144, "262144", "BYTES", "kept of each packet of a run's captures" },
	{ "capture-ring", CONF_SIZE, AT(capture_ring), 0, 65536, 1e9, "4M", "BYTES", "of the kernel that hold packets not yet read, for each capture" },
	{ "capture-keep", CONF_DURATION, AT(capture_keep), 0, 0, 31536000, "7d", "DURATION", "how long the files of captures are kept; 0: none are" },
	{ "capture-limit", CONF_SIZE, AT(capture_limit), 0, 0, 1e13, "1G", "BYTES", "most disk these files may take; past it the oldest go" },
	{ "capture-label", CONF_BOOL, AT(capture_label), 0, 0, 0, "yes", "yes|no", "ask nDPI, where built with it, which application each flow of a run looks like" },
	{ "sport-first", CONF_UINT, AT(sport_first), 0, 1024, 65535, "61000", "PORT", "first source port of probes" },
	{ "sport-count", CONF_UINT, AT(sport_count), 0, 16, 32768, "4096", "COUNT", "how many source ports" },
	{ "log", CONF_TEXT, TEXT(log), 0, 0, "info", "LEVEL", "debug, info, warn or error" },
	{ NULL, CONF_BOOL, 0, 0, 0, 0, NULL, NULL, NULL },
};
// clang-format on

enum err node_config_load(const char *file, struct node_config *out, struct fault *f)
{
	*out = (struct node_config){ 0 };
	conf_defaults(node_options, out);
	if (file == NULL)
		return ERR_OK;
	char *text = NULL;
	size_t len = 0;
	enum err err = file_read(file, CONFIG_FILE_MAX, &text, &len, f);
	if (err != ERR_OK)
		return fault_set(f, ERR_USAGE, f->sys, "cannot read the configuration %s", file);
	err = conf_read(node_options, span_of(text, len), file, out, f);
	free(text);
	return err;
}

void node_config_wipe(struct node_config *c)
{
	conf_wipe(node_options, c);
}

static enum err read_phone(const char *line, struct node_phone *out, struct fault *f)
{
	struct span rest = span_text(line);
	struct span name = text_word(&rest);
	struct span interface = text_word(&rest);
	struct span socket = text_word(&rest);
	struct span v4 = text_word(&rest);
	struct span v6 = text_word(&rest);
	if (text_copy(out->name, sizeof(out->name), name) != ERR_OK || name.len == 0 ||
	    text_copy(out->interface, sizeof(out->interface), interface) != ERR_OK ||
	    text_copy(out->socket, sizeof(out->socket), socket) != ERR_OK || socket.len == 0 ||
	    addr_read(v4, &out->address4) != ERR_OK || out->address4.family != 4 ||
	    (v6.len > 0 &&
	     (addr_read(v6, &out->address6) != ERR_OK || out->address6.family != 6)) ||
	    rest.len > 0)
		return fault_set(f, ERR_USAGE, 0,
				 "phone: \"%s\" is not NAME INTERFACE SOCKET IPV4 [IPV6]", line);
	return ERR_OK;
}

static enum err read_phones(struct node_config *c, struct fault *f)
{
	if (c->phones.count > NODE_PHONES)
		return fault_set(f, ERR_USAGE, 0, "phone: more than %d phones", NODE_PHONES);
	for (size_t i = 0; i < c->phones.count; i++) {
		enum err err = read_phone(c->phones.items[i], &c->phone_list[i], f);
		if (err != ERR_OK)
			return err;
	}
	c->phone_count = c->phones.count;
	return ERR_OK;
}

static enum err read_operators(struct node_config *c, struct plan_policy *p, struct fault *f)
{
	if (c->operators.count > PLAN_OPERATORS)
		return fault_set(f, ERR_USAGE, 0, "operator-key: more than %d", PLAN_OPERATORS);
	for (size_t i = 0; i < c->operators.count; i++) {
		struct seal_public key;
		enum err err =
			keys_load_public(c->operators.items[i], "waymark-operator-v1", &key, f);
		if (err != ERR_OK)
			return ERR_USAGE;
		memcpy(p->operators[p->operator_count++], key.sign, SEAL_KEY_SIZE);
	}
	return ERR_OK;
}

static enum err read_kinds(const struct node_config *c, struct plan_policy *p, struct fault *f)
{
	for (size_t i = 0; i < c->allow.count; i++) {
		const char *kind = c->allow.items[i];
		bool *which = strcmp(kind, "vantage") == 0    ? &p->allow_vantage
			      : strcmp(kind, "gateway") == 0  ? &p->allow_gateway
			      : strcmp(kind, "trace") == 0    ? &p->allow_trace
			      : strcmp(kind, "dns") == 0      ? &p->allow_dns
			      : strcmp(kind, "discover") == 0 ? &p->allow_discover
			      : strcmp(kind, "fetch") == 0    ? &p->allow_fetch
							      : NULL;
		if (which == NULL)
			return fault_set(f, ERR_USAGE, 0,
					 "allow: \"%s\" is not vantage, gateway, trace, dns, "
					 "discover or fetch",
					 kind);
		*which = true;
	}
	return ERR_OK;
}

static enum err read_denied(const struct node_config *c, struct plan_policy *p, struct fault *f)
{
	if (c->deny.count > PLAN_DENY)
		return fault_set(f, ERR_USAGE, 0, "deny: more than %d prefixes", PLAN_DENY);
	for (size_t i = 0; i < c->deny.count; i++) {
		struct prefix *at = &p->deny[p->deny_count++];
		if (prefix_read(span_text(c->deny.items[i]), at) != ERR_OK)
			return fault_set(f, ERR_USAGE, 0, "deny: \"%s\" is not a prefix",
					 c->deny.items[i]);
	}
	return ERR_OK;
}

static enum err make_policy(struct node_config *c, struct fault *f)
{
	struct plan_policy *p = &c->policy;
	*p = (struct plan_policy){
		.max_length_ms = (uint32_t)(c->max_run / NS_PER_MS),
		.max_targets = (uint32_t)c->max_targets,
		.max_attempts = (uint8_t)c->max_attempts,
		.sport_first = (uint16_t)c->sport_first,
		.sport_last = (uint16_t)(c->sport_first + c->sport_count - 1),
		.scan_rate = (uint32_t)c->scan_rate,
		.max_scan = c->max_scan,
	};
	enum err err = text_copy(p->node, sizeof(p->node), span_text(c->name));
	if (err == ERR_OK)
		err = read_operators(c, p, f);
	if (err == ERR_OK)
		err = read_kinds(c, p, f);
	if (err == ERR_OK)
		err = read_denied(c, p, f);
	return err;
}

enum err node_config_check(struct node_config *c, struct fault *f)
{
	enum log_level level;
	if (c->name[0] == '\0')
		return fault_set(f, ERR_USAGE, 0, "name: this node has no name; set name = …");
	if (strcmp(c->role, "vantage") != 0 && strcmp(c->role, "gateway") != 0)
		return fault_set(f, ERR_USAGE, 0, "role: \"%s\" is not vantage or gateway",
				 c->role);
	if (c->collector[0] == '\0')
		return fault_set(f, ERR_USAGE, 0,
				 "collector: no endpoint; set collector = tcp://HOST:PORT");
	if (c->reflector4.family == 6 || c->reflector6.family == 4)
		return fault_set(f, ERR_USAGE, 0,
				 "reflector takes an IPv4 address, reflector6 an IPv6 one");
	if (c->sport_first + c->sport_count > 65536)
		return fault_set(f, ERR_USAGE, 0, "sport-first + sport-count is above 65536");
	if (log_level_read(span_text(c->log), &level) != ERR_OK)
		return fault_set(f, ERR_USAGE, 0, "log: \"%s\" is not debug, info, warn or error",
				 c->log);
	log_threshold(level);
	enum err err = read_phones(c, f);
	return err == ERR_OK ? make_policy(c, f) : err;
}

const struct node_phone *node_phone_find(const struct node_config *c, struct span name)
{
	for (size_t i = 0; i < c->phone_count; i++)
		if (text_is(name, c->phone_list[i].name))
			return &c->phone_list[i];
	return NULL;
}
