// SPDX-License-Identifier: Apache-2.0
#include "node/artefact_io.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "capture/keep_io.h"
#include "seal/seal.h"
#include "sys/clock.h"
#include "sys/file.h"

#define FOLDER       "captures"
#define MANIFEST     "MANIFEST.tsv"
#define MANIFEST_MAX (64 << 20)
#define PATH         (NODE_PATH + 16 + NAME_MAX)
#define PART         ".part" // a file that is still written
#define WHOLE        ".pcap"
#define NAME         (2 * CAPTURE_SHA256)

struct artefact {
	const struct node_config *config;
	struct keep *keep;
	char path[PATH];
};

static const char heading[] = "sha256\tbytes\tpackets\tkernel_drops\tinterface_drops\tsnap\tfirst_"
			      "ns\tlast_ns\trun\tside\tplace\n";

static void path_of(const struct node_config *c, const char *name, char out[static PATH])
{
	snprintf(out, PATH, "%s/" FOLDER "/%.*s", c->data, NAME_MAX, name);
}

static bool ends_in(const char *name, const char *end)
{
	size_t len = strlen(name), tail = strlen(end);
	return len >= tail && strcmp(name + len - tail, end) == 0;
}

void artefacts_tidy(const struct node_config *c)
{
	char path[PATH];
	path_of(c, "", path);
	DIR *dir = opendir(path);
	struct dirent *e;
	while (dir != NULL && (e = readdir(dir)) != NULL)
		if (ends_in(e->d_name, PART))
			(void)unlinkat(dirfd(dir), e->d_name, 0);
	if (dir != NULL)
		closedir(dir);
}

enum err artefact_open(const struct node_config *c, const struct capture_record *r, uint32_t link,
		       struct artefact **out, struct fault *f)
{
	char hex[2 * RUN_ID_SIZE + 1], name[64];
	*out = NULL;
	if (c->capture_keep == 0 || c->capture_limit == 0)
		return ERR_OK;
	struct artefact *a = calloc(1, sizeof(*a));
	if (a == NULL)
		return fault_set(f, ERR_MEMORY, 0, "captures: no memory");
	a->config = c;
	path_of(c, "", a->path);
	text_hex(span_of(r->run.bytes, RUN_ID_SIZE), hex);
	enum err err = dir_make(a->path, 0700, f);
	snprintf(name, sizeof(name), "%s-%u-%s" PART, hex, r->side, capture_place_name(r->place));
	path_of(c, name, a->path);
	if (err == ERR_OK)
		err = keep_open(&a->keep, a->path, link, (uint32_t)c->capture_snap, f);
	if (err == ERR_OK)
		*out = a;
	else
		free(a);
	return err;
}

void artefact_put(struct artefact *a, const struct packet *p)
{
	if (a != NULL)
		keep_put(a->keep, p);
}

// --- the digest ----------------------------------------------------------------------------------

static enum err digest_of(const char *path, uint8_t out[static CAPTURE_SHA256], uint64_t *bytes,
			  struct fault *f)
{
	static uint8_t block[65536];
	struct seal_sha256 state;
	FILE *file = fopen(path, "rbe");
	if (file == NULL)
		return fault_set(f, ERR_IO, errno, "cannot read %s", path);
	seal_sha256_init(&state);
	*bytes = 0;
	for (size_t n; (n = fread(block, 1, sizeof(block), file)) > 0; *bytes += n)
		seal_sha256_put(&state, span_of(block, n));
	bool bad = ferror(file) || fflush(file) != 0 || fsync(fileno(file)) != 0;
	seal_sha256_take(&state, out);
	fclose(file);
	return bad ? fault_set(f, ERR_IO, errno, "cannot read %s", path) : ERR_OK;
}

// --- the manifest --------------------------------------------------------------------------------

static int line_write(char *out, size_t cap, const struct capture_record *r)
{
	char hex[NAME + 1], run[2 * RUN_ID_SIZE + 1];
	text_hex(r->sha256, hex);
	text_hex(span_of(r->run.bytes, RUN_ID_SIZE), run);
	return snprintf(out, cap,
			"%s\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%u\t%" PRId64
			"\t%" PRId64 "\t%s\t%u\t%s\n",
			hex, r->bytes, r->packets, r->kernel_drops, r->interface_drops, r->snap,
			r->first.ns, r->last.ns, run, r->side, capture_place_name(r->place));
}

static bool is_there(const struct node_config *c, struct span line)
{
	char name[NAME + sizeof(WHOLE)], path[PATH];
	if (line.len < NAME)
		return false;
	snprintf(name, sizeof(name), "%.*s" WHOLE, NAME, (const char *)line.at);
	path_of(c, name, path);
	return access(path, F_OK) == 0;
}

