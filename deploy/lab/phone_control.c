// SPDX-License-Identifier: Apache-2.0
#include "lab/phone_control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "log/log.h"
#include "sys/fd.h"

struct driver {
	struct phone_control *control;
	struct loop_watch *watch; // NULL: free
	int fd;
	size_t len;
	uint8_t in[2 * PHONE_LINE_MAX];
};

struct phone_control {
	struct loop *loop;
	struct loop_watch *watch;
	phone_command_fn *fn;
	void *self;
	int fd;
	struct sockaddr_un name;
	struct driver drivers[CONTROL_DRIVERS_MAX];
};

static void let_go(struct driver *d)
{
	loop_watch_drop(&d->watch);
	fd_close(&d->fd);
}

static bool is_command(enum phone_word word)
{
	return word <= PHONE_STATUS;
}

static void lines(struct driver *d)
{
	size_t used = 0;

	for (;;) {
		struct span line;
		struct phone_line command;
		size_t took = 0;
		enum err err = phone_line_cut(span_of(d->in + used, d->len - used), &line, &took);
		if (err == ERR_SHORT)
			break;
		if (err == ERR_OK)
			err = phone_line_read(line, &command);
		if (err != ERR_OK || !is_command(command.word)) {
			LOG(LOG_WARN, "phone", "bad_command", KU("bytes", d->len - used));
			let_go(d);
			return;
		}
		d->control->fn(d->control->self, &command);
		if (d->watch == NULL)
			return; // did not read what it was told
		used += took;
	}
	d->len -= used;
	memmove(d->in, d->in + used, d->len);
}

static void on_driver(void *self, uint32_t events)
{
	struct driver *d = self;
	ssize_t n = read(d->fd, d->in + d->len, sizeof(d->in) - d->len);

	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		let_go(d);
		return;
	}
	d->len += (size_t)n;
	lines(d);
}

static void on_listen(void *self, uint32_t events)
{
	struct phone_control *c = self;
	int fd = accept4(c->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct fault f;

	(void)events;
	for (size_t i = 0; fd >= 0 && i < CONTROL_DRIVERS_MAX; i++) {
		struct driver *d = &c->drivers[i];
		if (d->watch != NULL)
			continue;
		d->control = c;
		d->fd = fd;
		d->len = 0;
		if (loop_watch(c->loop, fd, EPOLLIN, on_driver, d, &d->watch, &f) == ERR_OK)
			return;
		d->watch = NULL;
		d->fd = -1;
		break;
	}
	fd_close(&fd);
}

// Another phone may listen there; its socket is not ours to take.
static enum err claim(struct phone_control *c, struct fault *f)
{
	struct sockaddr *name = (struct sockaddr *)&c->name;

	if (connect(c->fd, name, sizeof(c->name)) == 0)
		return fault_set(f, ERR_EXISTS, 0, "%s: another phone listens there",
				 c->name.sun_path);
	if (errno == ECONNREFUSED)
		(void)unlink(c->name.sun_path);
	if (bind(c->fd, name, sizeof(c->name)) != 0 || listen(c->fd, 8) != 0)
		return fault_set(f, ERR_IO, errno, "%s: cannot listen", c->name.sun_path);
	return ERR_OK;
}

enum err phone_control_open(struct loop *l, const char *path, phone_command_fn *fn, void *self,
			    struct phone_control **out, struct fault *f)
{
	struct phone_control *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return fault_set(f, ERR_MEMORY, 0, "phone: no memory");
	*c = (struct phone_control){ .loop = l, .fn = fn, .self = self, .fd = -1 };
	c->name.sun_family = AF_UNIX;
	enum err err = ERR_OK;
	if (strlen(path) >= sizeof(c->name.sun_path))
		err = fault_set(f, ERR_USAGE, 0, "%.60s…: longer than a socket's path may be (%zu)",
				path, sizeof(c->name.sun_path) - 1);
	else
		memcpy(c->name.sun_path, path, strlen(path) + 1);
	if (err == ERR_OK) {
		c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		err = c->fd < 0 ? fault_set(f, ERR_IO, errno, "socket") : claim(c, f);
	}
	if (err == ERR_OK)
		err = loop_watch(l, c->fd, EPOLLIN, on_listen, c, &c->watch, f);
	if (err != ERR_OK) {
		fd_close(&c->fd);
		free(c);
		return err;
	}
	*out = c;
	return ERR_OK;
}

void phone_control_close(struct phone_control **out)
{
	struct phone_control *c = *out;

	if (c == NULL)
		return;
	for (size_t i = 0; i < CONTROL_DRIVERS_MAX; i++)
		if (c->drivers[i].watch != NULL)
			let_go(&c->drivers[i]);
	loop_watch_drop(&c->watch);
	fd_close(&c->fd);
	(void)unlink(c->name.sun_path);
	free(c);
	*out = NULL;
}

void phone_control_tell(struct phone_control *c, const struct phone_line *event)
{
	uint8_t bytes[PHONE_LINE_MAX];
	struct wr w = wr_of(bytes, sizeof(bytes));

	phone_line_write(&w, event);
	for (size_t i = 0; w.err == ERR_OK && i < CONTROL_DRIVERS_MAX; i++) {
		struct driver *d = &c->drivers[i];
		if (d->watch != NULL && send(d->fd, bytes, w.len, MSG_NOSIGNAL) != (ssize_t)w.len)
			let_go(d);
	}
}
