// SPDX-License-Identifier: Apache-2.0
#include "lab/lab_io.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/text.h"
#include "lab/apps.h"
#include "lab/plug_io.h"
#include "lab/sim.h"
#include "lab/space_io.h"
#include "lab/state_io.h"
#include "log/log.h"
#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/file.h"
#include "sys/loop.h"

#define BURST        64 // frames of one host in one turn, so that no host starves another
#define STATS_ROOM   512
#define PROGRAM_ROOM 128 // a line of `programs`

struct port {
	struct lab *lab;
	int host, tap;
	struct edge edge;
	struct loop_watch *watch;
};

struct lab {
	const struct world *w;
	char name[WORLD_NAME_MAX + 1];
	struct sim *sim;
	struct apps *apps; // NULL: a bare network
	struct loop *loop;
	struct loop_watch *alarm_watch;
	struct loop_timer *stats_timer;
	int lock, alarm, stats;
	struct mono armed; // what the alarm is set to
	enum err stop;     // why the loop ended
	bool made;         // there may be namespaces
	uint64_t write_failed;
	struct port ports[WORLD_HOSTS_MAX];
};

static void frame_hear(struct port *p, struct span frame)
{
	struct edge_answer answer;
	struct span packet;

	switch (edge_hear(&p->edge, frame, &packet, &answer)) {
	case EDGE_PACKET:
		sim_hear(p->lab->sim, p->host, packet, clock_mono());
		break;
	case EDGE_ANSWER:
		if (write(p->tap, answer.bytes, answer.len) < 0)
			p->lab->write_failed++;
		break;
	case EDGE_NOTHING:
		break;
	}
}

static void port_ready(void *self, uint32_t events)
{
	struct port *p = self;
	uint8_t frame[EDGE_HEAD + SIM_PACKET_MAX + 4]; // a byte too long shows as too long

	(void)events;
	for (int i = 0; i < BURST; i++) {
		ssize_t len = read(p->tap, frame, sizeof(frame));
		if (len <= 0)
			return;
		frame_hear(p, span_of(frame, (size_t)len));
	}
}

static void packet_send(struct lab *l, const struct sim_packet *packet)
{
	struct port *p = &l->ports[packet->host];
	uint8_t head[EDGE_HEAD], body[SIM_PACKET_MAX];

	edge_head_write(&p->edge, packet->bytes, head);
	memcpy(body, packet->bytes.at, packet->bytes.len);
	struct iovec parts[] = { { head, sizeof(head) }, { body, packet->bytes.len } };
	// A host whose interface is down loses the packet, as it would at home.
	if (writev(p->tap, parts, 2) < 0)
		l->write_failed++;
}

// The loop counts milliseconds; a link of 50 us needs a finer clock.
static void alarm_set(struct lab *l)
{
	struct mono due = sim_due(l->sim);

	if (due.ns == l->armed.ns)
		return;
	l->armed = due;
	int64_t at = due.ns == MONO_NEVER.ns ? 0 : due.ns;
	struct itimerspec when = { .it_value = { .tv_sec = at / NS_PER_S,
						 .tv_nsec = at % NS_PER_S } };
	(void)timerfd_settime(l->alarm, TFD_TIMER_ABSTIME, &when, NULL);
}

static void alarm_ready(void *self, uint32_t events)
{
	struct lab *l = self;
	uint64_t count;
	ssize_t ignored = read(l->alarm, &count, sizeof(count));

	(void)ignored;
	(void)events;
	l->armed = MONO_NEVER;
}

static void turn(void *self, struct mono now)
{
	struct lab *l = self;
	struct sim_packet packet;

	(void)now; // of the turn's beginning; packets heard since may be due already
	sim_tick(l->sim, clock_mono());
	while (sim_next(l->sim, &packet))
		packet_send(l, &packet);
	alarm_set(l);
}

static void stats_due(void *self, struct mono now)
{
	struct lab *l = self;
	struct sim_stats s = sim_stats(l->sim);
	char room[STATS_ROOM];
	struct wr w = wr_of(room, sizeof(room) - 1);

	wr_format(&w, "{\"heard\":%lu,\"delivered\":%lu,\"answered\":%lu,\"lost\":%lu,", s.heard,
		  s.delivered, s.answered, s.lost);
	wr_format(&w, "\"silent\":%lu,\"limited\":%lu,\"unanswerable\":%lu,", s.silent, s.limited,
		  s.unanswerable);
	wr_format(&w, "\"malformed\":%lu,\"overflow\":%lu,\"write_failed\":%lu,\"injected\":%lu}",
		  s.malformed, s.overflow, l->write_failed, s.injected);
	// Always as long, so that a reader never sees the tail of an older one.
	while (w.err == ERR_OK && w.len < w.cap)
		wr_u8(&w, ' ');
	room[STATS_ROOM - 1] = '\n';
	ssize_t ignored = pwrite(l->stats, room, sizeof(room), 0);
	(void)ignored;
	loop_timer_at(l->stats_timer, mono_add(now, NS_PER_S));
}

static void signal_ready(void *self, uint32_t signal)
{
	struct lab *l = self;

	if (signal == SIGCHLD) {
		const char *host;
		while (l->apps && (host = apps_gone(l->apps)))
			LOG(LOG_WARN, "lab", "program_ended", KT("host", host));
		return;
	}
	l->stop = signal == SIGINT ? ERR_CANCELED : ERR_OK;
	loop_stop(l->loop);
}

static enum err loop_make(struct lab *l, struct fault *f)
{
	char path[STATE_PATH];
	enum err err = loop_new(&l->loop, f);

