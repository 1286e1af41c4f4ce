// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdio.h>

#include "msg/page.h"

void fetch_print_json(FILE *out, const struct page_record *p); // one line
void fetch_print_text(FILE *out, const struct page_record *p);
