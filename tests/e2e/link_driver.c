// SPDX-License-Identifier: Apache-2.0
//
// A node that does nothing but record, for tests/e2e/link.t: real spool, real uplink, real keys.
//
//     link_driver ENDPOINT COLLECTOR.pub KEYDIR NAME SPOOL GENERATION GAP_US PROGRESS
//
// Trace n of GENERATION has the id GENERATION << 32 | n. PROGRESS is a file whose first eight bytes
// count the traces that the spool has taken: it survives us. SIGTERM: stop, drain, leave.
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "keys/keys.h"
#include "msg/sample.h"
#include "node/records.h"
#include "sys/clock.h"
#include "uplink/uplink_io.h"

#define PATIENCE (60 * NS_PER_S)

struct driver {
	struct loop *loop;
	struct records *records;
	struct uplink_io *uplink;
	struct loop_timer *timer, *leave;
	uint64_t generation, n, orders;
	int64_t gap;
	volatile uint64_t *progress;
	bool leaving, left;
};

static void record_due(void *self, struct mono now)
{
	struct driver *d = self;
	struct trace_record t;
	sample_trace(&t, 15, 3);
	memset(&t.run, 0, sizeof(t.run));
	t.start = clock_wall();
	t.id = d->generation << 32 | d->n++;
	records_trace(d->records, &t);
	*d->progress = d->n;
	if (!d->leaving)
		loop_timer_at(d->timer, mono_add(now, d->gap));
}

static void order(void *self, struct span bytes)
{
	struct driver *d = self;
	d->orders += bytes.len > 0;
}

static uint64_t serial(void *self)
{
	(void)self;
	return 0;
}

static struct clock_record clock_now(void *self)
{
	(void)self;
	return records_clock();
}

static void left(void *self)
{
	struct driver *d = self;
	d->left = true;
	loop_stop(d->loop);
}

static void leave_due(void *self, struct mono now)
{
	struct driver *d = self;
	(void)now;
	loop_stop(d->loop);
}

static void on_signal(void *self, uint32_t number)
{
	struct driver *d = self;
	if (number == SIGCHLD || d->leaving)
		return;
	d->leaving = true;
	loop_timer_at(d->timer, MONO_NEVER);
	records_seal(d->records);
	uplink_io_drain(d->uplink);
	loop_timer_at(d->leave, mono_add(clock_mono(), PATIENCE));
}

static enum err open_all(struct driver *d, char **argv, const struct seal_secret *secret,
			 struct fault *f)
{
	struct seal_public collector;
	const struct records_config records = {
		.node = argv[4], .dir = argv[5], .limit = 1 << 30, .secret = secret
	};
	enum err err = keys_load_public(argv[2], "waymark-collector-v1", &collector, f);
	if (err == ERR_OK)
		err = loop_new(&d->loop, f);
	if (err == ERR_OK)
		err = loop_signals(d->loop, on_signal, d, f);
	if (err == ERR_OK)
		err = records_open(d->loop, &records, &d->records, f);
	if (err != ERR_OK)
		return err;
	struct uplink_io_config c = { .endpoint = argv[1],
				      .node = argv[4],
				      .software = "link_driver",
				      .secret = secret,
				      .spool = records_spool(d->records),
				      .order = order,
				      .serial = serial,
				      .clock = clock_now,
				      .left = left,
				      .self = d };
	memcpy(c.server, collector.curve, sizeof(c.server));
	err = uplink_io_open(d->loop, &c, &d->uplink, f);
	if (err == ERR_OK)
		err = loop_timer(d->loop, record_due, d, &d->timer, f);
	return err != ERR_OK ? err : loop_timer(d->loop, leave_due, d, &d->leave, f);
}

static volatile uint64_t *map_progress(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT, 0600);
	if (fd < 0 || ftruncate(fd, 8) != 0)
		return NULL;
	void *at = mmap(NULL, 8, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return at == MAP_FAILED ? NULL : at;
}

int main(int argc, char **argv)
{
	struct driver d = { 0 };
	struct seal_secret secret;
	struct fault f = { 0 };
	if (argc != 9)
		return 2;
	d.generation = strtoull(argv[6], NULL, 10);
	d.gap = strtoll(argv[7], NULL, 10) * NS_PER_US;
	d.progress = map_progress(argv[8]);
	enum err err = d.progress == NULL ? ERR_IO : seal_start(&f);
	if (err == ERR_OK)
		err = keys_load(argv[3], "node", "waymark-node-v1", &secret, &f);
	if (err == ERR_OK)
		err = open_all(&d, argv, &secret, &f);
	if (err == ERR_OK) {
		loop_timer_at(d.timer, clock_mono());
		err = loop_run(d.loop, &f);
	}
	if (err != ERR_OK)
		fprintf(stderr, "link_driver: %s\n", f.what);
	uplink_io_close(&d.uplink);
	records_close(&d.records);
	loop_free(&d.loop);
	return err == ERR_OK && d.left ? 0 : 1;
}
