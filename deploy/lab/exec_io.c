// SPDX-License-Identifier: Apache-2.0
#include "lab/exec_io.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lab/space_io.h"
#include "lab/state_io.h"
#include "sys/fd.h"

// WireGuard's user space keeps its control sockets in /run/wireguard, by interface name only: each
// host gets a folder of its own, or two hosts' wg0 would be one.
static const struct {
	const char *file, *over;
} views[] = {
	{ "resolv.conf", "/etc/resolv.conf" },
	{ "hosts", "/etc/hosts" },
	{ "wireguard", "/run/wireguard" },
};

static void view_put(const char *lab, const char *host, size_t i)
{
	char file[STATE_FILE], path[STATE_PATH];

	snprintf(file, sizeof(file), "etc/%s/%s", host, views[i].file);
	state_path(lab, file, path);
	if (mount(path, views[i].over, NULL, MS_BIND, NULL) != 0)
		fprintf(stderr, "waymark-lab: %s stays the machine's own: cannot cover it\n",
			views[i].over);
}

// The lab's authority is what programs in it trust, as they would the roots of their system.
static void roots_put(const char *lab)
{
	char ca[STATE_PATH];

	state_path(lab, "ca.pem", ca);
	if (access(ca, R_OK) == 0)
		(void)mount(ca, "/etc/ssl/certs/ca-certificates.crt", NULL, MS_BIND, NULL);
}

static enum err mounts_make(const char *lab, const char *host, struct fault *f)
{
	if (unshare(CLONE_NEWNS) != 0)
		return fault_set(f, errno == EPERM ? ERR_PERMIT : ERR_IO, errno,
				 "cannot make a mount namespace (needs CAP_SYS_ADMIN)");
	// In a chroot the root is no mount of its own: what we covered there could show outside, so
	// nothing is covered. Programs of ours are told their resolver anyway.
	if (mount("", "/", NULL, MS_SLAVE | MS_REC, NULL) != 0)
		return errno == EINVAL ? ERR_OK
				       : fault_set(f, ERR_IO, errno, "cannot part with the mounts");
	// /sys shows the devices of the network namespace that mounted it. Not all need it.
	if (umount2("/sys", MNT_DETACH) == 0)
		(void)mount("waymark-lab", "/sys", "sysfs", 0, NULL);
	(void)mkdir("/run/wireguard", 0700);
	for (size_t i = 0; i < COUNT(views); i++)
		view_put(lab, host, i);
	roots_put(lab);
	return ERR_OK;
}

enum err exec_host(const char *lab, const char *host, char *const *argv, struct fault *f)
{
	AUTO(fd_close) int home = -1;
	char space[SPACE_NAME_MAX];

	space_name(lab, host, space);
	enum err err = space_enter(space, &home, f);
	if (err == ERR_MISSING)
		return fault_set(f, err, 0, "no host %s in lab %s; see: waymark-lab status", host,
				 lab);
	if (err == ERR_OK)
		err = mounts_make(lab, host, f);
	if (err != ERR_OK)
		return err;
	execvp(argv[0], argv);
	return fault_set(f, errno == ENOENT ? ERR_MISSING : ERR_IO, errno, "cannot run %s",
			 argv[0]);
}
