// SPDX-License-Identifier: Apache-2.0
#include "capture/capture_io.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <pcap/pcap.h>

#include "capture/gzip_io.h"
#include "capture/pcapng_io.h"
#include "capture/probe_io.h"
#include "capture/sieve_io.h"

#define RING_BYTES (32 << 20)
#define WAIT_MS    100 // the kernel hands a block of its ring over at least this often

struct capture {
	pcap_t *pcap;           // owned; NULL: a pcapng file, which is read by ng
	pcap_dumper_t *dump;    // owned; NULL: nothing is saved
	struct pcapng_file *ng; // owned
	struct sieve *sieve;    // owned; filters and saves for ng
	FILE *file;             // owned; of ng
	char name[256];         // of interface or file, for faults
	bool live;
	uint32_t link;
	uint64_t count;
	capture_packet_fn *fn; // of the capture_read under way
	void *self;
};

static enum err capture_fault(struct capture *c, struct fault *f, enum err err, const char *what)
{
	return fault_set(f, err, 0, "%s: %s: %s", c->name, what, pcap_geterr(c->pcap));
}

static enum err set_filter(struct capture *c, const char *filter, struct fault *f)
{
	struct bpf_program program;
	if (filter == NULL)
		return ERR_OK;
	if (pcap_compile(c->pcap, &program, filter, 1, PCAP_NETMASK_UNKNOWN) != 0)
		return capture_fault(c, f, ERR_USAGE, "bad filter");
	int status = pcap_setfilter(c->pcap, &program);
	pcap_freecode(&program);
	return status == 0 ? ERR_OK : capture_fault(c, f, ERR_IO, "cannot set the filter");
}

static enum err open_dump(struct capture *c, const char *save, struct fault *f)
{
	if (save == NULL)
		return ERR_OK;
	c->dump = pcap_dump_open(c->pcap, save);
	return c->dump != NULL ? ERR_OK : capture_fault(c, f, ERR_IO, "cannot save the capture");
}

// What the two kinds of opening share, once the handle stands.
static enum err finish_open(struct capture *c, const char *filter, const char *save,
			    struct fault *f)
{
	enum err err = set_filter(c, filter, f);
	if (err == ERR_OK)
		err = open_dump(c, save, f);
	c->link = (uint32_t)pcap_datalink(c->pcap);
	return err;
}

static struct capture *capture_new(const char *name, bool live)
{
	struct capture *c = calloc(1, sizeof(*c));
	if (c == NULL)
		return NULL;
	c->live = live;
	strncpy(c->name, name, sizeof(c->name) - 1);
	return c;
}

static enum err activate(struct capture *c, const struct capture_config *config, struct fault *f)
{
	pcap_set_snaplen(c->pcap, config->snap > 0 ? (int)config->snap : CAPTURE_SNAP);
	pcap_set_buffer_size(c->pcap, config->ring > 0 ? (int)config->ring : RING_BYTES);
	pcap_set_promisc(c->pcap, 0);
	pcap_set_timeout(c->pcap, WAIT_MS);
	// Not every interface has them; then they stay microseconds times 1000, which is as good.
	pcap_set_tstamp_precision(c->pcap, PCAP_TSTAMP_PRECISION_NANO);
	int status = pcap_activate(c->pcap);
	if (status >= 0)
		return ERR_OK;
	if (status == PCAP_ERROR_PERM_DENIED)
		return fault_set(f, ERR_PERMIT, 0,
				 "cannot capture on %s: run as root or with CAP_NET_RAW", c->name);
	if (status == PCAP_ERROR_NO_SUCH_DEVICE)
		return fault_set(f, ERR_MISSING, 0, "no interface %s: `ip link` lists them",
				 c->name);
	return capture_fault(c, f, ERR_IO, pcap_statustostr(status));
}

enum err capture_open(struct capture **out, const struct capture_config *config, struct fault *f)
{
	char text[PCAP_ERRBUF_SIZE] = "";
	struct capture *c = capture_new(config->interface, true);
	*out = NULL;
	if (c == NULL)
		return fault_set(f, ERR_MEMORY, 0, "no memory for a capture");
	enum err err = ERR_IO;
	c->pcap = pcap_create(config->interface, text);
	if (c->pcap == NULL)
		fault_set(f, err, 0, "%s: %s", config->interface, text);
	else
		err = activate(c, config, f);
	if (err == ERR_OK)
		err = finish_open(c, config->filter, config->save, f);
	if (err == ERR_OK && pcap_setnonblock(c->pcap, 1, text) != 0)
		err = fault_set(f, ERR_IO, 0, "%s: %s", config->interface, text);
	if (err != ERR_OK)
		capture_close(&c);
	*out = c;
	return err;
}

static void close_file(FILE *file)
{
	if (file != NULL && file != stdin)
		fclose(file);
}

// FILE becomes libpcap's on success and is closed here otherwise.
static enum err open_pcap(struct capture *c, FILE *file, const char *filter, const char *save,
			  struct fault *f)
{
	char text[PCAP_ERRBUF_SIZE] = "";
	c->pcap = pcap_fopen_offline_with_tstamp_precision(file, PCAP_TSTAMP_PRECISION_NANO, text);
	if (c->pcap != NULL)
		return finish_open(c, filter, save, f);
	long at = ftell(file);
	close_file(file);
	return fault_set(f, ERR_CORRUPT, 0, "%s: offset %ld: %s", c->name, at > 0 ? at : 0, text);
}

