// SPDX-License-Identifier: Apache-2.0
#include "node/records.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "log/log.h"
#include "sys/clock.h"
#include "sys/file.h"

#define BOOT_ID "/proc/sys/kernel/random/boot_id"

struct records {
	struct spool *spool;
	struct loop_timer *timer;
	struct span node;
	bool failing;
	uint64_t failed_at; // the batch that could not be stored
	uint8_t field[SPOOL_FIELD_MAX];
};

static void read_boot(uint8_t out[static 16])
{
	char *text = NULL, hex[33];
	size_t len = 0, n = 0;
	memset(out, 0, 16);
	if (file_read(BOOT_ID, 128, &text, &len, NULL) != ERR_OK)
		return;
	for (size_t i = 0; i < len && n < 32; i++)
		if (text[i] != '-')
			hex[n++] = text[i];
	free(text);
	if (text_unhex(span_of(hex, n), out, 16) != ERR_OK)
		memset(out, 0, 16);
}

struct clock_record records_clock(void)
{
	struct clock_state state = clock_quality();
	struct clock_record r = {
		.synced = state.synced,
		.offset_ns = state.offset_ns,
		.max_error_ns = (uint64_t)state.max_error_ns,
		.wall = clock_wall(),
		.mono = clock_mono(),
	};
	read_boot(r.boot);
	return r;
}

static enum err write_head(void *self, struct wr *out, uint64_t epoch, uint64_t seq,
			   uint32_t records)
{
	const struct records *s = self;
	const struct batch_head head = {
		.node = s->node,
		.epoch = epoch,
		.seq = seq,
		.sealed = clock_wall(),
		.clock = records_clock(),
		.records = records,
	};
	return batch_head_write(out, &head);
}

static enum gap_reason reason_of(enum spool_loss loss)
{
	switch (loss) {
	case SPOOL_TORN:
		return GAP_TORN;
	case SPOOL_DAMAGED:
		return GAP_DAMAGED;
	case SPOOL_OVERFLOW:
		return GAP_OVERFLOW;
	case SPOOL_TOO_BIG:
		return GAP_TOO_BIG;
	case SPOOL_FORGOTTEN:
	case SPOOL_LOSS_COUNT:
		break;
	}
	return GAP_UNKNOWN;
}

static enum err write_gap(void *self, struct wr *out, const struct spool_gap *gap)
{
	(void)self;
	const struct gap_record r = {
		.reason = reason_of(gap->reason),
		.records = gap->records,
		.bytes = gap->bytes,
		.at = gap->at,
		.first_seq = gap->first_seq,
		.last_seq = gap->last_seq,
	};
	LOG(LOG_WARN, "spool", "gap", KT("reason", gap_reason_name(r.reason)),
	    KU("records", r.records), KU("bytes", r.bytes), KU("first_seq", r.first_seq),
	    KU("last_seq", r.last_seq));
	return record_write_gap(out, &r);
}

// Said when it starts and when it ends, not at every record. A record in the journal is no sign of
// room for a batch: it has ended when a batch was sealed.
static void tell(struct records *s, enum err err, const struct fault *f)
{
	uint64_t next = spool_state(s->spool).next_seq;
	if (err != ERR_OK && !s->failing) {
		log_fault(LOG_ERROR, "spool", "cannot_store", f);
		loop_timer_at(s->timer, mono_add(clock_mono(), NS_PER_S));
		s->failing = true;
	} else if (err == ERR_OK && s->failing && next > s->failed_at) {
		LOG(LOG_INFO, "spool", "stores_again",
		    KU("records_lost", spool_state(s->spool).dropped));
		s->failing = false;
	}
	if (err != ERR_OK)
		s->failed_at = next;
}

static void arm(struct records *s)
{
	loop_timer_at(s->timer, spool_deadline(s->spool));
}

static void on_time(void *self, struct mono now)
{
	struct records *s = self;
	struct fault f = { 0 };
	tell(s, spool_tick(s->spool, now, &f), &f);
	struct mono next = spool_deadline(s->spool);
	// A seal that failed is not tried again in the same breath.
	loop_timer_at(s->timer, s->failing ? mono_add(now, NS_PER_S) : next);
}

