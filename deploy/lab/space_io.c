// SPDX-License-Identifier: Apache-2.0
#include "lab/space_io.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/file.h"
#include "sys/netns.h"

#define SPACE_DIR  "/run/netns"
#define SPACE_PATH (sizeof(SPACE_DIR) + SPACE_NAME_MAX)
#define GRACE      (2 * NS_PER_S) // between SIGTERM and SIGKILL
#define LAST_WAIT  (2 * NS_PER_S) // after SIGKILL
#define NAP        (20 * NS_PER_MS)

void space_name(const char *lab, const char *host, char out[static SPACE_NAME_MAX])
{
	snprintf(out, SPACE_NAME_MAX, "wl-%s-%s", lab, host);
}

static void path_of(const char *name, char out[static SPACE_PATH])
{
	snprintf(out, SPACE_PATH, SPACE_DIR "/%s", name);
}

static enum err refused(const char *what, struct fault *f)
{
	return fault_set(f, errno == EPERM ? ERR_PERMIT : ERR_IO, errno,
			 "%s; run as root (needs CAP_SYS_ADMIN and CAP_NET_ADMIN)", what);
}

enum err space_permit(struct fault *f)
{
	static const uint32_t want = 1u << CAP_SYS_ADMIN | 1u << CAP_NET_ADMIN;
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct caps[2] = { 0 };

	if (syscall(SYS_capget, &head, caps) != 0 || (caps[0].effective & want) != want)
		return fault_set(f, ERR_PERMIT, 0,
				 "a lab needs CAP_SYS_ADMIN and CAP_NET_ADMIN; run as root");
	if (access("/dev/net/tun", R_OK | W_OK) != 0)
		return fault_set(f, ERR_UNSUPPORTED, errno,
				 "a lab needs /dev/net/tun; load the module (modprobe tun)");
	return ERR_OK;
}

// As ip-netns(8) does before its first name: it mounts the folder upon itself, and names that were
// there before would lie under that mount, where nobody can take them away.
static enum err share_place(struct fault *f)
{
	AUTO(fd_close) int place = -1;
	enum err err = dir_make(SPACE_DIR, 0755, f);
	if (err != ERR_OK)
		return err;
	place = open(SPACE_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (place < 0 || flock(place, LOCK_EX) != 0)
		return refused("cannot lock " SPACE_DIR, f);
	if (mount("", SPACE_DIR, "none", MS_SHARED | MS_REC, NULL) == 0)
		return ERR_OK;
	if (errno != EINVAL || mount(SPACE_DIR, SPACE_DIR, "none", MS_BIND | MS_REC, NULL) != 0 ||
	    mount("", SPACE_DIR, "none", MS_SHARED | MS_REC, NULL) != 0)
		return refused("cannot share " SPACE_DIR, f);
	return ERR_OK;
}

enum err space_make(const char *name, struct fault *f)
{
	AUTO(fd_close) int home = -1, place = -1;
	char path[SPACE_PATH];
	enum err err = share_place(f);

	path_of(name, path);
	if (err == ERR_OK)
		err = netns_here(&home, f);
	if (err != ERR_OK)
		return err;
	place = open(path, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0);
	if (place < 0)
		return fault_set(f, errno == EEXIST ? ERR_EXISTS : ERR_IO, errno,
				 "cannot make the network namespace %s", name);
	if (unshare(CLONE_NEWNET) != 0) {
		err = refused("cannot make network namespaces", f);
		unlink(path);
		return err;
	}
	if (mount("/proc/thread-self/ns/net", path, "none", MS_BIND, NULL) != 0) {
		err = refused("cannot name a network namespace", f);
		unlink(path);
	}
	enum err back = netns_enter(home, err == ERR_OK ? f : NULL);
	return err == ERR_OK ? back : err;
}

enum err space_enter(const char *name, int *home, struct fault *f)
{
	AUTO(fd_close) int fd = -1;
	enum err err = netns_here(home, f);

	if (err == ERR_OK)
		err = netns_open(name, &fd, f);
	return err == ERR_OK ? netns_enter(fd, f) : err;
}

struct spaces {
	struct {
		dev_t dev;
		ino_t ino;
	} * at;
	size_t count;
};

static bool inside(const struct spaces *s, const char *pid)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%.20s/ns/net", pid);
	if (stat(path, &st) != 0)
		return false;
	for (size_t i = 0; i < s->count; i++)
		if (s->at[i].dev == st.st_dev && s->at[i].ino == st.st_ino)
			return true;
	return false;
}

// Sends SIGNAL (0: only count) to every process in the namespaces; how many there were.
static size_t each_process(const struct spaces *s, int signal)
{
	DIR *dir = opendir("/proc");
	size_t count = 0;

	if (!dir)
		return 0;
	for (struct dirent *d; (d = readdir(dir));) {
		pid_t pid = (pid_t)atoi(d->d_name);
		if (pid <= 1 || pid == getpid() || !inside(s, d->d_name))
			continue;
		count++;
		if (signal)
			(void)kill(pid, signal);
	}
	closedir(dir);
	return count;
}

static bool gone_within(const struct spaces *s, int64_t ns)
{
	struct mono until = mono_add(clock_mono(), ns);

	while (each_process(s, 0) > 0) {
		if (mono_before(until, clock_mono()))
			return false;
		nanosleep(&(struct timespec){ .tv_nsec = NAP }, NULL);
	}
	return true;
}

static void processes_end(const struct spaces *s)
{
	if (each_process(s, SIGTERM) == 0 || gone_within(s, GRACE))
		return;
	each_process(s, SIGKILL);
	(void)gone_within(s, LAST_WAIT);
}

void space_end(char *const *names, size_t count)
{
	struct spaces s = { .at = calloc(count ? count : 1, sizeof(*s.at)) };
	char path[SPACE_PATH];
	struct stat st, here = { 0 };

	// A name whose mount failed is a plain file; ours is never taken for a lab's.
	(void)stat("/proc/self/ns/net", &here);
	for (size_t i = 0; s.at && i < count; i++) {
		path_of(names[i], path);
		if (stat(path, &st) != 0 || st.st_dev != here.st_dev || st.st_ino == here.st_ino)
			continue;
		s.at[s.count].dev = st.st_dev;
		s.at[s.count++].ino = st.st_ino;
	}
	if (s.count)
		processes_end(&s);
	free(s.at);
	for (size_t i = 0; i < count; i++) {
		path_of(names[i], path);
		(void)umount2(path, MNT_DETACH);
		(void)unlink(path);
	}
}
