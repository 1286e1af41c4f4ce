// SPDX-License-Identifier: Apache-2.0
#include "discover/reserved.h"

static const char *const reserved[] = {
	"0.0.0.0/8",      "10.0.0.0/8",     "100.64.0.0/10",   "127.0.0.0/8",     "169.254.0.0/16",
	"172.16.0.0/12",  "192.0.0.0/24",   "192.0.2.0/24",    "192.31.196.0/24", "192.52.193.0/24",
	"192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15",   "198.51.100.0/24",
	"203.0.113.0/24", "224.0.0.0/4",    "240.0.0.0/4",     "::/96",           "::ffff:0:0/96",
	"64:ff9b::/96",   "64:ff9b:1::/48", "100::/64",        "2001::/23",       "2001:db8::/32",
	"2002::/16",      "3fff::/20",      "5f00::/16",       "fc00::/7",        "fe80::/10",
	"fec0::/10",      "ff00::/8",
};

enum err reserved_put(struct pace *p)
{
	for (size_t i = 0; i < COUNT(reserved); i++) {
		struct prefix x;
		enum err err = prefix_read(span_text(reserved[i]), &x);
		if (err == ERR_OK)
			err = pace_put(p, x);
		if (err != ERR_OK)
			return err;
	}
	return ERR_OK;
}
