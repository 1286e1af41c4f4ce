// SPDX-License-Identifier: Apache-2.0
//
// Child processes: started with an argument vector (never a shell), ended by their own pid.
#pragma once

#include <sys/types.h>

#include "base/time.h"

struct process_config {
	const char *const *argv; // NULL-terminated; argv[0] is looked up in PATH
	const char *const *env;  // NULL: inherit
	const char *dir;         // NULL: inherit
	int netns;               // descriptor of a network namespace to enter, or -1
	const char *user;        // run as this user (uid, gid, groups); NULL: as we are
	int in, out, err;        // descriptors for 0, 1, 2; -1: in from /dev/null, others inherited
	bool die_with_parent;    // SIGKILL when this thread ends (PR_SET_PDEATHSIG)
	bool own_group;          // own process group, so that process_end reaches its children
};

#define PROCESS_DEFAULT                                                                            \
	{                                                                                          \
		.netns = -1, .in = -1, .out = -1, .err = -1                                        \
	}

// Exec errors are reported here, not by a child that prints.
enum err process_start(const struct process_config *c, pid_t *pid, struct fault *f) MUSTUSE;

// Waits until UNTIL; *STATUS is the exit status, or 128 + signal. ERR_TIMEOUT when still running.
enum err process_wait(pid_t pid, struct mono until, int *status, struct fault *f) MUSTUSE;

// SIGTERM, then SIGKILL after GRACE nanoseconds; reaps. GROUP: the whole process group.
void process_end(pid_t pid, bool group, int64_t grace);

// Runs to its end within UNTIL and collects standard output (and standard error after it) up to
// CAP - 1 bytes, NUL-terminated; a non-zero exit status is ERR_IO and the fault quotes the output.
enum err process_run(const struct process_config *c, struct mono until, char *out, size_t cap,
		     struct fault *f) MUSTUSE;
