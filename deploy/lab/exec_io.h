// SPDX-License-Identifier: Apache-2.0
//
// Steps into a host of a running lab: its network, and a private mount namespace with the lab's own
// /etc/resolv.conf, /etc/hosts and /run/wireguard. The caller becomes the program; nothing is left
// behind outside.
#pragma once

#include "base/err.h"

// Returns only on failure. ARGV is NULL-terminated; argv[0] is looked up in PATH.
enum err exec_host(const char *lab, const char *host, char *const *argv, struct fault *f) MUSTUSE;
