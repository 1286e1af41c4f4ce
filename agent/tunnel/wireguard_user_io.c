// SPDX-License-Identifier: Apache-2.0
//
// wireguard-go in the foreground, as a child. The control socket is made here and handed over: a
// connection waits in its queue until the daemon is ready, and a collision of names (the sockets
// live in the mount namespace) is seen before it starts. The interface is left to the daemon: older
// and newer ones disagree about the header in front of each packet of a handed-over one.
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/file.h"
#include "sys/process.h"
#include "tunnel/uapi.h"

#define SOCKET_FOLDER "/var/run/wireguard" // fixed in wireguard-go
#define PATIENCE      (3 * NS_PER_S)       // for the daemon to start on a busy machine
#define ASK_PATIENCE  (1 * NS_PER_S)       // for one answer
#define ASK_AGAIN     (2 * NS_PER_MS)
#define END_GRACE     (500 * NS_PER_MS)

static struct sockaddr_un control_address(const char *name)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	snprintf(a.sun_path, sizeof(a.sun_path), SOCKET_FOLDER "/%s.sock", name);
	return a;
}

// What the daemon would only tell its log.
static enum err device_check(const char *name, struct fault *f)
{
	AUTO(fd_close) int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return fault_set(f, errno == EACCES ? ERR_PERMIT : ERR_UNSUPPORTED, errno,
				 "tunnel %s: cannot open /dev/net/tun", name);
	if (if_nametoindex(name) != 0)
		return fault_set(f, ERR_EXISTS, 0, "interface %s is there already", name);
	return ERR_OK;
}

static enum err control_make(const char *name, int *out, struct fault *f)
{
	struct sockaddr_un a = control_address(name);
	enum err err = dir_make(SOCKET_FOLDER, 0700, f);
	if (err != ERR_OK)
		return err;
	AUTO(fd_close) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	// The mode of the descriptor becomes the mode of the file: never open to others, not even
	// for a moment.
	if (fd < 0 || fchmod(fd, 0600) != 0)
		return fault_set(f, ERR_IO, errno, "socket");
	if (bind(fd, (const struct sockaddr *)&a, sizeof(a)) != 0)
		return fault_set(f, errno == EADDRINUSE ? ERR_EXISTS : ERR_IO, errno,
				 "cannot bind %s", a.sun_path);
	if (listen(fd, 8) != 0)
		return fault_set(f, ERR_IO, errno, "listen");
	*out = fd;
	fd = -1;
	return ERR_OK;
}

static enum err daemon_start(const char *name, int control, pid_t *pid, struct fault *f)
{
	const char *const argv[] = { "wireguard-go", "-f", name, NULL };
	// Silent, because its log goes to descriptor 1. GOMAXPROCS left alone: it is the node's.
	static const char *const env[] = {
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"WG_UAPI_FD=1",
		"LOG_LEVEL=silent",
		NULL,
	};
	AUTO(fd_close) int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	struct process_config p = PROCESS_DEFAULT;
	p.argv = argv;
	p.env = env;
	p.out = control;
	p.err = null; // where it tells a kernel without WireGuard that it is not needed
	p.die_with_parent = true;
	p.own_group = true;
	enum err err = process_start(&p, pid, f);
	if (err == ERR_MISSING)
		return fault_set(f, ERR_UNSUPPORTED, 0,
				 "no WireGuard in this kernel and no wireguard-go: install one");
	return err;
}

static enum err control_open(const char *name, int *out, struct fault *f)
{
	struct sockaddr_un a = control_address(name);
	AUTO(fd_close) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&a, sizeof(a)) != 0)
		return fault_set(f, ERR_MISSING, errno, "tunnel %s: its wireguard-go is gone",
				 name);
	*out = fd;
	fd = -1;
	return ERR_OK;
}

static enum err reply_read(int fd, const char *name, struct mono until, struct uapi_reply *out,
			   struct fault *f)
{
	uint8_t text[UAPI_TEXT];
	size_t used = 0;
	enum err err = ERR_SHORT;
	while (err == ERR_SHORT && used < sizeof(text)) {
		int64_t left = mono_since(until, clock_mono());
		struct pollfd p = { .fd = fd, .events = POLLIN };
		if (left <= 0 || poll(&p, 1, (int)(left / NS_PER_MS) + 1) <= 0) {
			err = fault_set(f, ERR_TIMEOUT, 0, "tunnel %s: wireguard-go is silent",
					name);
			break;
		}
		ssize_t n = read(fd, text + used, sizeof(text) - used);
		if (n <= 0) {
			err = fault_set(f, ERR_IO, n < 0 ? errno : 0,
					"tunnel %s: wireguard-go hung up", name);
			break;
		}
		used += (size_t)n;
		err = uapi_read(span_of(text, used), out);
	}
	explicit_bzero(text, sizeof(text)); // the daemon tells its private key, too
	if (err == ERR_SHORT || err == ERR_FORMAT)
		err = fault_set(f, ERR_FORMAT, 0, "tunnel %s: wireguard-go answers nonsense", name);
	return err;
}

