// SPDX-License-Identifier: Apache-2.0
#include "local/flows.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/macro.h"
#include "capture/capture_io.h"
#include "cli/options.h"
#include "local/flows_print.h"
#include "local/flows_store.h"
#include "sys/clock.h"
#include "sys/loop.h"
#include "wire/link.h"

#define BATCH   1024 // frames between two looks at anything else
#define TICK_NS NS_PER_S

struct flows_options {
	bool json, csv, dns, names, targets, store, label, no_label;
	struct flows_store into;
	char live[64], filter[1024], save[4096];
	uint64_t snap, flows;
	int64_t duration;
	struct prefix local;
};

#define AT(field) offsetof(struct flows_options, field)
#define TEXT(f)   AT(f), sizeof(((struct flows_options *)0)->f)

// clang-format off
static const struct conf_option options[] = {
	{ "json", CONF_BOOL, AT(json), 0, 0, 0, "no", NULL, "JSON lines" },
	{ "csv", CONF_BOOL, AT(csv), 0, 0, 0, "no", NULL, "CSV with a heading" },
	{ "dns", CONF_BOOL, AT(dns), 0, 0, 0, "no", NULL, "DNS answers instead of flows" },
	{ "names", CONF_BOOL, AT(names), 0, 0, 0, "no", NULL, "names said in hellos of TLS, DTLS and QUIC instead of flows" },
	{ "targets", CONF_BOOL, AT(targets), 0, 0, 0, "no", NULL, "each (protocol, address, port) as soon as it is seen" },
	{ "label", CONF_BOOL, AT(label), 0, 0, 0, "no", NULL, "fail where nDPI is not there to tell the application of each flow" },
	{ "no-label", CONF_BOOL, AT(no_label), 0, 0, 0, "no", NULL, "do not ask nDPI for the application of each flow" },
	{ "live", CONF_TEXT, TEXT(live), 0, 0, NULL, "INTERFACE", "listen on an interface instead of reading a file" },
	{ "for", CONF_DURATION, AT(duration), 0, 0, 1e9, NULL, "DURATION", "with --live: stop after this long" },
	{ "filter", CONF_TEXT, TEXT(filter), 0, 0, NULL, "BPF", "only what this tcpdump filter lets through" },
	{ "local", CONF_PREFIX, AT(local), 0, 0, 0, NULL, "PREFIX", "our side, for --targets; else whoever speaks first" },
	{ "save", CONF_TEXT, TEXT(save), 0, 0, NULL, "FILE", "also write the frames to this pcap file" },
	{ "store", CONF_BOOL, AT(store), 0, 0, 0, "no", NULL, "put the flows into the database as a run, instead of printing them" },
	{ "data", CONF_TEXT, TEXT(into.data), 0, 0, NULL, "DIR", "with --store: data folder with the private database ($WAYMARK_DATA)" },
	{ "db", CONF_TEXT, TEXT(into.db), 0, 0, NULL, "CONNINFO", "with --store: your own PostgreSQL instead ($WAYMARK_DB)" },
	{ "app", CONF_TEXT, TEXT(into.app), 0, 0, NULL, "APP", "with --store: the messenger that was used, if known" },
	{ "snap", CONF_SIZE, AT(snap), 0, 64, 1 << 20, "256K", "BYTES", "with --live: bytes kept of each frame" },
	{ "flows", CONF_UINT, AT(flows), 0, 1, 1 << 26, "1048576", "COUNT", "most flows at once; past it the one idle longest ends" },
	{ NULL, CONF_BOOL, 0, 0, 0, 0, NULL, NULL, NULL },
};
// clang-format on

static const struct cli_usage usage = {
	.synopsis = "waymark flows FILE | --live INTERFACE [option …]",
	.text = "Flows of a capture (pcap or pcapng, also packed by gzip; - is standard input):\n"
		"packets and bytes on the wire per direction, first and last time, and the names\n"
		"that led to the address, each with how it was learned: dns, sni (TLS, DTLS),\n"
		"quic, http (Host, as sent), cert (where no name was said), httpdns; and the\n"
		"application it looks like, in nDPI's opinion, where built with it. JSON adds\n"
		"fragments, TCP flags, who sent a SYN and a SYN-ACK, the handshake's round trips\n"
		"from here to either end, what was sent again or came late, and with --dns every\n"
		"record with its TTL.",
	.examples = "  waymark flows chat.pcap\n"
		    "  waymark flows chat.pcap --dns --csv\n"
		    "  waymark flows chat.pcap --store --app threema\n"
		    "  waymark flows --live wlan0 --for 60s --targets --json\n",
};

struct reading {
	struct flows_options *options;
	struct capture *capture;
	struct flow_table *flows;
	struct flows_print print;
	struct label_model *model; // owned; NULL: not wanted
	struct label *label;       // owned; likewise
	struct loop *loop;         // live only
	enum err err;
	struct fault *fault;
};

