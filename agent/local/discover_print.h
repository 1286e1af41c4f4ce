// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdio.h>

#include "msg/resolver.h"

void discover_print_json(FILE *out, const struct resolver_record *r); // one line
void discover_print_text(FILE *out, const struct resolver_record *r); // one line
