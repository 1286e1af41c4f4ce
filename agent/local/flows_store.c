// SPDX-License-Identifier: Apache-2.0
#include "local/flows_store.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/process.h"

#define GRACE  (2 * NS_PER_S)    // for an import that is given up
#define NOTICE (300 * NS_PER_MS) // for one that is about to end by itself

enum err flows_store_open(struct flows_store *s, const char *note, struct fault *f)
{
	const char *argv[16] = { "/proc/self/exe", "import", "flows", "-", "--note", note };
	size_t n = 6;
	const struct {
		const char *option, *value;
	} more[] = { { "--data", s->data }, { "--db", s->db }, { "--app", s->app } };
	for (size_t i = 0; i < COUNT(more); i++) {
		if (more[i].value[0] == '\0')
			continue;
		argv[n++] = more[i].option;
		argv[n++] = more[i].value;
	}
	int pipes[2];
	if (pipe2(pipes, O_CLOEXEC) != 0)
		return fault_set(f, ERR_IO, errno, "cannot make a pipe");
	struct process_config c = PROCESS_DEFAULT;
	c.argv = argv;
	c.in = pipes[0];
	c.die_with_parent = true;
	enum err err = process_start(&c, &s->pid, f);
	fd_close(&pipes[0]);
	s->out = err == ERR_OK ? fdopen(pipes[1], "w") : NULL;
	if (s->out != NULL)
		return ERR_OK;
	fd_close(&pipes[1]);
	return err != ERR_OK ? err : fault_set(f, ERR_MEMORY, errno, "no memory for a stream");
}

int flows_store_close(struct flows_store *s, bool keep)
{
	int status = 0;
	struct fault f;
	// Given up before the lines end, which would be taken for the end of the file. It may have
	// ended by itself, and be why.
	bool ended = !keep &&
		     process_wait(s->pid, mono_add(clock_mono(), NOTICE), &status, &f) == ERR_OK;
	if (!keep && !ended)
		process_end(s->pid, false, GRACE);
	fclose(s->out);
	s->out = NULL;
	if (keep && process_wait(s->pid, MONO_NEVER, &status, &f) != ERR_OK)
		return 1;
	return status;
}
