// SPDX-License-Identifier: Apache-2.0
#include "lab/state_io.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "lab/apps.h"
#include "lab/space_io.h"
#include "sys/fd.h"
#include "sys/file.h"

#define SPACES_MAX (WORLD_HOSTS_MAX * SPACE_NAME_MAX) // bytes of the list

void state_path(const char *lab, const char *file, char out[static STATE_PATH])
{
	snprintf(out, STATE_PATH, STATE_DIR "/%s%s%s", lab, file[0] ? "/" : "", file);
}

static enum err write_text(const char *lab, const char *file, struct span text, struct fault *f)
{
	char path[STATE_PATH];

	state_path(lab, file, path);
	return file_write(path, 0644, text, f);
}

static enum err spaces_write(const char *lab, const struct world *w, struct fault *f)
{
	char *room = malloc(SPACES_MAX);
	struct wr list = wr_of(room, room ? SPACES_MAX : 0);

	for (int i = 0; i < w->host_count; i++) {
		char name[SPACE_NAME_MAX];
		space_name(lab, w->hosts[i].name, name);
		wr_format(&list, "%s\n", name);
	}
	enum err err = list.err == ERR_OK ? write_text(lab, "spaces", wr_span(&list), f)
					  : fault_set(f, ERR_MEMORY, 0, "no memory for the lab");
	free(room);
	return err;
}

static void resolvers_write(struct wr *w, const struct world *world, const struct world_host *h)
{
	char name[WORLD_NAME_MAX + 1], addr[ADDR_TEXT];
	struct span item;

	wr_text(w, "# of the lab; without a nameserver line nothing is asked\n");
	if (h->gateway != WORLD_NONE && !world_attr_find(h, "dns")) {
		addr_write(world->hosts[h->gateway].lan_v4, addr);
		wr_format(w, "nameserver %s\n", addr);
	}
	for (int i = 0; (item = world_attr_item(h, "dns", i)).at; i++) {
		if (text_copy(name, sizeof(name), item) != ERR_OK)
			continue;
		const struct world_host *server = world_host_find(world, name);
		if (!server)
			continue;
		addr_write(server->v4, addr);
		wr_format(w, "nameserver %s\n", addr);
	}
	wr_text(w, "options timeout:2 attempts:2\n");
}

static enum err host_write(const char *lab, const struct world *world, const struct world_host *h,
			   struct fault *f)
{
	char path[STATE_PATH], file[STATE_FILE], addr[ADDR_TEXT], room[1024];
	struct wr w = wr_of(room, sizeof(room));

	snprintf(file, sizeof(file), "etc/%s/wireguard", h->name);
	state_path(lab, file, path);
	enum err err = dir_make(path, 0755, f);
	resolvers_write(&w, world, h);
	snprintf(file, sizeof(file), "etc/%s/resolv.conf", h->name);
	if (err == ERR_OK)
		err = write_text(lab, file, wr_span(&w), f);
	w = wr_of(room, sizeof(room));
	wr_text(&w, "127.0.0.1 localhost\n::1 localhost\n");
	addr_write(h->v4, addr);
	wr_format(&w, "%s %s." APPS_SUFFIX " %s\n", addr, h->name, h->name);
	addr_write(h->v6, addr);
	wr_format(&w, "%s %s." APPS_SUFFIX " %s\n", addr, h->name, h->name);
	snprintf(file, sizeof(file), "etc/%s/hosts", h->name);
	return err == ERR_OK ? write_text(lab, file, wr_span(&w), f) : err;
}

// ERR_AGAIN: somebody holds it.
static enum err lock_take(const char *lab, int flags, int *fd, struct fault *f)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char path[STATE_PATH];

	state_path(lab, "lock", path);
	*fd = open(path, flags | O_RDWR | O_CLOEXEC, 0644);
	if (*fd < 0)
		return fault_set(f, errno == ENOENT ? ERR_MISSING : ERR_IO, errno, "%s", path);
	if (fcntl(*fd, F_OFD_SETLK, &whole) == 0)
		return ERR_OK;
	return fault_set(f, errno == EAGAIN || errno == EACCES ? ERR_AGAIN : ERR_IO, errno, "%s",
			 path);
}

static enum err folder_take(const char *lab, int *lock, struct fault *f)
{
	char path[STATE_PATH];

