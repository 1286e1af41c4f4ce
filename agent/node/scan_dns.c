// SPDX-License-Identifier: Apache-2.0
#include "node/scan_dns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "dns/scan_io.h"
#include "log/log.h"
#include "node/scan_keep.h"
#include "node/scan_manners.h"
#include "sys/clock.h"

#define SCAN_DNS_PARALLEL 10 // pairs of one resolver at once
#define SCAN_DNS_TICK     (200 * NS_PER_MS)

struct scan_dns {
	struct node *node;
	visit_end_fn *end;
	const struct order *order;
	struct scan_manners manners;
	struct scan_keep keep;
	struct dns_list *servers, *names;
	struct dns_scan_io *io;
	struct loop_timer *timer;
	bool begun, ended, unkept;
};

static void on_record(void *self, const struct dns_want *w)
{
	struct scan_dns *s = self;
	struct scan_told *told = &s->keep.told;
	if (scan_keep_is_told(&s->keep, &w->pick))
		return;
	if (scan_told_begin(told, &w->pick, node_place(s->node)))
		scan_told_end(told, node_put_dns_pair(s->node, w->record));
	if (scan_told_stopped(told))
		loop_timer_at(s->timer, clock_mono());
}

static void on_ended(void *self)
{
	struct scan_dns *s = self;
	s->ended = true;
	loop_timer_at(s->timer, clock_mono()); // not from inside the engine's own turn
}

// Without a checkpoint the scan still goes on where it was: what was told is noted down.
static void keep(struct scan_dns *s, struct mono now, bool force)
{
	struct fault f = { 0 };
	const struct dns_matrix *m = dns_scan_matrix(dns_scan_io_scan(s->io));
	bool fails = scan_keep_tick(&s->keep, m, now, force, &f) != ERR_OK;
	if (fails && !s->unkept)
		log_fault(LOG_ERROR, "plan", "cannot_keep_scan", &f);
	s->unkept = fails;
}

static void on_tick(void *self, struct mono now)
{
	struct scan_dns *s = self;
	struct dns_matrix *m = dns_scan_matrix(dns_scan_io_scan(s->io));
	uint64_t sums[DNS_STATE_COUNT];
	char text[160];
	if (scan_told_stopped(&s->keep.told)) {
		s->end(s->node, s, ORDER_ACCEPTED, s->keep.told.stop.what);
		return;
	}
	if (!s->ended) {
		keep(s, now, false);
		loop_timer_at(s->timer, mono_add(now, SCAN_DNS_TICK));
		return;
	}
	dns_matrix_sums(m, sums);
	snprintf(text, sizeof(text),
		 "%llu pairs: %llu answered, %llu timed out, %llu failed, %llu refused, "
		 "%llu not asked",
		 (unsigned long long)dns_matrix_pairs(m), (unsigned long long)sums[DNS_ANSWERED],
		 (unsigned long long)sums[DNS_TIMED_OUT], (unsigned long long)sums[DNS_FAILED],
		 (unsigned long long)sums[DNS_REFUSED], (unsigned long long)sums[DNS_NOT_ASKED]);
	s->end(s->node, s, ORDER_DONE, text);
}

static enum err put_server(struct scan_dns *s, struct addr a)
{
	enum err err = dns_list_put_server(s->servers, (struct dns_server){ .addr = a });
	return err == ERR_EXISTS ? ERR_OK : err;
}

static enum err read_lists(struct scan_dns *s, struct fault *f)
{
	const struct dns_order *o = &s->order->dns;
	s->servers = dns_list_new(o->resolvers4.len / 4 + o->resolvers6.len / 16 + 1, s->keep.seed);
	s->names = dns_list_new(o->domains.len + 1, s->keep.seed);
	enum err err = s->servers == NULL || s->names == NULL ? ERR_MEMORY : ERR_OK;
	for (size_t at = 0; err == ERR_OK && at < o->resolvers4.len; at += 4)
		err = put_server(s, addr_of(span_cut(o->resolvers4, at, 4)));
	for (size_t at = 0; err == ERR_OK && at < o->resolvers6.len; at += 16)
		err = put_server(s, addr_of(span_cut(o->resolvers6, at, 16)));
	struct span rest = o->domains;
	while (err == ERR_OK && rest.len > 0) {
		struct span name = text_trim(text_cut(&rest, '\n'));
		err = name.len == 0 ? ERR_OK : dns_list_put_name(s->names, name);
		if (err == ERR_FORMAT || err == ERR_RANGE)
			return fault_set(f, ERR_FORMAT, 0, "%.*s is not a name",
					 name.len > 60 ? 60 : (int)name.len, (const char *)name.at);
		err = err == ERR_EXISTS ? ERR_OK : err;
	}
	if (err != ERR_OK)
		return fault_set(f, err, 0, "lists: %s", err_name(err));
	if (dns_list_count(s->servers) == 0 || dns_list_count(s->names) == 0)
		return fault_set(f, ERR_FORMAT, 0, "no resolvers or no names");
	dns_list_end(s->servers);
	dns_list_end(s->names);
	return ERR_OK;
}

