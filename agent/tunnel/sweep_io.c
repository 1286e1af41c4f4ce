// SPDX-License-Identifier: Apache-2.0
//
// What a killed process left behind. Its own tables went with its sockets and its children with
// it; here go the rest and, should one have survived, the child.
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>

#include "base/text.h"
#include "sys/clock.h"
#include "tunnel/record_io.h"
#include "tunnel/route_io.h"
#include "tunnel/tunnel_io.h"
#include "tunnel/undo_io.h"
#include "tunnel/wireguard.h"

#define DEATH_PATIENCE (2 * NS_PER_S) // for a child that is not ours to wait for

struct sweep {
	size_t count;
	enum err err; // the first that failed
	struct fault *fault;
};

static void daemon_end(struct record_process p)
{
	struct mono until = mono_add(clock_mono(), DEATH_PATIENCE);
	if (!record_alive(p))
		return;
	(void)kill((pid_t)p.pid, SIGKILL);
	while (record_alive(p) && mono_before(clock_mono(), until))
		(void)poll(NULL, 0, 2);
}

// Whatever drives it, an interface can be deleted by name.
static void interface_end(const char *name)
{
	char line[64];
	wireguard_user.close(name, 0);
	if (if_nametoindex(name) == 0)
		return;
	snprintf(line, sizeof(line), "link del dev %s\n", name);
	route_undo(4, span_text(line));
}

static void undo(const char *name, const struct record *r, struct span text)
{
	undo_rules(text);
	daemon_end(r->daemon);
	interface_end(name);
	undo_routes(text);
	record_take(name);
}

static void sweep_record(void *self, const char *name)
{
	struct sweep *s = self;
	uint8_t text[RECORD_TEXT];
	struct record r;
	struct fault f;
	size_t len = 0;
	if (!tunnel_name_ours(span_text(name)))
		return;
	enum err err = record_find(name, &r, text, &len, &f);
	if (err == ERR_OK && record_alive(r.owner))
		return;
	if (err == ERR_OK) {
		undo(name, &r, span_of(text, len));
		s->count++;
	} else if (s->err == ERR_OK) {
		s->err = err;
		if (s->fault != NULL)
			*s->fault = f;
	}
}

// Interfaces of ours that nobody wrote down (the records were deleted).
static void sweep_strays(struct sweep *s)
{
	uint8_t text[RECORD_TEXT];
	struct record r;
	size_t len;
	struct if_nameindex *all = if_nameindex();
	if (all == NULL)
		return;
	for (struct if_nameindex *i = all; i->if_index != 0; i++) {
		if (!tunnel_name_ours(span_text(i->if_name)) ||
		    record_find(i->if_name, &r, text, &len, NULL) != ERR_MISSING)
			continue;
		interface_end(i->if_name);
		s->count++;
	}
	if_freenameindex(all);
}

enum err tunnel_sweep(size_t *count, struct fault *f)
{
	struct sweep s = { .err = ERR_OK, .fault = f };
	enum err err = record_each(sweep_record, &s, f);
	sweep_strays(&s);
	if (count != NULL)
		*count = s.count;
	return err != ERR_OK ? err : s.err;
}
