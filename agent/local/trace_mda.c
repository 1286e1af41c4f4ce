// SPDX-License-Identifier: Apache-2.0
#include "local/trace_mda.h"

#include "local/trace_mda_print.h"
#include "trace/mda_io.h"

struct job {
	const struct trace_settings *settings;
	bool json;
	struct trace_feed *feed;
	struct mda_io *io;
	size_t partly;
};

static void on_done(void *self, const struct mda_done *d)
{
	struct job *j = self;
	char text[ADDR_TEXT];
	const char *name = trace_feed_name(j->feed, d->tag, d->target->dst, text);
	struct mda_result r;
	mda_result(d->mda, &r);
	if (j->json)
		trace_mda_json(stdout, d, name);
	else
		trace_mda_text(stdout, d, name);
	fflush(stdout);
	j->partly += !r.complete && r.stop != TRACE_REFUSED;
	trace_feed_told(j->feed, r.stop == TRACE_REFUSED);
	trace_feed_more(j->feed);
}

static enum err put(void *self, const struct trace_wish *w, uint64_t tag)
{
	struct job *j = self;
	const struct mda_target t = trace_settings_graph(j->settings, w);
	return mda_io_put(j->io, tag, &t);
}

static size_t count(const void *self)
{
	return mda_io_count(((const struct job *)self)->io);
}

static void stop(void *self)
{
	mda_io_stop(((struct job *)self)->io);
}

enum err trace_mda_measure(struct trace_feed *feed, const struct trace_settings *s, bool json,
			   struct pace *pace, size_t *partly, struct fault *f)
{
	static const struct trace_feed_engine engine = { .put = put, .count = count, .stop = stop };
	AUTO(loop_free) struct loop *loop = NULL;
	AUTO(mda_io_close) struct mda_io *io = NULL;
	struct job j = { .settings = s, .json = json, .feed = feed };
	struct mda_io_config c = MDA_IO_DEFAULT;
	c.traces = (size_t)s->parallel;
	c.done = on_done;
	c.self = &j;
	c.seed = s->seed;
	c.pace = pace;
	if (s->sport != 0)
		c.sport_first = (uint16_t)s->sport;
	feed->engine = &engine;
	feed->self = &j;
	feed->most = (size_t)s->parallel;
	enum err err = loop_new(&loop, f);
	if (err == ERR_OK)
		err = trace_feed_open(feed, loop, f);
	if (err == ERR_OK)
		err = mda_io_open(loop, &c, &io, f);
	if (err != ERR_OK)
		return err;
	j.io = io;
	err = trace_feed_run(feed, f);
	*partly = j.partly;
	return err;
}