	if (err == ERR_OK)
		err = loop_signals(l->loop, signal_ready, l, f);
	if (err == ERR_OK)
		err = loop_hook(l->loop, turn, l, f);
	if (err == ERR_OK)
		err = loop_timer(l->loop, stats_due, l, &l->stats_timer, f);
	if (err != ERR_OK)
		return err;
	l->alarm = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (l->alarm < 0)
		return fault_set(f, ERR_IO, errno, "timerfd");
	state_path(l->name, "stats", path);
	l->stats = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (l->stats < 0)
		return fault_set(f, ERR_IO, errno, "%s", path);
	loop_timer_at(l->stats_timer, clock_mono());
	return loop_watch(l->loop, l->alarm, EPOLLIN, alarm_ready, l, &l->alarm_watch, f);
}

static enum err spaces_make(struct lab *l, struct fault *f)
{
	enum err err = ERR_OK;

	for (int i = 0; err == ERR_OK && i < l->w->host_count; i++) {
		char space[SPACE_NAME_MAX];
		space_name(l->name, l->w->hosts[i].name, space);
		err = space_make(space, f);
	}
	return err;
}

static enum err ports_make(struct lab *l, struct fault *f)
{
	enum err err = ERR_OK;

	for (int i = 0; err == ERR_OK && i < l->w->host_count; i++) {
		struct port *p = &l->ports[i];
		p->edge = plug_edge(l->w, i);
		err = plug_host(l->name, l->w, i, &p->tap, f);
		if (err == ERR_OK && p->tap >= 0)
			err = loop_watch(l->loop, p->tap, EPOLLIN, port_ready, p, &p->watch, f);
	}
	return err;
}

// One TAP a host: the usual soft limit of 1024 is less than WORLD_HOSTS_MAX needs.
#define DESCRIPTORS_SPARE 256

static void descriptors_raise(const struct world *w)
{
	rlim_t want = (rlim_t)w->host_count + DESCRIPTORS_SPARE;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= want)
		return;
	limit.rlim_cur = want < limit.rlim_max ? want : limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

enum err lab_open(const char *name, const struct world *w, struct span text, struct lab **out,
		  struct fault *f)
{
	struct lab *l = calloc(1, sizeof(*l));

	*out = NULL;
	if (!l)
		return fault_set(f, ERR_MEMORY, 0, "no memory for a lab");
	descriptors_raise(w);
	l->w = w;
	l->lock = l->alarm = l->stats = -1;
	l->armed = MONO_NEVER;
	for (int i = 0; i < WORLD_HOSTS_MAX; i++)
		l->ports[i] = (struct port){ .lab = l, .host = i, .tap = -1 };
	enum err err = text_copy(l->name, sizeof(l->name), span_text(name));
	if (err == ERR_OK)
		err = state_make(name, w, text, &l->lock, f);
	l->made = err != ERR_EXISTS && l->lock >= 0;
	if (err == ERR_OK && !(l->sim = sim_new(w, random_u64())))
		err = fault_set(f, ERR_MEMORY, 0, "no memory for the simulator");
	if (err == ERR_OK)
		err = loop_make(l, f);
	if (err == ERR_OK)
		err = spaces_make(l, f);
	if (err == ERR_OK)
		err = ports_make(l, f);
	if (err != ERR_OK) {
		lab_close(&l);
		return err;
	}
	*out = l;
	return ERR_OK;
}

static enum err programs_write(const struct lab *l, struct fault *f)
{
	size_t room = apps_count(l->apps) * PROGRAM_ROOM;
	char path[STATE_PATH], *text = malloc(room ? room : 1);
	struct wr w = wr_of(text, text ? room : 0);

	for (size_t i = 0; i < apps_count(l->apps); i++) {
		struct apps_item item = apps_item(l->apps, i);
		wr_format(&w, "%s\t%s\t%d\n", item.host, item.program, item.pid);
	}
	state_path(l->name, "programs", path);
	enum err err = w.err == ERR_OK ? file_write(path, 0644, wr_span(&w), f)
				       : fault_set(f, ERR_MEMORY, 0, "no memory for the programs");
	free(text);
	return err;
}

enum err lab_populate(struct lab *l, struct fault *f)
{
	char self[STATE_PATH], run_dir[STATE_PATH];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (len < 0)
		return fault_set(f, ERR_IO, errno, "/proc/self/exe");
	self[len] = '\0';
	state_path(l->name, "", run_dir);
	struct apps_config c = {
		.world = l->w, .lab = l->name, .program = self, .run_dir = run_dir
	};
	enum err err = apps_start(&c, &l->apps, f);
	return err == ERR_OK ? programs_write(l, f) : err;
}

// Late packets are false delays: the simulator goes before the programs it serves.
#define URGENCY (-10)

enum err lab_run(struct lab *l, struct fault *f)
{
	(void)setpriority(PRIO_PROCESS, 0, URGENCY);
	enum err err = loop_run(l->loop, f);

	if (err != ERR_OK)
		return err;
	if (l->stop == ERR_CANCELED)
		return fault_set(f, l->stop, 0, "interrupted");
	return l->stop;
}

void lab_close(struct lab **lab)
{
	struct lab *l = *lab;

	if (!l)
		return;
	apps_stop(&l->apps);
	for (int i = 0; i < WORLD_HOSTS_MAX; i++) {
		loop_watch_drop(&l->ports[i].watch);
		fd_close(&l->ports[i].tap);
	}
	if (l->made)
		state_clear(l->name);
	loop_watch_drop(&l->alarm_watch);
	fd_close(&l->alarm);
	fd_close(&l->stats);
	loop_free(&l->loop);
	sim_free(&l->sim);
	fd_close(&l->lock);
	free(l);
	*lab = NULL;
}
