// SPDX-License-Identifier: Apache-2.0
#include "sys/process.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/clock.h"
#include "sys/fd.h"

// What the child tells through the pipe when it cannot become the program.
struct failure {
	int sys;
	char step[32];
};

static void fail(int report, const char *step)
{
	struct failure why = { .sys = errno };
	snprintf(why.step, sizeof(why.step), "%s", step);
	ssize_t n = write(report, &why, sizeof(why));
	_exit(n == (ssize_t)sizeof(why) ? 127 : 126);
}

static void become(const char *user, int report)
{
	struct passwd *pw = getpwnam(user);
	if (pw == NULL) {
		errno = ENOENT;
		fail(report, "user not known");
		return;
	}
	if (initgroups(user, pw->pw_gid) != 0 || setgid(pw->pw_gid) != 0 || setuid(pw->pw_uid) != 0)
		fail(report, "change user");
}

static void redirect(int from, int to, int report)
{
	if (from >= 0 && from != to && dup2(from, to) < 0)
		fail(report, "redirect");
	if (from == to)
		(void)fcntl(to, F_SETFD, 0);
}

static void child(const struct process_config *c, int report)
{
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (c->own_group)
		setpgid(0, 0);
	if (c->netns >= 0 && setns(c->netns, CLONE_NEWNET) != 0)
		fail(report, "enter network namespace");
	int null = c->in >= 0 ? -1 : open("/dev/null", O_RDONLY);
	redirect(c->in >= 0 ? c->in : null, 0, report);
	redirect(c->out, 1, report);
	redirect(c->err, 2, report);
	if (c->user != NULL)
		become(c->user, report);
	if (c->dir != NULL && chdir(c->dir) != 0)
		fail(report, "change folder");
	// After setuid, which clears it.
	if (c->die_with_parent)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	// execvp promises not to change the words; its prototype is older than const.
	union {
		const char *const *in;
		char *const *out;
	} argv = { c->argv }, env = { c->env };
	if (c->env != NULL)
		execvpe(c->argv[0], argv.out, env.out);
	else
		execvp(c->argv[0], argv.out);
	fail(report, "start");
}

enum err process_start(const struct process_config *c, pid_t *pid, struct fault *f)
{
	int report[2];
	if (pipe2(report, O_CLOEXEC) != 0)
		return fault_set(f, ERR_IO, errno, "pipe");
	pid_t p = fork();
	if (p == 0) {
		close(report[0]);
		child(c, report[1]);
	}
	close(report[1]);
	if (p < 0) {
		close(report[0]);
		return fault_set(f, ERR_IO, errno, "fork");
	}
	struct failure why = { 0 };
	ssize_t n;
	do
		n = read(report[0], &why, sizeof(why));
	while (n < 0 && errno == EINTR);
	close(report[0]);
	if (n == 0) {
		*pid = p;
		return ERR_OK;
	}
	(void)waitpid(p, NULL, 0);
	return fault_set(f, why.sys == ENOENT ? ERR_MISSING : ERR_IO, why.sys, "%s: cannot %s",
			 c->argv[0], why.step);
}

enum err process_wait(pid_t pid, struct mono until, int *status, struct fault *f)
{
	for (;;) {
		int raw;
		pid_t got = waitpid(pid, &raw, WNOHANG);
		if (got == pid) {
			*status = WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + WTERMSIG(raw);
			return ERR_OK;
		}
		if (got < 0 && errno != EINTR)
			return fault_set(f, ERR_IO, errno, "waitpid %d", (int)pid);
		int64_t left = mono_since(until, clock_mono());
		if (left <= 0)
			return fault_set(f, ERR_TIMEOUT, 0, "process %d still runs", (int)pid);
		int fd = (int)syscall(SYS_pidfd_open, pid, 0);
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int64_t ms = left / NS_PER_MS + 1;
		(void)poll(&p, 1, fd < 0 ? 10 : ms > 60000 ? 60000 : (int)ms);
		fd_close(&fd);
	}
}

void process_end(pid_t pid, bool group, int64_t grace)
{
	int status;
	if (pid <= 0)
		return;
	(void)kill(group ? -pid : pid, SIGTERM);
	if (process_wait(pid, mono_add(clock_mono(), grace), &status, NULL) == ERR_TIMEOUT) {
		(void)kill(group ? -pid : pid, SIGKILL);
		if (process_wait(pid, MONO_NEVER, &status, NULL) != ERR_OK)
			return;
	}
	// What the leader left behind in its group goes too.
	if (group)
		(void)kill(-pid, SIGKILL);
}

static size_t collect(int fd, struct mono until, char *out, size_t cap)
{
	size_t used = 0;
	char spill[512];
	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int64_t left = mono_since(until, clock_mono());
		if (left <= 0 ||
		    poll(&p, 1, left / NS_PER_MS > 60000 ? 60000 : (int)(left / NS_PER_MS + 1)) < 0)
			break;
		bool room = used + 1 < cap;
		ssize_t n = p.revents == 0 ? -1
					   : read(fd, room ? out + used : spill,
						  room ? cap - used - 1 : sizeof(spill));
		if (n == 0)
			break;
		if (n > 0 && room)
			used += (size_t)n;
	}
	if (cap > 0)
		out[used] = '\0';
	return used;
}

enum err process_run(const struct process_config *c, struct mono until, char *out, size_t cap,
		     struct fault *f)
{
	int pipes[2];
	pid_t pid;
	int status = 0;
	if (pipe2(pipes, O_CLOEXEC) != 0)
		return fault_set(f, ERR_IO, errno, "pipe");
	struct process_config with = *c;
	with.out = pipes[1];
	with.err = pipes[1];
	enum err err = process_start(&with, &pid, f);
	close(pipes[1]);
	if (err == ERR_OK) {
		(void)collect(pipes[0], until, out, cap);
		err = process_wait(pid, until, &status, f);
		if (err == ERR_TIMEOUT)
			process_end(pid, c->own_group, NS_PER_S);
	}
	close(pipes[0]);
	if (err == ERR_OK && status != 0)
		err = fault_set(f, ERR_IO, 0, "%s: exit status %d: %.150s", c->argv[0], status,
				cap > 0 ? out : "");
	return err;
}