static bool put(struct records *s, enum err err, const struct wr *w)
{
	struct fault f = { 0 };
	if (err != ERR_OK) {
		fault_set(&f, err, 0, "a record does not fit its bounds and is not kept");
		log_fault(LOG_ERROR, "spool", "bad_record", &f);
		return true; // made again it would fit no better
	}
	err = spool_put(s->spool, wr_span(w), clock_mono(), &f);
	tell(s, err, &f);
	if (!s->failing)
		arm(s);
	return err == ERR_OK;
}

void records_trace(struct records *s, const struct trace_record *r)
{
	struct wr w = wr_of(s->field, sizeof(s->field));
	(void)put(s, record_write_trace(&w, r), &w);
}

void records_flow(struct records *s, const struct flow_record *r)
{
	struct wr w = wr_of(s->field, sizeof(s->field));
	(void)put(s, record_write_flow(&w, r), &w);
}

void records_mapping(struct records *s, const struct mapping_record *r)
{
	struct wr w = wr_of(s->field, sizeof(s->field));
	(void)put(s, record_write_mapping(&w, r), &w);
}

void records_capture(struct records *s, const struct capture_record *r)
{
	struct wr w = wr_of(s->field, sizeof(s->field));
	(void)put(s, record_write_capture(&w, r), &w);
}

void records_step(struct records *s, const struct step_record *r)
{
	struct wr w = wr_of(s->field, sizeof(s->field));
	(void)put(s, record_write_step(&w, r), &w);
}

void records_message(struct records *s, const struct message_record *r)
{
	struct wr w = wr_of(s->field, sizeof(s->field));
	(void)put(s, record_write_message(&w, r), &w);
}

void records_outcome(struct records *s, const struct outcome_record *r)
{
	struct wr w = wr_of(s->field, sizeof(s->field));
	(void)put(s, record_write_outcome(&w, r), &w);
}

void records_name(struct records *s, const struct name_record *r)
{
	struct wr w = wr_of(s->field, sizeof(s->field));
	(void)put(s, record_write_name(&w, r), &w);
}

bool records_dns_pair(struct records *s, const struct dns_pair_record *r)
{
	struct wr w = wr_of(s->field, sizeof(s->field));
	return put(s, record_write_dns_pair(&w, r), &w);
}

bool records_page(struct records *s, const struct page_record *r)
{
	struct wr w = wr_of(s->field, sizeof(s->field));
	return put(s, record_write_page(&w, r), &w);
}

bool records_resolver(struct records *s, const struct resolver_record *r)
{
	struct wr w = wr_of(s->field, sizeof(s->field));
	return put(s, record_write_resolver(&w, r), &w);
}

void records_graph(struct records *s, const struct graph_record *r)
{
	struct wr w = wr_of(s->field, sizeof(s->field));
	(void)put(s, record_write_graph(&w, r), &w);
}

bool records_kept(const struct records *s)
{
	return !s->failing;
}

void records_seal(struct records *s)
{
	struct fault f = { 0 };
	tell(s, spool_seal(s->spool, &f), &f);
}

struct spool *records_spool(struct records *s)
{
	return s->spool;
}

enum err records_open(struct loop *l, const struct records_config *c, struct records **out,
		      struct fault *f)
{
	struct records *s = calloc(1, sizeof(*s));
	if (s == NULL)
		return fault_set(f, ERR_MEMORY, 0, "spool: no memory");
	s->node = span_text(c->node);
	const struct spool_config config = {
		.dir = c->dir,
		.secret = c->secret,
		.head = write_head,
		.gap = write_gap,
		.self = s,
		.soft = c->limit / 2,
		.hard = c->limit,
	};
	enum err err = spool_open(&config, &s->spool, f);
	if (err == ERR_OK)
		err = loop_timer(l, on_time, s, &s->timer, f);
	if (err != ERR_OK) {
		records_close(&s);
		return err;
	}
	arm(s);
	*out = s;
	return ERR_OK;
}

void records_close(struct records **out)
{
	struct records *s = *out;
	if (s == NULL)
		return;
	loop_timer_drop(&s->timer);
	spool_close(&s->spool);
	free(s);
	*out = NULL;
}