static enum err ask(const char *name, struct span request, struct mono until,
		    struct uapi_reply *out, struct fault *f)
{
	AUTO(fd_close) int fd = -1;
	enum err err = control_open(name, &fd, f);
	// It fits in the socket's buffer, and a daemon that dies now must not kill us by SIGPIPE.
	if (err == ERR_OK &&
	    send(fd, request.at, request.len, MSG_NOSIGNAL) != (ssize_t)request.len)
		err = fault_set(f, ERR_IO, errno, "tunnel %s: cannot tell wireguard-go", name);
	if (err == ERR_OK)
		err = reply_read(fd, name, until, out, f);
	if (err == ERR_OK && out->error != 0)
		err = fault_set(f, ERR_IO, (int)out->error, "tunnel %s: wireguard-go refuses%s",
				name, out->error == EADDRINUSE ? ": the UDP port is in use" : "");
	return err;
}

static enum err state_until(const char *name, struct mono until, struct wireguard_state *out,
			    struct fault *f)
{
	struct uapi_reply reply;
	enum err err = ask(name, span_text("get=1\n\n"), until, &reply, f);
	if (err == ERR_OK)
		*out = reply.state;
	return err;
}

// The daemon has seen that its interface is up when it has bound a port of its own choice.
static enum err wait_up(const char *name, struct mono until, struct fault *f)
{
	struct wireguard_state s;
	for (;;) {
		enum err err = state_until(name, until, &s, f);
		if (err != ERR_OK || s.listen_port != 0)
			return err;
		if (!mono_before(clock_mono(), until))
			return fault_set(f, ERR_TIMEOUT, 0, "tunnel %s: wireguard-go binds no port",
					 name);
		(void)poll(NULL, 0, ASK_AGAIN / NS_PER_MS);
	}
}

static enum err user_set(const struct wireguard_config *c, struct fault *f)
{
	uint8_t text[UAPI_TEXT];
	struct wr w = wr_of(text, sizeof(text));
	struct uapi_reply reply;
	struct mono until = mono_add(clock_mono(), PATIENCE);
	enum err err = wait_up(c->name, until, f);
	uapi_write(&w, c);
	if (err == ERR_OK && w.err != ERR_OK)
		err = fault_set(f, w.err, 0, "tunnel %s: configuration too long", c->name);
	// After the daemon is up, so that a port in use is refused here and not in its silent log.
	if (err == ERR_OK)
		err = ask(c->name, wr_span(&w), until, &reply, f);
	explicit_bzero(text, sizeof(text));
	return err;
}

static enum err user_state(const char *name, struct wireguard_state *out, struct fault *f)
{
	return state_until(name, mono_add(clock_mono(), ASK_PATIENCE), out, f);
}

static void user_close(const char *name, pid_t pid)
{
	process_end(pid, true, END_GRACE);
	(void)unlink(control_address(name).sun_path); // its own when it was killed
}

static enum err user_open(const char *name, pid_t *pid, struct fault *f)
{
	AUTO(fd_close) int control = -1;
	struct wireguard_state s;
	enum err err = device_check(name, f);
	if (err == ERR_OK)
		err = control_make(name, &control, f);
	if (err == ERR_OK)
		err = daemon_start(name, control, pid, f);
	if (err != ERR_OK) {
		if (control >= 0)
			(void)unlink(control_address(name).sun_path);
		return err;
	}
	fd_close(&control); // ours held open would hide the daemon's death
	// It answers when it has made its interface, and hangs up when it could not.
	err = state_until(name, mono_add(clock_mono(), PATIENCE), &s, f);
	if (err == ERR_IO)
		err = fault_set(f, ERR_PERMIT, 0,
				"wireguard-go cannot make interface %s (needs CAP_NET_ADMIN)",
				name);
	if (err != ERR_OK)
		user_close(name, *pid);
	return err;
}

const struct wireguard_backend wireguard_user = {
	.name = "user",
	.open = user_open,
	.set = user_set,
	.state = user_state,
	.close = user_close,
};