static void take_events(struct reading *r)
{
	struct flow_event e;
	while (flow_next(r->flows, &e))
		flows_print_event(&r->print, r->flows, &e);
}

static void on_packet(void *self, const struct packet *p)
{
	struct reading *r = self;
	struct span ip;
	if (r->label != NULL && link_frame_read(p->link, p->bytes, &ip) == ERR_OK)
		label_hear(r->label, p->at, ip);
	if (flow_hear(r->flows, p) == ERR_OK)
		take_events(r);
}

// --- live ----------------------------------------------------------------------------------------

static void on_ready(void *self, uint32_t events)
{
	struct reading *r = self;
	(void)events;
	enum err err = capture_read(r->capture, BATCH, on_packet, r, r->fault);
	if (err == ERR_OK || err == ERR_AGAIN)
		return;
	r->err = err;
	loop_stop(r->loop);
}

static void on_signal(void *self, uint32_t number)
{
	struct reading *r = self;
	(void)number;
	r->err = ERR_CANCELED;
	loop_stop(r->loop);
}

static void on_turn(void *self, struct mono now)
{
	struct reading *r = self;
	(void)now;
	while (!flow_tick(r->flows, clock_wall()))
		take_events(r);
	take_events(r);
	fflush(r->print.out);
}

static enum err listen_for(struct reading *r, struct mono until)
{
	struct loop_watch *watch = NULL;
	enum err err = loop_signals(r->loop, on_signal, r, r->fault);
	if (err == ERR_OK)
		err = loop_watch(r->loop, capture_fd(r->capture), EPOLLIN, on_ready, r, &watch,
				 r->fault);
	if (err == ERR_OK)
		err = loop_hook(r->loop, on_turn, r, r->fault);
	while (err == ERR_OK && r->err == ERR_OK) {
		struct mono now = clock_mono();
		if (!mono_before(now, until))
			break;
		err = loop_turn(r->loop, mono_min(until, mono_add(now, TICK_NS)), r->fault);
	}
	// What the kernel still holds.
	while (r->err == ERR_OK &&
	       capture_read(r->capture, BATCH, on_packet, r, r->fault) == ERR_OK)
		continue;
	return err != ERR_OK ? err : r->err;
}

static enum err read_live(struct reading *r)
{
	const struct flows_options *o = r->options;
	struct capture_drops drops;
	const struct capture_config config = {
		.interface = o->live,
		.filter = o->filter[0] != '\0' ? o->filter : NULL,
		.save = o->save[0] != '\0' ? o->save : NULL,
		.snap = (uint32_t)o->snap,
	};
	enum err err = capture_open(&r->capture, &config, r->fault);
	if (err != ERR_OK)
		return err;
	struct mono until = o->duration > 0 ? mono_add(clock_mono(), o->duration) : MONO_NEVER;
	err = loop_new(&r->loop, r->fault);
	if (err == ERR_OK)
		err = listen_for(r, until);
	if (capture_dropped(r->capture, &drops, NULL) == ERR_OK &&
	    drops.kernel + drops.interface > 0)
		fprintf(stderr,
			"waymark flows: %" PRIu64 " frames lost in the kernel, %" PRIu64
			" at the interface, of %" PRIu64 "\n",
			drops.kernel, drops.interface, drops.received);
	loop_free(&r->loop);
	return err;
}

// --- file ----------------------------------------------------------------------------------------

static enum err read_file(struct reading *r, const char *path)
{
	const struct flows_options *o = r->options;
	enum err err = capture_open_file(&r->capture, path, o->filter[0] != '\0' ? o->filter : NULL,
					 o->save[0] != '\0' ? o->save : NULL, r->fault);
	while (err == ERR_OK)
		err = capture_read(r->capture, BATCH, on_packet, r, r->fault);
	return r->capture != NULL && err == ERR_MISSING ? ERR_OK : err;
}

static void tell_losses(const struct flow_counters *c)
{
	if (c->evicted > 0)
		fprintf(stderr,
			"waymark flows: %" PRIu64 " flows ended early for want of room (--flows)\n",
			c->evicted);
	if (c->unknown_link > 0)
		fprintf(stderr, "waymark flows: %" PRIu64 " frames of an unknown link type\n",
			c->unknown_link);
}

static struct flow_table *new_table(const struct flows_options *o)
{
	struct flow_config config = o->live[0] != '\0' ? flow_config_live : flow_config_file;
	config.flows = (size_t)o->flows;
	if (o->local.addr.family != 0) {
		config.local[0] = o->local;
		config.locals = 1;
	}
	random_bytes(config.seed, sizeof(config.seed));
	return flow_table_new(&config);
}