// libpcap refuses files whose interfaces differ.
static enum err open_ng(struct capture *c, FILE *file, const char *filter, const char *save,
			struct fault *f)
{
	c->file = file;
	c->ng = pcapng_file_new(file, c->name);
	if (c->ng == NULL)
		return fault_set(f, ERR_MEMORY, 0, "no memory for a capture");
	return sieve_open(&c->sieve, filter, save, c->name, f);
}

static enum err open_stream(struct capture *c, FILE *file, const char *filter, const char *save,
			    struct fault *f)
{
	enum err err = file != stdin ? probe_file(file, c->name, f) : ERR_OK;
	if (err != ERR_OK)
		close_file(file);
	else if (pcapng_file_begins(file))
		err = open_ng(c, file, filter, save, f);
	else
		err = open_pcap(c, file, filter, save, f);
	return err;
}

enum err capture_open_file(struct capture **out, const char *path, const char *filter,
			   const char *save, struct fault *f)
{
	bool standard = strcmp(path, "-") == 0;
	*out = NULL;
	FILE *file = standard ? stdin : fopen(path, "rbe");
	if (file == NULL)
		return fault_set(f, errno == ENOENT ? ERR_MISSING : ERR_IO, errno, "cannot read %s",
				 path);
	if (!standard)
		file = gzip_open(file);
	struct capture *c = capture_new(standard ? "standard input" : path, false);
	if (c == NULL || file == NULL) {
		close_file(file);
		free(c);
		return fault_set(f, ERR_MEMORY, 0, "no memory for a capture");
	}
	enum err err = open_stream(c, file, filter, save, f);
	if (err != ERR_OK)
		capture_close(&c);
	*out = c;
	return err;
}

void capture_close(struct capture **c)
{
	if (*c == NULL)
		return;
	if ((*c)->dump != NULL)
		pcap_dump_close((*c)->dump);
	if ((*c)->pcap != NULL)
		pcap_close((*c)->pcap);
	sieve_close(&(*c)->sieve);
	pcapng_file_free(&(*c)->ng);
	close_file((*c)->file);
	free(*c);
	*c = NULL;
}

enum err capture_saved(struct capture *c, struct fault *f)
{
	if (c->ng != NULL)
		return sieve_saved(c->sieve, f);
	if (c->dump == NULL)
		return ERR_OK;
	errno = 0;
	if (pcap_dump_flush(c->dump) == 0 && !ferror(pcap_dump_file(c->dump)))
		return ERR_OK;
	return fault_set(f, ERR_IO, errno, "%s: the capture could not be saved whole", c->name);
}

uint32_t capture_link(const struct capture *c)
{
	return c->link;
}

int capture_fd(const struct capture *c)
{
	return c->live ? pcap_get_selectable_fd(c->pcap) : -1;
}

static void on_frame(u_char *self, const struct pcap_pkthdr *head, const u_char *bytes)
{
	struct capture *c = (struct capture *)(void *)self;
	struct packet p = {
		.at = { (int64_t)head->ts.tv_sec * NS_PER_S + head->ts.tv_usec },
		.link = c->link,
		.wire_len = head->len,
		.bytes = span_of(bytes, head->caplen),
	};
	c->count++;
	if (c->dump != NULL)
		pcap_dump((u_char *)c->dump, head, bytes);
	c->fn(c->self, &p);
}

static enum err read_ng(struct capture *c, int max, struct fault *f)
{
	struct packet p;
	for (int i = 0; i < max; i++) {
		enum err err = pcapng_file_next(c->ng, &p, f);
		if (err == ERR_OK) {
			err = sieve_hear(c->sieve, &p, f);
			if (err == ERR_MISSING)
				continue;
		}
		if (err != ERR_OK)
			return err;
		c->count++;
		c->fn(c->self, &p);
	}
	return ERR_OK;
}

enum err capture_read(struct capture *c, int max, capture_packet_fn *fn, void *self,
		      struct fault *f)
{
	c->fn = fn;
	c->self = self;
	if (c->ng != NULL)
		return read_ng(c, max, f);
	int n = pcap_dispatch(c->pcap, max, on_frame, (u_char *)c);
	if (n > 0 || n == PCAP_ERROR_BREAK)
		return ERR_OK;
	if (n == 0)
		return c->live ? ERR_AGAIN : ERR_MISSING;
	if (c->live)
		return capture_fault(c, f, ERR_IO, "capture failed");
	return fault_set(f, ERR_CORRUPT, 0, "%s: offset %ld, after %llu packets: %s", c->name,
			 ftell(pcap_file(c->pcap)), (unsigned long long)c->count,
			 pcap_geterr(c->pcap));
}

uint64_t capture_count(const struct capture *c)
{
	return c->count;
}

enum err capture_dropped(struct capture *c, struct capture_drops *out, struct fault *f)
{
	struct pcap_stat stat;
	*out = (struct capture_drops){ .received = c->count };
	if (!c->live)
		return ERR_OK;
	if (pcap_stats(c->pcap, &stat) != 0)
		return capture_fault(c, f, ERR_IO, "no drop counters");
	out->received = stat.ps_recv;
	out->kernel = stat.ps_drop;
	out->interface = stat.ps_ifdrop;
	return ERR_OK;
}
