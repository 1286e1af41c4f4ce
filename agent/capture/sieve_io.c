// SPDX-License-Identifier: Apache-2.0
#include "capture/sieve_io.h"

#include <errno.h>
#include <stdlib.h>

#include <pcap/pcap.h>

#include "wire/link.h"

#define SNAP 262144

struct sieve {
	const char *filter, *save, *name; // borrowed
	pcap_t *pcap;                     // owned; of the link type heard last
	struct bpf_program program;       // owned; of it
	bool compiled;
	uint32_t link, save_link;
	pcap_dumper_t *dump; // owned
};

static void let_go(struct sieve *s)
{
	if (s->compiled)
		pcap_freecode(&s->program);
	if (s->pcap != NULL)
		pcap_close(s->pcap);
	s->compiled = false;
	s->pcap = NULL;
}

// libpcap has other numbers inside than in files for raw IP.
static int inside(uint32_t link)
{
	return link == LINK_RAW ? DLT_RAW : (int)link;
}

static enum err turn_to(struct sieve *s, uint32_t link, struct fault *f)
{
	let_go(s);
	s->link = link;
	s->pcap = pcap_open_dead_with_tstamp_precision(inside(link), SNAP,
						       PCAP_TSTAMP_PRECISION_NANO);
	if (s->pcap == NULL)
		return fault_set(f, ERR_MEMORY, 0, "no memory for a filter");
	if (s->filter == NULL)
		return ERR_OK;
	if (pcap_compile(s->pcap, &s->program, s->filter, 1, PCAP_NETMASK_UNKNOWN) != 0)
		return fault_set(f, ERR_USAGE, 0, "%s: bad filter: %s", s->name,
				 pcap_geterr(s->pcap));
	s->compiled = true;
	return ERR_OK;
}

enum err sieve_open(struct sieve **out, const char *filter, const char *save, const char *name,
		    struct fault *f)
{
	struct sieve *s = calloc(1, sizeof(*s));
	*out = s;
	if (s == NULL)
		return fault_set(f, ERR_MEMORY, 0, "no memory for a filter");
	s->filter = filter;
	s->save = save;
	s->name = name;
	enum err err = turn_to(s, LINK_ETHERNET, f); // a bad filter is told before the first frame
	if (err != ERR_OK)
		sieve_close(out);
	return err;
}

void sieve_close(struct sieve **s)
{
	if (*s == NULL)
		return;
	let_go(*s);
	if ((*s)->dump != NULL)
		pcap_dump_close((*s)->dump);
	free(*s);
	*s = NULL;
}

static enum err save(struct sieve *s, const struct packet *p, const struct pcap_pkthdr *head,
		     struct fault *f)
{
	if (s->dump == NULL) {
		s->save_link = p->link;
		s->dump = pcap_dump_open(s->pcap, s->save);
	}
	if (s->dump == NULL)
		return fault_set(f, ERR_IO, 0, "%s: cannot save the capture: %s", s->name,
				 pcap_geterr(s->pcap));
	if (s->save_link != p->link)
		return fault_set(
			f, ERR_UNSUPPORTED, 0,
			"%s: frames of link types %u and %u cannot be saved in one pcap file",
			s->name, s->save_link, p->link);
	pcap_dump((u_char *)s->dump, head, p->bytes.at);
	return ERR_OK;
}

enum err sieve_hear(struct sieve *s, const struct packet *p, struct fault *f)
{
	if (s->filter == NULL && s->save == NULL)
		return ERR_OK;
	enum err err = p->link != s->link ? turn_to(s, p->link, f) : ERR_OK;
	if (err != ERR_OK)
		return err;
	const struct pcap_pkthdr head = {
		.ts = { .tv_sec = p->at.ns / NS_PER_S, .tv_usec = p->at.ns % NS_PER_S },
		.caplen = (uint32_t)p->bytes.len,
		.len = p->wire_len,
	};
	if (s->compiled && pcap_offline_filter(&s->program, &head, p->bytes.at) == 0)
		return ERR_MISSING;
	return s->save != NULL ? save(s, p, &head, f) : ERR_OK;
}

enum err sieve_saved(struct sieve *s, struct fault *f)
{
	if (s->dump == NULL)
		return ERR_OK;
	errno = 0;
	if (pcap_dump_flush(s->dump) == 0 && !ferror(pcap_dump_file(s->dump)))
		return ERR_OK;
	return fault_set(f, ERR_IO, errno, "%s: the capture could not be saved whole", s->name);
}
