// SPDX-License-Identifier: Apache-2.0
#include "capture/pcapng_io.h"

#include <stdlib.h>
#include <string.h>

#include "capture/pcapng.h"

struct pcapng_file {
	FILE *file;
	const char *name;
	struct pcapng ng;
	uint64_t offset; // of the block under way
	uint64_t next;   // of the one after it
	uint64_t packets;
	uint8_t *block; // owned
	size_t cap;
};

bool pcapng_file_begins(FILE *file)
{
	int first = getc(file);
	if (first != EOF)
		ungetc(first, file);
	return first == (int)(PCAPNG_MAGIC >> 24);
}

struct pcapng_file *pcapng_file_new(FILE *file, const char *name)
{
	struct pcapng_file *p = calloc(1, sizeof(*p));
	if (p == NULL)
		return NULL;
	p->file = file;
	p->name = name;
	return p;
}

void pcapng_file_free(struct pcapng_file **p)
{
	if (*p == NULL)
		return;
	free((*p)->block);
	free(*p);
	*p = NULL;
}

static enum err broken(const struct pcapng_file *p, const char *what, struct fault *f)
{
	return fault_set(f, ERR_CORRUPT, 0, "%s: offset %llu, after %llu packets: %s", p->name,
			 (unsigned long long)p->offset, (unsigned long long)p->packets, what);
}

static bool make_room(struct pcapng_file *p, size_t len)
{
	if (len <= p->cap)
		return true;
	size_t cap = len < 65536 ? 65536 : len;
	uint8_t *block = realloc(p->block, cap);
	if (block == NULL)
		return false;
	p->block = block;
	p->cap = cap;
	return true;
}

// The next block into p->block.
static enum err next_block(struct pcapng_file *p, uint32_t *len, struct fault *f)
{
	uint8_t head[PCAPNG_HEAD];
	p->offset = p->next;
	size_t got = fread(head, 1, sizeof(head), p->file);
	if (got == 0 && p->next > 0 && !ferror(p->file))
		return ERR_MISSING;
	if (got < sizeof(head))
		return broken(p, "the file ends within a block's head", f);
	if (p->next == 0 && memcmp(head, "\n\r\r\n", 4) != 0)
		return broken(p, "unknown file format", f);
	if (pcapng_length(&p->ng, head, len) != ERR_OK)
		return broken(p, "no pcapng block begins here", f);
	if (!make_room(p, *len))
		return fault_set(f, ERR_MEMORY, 0, "no memory for a block of %s", p->name);
	memcpy(p->block, head, sizeof(head));
	if (fread(p->block + sizeof(head), 1, *len - sizeof(head), p->file) < *len - sizeof(head))
		return broken(p, "the file ends within a block", f);
	p->next += *len;
	return ERR_OK;
}

enum err pcapng_file_next(struct pcapng_file *p, struct packet *out, struct fault *f)
{
	for (;;) {
		uint32_t len;
		enum err err = next_block(p, &len, f);
		if (err != ERR_OK)
			return err;
		err = pcapng_read(&p->ng, span_of(p->block, len), out);
		if (err == ERR_FULL)
			return broken(p, "more interfaces than any capture has", f);
		if (err != ERR_OK && err != ERR_MISSING)
			return broken(p, "a damaged block", f);
		p->packets += err == ERR_OK;
		if (err == ERR_OK)
			return ERR_OK;
	}
}
