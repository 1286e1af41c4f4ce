// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "gateway/phone_io.h"
#include "sys/clock.h"
#include "sys/fd.h"

// A phone that answers every line as a good one would.
struct fake {
	struct loop *loop;
	struct loop_watch *listens, *speaks;
	int listen, fd;
	char log[1000]; // what it was told
};

struct scene {
	char dir[64], path[100];
	struct loop *loop;
	struct fake fake;
	struct order order;
	struct phone_io *io;
	char records[1000];
	bool over;
};

static void answer(struct fake *k, const struct phone_line *line)
{
	char id[80], out[200] = "";

	snprintf(id, sizeof(id), "%.*s", (int)line->id.len, line->id.at);
	if (line->word == PHONE_STATUS)
		snprintf(out, sizeof(out), "state - - 1\n");
	if (line->word == PHONE_OPEN)
		snprintf(out, sizeof(out), "opened 2\n");
	if (line->word == PHONE_SEND)
		snprintf(out, sizeof(out), "sent %s 3\ndelivered %s 4\nreceived m2 5 hi\n", id, id);
	if (line->word == PHONE_CLOSE)
		snprintf(out, sizeof(out), "closed 6\n");
	assert_int_equal(write(k->fd, out, strlen(out)), strlen(out));
}

static void fake_hears(void *self, uint32_t events)
{
	struct fake *k = self;
	uint8_t in[2000];
	ssize_t n = read(k->fd, in, sizeof(in));
	struct span rest = span_of(in, n > 0 ? (size_t)n : 0), line;
	struct phone_line got;
	size_t used;

	(void)events;
	if (n <= 0)
		loop_watch_drop(&k->speaks);
	while (phone_line_cut(rest, &line, &used) == ERR_OK) {
		assert_int_equal(phone_line_read(line, &got), ERR_OK);
		strcat(k->log, phone_word_name(got.word));
		strcat(k->log, " ");
		answer(k, &got);
		rest = span_cut(rest, used, rest.len - used);
	}
}

static void fake_called(void *self, uint32_t events)
{
	struct fake *k = self;
	struct fault f;

	(void)events;
	k->fd = accept(k->listen, NULL, NULL);
	assert_int_equal(loop_watch(k->loop, k->fd, EPOLLIN, fake_hears, k, &k->speaks, &f),
			 ERR_OK);
}

static void fake_open(struct scene *s)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	struct fault f;

	memcpy(name.sun_path, s->path, strlen(s->path) + 1);
	s->fake.loop = s->loop;
	s->fake.listen = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(s->fake.listen, (struct sockaddr *)&name, sizeof(name)), 0);
	assert_int_equal(listen(s->fake.listen, 4), 0);
	assert_int_equal(loop_watch(s->loop, s->fake.listen, EPOLLIN, fake_called, &s->fake,
				    &s->fake.listens, &f),
			 ERR_OK);
}

static void on_step(void *self, const struct step_record *r)
{
	struct scene *s = self;
	size_t len = strlen(s->records);
	snprintf(s->records + len, sizeof(s->records) - len, "%.*s=%d ", (int)r->name.len,
		 r->name.at, (int)r->outcome);
}

static void on_message(void *self, const struct message_record *r)
{
	struct scene *s = self;
	size_t len = strlen(s->records);
	snprintf(s->records + len, sizeof(s->records) - len, "%.*s=%d ", (int)r->id.len, r->id.at,
		 (int)r->status);
}

static void on_end(void *self, size_t messages, size_t planned)
{
	struct scene *s = self;
	size_t len = strlen(s->records);
	snprintf(s->records + len, sizeof(s->records) - len, "end %zu/%zu", messages, planned);
	s->over = true;
	phone_io_close(&s->io); // from within the event
}

static void scene_open(struct scene *s)
{
	struct fault f;

	*s = (struct scene){ .fake = { .fd = -1, .listen = -1 } };
	strcpy(s->dir, "/tmp/test_phone_io.XXXXXX");
	assert_non_null(mkdtemp(s->dir));
	snprintf(s->path, sizeof(s->path), "%s/phone", s->dir);
	assert_int_equal(loop_new(&s->loop, &f), ERR_OK);
	s->order = (struct order){ .kind = ORDER_GATEWAY,
				   .side = 1,
				   .app = span_text("textsecure"),
				   .start = { clock_wall().ns + 20 * NS_PER_MS },
				   .length_ms = 300,
				   .account = span_text("alice"),
				   .peer_account = span_text("bob"),
				   .message_count = 2 };
	s->order.messages[0] = (struct planned_message){
		.id = span_text("m1"), .from_side = 1, .offset_ms = 50, .text = span_text("hello")
	};
	s->order.messages[1] = (struct planned_message){
		.id = span_text("m2"), .from_side = 2, .offset_ms = 60, .text = span_text("hi")
	};
}

static void scene_run(struct scene *s)
{
	struct phone_io_events ev = {
		.step = on_step, .message = on_message, .end = on_end, .self = s
	};
	struct mono until = mono_add(clock_mono(), 5 * NS_PER_S);
	struct fault f;

	assert_int_equal(phone_io_open(s->loop, s->path, &s->order, false, ev, &s->io, &f), ERR_OK);
	while (!s->over && mono_before(clock_mono(), until))
		assert_int_equal(loop_turn(s->loop, until, &f), ERR_OK);
	assert_true(s->over);
}

static void scene_close(struct scene *s)
{
	loop_watch_drop(&s->fake.speaks);
	loop_watch_drop(&s->fake.listens);
	fd_close(&s->fake.fd);
	fd_close(&s->fake.listen);
	loop_free(&s->loop);
	unlink(s->path);
	rmdir(s->dir);
}

static void drives_a_phone_through_a_run(void **state)
{
	struct scene s;
	(void)state;
	scene_open(&s);
	fake_open(&s);
	scene_run(&s);
	assert_string_equal(s.fake.log, "status network open send close ");
	assert_string_equal(s.records, "phone=1 open=1 messages=1 m1=2 m2=3 close=1 end 2/2");
	scene_close(&s);
}

static void says_so_when_nobody_is_there(void **state)
{
	struct scene s;
	(void)state;
	scene_open(&s);
	scene_run(&s);
	assert_string_equal(s.records, "phone=2 m1=4 m2=5 end 0/2");
	scene_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(drives_a_phone_through_a_run),
		cmocka_unit_test(says_so_when_nobody_is_there),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
