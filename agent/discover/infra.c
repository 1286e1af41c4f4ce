// SPDX-License-Identifier: Apache-2.0
#include "discover/infra.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define NUMBERS 64 // decimal numbers of one name looked at

static const struct {
	const char *word, *clause;
} labels[] = {
	{ "nameserver", "label:nameserver" },
	{ "resolver", "label:resolver" },
	{ "cache", "label:cache" },
	{ "rdns", "label:rdns" },
	{ "dns", "label:dns" },
	{ "ns", "label:ns" },
};

static const char *label_clause(struct span name)
{
	for (size_t i = 0; i < COUNT(labels); i++) {
		size_t len = strlen(labels[i].word);
		if (name.len < len || strncasecmp((const char *)name.at, labels[i].word, len) != 0)
			continue;
		uint8_t next = name.len > len ? name.at[len] : '.';
		if (next == '.' || next == '-' || next == '_' || (next >= '0' && next <= '9'))
			return labels[i].clause;
	}
	return NULL;
}

struct number {
	unsigned value;
	bool joined; // exactly one of . - _ lies before it, and a number before that
};

static size_t numbers_of(struct span name, struct number out[static NUMBERS])
{
	size_t count = 0, last_end = 0;
	for (size_t i = 0; i < name.len && count < NUMBERS;) {
		size_t begin = i;
		unsigned v = 0;
		while (i < name.len && name.at[i] >= '0' && name.at[i] <= '9' && i - begin < 4)
			v = v * 10 + name.at[i++] - '0';
		if (i == begin) {
			i++;
			continue;
		}
		bool joined = count > 0 && begin == last_end + 1 &&
			      strchr(".-_", name.at[last_end]) != NULL;
		out[count++] = (struct number){ v, joined };
		last_end = i;
	}
	return count;
}

static bool three_octets(struct span name, const uint8_t octets[static 4])
{
	static const uint8_t orders[][3] = { { 0, 1, 2 }, { 1, 2, 3 }, { 3, 2, 1 }, { 2, 1, 0 } };
	struct number n[NUMBERS];
	size_t count = numbers_of(name, n);
	for (size_t i = 0; i + 2 < count; i++)
		for (size_t k = 0; k < COUNT(orders); k++)
			if (n[i + 1].joined && n[i + 2].joined &&
			    n[i].value == octets[orders[k][0]] &&
			    n[i + 1].value == octets[orders[k][1]] &&
			    n[i + 2].value == octets[orders[k][2]])
				return true;
	return false;
}

static bool holds(struct span name, const char *what)
{
	size_t len = strlen(what);
	for (size_t i = 0; i + len <= name.len; i++)
		if (strncasecmp((const char *)name.at + i, what, len) == 0)
			return true;
	return false;
}

static bool embeds4(struct span name, const uint8_t o[static 4])
{
	char hex[9], back[9], padded[13], padded_back[13];
	snprintf(hex, sizeof(hex), "%02x%02x%02x%02x", o[0], o[1], o[2], o[3]);
	snprintf(back, sizeof(back), "%02x%02x%02x%02x", o[3], o[2], o[1], o[0]);
	snprintf(padded, sizeof(padded), "%03u%03u%03u%03u", o[0], o[1], o[2], o[3]);
	snprintf(padded_back, sizeof(padded_back), "%03u%03u%03u%03u", o[3], o[2], o[1], o[0]);
	return three_octets(name, o) || holds(name, hex) || holds(name, back) ||
	       holds(name, padded) || holds(name, padded_back);
}

// The second half of the address, as sixteen hex digits together, in groups of four by '-' or '.',
// or digit by digit.
static bool embeds6(struct span name, const uint8_t a[static 16])
{
	char digits[17] = "", bare[256];
	size_t len = 0;
	for (size_t i = 8; i < 16; i++)
		snprintf(digits + 2 * (i - 8), 3, "%02x", a[i]);
	for (size_t i = 0; i < name.len && len < sizeof(bare); i++)
		if (strchr("-._", name.at[i]) == NULL)
			bare[len++] = (char)name.at[i];
	return holds(span_of(bare, len), digits);
}

uint8_t infra_marks(struct span name, struct addr a)
{
	bool embeds = a.family == 4 ? embeds4(name, a.bytes) : embeds6(name, a.bytes);
	return (uint8_t)((label_clause(name) != NULL ? RESOLVER_LABELLED : 0) |
			 (embeds ? RESOLVER_EMBEDDED : 0));
}

// How far down the clauses a name comes.
static int rank(uint8_t marks)
{
	if ((marks & RESOLVER_LABELLED) == 0)
		return 0;
	if ((marks & RESOLVER_EMBEDDED) != 0)
		return 1;
	return (marks & RESOLVER_CONFIRMED) == 0 ? 2 : 3;
}

const char *infra_decide(const struct span *names, uint8_t *marks, size_t count, bool *is)
{
	static const char *const fails[] = { "label", "embedded-address", "not-confirmed" };
	size_t best = 0;
	*is = false;
	if (count == 0)
		return "no-ptr";
	for (size_t i = 1; i < count; i++)
		if (rank(marks[i]) > rank(marks[best]))
			best = i;
	marks[best] |= RESOLVER_DECIDED;
	*is = rank(marks[best]) == 3;
	return *is ? label_clause(names[best]) : fails[rank(marks[best])];
}
