// SPDX-License-Identifier: Apache-2.0
#include <stddef.h>

#include "lab/verbs.h"

const struct verb lab_verbs[] = {
	{ "check", verb_check, "is this world file right?" },
	{ "path", verb_path, "the true paths between two hosts" },
	{ "geo", verb_geo, "geolocation of every address, as CSV" },
	{ "names", verb_names, "name of every address, as CSV" },
	{ "hosts", verb_hosts, "which hosts there are, as CSV" },
	{ NULL, NULL, NULL },
};
