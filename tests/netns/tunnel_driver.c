// SPDX-License-Identifier: Apache-2.0
//
// An agent that does nothing but tunnels, for the shell tests:
//     tunnel_driver open FILE…        opens one tunnel for each file, says so, keeps them until
//                                     it reads "quit" ("state" prints their states, "mappings"
//                                     how phones' connections were translated since then)
//     tunnel_driver lockdown IF…      and  tunnel_driver sweep
// A file holds `word value` lines: role, run, side, key, peer (hex), listen, endpoint ADDR PORT,
// mtu, keepalive, inner OWN PEER, phone PREFIX, inside IF, outside IF, resolver ADDR.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "nat/nat.h"
#include "nat/nat_io.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "tunnel/tunnel_io.h"

#define TUNNELS 64

static void give_up(const char *what, const struct fault *f)
{
	fprintf(stderr, "%s: %s: %s (errno %d)\n", what, err_name(f->err), f->what, f->sys);
	exit(1);
}

static enum err set_number(struct span text, uint16_t *out)
{
	uint64_t n = 0;
	enum err err = text_u64(text, 0, UINT16_MAX, &n);
	*out = (uint16_t)n;
	return err;
}

static enum err set_inner(struct tunnel_config *c, struct span own, struct span peer)
{
	struct tunnel_inner in;
	enum err err = addr_read(own, &in.own);
	if (err == ERR_OK)
		err = addr_read(peer, &in.peer);
	if (in.own.family == 6)
		c->inner6 = in;
	else
		c->inner4 = in;
	return err;
}

static enum err set_resolver(struct tunnel_config *c, struct span text)
{
	struct addr a;
	enum err err = addr_read(text, &a);
	if (a.family == 6)
		c->resolver6 = a;
	else
		c->resolver4 = a;
	return err;
}

struct name {
	uint8_t run[TUNNEL_RUN];
	char side;
};

static enum err set(struct tunnel_config *c, struct name *n, struct span line)
{
	struct span word = text_word(&line), a = text_word(&line), b = text_word(&line);
	if (text_is(word, "role")) {
		c->role = text_is(a, "gateway") ? TUNNEL_GATEWAY : TUNNEL_VANTAGE;
	} else if (text_is(word, "side")) {
		n->side = (char)a.at[0];
	} else if (text_is(word, "run")) {
		return text_unhex(a, n->run, sizeof(n->run));
	} else if (text_is(word, "key")) {
		return text_unhex(a, c->private_key, TUNNEL_KEY);
	} else if (text_is(word, "peer")) {
		return text_unhex(a, c->peer_key, TUNNEL_KEY);
	} else if (text_is(word, "listen")) {
		return set_number(a, &c->listen_port);
	} else if (text_is(word, "mtu")) {
		return set_number(a, &c->mtu);
	} else if (text_is(word, "keepalive")) {
		return set_number(a, &c->keepalive_s);
	} else if (text_is(word, "endpoint")) {
		return addr_read(a, &c->endpoint) == ERR_OK ? set_number(b, &c->endpoint_port)
							    : ERR_FORMAT;
	} else if (text_is(word, "inner")) {
		return set_inner(c, a, b);
	} else if (text_is(word, "phone")) {
		return prefix_read(a, &c->phones[c->phone_count++]);
	} else if (text_is(word, "inside")) {
		return text_copy(c->inside, sizeof(c->inside), a);
	} else if (text_is(word, "outside")) {
		return text_copy(c->outside, sizeof(c->outside), a);
	} else if (text_is(word, "resolver")) {
		return set_resolver(c, a);
	} else if (word.len != 0) {
		return ERR_USAGE;
	}
	return ERR_OK;
}

static void config_read(const char *path, struct tunnel_config *c)
{
	struct fault f;
	struct name n = { .side = 'a' };
	char *text;
	size_t len;
	*c = (struct tunnel_config){ .role = TUNNEL_VANTAGE };
	if (file_read(path, 65536, &text, &len, &f) != ERR_OK)
		give_up(path, &f);
	for (struct span rest = span_of(text, len); rest.len > 0;) {
		enum err err = set(c, &n, text_cut(&rest, '\n'));
		if (err != ERR_OK) {
			(void)fault_set(&f, err, 0, "a line is wrong");
			give_up(path, &f);
		}
	}
	explicit_bzero(text, len);
	free(text);
	tunnel_name_write(c->role, n.run, n.side, c->name);
}

static void print_state(const struct tunnel *t)
{
	struct tunnel_state s;
	char peer[ADDR_TEXT];
	tunnel_state(t, &s);
	addr_write(s.endpoint, peer);
	printf("state %s %s %s handshake_ms=%lld rx=%llu tx=%llu port=%u peer=%s:%u\n",
	       tunnel_interface(t), s.backend,
	       !s.alive           ? "dead"
	       : tunnel_ready(&s) ? "ready"
				  : "waiting",
	       s.handshake_ns == INT64_MAX ? -1LL : s.handshake_ns / NS_PER_MS,
	       (unsigned long long)s.rx_bytes, (unsigned long long)s.tx_bytes, s.listen_port, peer,
	       s.endpoint_port);
}

