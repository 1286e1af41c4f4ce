// SPDX-License-Identifier: Apache-2.0
#include "correlate/correlate_io.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>

#include "log/log.h"
#include "sys/fd.h"

#define TURN_MS 3000 // between two looks

struct correlate_io {
	pthread_t thread;
	int stop; // eventfd: readable when it is over
	char *conninfo, *data_dir;
	struct pg *pg;
	enum err told; // the last error that was logged: repeated ones are not
};

static void tell(struct correlate_io *c, enum err err, const struct correlate_counts *counts,
		 const struct fault *f)
{
	if (counts->judged > 0)
		LOG(LOG_INFO, "correlate", "judged", KU("runs", counts->judged),
		    KU("placed", counts->placed), KU("unknown", counts->unknown));
	if (counts->scans > 0)
		LOG(LOG_INFO, "correlate", "judged_scans", KU("scans", counts->scans),
		    KU("pairs", counts->pairs), KU("pages", counts->pages));
	if (err != ERR_OK && err != c->told)
		log_fault(LOG_WARN, "correlate", "not_judged", f);
	c->told = err;
}

static void turn(struct correlate_io *c)
{
	struct fault f = { 0 };
	struct correlate_counts counts = { 0 };
	enum err err = c->pg != NULL ? ERR_OK : pg_open(c->conninfo, PG_JUDGE, &c->pg, &f);
	if (err == ERR_OK)
		err = correlate_turn(c->pg, c->data_dir, &counts, &f);
	tell(c, err, &counts, &f);
	if (err != ERR_OK)
		pg_close(&c->pg);
}

static void *judge(void *self)
{
	struct correlate_io *c = self;
	struct pollfd p = { .fd = c->stop, .events = POLLIN };
	prctl(PR_SET_NAME, "judge");
	while (poll(&p, 1, TURN_MS) == 0)
		turn(c);
	pg_close(&c->pg);
	return NULL;
}

// Signals belong to the loop.
static int start(struct correlate_io *c)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int sys = pthread_create(&c->thread, NULL, judge, c);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return sys;
}

static void wipe(struct correlate_io *c)
{
	fd_close(&c->stop);
	free(c->conninfo);
	free(c->data_dir);
	free(c);
}

enum err correlate_io_open(const char *conninfo, const char *data_dir, struct correlate_io **out,
			   struct fault *f)
{
	struct correlate_io *c = calloc(1, sizeof(*c));
	if (c == NULL)
		return fault_set(f, ERR_MEMORY, 0, "correlate: no memory");
	c->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	c->conninfo = strdup(conninfo);
	c->data_dir = strdup(data_dir);
	int sys = c->stop < 0 ? errno : 0;
	if (sys == 0 && c->conninfo != NULL && c->data_dir != NULL) {
		sys = start(c);
		if (sys == 0) {
			*out = c;
			return ERR_OK;
		}
	}
	wipe(c);
	return fault_set(f, sys != 0 ? ERR_IO : ERR_MEMORY, sys, "correlate: no thread");
}

void correlate_io_close(struct correlate_io **c)
{
	if (*c == NULL)
		return;
	(void)eventfd_write((*c)->stop, 1);
	pthread_join((*c)->thread, NULL);
	wipe(*c);
	*c = NULL;
}
