// SPDX-License-Identifier: Apache-2.0
#include "correlate/share.h"

#include <math.h>

#define TAIL  0.025 // each side of a 95 % interval
#define STEPS 60    // halvings: more than a double can tell apart

uint32_t share_percent(uint32_t n, uint32_t total)
{
	if (total == 0)
		return 0;
	return (uint32_t)((200ULL * n + total) / (2ULL * total));
}

// Probability of at least N successes of TOTAL when each has probability P.
static double at_least(uint32_t n, uint32_t total, double p)
{
	double sum = 0;
	if (n == 0)
		return 1;
	for (uint32_t k = n; k <= total; k++)
		sum += exp(lgamma(total + 1.0) - lgamma(k + 1.0) - lgamma(total - k + 1.0) +
			   k * log(p) + (total - k) * log1p(-p));
	return sum;
}

// The P at which at_least(N) reaches TARGET; it grows with P.
static double solve(uint32_t n, uint32_t total, double target)
{
	double low = 0, high = 1;
	for (int i = 0; i < STEPS; i++) {
		double mid = (low + high) / 2;
		if (at_least(n, total, mid) < target)
			low = mid;
		else
			high = mid;
	}
	return (low + high) / 2;
}

void share_interval(uint32_t n, uint32_t total, double *low, double *high)
{
	*low = n == 0 ? 0 : solve(n, total, TAIL);
	*high = n >= total ? 1 : solve(n + 1, total, 1 - TAIL);
}