// The lines whose files are there, and the new one.
static enum err manifest_put(const struct node_config *c, const struct capture_record *r,
			     struct fault *f)
{
	char path[PATH], *old = NULL, *text = NULL;
	size_t len = 0, room, at = 0;
	path_of(c, MANIFEST, path);
	if (file_read(path, MANIFEST_MAX, &old, &len, NULL) != ERR_OK)
		len = 0;
	room = len + sizeof(heading) + 512;
	text = malloc(room);
	if (text == NULL) {
		free(old);
		return fault_set(f, ERR_MEMORY, 0, "captures: no memory for the manifest");
	}
	at = (size_t)snprintf(text, room, "%s", heading);
	for (struct span rest = span_of(old, len); rest.len > 0;) {
		struct span line = text_cut(&rest, '\n');
		if (is_there(c, line))
			at += (size_t)snprintf(text + at, room - at, "%.*s\n", (int)line.len,
					       (const char *)line.at);
	}
	at += (size_t)line_write(text + at, room - at, r);
	enum err err = file_write(path, 0600, span_of(text, at), f);
	free(old);
	free(text);
	return err;
}

// --- retention -----------------------------------------------------------------------------------

struct file {
	char name[NAME + sizeof(WHOLE)];
	int64_t at_ns;
	uint64_t bytes;
};

static int older_first(const void *a, const void *b)
{
	const struct file *x = a, *y = b;
	return x->at_ns < y->at_ns ? -1 : x->at_ns > y->at_ns;
}

static size_t files_find(DIR *dir, struct file **out)
{
	size_t count = 0, cap = 0;
	struct dirent *e;
	struct stat st;
	while ((e = readdir(dir)) != NULL) {
		if (strlen(e->d_name) != NAME + strlen(WHOLE) || !ends_in(e->d_name, WHOLE) ||
		    fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
			continue;
		if (count == cap) {
			struct file *more =
				realloc(*out, (cap = cap > 0 ? 2 * cap : 64) * sizeof(**out));
			if (more == NULL)
				break;
			*out = more;
		}
		struct file *x = &(*out)[count++];
		snprintf(x->name, sizeof(x->name), "%s", e->d_name);
		x->at_ns = st.st_mtim.tv_sec * NS_PER_S + st.st_mtim.tv_nsec;
		x->bytes = (uint64_t)st.st_size;
	}
	return count;
}

// Too old, or too much beside NEXT bytes that are to come.
static void make_room(const struct node_config *c, uint64_t next)
{
	struct file *files = NULL;
	char path[PATH];
	path_of(c, "", path);
	DIR *dir = opendir(path);
	if (dir == NULL)
		return;
	size_t count = files_find(dir, &files);
	uint64_t all = next;
	int64_t since = clock_wall().ns - c->capture_keep;
	for (size_t i = 0; i < count; i++)
		all += files[i].bytes;
	if (count > 0)
		qsort(files, count, sizeof(*files), older_first);
	for (size_t i = 0; i < count && (files[i].at_ns < since || all > c->capture_limit); i++)
		if (unlinkat(dirfd(dir), files[i].name, 0) == 0)
			all -= files[i].bytes;
	free(files);
	closedir(dir);
}

// --- the end -------------------------------------------------------------------------------------

static enum err name_file(const struct artefact *a, const struct capture_record *r, struct fault *f)
{
	char hex[NAME + 1], name[NAME + sizeof(WHOLE)], path[PATH];
	text_hex(r->sha256, hex);
	snprintf(name, sizeof(name), "%s" WHOLE, hex);
	path_of(a->config, name, path);
	if (rename(a->path, path) != 0)
		return fault_set(f, ERR_IO, errno, "cannot name %s", path);
	return manifest_put(a->config, r, f);
}

enum err artefact_close(struct artefact **out, struct capture_record *r,
			uint8_t digest[static CAPTURE_SHA256], struct fault *f)
{
	struct artefact *a = *out;
	if (a == NULL)
		return ERR_OK;
	r->snap = (uint32_t)a->config->capture_snap;
	enum err err = keep_close(&a->keep, f);
	if (err == ERR_OK)
		err = digest_of(a->path, digest, &r->bytes, f);
	if (err == ERR_OK && r->bytes > a->config->capture_limit)
		err = fault_set(f, ERR_FULL, 0,
				"a capture of %" PRIu64 " bytes is above capture-limit", r->bytes);
	if (err == ERR_OK) {
		make_room(a->config, r->bytes);
		r->sha256 = span_of(digest, CAPTURE_SHA256);
		err = name_file(a, r, f);
	}
	if (err != ERR_OK) {
		(void)unlink(a->path);
		r->bytes = 0;
		r->sha256 = (struct span){ 0 };
	}
	free(a);
	*out = NULL;
	return err;
}
