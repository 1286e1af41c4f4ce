// SPDX-License-Identifier: Apache-2.0
#include "pace/pace.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "base/table.h"

// One kind of bucket. Two tables by turns: when the newer is full it becomes the older, and what
// was not asked for since is forgotten with the one before.
struct bucket_set {
	int64_t gap_ns;   // between packets at the full rate; 0: no limit
	int64_t burst_ns; // how far a bucket may run ahead
	const struct pace_limits *limits;
	struct table *young, *old; // NULL: no limit
	struct prefix last;        // asked for last, and where its bucket lies: targets come by
	struct mono *last_at;      // networks, and a first hop is that of them all; or NULL
};

// An address as numbers in the order of addresses: asked before every packet.
struct rank {
	uint64_t high, low;
	uint8_t family;
};

// A denied prefix by its first and last address; kept sorted, those inside others taken out, so
// that one search tells.
struct denied {
	struct rank first, last;
	struct prefix prefix;
};

struct pace {
	struct pace_limits limits;
	struct denied deny[PACE_DENY_MAX];
	size_t deny_count;
	int64_t gap_ns, burst_ns;
	struct mono all; // virtual time of the bucket for everything
	struct bucket_set target, net, first;
	struct pace *shared; // whose buckets for addresses and networks are spent too; or NULL
};

static const char *const not_hosts[] = {
	"0.0.0.0/8", "224.0.0.0/4", "240.0.0.0/4", "::/128", "ff00::/8",
};

static int64_t gap_of(double per_second)
{
	if (per_second <= 0)
		return 0;
	int64_t gap = (int64_t)((double)NS_PER_S / per_second);
	return gap > 0 ? gap : 1;
}

// At least one packet may always come at once.
static int64_t burst_of(const struct pace_limits *l, int64_t gap)
{
	int64_t burst = (int64_t)(l->burst_s * (double)NS_PER_S);
	return burst > gap ? burst - gap : 0;
}

static struct table *buckets(const struct pace_limits *l)
{
	return table_new(sizeof(struct prefix), sizeof(struct mono), l->targets, l->seed);
}

static bool set_init(struct bucket_set *s, const struct pace_limits *l, double rate)
{
	s->gap_ns = gap_of(rate);
	s->burst_ns = burst_of(l, s->gap_ns);
	s->limits = l;
	if (s->gap_ns == 0)
		return true;
	s->young = buckets(l);
	s->old = buckets(l);
	return s->young != NULL && s->old != NULL;
}

struct pace *pace_new(const struct pace_limits *limits)
{
	struct pace *p = calloc(1, sizeof(*p));
	if (p == NULL)
		return NULL;
	p->limits = *limits;
	p->gap_ns = gap_of(limits->all);
	p->burst_ns = burst_of(limits, p->gap_ns);
	p->all = (struct mono){ INT64_MIN / 2 };
	if (!set_init(&p->target, &p->limits, limits->target) ||
	    !set_init(&p->net, &p->limits, limits->net) ||
	    !set_init(&p->first, &p->limits, limits->first)) {
		pace_free(&p);
		return NULL;
	}
	for (size_t i = 0; i < COUNT(not_hosts); i++) {
		struct prefix deny;
		if (prefix_read(span_text(not_hosts[i]), &deny) == ERR_OK)
			if (pace_put(p, deny) != ERR_OK)
				pace_free(&p);
	}
	return p;
}

void pace_free(struct pace **out)
{
	struct pace *p = *out;
	if (p == NULL)
		return;
	table_free(&p->target.young);
	table_free(&p->target.old);
	table_free(&p->net.young);
	table_free(&p->net.old);
	table_free(&p->first.young);
	table_free(&p->first.old);
	free(p);
	*out = NULL;
}

void pace_share(struct pace *p, struct pace *with)
{
	p->shared = with;
}

static struct addr last_of(struct prefix p)
{
	struct addr a = p.addr;
	for (unsigned bit = p.bits; bit < addr_bits(a); bit++)
		a.bytes[bit / 8] = (uint8_t)(a.bytes[bit / 8] | 0x80 >> bit % 8);
	return a;
}

static struct rank rank_of(struct addr a)
{
	uint64_t halves[2];
	memcpy(halves, a.bytes, sizeof(halves));
	return (struct rank){ be64toh(halves[0]), be64toh(halves[1]), a.family };
}

static bool past(struct rank a, struct rank b)
{
	if (a.family != b.family)
		return a.family > b.family;
	return a.high != b.high ? a.high > b.high : a.low > b.low;
}

