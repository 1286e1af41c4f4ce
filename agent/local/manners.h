// SPDX-License-Identifier: Apache-2.0
//
// The options by which a measurement keeps its manners, as rows for an option table, and what they
// come to: rates, a deny list, an opt-out file that is looked at again while the measurement runs.
#pragma once

#include "conf/conf.h"
#include "pace/deny_io.h"

struct manners_settings {
	double rate, target_rate, net_rate;
	struct conf_list deny;
	char deny_file[1024];
};

#define MANNERS_ROW(of, field, name, kind, part, min, max, unset, value, help)                     \
	{                                                                                          \
		name, kind, offsetof(of, field) + offsetof(struct manners_settings, part),         \
			sizeof(((struct manners_settings *)0)->part), min, max, unset, value, help \
	}

// Rows for `struct manners_settings FIELD` of struct OF, with default rates as text.
#define MANNERS_ROWS(of, field, all, target, net)                                                  \
	MANNERS_ROW(of, field, "rate", CONF_REAL, rate, 0.1, 1e7, all, "N",                        \
		    "questions or connections a second, all together"),                            \
		MANNERS_ROW(of, field, "target-rate", CONF_REAL, target_rate, 0.1, 1e7, target,    \
			    "N", "a second to one address"),                                       \
		MANNERS_ROW(of, field, "net-rate", CONF_REAL, net_rate, 0.1, 1e7, net, "N",        \
			    "a second to one /24 or /48"),                                         \
		MANNERS_ROW(of, field, "deny", CONF_LIST, deny, 0, 0, NULL, "PREFIX",              \
			    "never ask these addresses; repeatable"),                              \
		MANNERS_ROW(of, field, "deny-file", CONF_TEXT, deny_file, 0, 0, "", "FILE",        \
			    "prefixes never asked, one a line; obeyed within 10 s when it grows")

struct manners {
	struct pace *pace; // owned
	struct deny_file file;
};

enum err manners_open(struct manners *m, const struct manners_settings *s, struct fault *f) MUSTUSE;
enum err manners_watch(struct manners *m, struct loop *l, struct fault *f) MUSTUSE;
void manners_unwatch(struct manners **m); // before the loop goes: AUTO(manners_unwatch)
void manners_close(struct manners *m);