// --- mappings, of vantage nodes' ends ------------------------------------------------------------

static struct watched {
	struct nat *nat;
	struct nat_io *space;
} watched[TUNNELS];
static struct nat_io *uplink;

static enum err watch_space(void *self, struct fault *f)
{
	return nat_io_open("tunnel", self, f);
}

static void watch(int i, const struct tunnel *t, enum tunnel_role role)
{
	static const uint64_t seed[2];
	struct fault f;
	if (role != TUNNEL_VANTAGE)
		return;
	if ((uplink == NULL && nat_io_open("node", &uplink, &f) != ERR_OK) ||
	    tunnel_within(t, watch_space, &watched[i].space, &f) != ERR_OK)
		give_up("mappings", &f);
	watched[i].nat = nat_new(tunnel_space(t, 4), tunnel_space(t, 6), seed);
}

static void hear_space(void *self, const struct nat_event *e)
{
	struct watched *w = self;
	nat_hear(w->nat, NAT_SPACE, e, clock_wall());
}

static void hear_uplink(void *self, const struct nat_event *e)
{
	(void)self;
	for (int i = 0; i < TUNNELS; i++)
		if (watched[i].nat != NULL)
			nat_hear(watched[i].nat, NAT_NODE, e, clock_wall());
}

static void print_mapping(const struct tunnel *t, const struct nat_mapping *m)
{
	char inner[ADDR_TEXT], dst[ADDR_TEXT], outer[ADDR_TEXT], server[ADDR_TEXT];
	addr_write(m->inner.a, inner);
	addr_write(m->inner.b, dst);
	addr_write(m->outer.a, outer);
	addr_write(m->outer.b, server);
	printf("mapping %s %u %s %u %s %u is %s %u %s %u\n", tunnel_interface(t), m->inner.proto,
	       inner, m->inner.aport, dst, m->inner.bport, outer, m->outer.aport, server,
	       m->outer.bport);
}

static void print_mappings(struct tunnel *const *t)
{
	struct fault f;
	struct nat_mapping m;
	for (int i = 0; i < TUNNELS; i++)
		if (watched[i].nat != NULL &&
		    nat_io_read(watched[i].space, hear_space, &watched[i], &f) != ERR_OK)
			give_up("mappings", &f);
	if (uplink != NULL && nat_io_read(uplink, hear_uplink, NULL, &f) != ERR_OK)
		give_up("mappings", &f);
	for (int i = 0; i < TUNNELS; i++)
		while (watched[i].nat != NULL && nat_next(watched[i].nat, &m))
			print_mapping(t[i], &m);
	printf("mapped\n");
}

static int run_open(int count, char **files)
{
	struct tunnel *t[TUNNELS] = { 0 };
	struct tunnel_config c;
	struct fault f;
	char line[64];
	for (int i = 0; i < count && i < TUNNELS; i++) {
		config_read(files[i], &c);
		struct mono start = clock_mono();
		if (tunnel_open(&c, &t[i], &f) != ERR_OK)
			give_up(files[i], &f);
		printf("opened %s %lld ms\n", c.name, mono_since(clock_mono(), start) / NS_PER_MS);
		watch(i, t[i], c.role);
		tunnel_config_wipe(&c);
	}
	printf("ready\n");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin) != NULL && strcmp(line, "quit\n") != 0) {
		for (int i = 0; strcmp(line, "state\n") == 0 && i < count && i < TUNNELS; i++)
			print_state(t[i]);
		if (strcmp(line, "mappings\n") == 0)
			print_mappings(t);
		fflush(stdout);
	}
	for (int i = 0; i < count && i < TUNNELS; i++) {
		struct mono start = clock_mono();
		nat_io_close(&watched[i].space);
		nat_free(&watched[i].nat);
		tunnel_close(&t[i]);
		printf("closed %lld ms\n", mono_since(clock_mono(), start) / NS_PER_MS);
	}
	return 0;
}

static int run_lockdown(int count, char **names)
{
	struct fault f;
	const char *phones[TUNNELS];
	for (int i = 0; i < count && i < TUNNELS; i++)
		phones[i] = names[i];
	if (tunnel_lockdown(phones, (size_t)count, &f) != ERR_OK)
		give_up("lockdown", &f);
	return 0;
}

int main(int argc, char **argv)
{
	struct fault f;
	size_t count = 0;
	if (argc >= 3 && strcmp(argv[1], "open") == 0)
		return run_open(argc - 2, argv + 2);
	if (argc >= 2 && argc - 2 <= TUNNELS && strcmp(argv[1], "lockdown") == 0)
		return run_lockdown(argc - 2, argv + 2);
	if (argc != 2 || strcmp(argv[1], "sweep") != 0)
		return 2;
	if (tunnel_sweep(&count, &f) != ERR_OK)
		give_up("sweep", &f);
	printf("swept %zu\n", count);
	return 0;
}