// How many denied prefixes begin at or before A.
static size_t before(const struct pace *p, struct rank a)
{
	size_t low = 0, high = p->deny_count;
	while (low < high) {
		size_t mid = (low + high) / 2;
		if (past(p->deny[mid].first, a))
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

static void cut_out(struct pace *p, size_t from, size_t to)
{
	memmove(&p->deny[from], &p->deny[to], (p->deny_count - to) * sizeof(p->deny[0]));
	p->deny_count -= to - from;
}

enum err pace_put(struct pace *p, struct prefix deny)
{
	const struct denied d = { rank_of(deny.addr), rank_of(last_of(deny)), deny };
	const struct prefix *already = pace_denied(p, deny.addr);
	if (already != NULL && already->bits <= deny.bits)
		return ERR_OK;
	size_t at = before(p, d.first), end = before(p, d.last);
	at -= at > 0 &&
	      addr_eq(p->deny[at - 1].prefix.addr, deny.addr); // a narrower one, same start
	cut_out(p, at, end);
	if (p->deny_count == PACE_DENY_MAX)
		return ERR_FULL;
	memmove(&p->deny[at + 1], &p->deny[at], (p->deny_count - at) * sizeof(d));
	p->deny[at] = d;
	p->deny_count++;
	return ERR_OK;
}

const struct prefix *pace_denied(const struct pace *p, struct addr dst)
{
	struct rank rank = rank_of(dst);
	size_t at = before(p, rank);
	if (at == 0 || past(rank, p->deny[at - 1].last))
		return NULL;
	return &p->deny[at - 1].prefix;
}

// The first BITS bits of A.
static struct prefix cut(struct addr a, uint8_t bits)
{
	size_t whole = bits / 8u;
	memset(a.bytes + whole, 0, sizeof(a.bytes) - whole);
	return (struct prefix){ .addr = a, .bits = bits };
}

// The virtual time of KEY's bucket, carried over from the older table; NULL without memory.
static struct mono *look_up(struct bucket_set *s, const struct prefix *key)
{
	struct mono *young = table_find(s->young, key);
	if (young != NULL)
		return young;
	const struct mono *old = table_find(s->old, key);
	struct mono at = old != NULL ? *old : (struct mono){ INT64_MIN / 2 };
	if (table_count(s->young) >= s->limits->targets) {
		struct table *fresh = buckets(s->limits);
		if (fresh == NULL)
			return NULL;
		table_free(&s->old);
		s->old = s->young;
		s->young = fresh;
	}
	young = table_put(s->young, key, NULL);
	if (young != NULL)
		*young = at;
	return young;
}

// The same, kept until another is asked for: what moves buckets comes with another.
static struct mono *bucket(struct bucket_set *s, const struct prefix *key)
{
	if (s->last_at == NULL || s->last.bits != key->bits || !addr_eq(s->last.addr, key->addr)) {
		s->last_at = look_up(s, key);
		s->last = *key;
	}
	return s->last_at;
}

static bool empty(struct mono tat, struct mono now, int64_t burst_ns)
{
	return tat.ns > now.ns && tat.ns - now.ns > burst_ns;
}

static struct mono spend(struct mono tat, struct mono now, int64_t gap_ns)
{
	return mono_add(mono_before(tat, now) ? now : tat, gap_ns);
}

// Who asks is told to wait for the first of KINDS that is empty; else all of them are spent.
struct ask {
	struct bucket_set *set;
	struct prefix key;
	enum pace_verdict wait;
	struct mono *found;
};

static enum pace_verdict ask_all(struct pace *p, struct mono now, struct ask *kinds, size_t count,
				 struct mono *until)
{
	for (size_t i = 0; i < count; i++) {
		struct ask *a = &kinds[i];
		if (a->set->gap_ns == 0)
			continue;
		a->found = bucket(a->set, &a->key);
		// Without memory for a bucket, slow is safer than fast.
		if (a->found == NULL || empty(*a->found, now, a->set->burst_ns)) {
			*until = a->found == NULL
					 ? mono_add(now, NS_PER_S)
					 : (struct mono){ a->found->ns - a->set->burst_ns };
			return a->wait;
		}
	}
	for (size_t i = 0; i < count; i++)
		if (kinds[i].found != NULL)
			*kinds[i].found = spend(*kinds[i].found, now, kinds[i].set->gap_ns);
	if (p->gap_ns > 0)
		p->all = spend(p->all, now, p->gap_ns);
	return PACE_GO;
}

static enum pace_verdict ask(struct pace *p, struct mono now, struct addr dst,
			     const struct addr *first, struct mono *until)
{
	*until = MONO_NEVER;
	if (pace_denied(p, dst) != NULL)
		return PACE_REFUSED;
	if (p->gap_ns > 0 && empty(p->all, now, p->burst_ns)) {
		*until = (struct mono){ p->all.ns - p->burst_ns };
		return PACE_WAIT_ALL;
	}
	const struct prefix one = cut(dst, addr_bits(dst));
	const struct prefix net = cut(dst, dst.family == 4 ? 24 : 48);
	struct ask kinds[5] = {
		{ &p->target, one, PACE_WAIT, NULL },
		{ &p->net, net, PACE_WAIT, NULL },
	};
	size_t count = 2;
	if (p->shared != NULL) {
		kinds[count++] = (struct ask){ &p->shared->target, one, PACE_WAIT, NULL };
		kinds[count++] = (struct ask){ &p->shared->net, net, PACE_WAIT, NULL };
	}
	if (first != NULL)
		kinds[count++] = (struct ask){ &p->first, cut(*first, addr_bits(*first)),
					       PACE_WAIT_FIRST, NULL };
	return ask_all(p, now, kinds, count, until);
}

enum pace_verdict pace_ask(struct pace *p, struct mono now, struct addr dst, struct mono *until)
{
	return ask(p, now, dst, NULL, until);
}

enum pace_verdict pace_ask_first(struct pace *p, struct mono now, struct addr dst,
				 struct addr first, struct mono *until)
{
	return ask(p, now, dst, &first, until);
}
