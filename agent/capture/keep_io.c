// SPDX-License-Identifier: Apache-2.0
#include "capture/keep_io.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <pcap/pcap.h>

#include "wire/link.h"

struct keep {
	pcap_t *pcap;        // owned
	pcap_dumper_t *dump; // owned
	uint32_t snap;
	char path[256]; // for faults
};

// libpcap has another number inside than in files for raw IP.
static int inside(uint32_t link)
{
	return link == LINK_RAW ? DLT_RAW : (int)link;
}

static void let_go(struct keep **out)
{
	struct keep *k = *out;
	if (k->dump != NULL)
		pcap_dump_close(k->dump);
	if (k->pcap != NULL)
		pcap_close(k->pcap);
	free(k);
	*out = NULL;
}

enum err keep_open(struct keep **out, const char *path, uint32_t link, uint32_t snap,
		   struct fault *f)
{
	struct keep *k = calloc(1, sizeof(*k));
	*out = k;
	if (k == NULL)
		return fault_set(f, ERR_MEMORY, 0, "%s: no memory to keep a capture", path);
	k->snap = snap;
	strncpy(k->path, path, sizeof(k->path) - 1);
	k->pcap = pcap_open_dead_with_tstamp_precision(inside(link), (int)snap,
						       PCAP_TSTAMP_PRECISION_NANO);
	if (k->pcap != NULL)
		k->dump = pcap_dump_open(k->pcap, path);
	if (k->dump != NULL)
		return ERR_OK;
	(void)fault_set(f, ERR_IO, errno, "%s: cannot keep a capture: %s", path,
			k->pcap != NULL ? pcap_geterr(k->pcap) : "no memory");
	let_go(out);
	return ERR_IO;
}

void keep_put(struct keep *k, const struct packet *p)
{
	uint32_t len = p->bytes.len < k->snap ? (uint32_t)p->bytes.len : k->snap;
	const struct pcap_pkthdr head = {
		.ts = { .tv_sec = p->at.ns / NS_PER_S, .tv_usec = p->at.ns % NS_PER_S },
		.caplen = len,
		.len = p->wire_len,
	};
	pcap_dump((u_char *)k->dump, &head, p->bytes.at);
}

enum err keep_close(struct keep **out, struct fault *f)
{
	struct keep *k = *out;
	if (k == NULL)
		return ERR_OK;
	enum err err = ERR_OK;
	errno = 0;
	if (pcap_dump_flush(k->dump) != 0 || ferror(pcap_dump_file(k->dump)))
		err = fault_set(f, ERR_IO, errno, "%s: the capture could not be kept whole",
				k->path);
	let_go(out);
	return err;
}
