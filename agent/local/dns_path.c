// SPDX-License-Identifier: Apache-2.0
#include "local/dns_path.h"

#include <errno.h>
#include <signal.h>

#include "dns/path_io.h"
#include "local/dns_print.h"
#include "sys/clock.h"

#define PORTS 64 // paths traced at once

struct job {
	const struct dns_settings *settings;
	struct loop *loop;
	struct dns_path_io *io;
	FILE *out;
	struct json json;
	uint64_t done, injected, refused;
	bool interrupted;
};

static void put_hop(struct json *j, const struct dns_path_finding *p, uint8_t ttl)
{
	json_object(j, NULL);
	json_int(j, "ttl", ttl);
	json_addr(j, "control", p->router[0][ttl]);
	json_addr(j, "test", p->router[1][ttl]);
	json_end_object(j);
}

static void put_number(struct json *j, const char *key, uint8_t v)
{
	if (v == 0)
		json_null(j, key);
	else
		json_int(j, key, v);
}

static void put_json(struct json *j, const struct dns_pair_record *r,
		     const struct dns_path_finding *p)
{
	json_object(j, NULL);
	dns_print_head(j, r);
	json_object(j, "path");
	put_number(j, "resolver_hop", p->control_hop);
	put_number(j, "answer_hop", p->test_hop);
	json_bool(j, "injected", p->injected);
	put_number(j, "injector_hop", p->injector);
	json_bool(j, "ttl_copied", p->ttl_copied);
	json_array(j, "hops");
	for (uint8_t ttl = 1; ttl <= p->reached; ttl++)
		put_hop(j, p, ttl);
	json_end_array(j);
	json_end_object(j);
	json_array(j, "tries");
	for (size_t i = 0; i < r->tries; i++)
		dns_print_try(j, NULL, r, i);
	json_end_array(j);
	json_end_object(j);
}

static void put_text(FILE *out, const struct dns_pair_record *r, const struct dns_path_finding *p)
{
	char addr[ADDR_TEXT], hop[2][ADDR_TEXT];
	addr_write(r->resolver, addr);
	fprintf(out, "%s at %s: %s\n", (const char *)r->domain.at, addr, dns_state_name(r->state));
	for (uint8_t ttl = 1; ttl <= p->reached; ttl++) {
		for (int i = 0; i < 2; i++) {
			uint8_t answered = i == 0 ? p->control_hop : p->test_hop;
			if (p->router[i][ttl].family != 0)
				addr_write(p->router[i][ttl], hop[i]);
			else
				snprintf(hop[i], sizeof(hop[i]), "%s",
					 answered != 0 && ttl >= answered ? "(answer)" : "*");
		}
		fprintf(out, "%3u  %-40s %s\n", ttl, hop[0], hop[1]);
	}
	if (p->injected)
		fprintf(out,
			"the test is answered at hop %u, the control at hop %u%s: made on the "
			"way, about hop %u\n",
			p->test_hop, p->control_hop, p->ttl_copied ? ", with a copied TTL" : "",
			p->injector);
	else if (p->test_hop != 0)
		fprintf(out, "test and control are answered at hop %u\n", p->test_hop);
}

static void on_record(void *self, const struct dns_want *w)
{
	struct job *j = self;
	struct dns_path_finding p;
	dns_path_read(w->record, &p);
	if (j->settings->json)
		put_json(&j->json, w->record, &p);
	else
		put_text(j->out, w->record, &p);
	fflush(j->out);
	j->done++;
	j->injected += p.injected;
	j->refused += w->record->state == DNS_REFUSED;
}

static void on_ended(void *self)
{
	struct job *j = self;
	loop_stop(j->loop);
}

static void on_signal(void *self, uint32_t number)
{
	struct job *j = self;
	if (number != SIGINT && number != SIGTERM)
		return;
	if (j->interrupted)
		loop_stop(j->loop);
	j->interrupted = true;
	dns_path_io_stop(j->io);
}

// Of a trace all names are asked for one type: unless told, what the first wants.
static uint16_t type_of(const struct dns_scan_config *scan)
{
	return scan->types[0] != 0 ? scan->types[0] : dns_name_type(dns_list_name(scan->names, 0));
}

static enum err measure(struct job *j, const struct dns_scan_config *scan, struct fault *f)
{
	const struct dns_settings *s = j->settings;
	uint64_t pairs = (uint64_t)dns_list_count(scan->servers) * dns_list_count(scan->names);
	const struct dns_path_io_config c = {
		.paths = { .servers = scan->servers,
			   .names = scan->names,
			   .type = type_of(scan),
			   .control = scan->control,
			   .options = scan->options,
			   .hops = (uint8_t)s->hops,
			   .attempts = (uint8_t)s->attempts,
			   .ports = pairs < PORTS ? (uint32_t)pairs : PORTS,
			   .timeout_ns = s->timeout,
			   .listen_ns = s->listen,
			   .pace = scan->pace,
			   .seed = scan->seed[0] },
		.record = on_record,
		.ended = on_ended,
		.self = j,
	};
	enum err err = loop_signals(j->loop, on_signal, j, f);
	if (err == ERR_OK)
		err = dns_path_io_open(j->loop, &c, &j->io, f);
	return err == ERR_OK ? loop_run(j->loop, f) : err;
}

enum err dns_path_run(const struct dns_settings *s, const struct dns_scan_config *scan, int *status,
		      struct fault *f)
{
	struct job j = { .settings = s, .out = stdout };
	if (s->output[0] != '\0')
		j.out = fopen(s->output, "we");
	if (j.out == NULL)
		return fault_set(f, ERR_IO, errno, "%s", s->output);
	j.json = json_of(j.out);
	enum err err = loop_new(&j.loop, f);
	if (err == ERR_OK)
		err = measure(&j, scan, f);
	dns_path_io_close(&j.io);
	loop_free(&j.loop);
	if (err == ERR_OK && !s->quiet)
		fprintf(stderr, "waymark dns: %llu paths, %llu with an injector\n",
			(unsigned long long)j.done, (unsigned long long)j.injected);
	if ((fflush(j.out) != 0 || ferror(j.out) != 0) && err == ERR_OK)
		err = fault_set(f, ERR_IO, errno, "the output cannot be written");
	if (j.out != stdout)
		(void)fclose(j.out);
	*status = j.interrupted                          ? err_exit(ERR_CANCELED)
		  : j.refused > 0 && j.refused == j.done ? err_exit(ERR_REFUSED)
		  : j.refused > 0                        ? 3
							 : 0;
	return err;
}