	state_path(lab, "", path);
	enum err err = dir_make(path, 0755, f);
	if (err == ERR_OK)
		err = lock_take(lab, O_CREAT, lock, f);
	return err != ERR_AGAIN ? err
				: fault_set(f, ERR_EXISTS, 0,
					    "a lab named %s is up; take it down first (waymark-lab "
					    "down --name %s) or give this one another --name",
					    lab, lab);
}

enum err state_make(const char *lab, const struct world *w, struct span text, int *lock,
		    struct fault *f)
{
	char path[STATE_PATH], pid[32];
	enum err err = folder_take(lab, lock, f);

	if (err != ERR_OK)
		return err;
	state_path(lab, "spaces", path);
	if (access(path, F_OK) == 0) {
		// The lock was free: whoever made these is dead.
		state_clear(lab);
		fd_close(lock);
		err = folder_take(lab, lock, f);
	}
	int len = snprintf(pid, sizeof(pid), "%d\n", (int)getpid());
	if (err == ERR_OK)
		err = fd_write_all(*lock, span_of(pid, (size_t)len), f);
	if (err == ERR_OK)
		err = write_text(lab, "world.conf", text, f);
	for (int i = 0; err == ERR_OK && i < w->host_count; i++)
		err = host_write(lab, w, &w->hosts[i], f);
	return err == ERR_OK ? spaces_write(lab, w, f) : err;
}

enum err state_pid(const char *lab, pid_t *pid, struct fault *f)
{
	AUTO(fd_close) int fd = -1;
	char text[32];
	uint64_t number;
	enum err err = lock_take(lab, 0, &fd, NULL);

	*pid = 0;
	if (err == ERR_OK)
		return ERR_OK; // free: dead
	if (err != ERR_AGAIN)
		return fault_set(f, ERR_MISSING, 0, "no lab named %s; see: waymark-lab status",
				 lab);
	ssize_t len = read(fd, text, sizeof(text));
	if (len <= 0 ||
	    text_u64(text_trim(span_of(text, (size_t)len)), 2, INT32_MAX, &number) != ERR_OK)
		return fault_set(f, ERR_AGAIN, 0, "lab %s is only just starting; try again", lab);
	*pid = (pid_t)number;
	return ERR_OK;
}

void state_clear(const char *lab)
{
	char path[STATE_PATH];
	char *text = NULL;
	char *names[WORLD_HOSTS_MAX];
	size_t len = 0, count = 0;

	state_path(lab, "spaces", path);
	if (file_read(path, SPACES_MAX, &text, &len, NULL) == ERR_OK) {
		char *rest = text;
		for (char *name; (name = strsep(&rest, "\n")) && count < WORLD_HOSTS_MAX;)
			if (strncmp(name, "wl-", 3) == 0 && !strchr(name, '/'))
				names[count++] = name;
		space_end(names, count);
	}
	free(text);
	state_path(lab, "", path);
	struct fault ignored;
	if (dir_remove(path, &ignored) == ERR_OK)
		(void)rmdir(STATE_DIR); // stays while other labs are in it
}

enum err state_each(state_each_fn *fn, void *self)
{
	DIR *dir = opendir(STATE_DIR);
	enum err err = ERR_OK;

	if (!dir)
		return ERR_OK;
	for (struct dirent *d; err == ERR_OK && (d = readdir(dir));)
		if (d->d_name[0] != '.' && strlen(d->d_name) <= WORLD_NAME_MAX)
			err = fn(d->d_name, self);
	closedir(dir);
	return err;
}

struct only {
	char *lab;
	int count;
};

static enum err only_fn(const char *lab, void *self)
{
	struct only *only = self;

	only->count++;
	return text_copy(only->lab, WORLD_NAME_MAX + 1, span_text(lab));
}

enum err state_find(char lab[static WORLD_NAME_MAX + 1], struct fault *f)
{
	struct only only = { .lab = lab };

	if (lab[0])
		return ERR_OK;
	enum err err = state_each(only_fn, &only);
	if (err == ERR_OK && only.count == 1)
		return ERR_OK;
	if (only.count == 0)
		return fault_set(f, ERR_MISSING, 0,
				 "no lab is up; begin with: waymark-lab up WORLD");
	return fault_set(f, ERR_USAGE, 0, "%d labs are up; say which by --name", only.count);
}
