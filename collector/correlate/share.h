// SPDX-License-Identifier: Apache-2.0
//
// N of TOTAL, as the tables say it. Pure.
#pragma once

#include <stdint.h>

// Whole per cent, halves rounded up (as the published tables do); 0 of 0 is 0.
uint32_t share_percent(uint32_t n, uint32_t total);

// Exact two-sided 95 % interval (Clopper and Pearson 1934) of the share, 0 to 1.
void share_interval(uint32_t n, uint32_t total, double *low, double *high);
