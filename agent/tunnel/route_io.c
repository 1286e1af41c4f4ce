// SPDX-License-Identifier: Apache-2.0
#include "tunnel/route_io.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/text.h"
#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/process.h"

#define IP_PATIENCE (10 * NS_PER_S)
#define SETTINGS    "/proc/sys/net/" // shows the namespace of the one who looks

static enum err batch(const char *const *argv, struct span lines, struct fault *f)
{
	char said[512];
	AUTO(fd_close) int fd = memfd_create("ip-batch", MFD_CLOEXEC);
	if (fd < 0)
		return fault_set(f, ERR_IO, errno, "memfd_create");
	enum err err = fd_write_all(fd, lines, f);
	if (err != ERR_OK)
		return err;
	if (lseek(fd, 0, SEEK_SET) != 0)
		return fault_set(f, ERR_IO, errno, "lseek");
	struct process_config p = PROCESS_DEFAULT;
	p.argv = argv;
	p.in = fd;
	p.die_with_parent = true;
	return process_run(&p, mono_add(clock_mono(), IP_PATIENCE), said, sizeof(said), f);
}

enum err route_run(uint8_t family, struct span lines, struct fault *f)
{
	const char *const any[] = { "ip", "-batch", "-", NULL };
	const char *const one[] = { "ip", family == 4 ? "-4" : "-6", "-batch", "-", NULL };
	const char *const *argv = family == 0 ? any : one;
	return lines.len > 0 ? batch(argv, lines, f) : ERR_OK;
}

void route_undo(uint8_t family, struct span lines)
{
	const char *const argv[] = {
		"ip", family == 4 ? "-4" : "-6", "-force", "-batch", "-", NULL
	};
	struct fault f;
	if (lines.len > 0 && batch(argv, lines, &f) != ERR_OK)
		return; // some of it was gone already, which is what was wanted
}

static bool setting_read(const char *path, char *out, size_t cap)
{
	AUTO(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, out, cap - 1);
	out[n > 0 ? n : 0] = '\0';
	return n > 0;
}

// Writes only what differs: /proc/sys may be read-only and right.
static enum err setting_need(const char *path, const char *value, struct fault *f)
{
	char now[32];
	if (!setting_read(path, now, sizeof(now)))
		return fault_set(f, ERR_IO, errno, "cannot read %s", path);
	if (text_is(text_trim(span_text(now)), value))
		return ERR_OK;
	AUTO(fd_close) int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		return fault_set(f, errno == EACCES || errno == EROFS ? ERR_PERMIT : ERR_IO, errno,
				 "cannot set %s to %s", path, value);
	return ERR_OK;
}

static enum err interface_need(const char *family, const char *name, const char *what,
			       const char *value, struct fault *f)
{
	char path[128];
	snprintf(path, sizeof(path), SETTINGS "%s/conf/%s/%s", family, name, what);
	return setting_need(path, value, f);
}

// A router does not listen to router advertisements unless told to: without this a node that
// learned its default route from one would lose it when forwarding is switched on.
static void keep_advertised_routes(void)
{
	char path[320], now[32];
	DIR *d = opendir(SETTINGS "ipv6/conf");
	if (d == NULL)
		return;
	for (struct dirent *e; (e = readdir(d)) != NULL;) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), SETTINGS "ipv6/conf/%s/accept_ra", e->d_name);
		if (setting_read(path, now, sizeof(now)) &&
		    text_is(text_trim(span_text(now)), "1") &&
		    setting_need(path, "2", NULL) != ERR_OK)
			break;
	}
	closedir(d);
}

// IPv6 knows no forwarding by interface.
static enum err forward_ipv6(struct fault *f)
{
	char now[32];
	if (setting_read(SETTINGS "ipv6/conf/all/forwarding", now, sizeof(now)) && now[0] == '1')
		return ERR_OK;
	keep_advertised_routes();
	return setting_need(SETTINGS "ipv6/conf/all/forwarding", "1", f);
}

enum err route_forward(const struct tunnel_config *c, const char *a, const char *b, struct fault *f)
{
	enum err err = ERR_OK;
	if (c->inner4.own.family != 0) {
		err = interface_need("ipv4", a, "forwarding", "1", f);
		if (err == ERR_OK)
			err = interface_need("ipv4", b, "forwarding", "1", f);
		// Answers come in by the tunnel while the main table points elsewhere.
		if (err == ERR_OK && c->role == TUNNEL_GATEWAY)
			err = interface_need("ipv4", a, "rp_filter", "2", f);
	}
	if (err == ERR_OK && c->inner6.own.family != 0)
		err = forward_ipv6(f);
	return err;
}
