// SPDX-License-Identifier: Apache-2.0
//
// What a record of kind path says.
#include <string.h>

#include "dns/path.h"

static bool icmp(const struct dns_pair_record *r, size_t answer)
{
	return (r->answer_mark[answer] & DNS_MARK_ICMP) != 0;
}

static void note(const struct dns_pair_record *r, size_t attempt, struct dns_path_finding *out)
{
	bool test = r->try_role.at[attempt] == DNS_TEST;
	uint8_t ttl = r->try_ttl.at[attempt], *hop = test ? &out->test_hop : &out->control_hop;
	size_t first = r->try_first.at[attempt];
	if (ttl == 0 || ttl >= DNS_PATH_FULL || first == 0)
		return;
	if (icmp(r, first - 1)) {
		if (r->try_error.at[attempt] == DNS_ERROR_TTL)
			out->router[test][ttl] = dns_pair_source(r, first - 1);
	} else if (*hop == 0 || ttl < *hop) {
		*hop = ttl;
	}
	if (ttl > out->reached)
		out->reached = ttl;
}

// The first answers to the test at different TTLs: does theirs rise with the questions'? OUT's
// injector becomes the distance that explains them.
static void look_for_copy(const struct dns_pair_record *r, struct dns_path_finding *out)
{
	int first_sent = 0, first_came = 0, steps = 0, same = 0;
	for (size_t i = 0; i < r->tries; i++) {
		size_t first = r->try_first.at[i];
		if (r->try_role.at[i] != DNS_TEST || first == 0 || icmp(r, first - 1) ||
		    r->answer_ttl.at[first - 1] == 0)
			continue;
		int sent = r->try_ttl.at[i], came = r->answer_ttl.at[first - 1];
		if (first_sent == 0 || sent < first_sent) {
			first_sent = sent;
			first_came = came;
		}
	}
	for (size_t i = 0; i < r->tries; i++) {
		size_t first = r->try_first.at[i];
		if (r->try_role.at[i] != DNS_TEST || first == 0 || icmp(r, first - 1))
			continue;
		int sent = r->try_ttl.at[i], came = r->answer_ttl.at[first - 1];
		if (sent == first_sent)
			continue;
		steps++;
		same += came - first_came == sent - first_sent;
	}
	out->ttl_copied = steps > 0 && same == steps;
	// Out with the question's TTL, home with what the question had left: two ways for one.
	if (out->ttl_copied && first_sent > first_came)
		out->injector = (uint8_t)((first_sent - first_came + 2) / 2);
}

void dns_path_read(const struct dns_pair_record *r, struct dns_path_finding *out)
{
	memset(out, 0, sizeof(*out));
	if (r->try_ttl.len != r->tries || r->try_error.len != r->tries)
		return;
	for (size_t i = 0; i < r->tries; i++)
		note(r, i, out);
	out->injector = out->test_hop;
	look_for_copy(r, out);
	out->injected = out->test_hop != 0 && (out->ttl_copied || out->control_hop == 0 ||
					       out->test_hop < out->control_hop);
	if (!out->injected)
		out->injector = 0;
}
