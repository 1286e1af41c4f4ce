// SPDX-License-Identifier: Apache-2.0
//
// Over loopback: CURVE lets in exactly whom the roll names, and nobody at all without a ZAP domain.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "bench/ingest_agent.h"
#include "ingest/ingest_io.h"

#define PATIENCE (300 * NS_PER_MS) // a handshake takes one

struct door {
	struct loop *loop;
	struct ingest *in;
	struct ingest_io *io;
	struct seal_public server;
	char endpoint[64];
	int opened; // streams asked for: HELLOs that got through
};

static void wanted(void *self, const struct ingest_want *w)
{
	struct door *d = self;
	d->opened += w->kind == INGEST_OPEN;
}

static void door_open(struct door *d, const char *domain, const struct seal_public *admitted)
{
	struct fault f;
	struct seal_secret secret;
	*d = (struct door){ 0 };
	assert_int_equal(seal_start(&f), ERR_OK);
	seal_make(&secret, &d->server);
	const struct ingest_config c = { .digest = seal_digest,
					 .verify = seal_verify_digest,
					 .domain = SEAL_BATCH,
					 .budget = 1 << 20 };
	d->in = ingest_new(&c);
	struct roll *roll = roll_new();
	struct roll_key k = { .id = 1, .node = 1, .name = "anna" };
	memcpy(k.curve, admitted->curve, 32);
	memcpy(k.sign, admitted->sign, 32);
	assert_int_equal(roll_put(roll, &k), ERR_OK);
	ingest_roll(d->in, &roll);
	assert_int_equal(loop_new(&d->loop, &f), ERR_OK);
	const struct ingest_io_config io = { .listen = "tcp://127.0.0.1:*",
					     .curve_secret = secret.curve,
					     .zap_domain = domain,
					     .want = wanted,
					     .self = d };
	assert_int_equal(ingest_io_open(&io, d->in, d->loop, &d->io, &f), ERR_OK);
	const char *port = strrchr(ingest_io_endpoint(d->io), ':');
	snprintf(d->endpoint, sizeof(d->endpoint), "tcp://127.0.0.1%s", port);
}

static void door_close(struct door *d)
{
	ingest_io_close(&d->io);
	loop_free(&d->loop);
	ingest_free(&d->in);
}

static void knock(struct door *d, struct fake_agent *a, bool curve)
{
	struct fault f;
	void *context = zmq_ctx_new();
	if (curve) {
		fake_connect(a, context, d->endpoint, d->server.curve);
	} else {
		int linger = 0;
		a->socket = zmq_socket(context, ZMQ_DEALER);
		zmq_setsockopt(a->socket, ZMQ_LINGER, &linger, sizeof(linger));
		assert_int_equal(zmq_connect(a->socket, d->endpoint), 0);
	}
	fake_hello(a);
	struct mono until = mono_add(clock_mono(), PATIENCE);
	while (d->opened == 0 && mono_before(clock_mono(), until))
		assert_int_equal(loop_turn(d->loop, until, &f), ERR_OK);
	zmq_close(a->socket);
	zmq_ctx_term(context);
}

static struct fake_agent anna(void)
{
	struct fake_agent a = { .name = "anna", .epoch = 5 };
	seal_make(&a.secret, &a.public);
	return a;
}

static void an_admitted_key_gets_in(void **state)
{
	(void)state;
	struct fake_agent a = anna();
	struct door d;
	door_open(&d, "waymark", &a.public);
	knock(&d, &a, true);
	assert_int_equal(d.opened, 1);
	door_close(&d);
}

static void without_a_zap_domain_the_door_stays_shut(void **state)
{
	(void)state;
	struct fake_agent a = anna();
	struct door d;
	struct ingest_io *second = NULL;
	struct fault f = { 0 };
	door_open(&d, "waymark", &a.public);
	const struct ingest_io_config io = { .listen = "tcp://127.0.0.1:*",
					     .curve_secret = a.secret.curve,
					     .zap_domain = "",
					     .want = wanted };
	assert_int_equal(ingest_io_open(&io, d.in, d.loop, &second, &f), ERR_STATE);
	assert_null(second);
	door_close(&d);
}

static void a_stranger_and_a_plain_socket_do_not_get_in(void **state)
{
	(void)state;
	struct fake_agent a = anna(), b = anna();
	struct door d;
	door_open(&d, "waymark", &a.public);
	knock(&d, &b, true);
	knock(&d, &a, false);
	assert_int_equal(ingest_counts(d.in)->messages, 0);
	door_close(&d);
}

static void a_port_in_use_is_told(void **state)
{
	(void)state;
	struct fake_agent a = anna();
	struct door d;
	struct ingest_io *second = NULL;
	struct fault f = { 0 };
	door_open(&d, "waymark", &a.public);
	const struct ingest_io_config io = { .listen = d.endpoint,
					     .curve_secret = a.secret.curve,
					     .zap_domain = "waymark",
					     .want = wanted };
	assert_int_equal(ingest_io_open(&io, d.in, d.loop, &second, &f), ERR_IO);
	assert_non_null(strstr(f.what, "port is in use"));
	door_close(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_admitted_key_gets_in),
		cmocka_unit_test(without_a_zap_domain_the_door_stays_shut),
		cmocka_unit_test(a_stranger_and_a_plain_socket_do_not_get_in),
		cmocka_unit_test(a_port_in_use_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
