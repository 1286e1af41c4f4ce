// SPDX-License-Identifier: Apache-2.0
//
// A pair as a line of JSON, or as text for people.
#pragma once

#include <stdio.h>

#include "cli/json.h"
#include "dns/scan.h"

// DIFFERING: of the last repetition, how many said something else than the first.
void dns_print_json(struct json *j, const struct dns_pair_record *p, uint32_t repetitions,
		    uint32_t differing);

// Parts of it, for other documents.
void dns_print_head(struct json *j, const struct dns_pair_record *p);
void dns_print_try(struct json *j, const char *key, const struct dns_pair_record *p, size_t i);

// What the answer says, one record's data a line; for one question alone. Why it says nothing, and
// what other answers say, goes to ERR.
void dns_print_short(FILE *out, FILE *err, const struct dns_pair_record *p);

// Resolver, name, type, status, code or what stood in its way, data: tab-separated; then "differs:
// " and the data of each answer that says something else.
void dns_print_line(FILE *out, const struct dns_pair_record *p);
