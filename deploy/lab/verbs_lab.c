// SPDX-License-Identifier: Apache-2.0
#include <stddef.h>

#include "lab/verbs.h"

#include "lab/app_certs.h"
#include "lab/app_serve.h"
#include "lab/phone.h"

const struct verb lab_verbs[] = {
	{ "check", verb_check, "is this world file right?" },
	{ "path", verb_path, "the true paths between two hosts" },
	{ "geo", verb_geo, "geolocation of every address, as CSV" },
	{ "names", verb_names, "name of every address, as CSV" },
	{ "hosts", verb_hosts, "which hosts there are, as CSV" },
	{ "serve", serve_verb, "a messenger's server, or one of the phones' services" },
	{ "phone", phone_verb, "a phone" },
	{ "certify", certify_verb, "an authority and certificates, for tests" },
	{ NULL, NULL, NULL },
};
