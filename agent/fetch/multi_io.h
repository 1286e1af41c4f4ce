// SPDX-License-Identifier: Apache-2.0
//
// libcurl's multi handle on a loop: its sockets become watches, its time-out a timer. It does not
// know what is transferred. Inside fetch only.
#pragma once

#include <curl/curl.h>

#include "sys/loop.h"

struct multi;

typedef void multi_action_fn(void *self); // something moved: look for what is done

enum err multi_open(struct loop *l, multi_action_fn *fn, void *self, struct multi **out,
		    struct fault *f) MUSTUSE;
void multi_close(struct multi **m); // after every easy handle was taken out

CURLM *multi_curl(const struct multi *m);
