// SPDX-License-Identifier: Apache-2.0
//
// Whom and what `waymark dns` asks: words of the command line, files, standard input, the system's
// own resolvers.
#pragma once

#include "local/dns_settings.h"

struct dns_lists {
	struct dns_list *servers, *names; // owned
	struct dns_wanted *wanted;        // owned; NULL: every name of every resolver
	uint64_t doubles, bad;            // lines that were there already, or are none
	uint16_t port, usual;             // of a resolver that names none; the transport's own
	enum dns_transport transport;
	bool both;       // resolvers and names came from lists
	bool from_words; // names came from the command line
};

enum err dns_lists_open(struct dns_lists *l, struct dns_settings *s, char *const *words,
			size_t count, const uint64_t seed[2], struct fault *f) MUSTUSE;
void dns_lists_wipe(struct dns_lists *l);