// Prints what is left and tells what went wrong; returns the exit status.
static int finish(struct reading *r, enum err err)
{
	if (r->capture == NULL)
		return cli_fail("waymark flows", r->fault);
	flow_finish(r->flows);
	take_events(r);
	flows_print_finish(&r->print);
	const struct flow_counters counters = flow_counted(r->flows);
	uint64_t heard = capture_count(r->capture);
	tell_losses(&counters);
	if (err == ERR_OK || err == ERR_CANCELED) {
		struct fault fault = { 0 };
		enum err saved = capture_saved(r->capture, &fault);
		// An import that ended early has said why itself.
		if (saved == ERR_OK && ferror(r->print.out) && r->options->store)
			return err_exit(ERR_IO);
		if (saved == ERR_OK && ferror(r->print.out))
			saved = fault_set(&fault, ERR_IO, errno, "standard output");
		if (saved != ERR_OK)
			return cli_fail("waymark flows", &fault);
		bool none = heard > 0 && counters.unknown_link == heard;
		return err_exit(err == ERR_OK && none ? ERR_UNSUPPORTED : err);
	}
	int status = cli_fail("waymark flows", r->fault);
	return err == ERR_CORRUPT && heard > 0 ? 3 : status; // 3: partly done
}

static void print_to(struct reading *r, FILE *out)
{
	const struct flows_options *o = r->options;
	flows_print_init(&r->print,
			 o->dns       ? FLOWS_DNS
			 : o->names   ? FLOWS_NAMES
			 : o->targets ? FLOWS_TARGETS
				      : FLOWS_FLOWS,
			 o->json || o->store ? GRID_JSON
			 : o->csv            ? GRID_CSV
					     : GRID_TABLE,
			 out);
	r->print.label = r->label;
}

static int read_all(struct reading *r, const char *path)
{
	int status = finish(r, path != NULL ? read_file(r, path) : read_live(r));
	flows_print_wipe(&r->print);
	return status;
}

// What was read of a capture that ends torn is stored too.
static int store_all(struct reading *r, const char *path)
{
	struct flows_store *into = &r->options->into;
	const char *name = path != NULL ? path : r->options->live, *base = strrchr(name, '/');
	if (flows_store_open(into, base != NULL ? base + 1 : name, r->fault) != ERR_OK)
		return cli_fail("waymark flows", r->fault);
	print_to(r, into->out);
	int status = read_all(r, path);
	bool keep = status == 0 || status == 3 || status == err_exit(ERR_CANCELED);
	int stored = flows_store_close(into, keep);
	return stored != 0 ? stored : status;
}

// Wanted wherever flows are told, and no matter where there is no nDPI, unless it was asked for.
static enum err open_label(struct reading *r)
{
	const struct flows_options *o = r->options;
	uint64_t seed[2];
	if (!o->label && (o->no_label || o->dns || o->names || o->targets))
		return ERR_OK;
	random_bytes(seed, sizeof(seed));
	enum err err = label_model_new(&r->model, r->fault);
	if (err == ERR_OK)
		err = label_new(&r->label, r->model, (size_t)o->flows, seed, r->fault);
	return err == ERR_UNSUPPORTED && !o->label ? ERR_OK : err;
}

static int run(struct flows_options *o, const char *path)
{
	struct fault fault = { 0 };
	struct reading r = { .options = o, .flows = new_table(o), .fault = &fault };
	int status;
	if (r.flows == NULL) {
		fault_set(&fault, ERR_MEMORY, 0, "no memory for %" PRIu64 " flows", o->flows);
		return cli_fail("waymark flows", &fault);
	}
	if (open_label(&r) != ERR_OK) {
		status = cli_fail("waymark flows", &fault);
	} else if (o->store) {
		status = store_all(&r, path);
	} else {
		print_to(&r, stdout);
		status = read_all(&r, path);
	}
	capture_close(&r.capture);
	label_free(&r.label);
	label_model_free(&r.model);
	flow_table_free(&r.flows);
	return status;
}

int flows_run(int argc, char **argv)
{
	struct flows_options o = { 0 }; // an option that was not given stays zero
	struct cli cli;
	struct fault fault = { 0 };
	enum err err = cli_read(argc, argv, options, &usage, &o, &cli, &fault);
	if (err == ERR_OK && cli.helped)
		return 0;
	bool live = err == ERR_OK && o.live[0] != '\0';
	if (err == ERR_OK && cli.count != (live ? 0 : 1))
		err = fault_set(&fault, ERR_USAGE, 0, "give one FILE, or --live INTERFACE");
	if (err == ERR_OK && (o.json && o.csv))
		err = fault_set(&fault, ERR_USAGE, 0, "--json or --csv, not both");
	if (err == ERR_OK && o.store && o.json + o.csv + o.dns + o.names + o.targets > 0)
		err = fault_set(&fault, ERR_USAGE, 0,
				"--store prints nothing: leave the other out");
	if (err == ERR_OK && o.label && o.no_label)
		err = fault_set(&fault, ERR_USAGE, 0, "--label or --no-label, not both");
	if (err == ERR_OK && o.dns + o.names + o.targets > 1)
		err = fault_set(&fault, ERR_USAGE, 0, "one of --dns, --names and --targets");
	if (err != ERR_OK)
		return cli_fail("waymark flows", &fault);
	return run(&o, live ? NULL : cli.words[0]);
}