static enum dns_profile profile_of(const struct dns_order *o)
{
	if (o->profile != DNS_PROFILE_UNKNOWN)
		return o->profile;
	return o->control.len > 0 ? DNS_WAYMARK : DNS_PLAIN;
}

static enum err open_io(struct scan_dns *s, struct fault *f)
{
	const struct dns_order *o = &s->order->dns;
	struct dns_scan_io_config c = { .record = on_record, .ended = on_ended, .self = s };
	struct dns_scan_config *x = &c.scan;
	x->scan = s->order->run;
	x->kind = o->kind == DNS_KIND_UNKNOWN ? DNS_KIND_PAIR : o->kind;
	x->rules = dns_rules_of(profile_of(o));
	if (o->listen_ms > 0)
		x->rules.listen_ns = (int64_t)o->listen_ms * NS_PER_MS;
	x->transport = o->transport == DNS_TRANSPORT_UNKNOWN ? DNS_UDP : o->transport;
	x->fallback = x->transport == DNS_UDP && !x->rules.bare;
	x->options = o->options;
	x->subnet = o->subnet;
	x->size = o->size;
	x->first_repetition = o->first_repetition;
	x->control = o->control;
	x->servers = s->servers;
	x->names = s->names;
	memcpy(x->types, o->types, sizeof(x->types));
	x->type_count = (uint32_t)o->type_count;
	if (x->type_count == 0) {
		x->types[0] = DNS_A;
		x->type_count = 1;
	}
	x->repetitions = o->repetitions > 0 ? o->repetitions : 1;
	x->parallel = SCAN_DNS_PARALLEL;
	// Where no resolver is, silence is no reason to leave.
	x->patience = x->kind == DNS_KIND_NOBODY ? 0 : DNS_PATIENCE;
	x->returns = DNS_RETURNS;
	x->pace = s->manners.pace;
	memcpy(x->seed, s->keep.seed, sizeof(x->seed));
	if (x->rules.control && o->control.len == 0)
		return fault_set(f, ERR_FORMAT, 0, "a sandwich wants a control name");
	return dns_scan_io_open(node_loop(s->node), &c, &s->io, f);
}

static enum err begin(struct scan_dns *s, struct fault *f)
{
	enum err err = scan_keep_open(&s->keep, node_config(s->node)->data, &s->order->id, f);
	if (err != ERR_OK)
		return err;
	err = scan_manners_open(s->node, s->order, s->order->dns.reserved, &s->manners, f);
	if (err == ERR_OK)
		err = read_lists(s, f);
	if (err == ERR_OK)
		err = loop_timer(node_loop(s->node), on_tick, s, &s->timer, f);
	if (err == ERR_OK)
		err = open_io(s, f);
	if (err == ERR_OK)
		err = scan_keep_begin(&s->keep, dns_scan_matrix(dns_scan_io_scan(s->io)), f);
	return err;
}

enum err scan_dns_open(struct node *n, const struct order *o, visit_end_fn *end,
		       struct scan_dns **out, struct fault *f)
{
	struct scan_dns *s = calloc(1, sizeof(*s));
	if (s == NULL)
		return fault_set(f, ERR_MEMORY, 0, "dns: no memory");
	*s = (struct scan_dns){ .node = n, .end = end, .order = o };
	enum err err = begin(s, f);
	if (err != ERR_OK) {
		scan_dns_close(&s);
		return err;
	}
	s->begun = true;
	loop_timer_at(s->timer, clock_mono());
	*out = s;
	return ERR_OK;
}

void scan_dns_stop(struct scan_dns *s)
{
	if (!s->ended)
		dns_scan_io_stop(s->io, true);
}

void scan_dns_close(struct scan_dns **out)
{
	struct scan_dns *s = *out;
	if (s == NULL)
		return;
	if (s->begun && !s->ended)
		keep(s, clock_mono(), true);
	dns_scan_io_close(&s->io);
	loop_timer_drop(&s->timer);
	scan_manners_close(&s->manners);
	dns_list_free(&s->servers);
	dns_list_free(&s->names);
	scan_keep_close(&s->keep);
	free(s);
	*out = NULL;
}
