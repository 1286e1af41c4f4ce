// SPDX-License-Identifier: Apache-2.0
#include "local/dns_keep.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/rd.h"
#include "base/table.h"
#include "sys/clock.h"
#include "sys/file.h"

#define MAGIC    "waymark-dns-checkpoint-v1\n"
#define HEAD     (sizeof(MAGIC) - 1 + 8 * 5)
#define BUFFER   (128 * 1024)
#define EVERY_NS NS_PER_S
#define LARGEST  ((size_t)4 << 30)

static uint64_t checksum(struct span s)
{
	static const uint64_t seed[2] = { 5, 6 };
	return table_hash(seed, s);
}

// What is in it stays until it is known that nobody else writes to it.
static FILE *open_output(const char *output)
{
	int fd = open(output, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
	if (fd >= 0 && out == NULL)
		close(fd);
	return out;
}

// Of a file: it is ours alone from now on, and empty unless GOING_ON.
static enum err claim(struct dns_keep *k, bool named, bool going_on, struct fault *f)
{
	struct stat st;
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	bool file = fstat(fileno(k->out), &st) == 0 && S_ISREG(st.st_mode);
	if (!file && k->path[0] != '\0')
		return fault_set(f, ERR_USAGE, 0,
				 "--checkpoint: the output must be a file (--output FILE, or "
				 ">> FILE): it is cut where the checkpoint says");
	if (!file || (!named && k->path[0] == '\0'))
		return ERR_OK;
	if (fcntl(fileno(k->out), F_OFD_SETLK, &whole) != 0)
		return fault_set(f, ERR_EXISTS, errno, "another scan writes to this output");
	if (!named)
		k->base = st.st_size;
	else if (!going_on && ftruncate(fileno(k->out), 0) != 0)
		return fault_set(f, ERR_IO, errno, "the output cannot be cut");
	return ERR_OK;
}

enum err dns_keep_open(struct dns_keep *k, const char *output, const char *path, uint64_t print,
		       struct fault *f)
{
	static char buffer[BUFFER]; // stdout's lives longer than K; with NULL glibc takes 4 KiB
	*k = (struct dns_keep){ .out = stdout, .path = path, .print = print };
	bool named = output[0] != '\0', going_on = path[0] != '\0' && access(path, F_OK) == 0;
	if (named)
		k->out = open_output(output);
	if (k->out == NULL)
		return fault_set(f, ERR_IO, errno, "%s", output);
	(void)setvbuf(k->out, buffer, _IOFBF, sizeof(buffer));
	return claim(k, named, going_on, f);
}

void dns_keep_wipe(struct dns_keep *k)
{
	if (k->out != NULL && k->out != stdout)
		(void)fclose(k->out);
	k->out = NULL;
	free(k->room);
}

// Magic, print, seeds, offset, length of the image; the image; a hash of all before.
static enum err read_head(struct rd *r, uint64_t print, struct dns_keep_head *out, uint64_t *image)
{
	struct span magic = rd_span(r, sizeof(MAGIC) - 1);
	if (r->err != ERR_OK || memcmp(magic.at, MAGIC, magic.len) != 0)
		return ERR_FORMAT;
	uint64_t said = rd_le64(r);
	out->seed[0] = rd_le64(r);
	out->seed[1] = rd_le64(r);
	out->offset = (int64_t)rd_le64(r);
	*image = rd_le64(r);
	if (r->err != ERR_OK || out->offset < 0)
		return ERR_FORMAT;
	return said == print ? ERR_OK : ERR_USAGE;
}

static enum err load(const struct dns_keep *k, struct dns_keep_head *head, char **bytes,
		     struct span *image, struct fault *f)
{
	size_t len;
	uint64_t size = 0;
	*bytes = NULL;
	if (k->path[0] == '\0' || access(k->path, F_OK) != 0)
		return ERR_MISSING;
	enum err err = file_read(k->path, LARGEST, bytes, &len, f);
	if (err != ERR_OK)
		return err;
	struct rd r = rd_of(span_of(*bytes, len));
	err = read_head(&r, k->print, head, &size);
	if (err == ERR_USAGE)
		return fault_set(f, err, 0,
				 "%s: belongs to a scan with other resolvers, names or options",
				 k->path);
	*image = rd_span(&r, size);
	uint64_t sum = checksum(span_of(*bytes, r.pos));
	if (err != ERR_OK || rd_le64(&r) != sum || r.err != ERR_OK)
		return fault_set(f, ERR_CORRUPT, 0, "%s: no whole checkpoint", k->path);
	return ERR_OK;
}

enum err dns_keep_head(const struct dns_keep *k, struct dns_keep_head *out, struct fault *f)
{
	char *bytes;
	struct span image;
	enum err err = load(k, out, &bytes, &image, f);
	free(bytes);
	return err;
}

static enum err cut(struct dns_keep *k, int64_t offset, struct fault *f)
{
	struct stat st;
	if (fstat(fileno(k->out), &st) != 0 || st.st_size < offset)
		return fault_set(f, ERR_CORRUPT, 0,
				 "%s tells of more output than there is: the output is not the one "
				 "it was made with",
				 k->path);
	if (ftruncate(fileno(k->out), offset) != 0 || fseeko(k->out, offset, SEEK_SET) != 0)
		return fault_set(f, ERR_IO, errno, "the output cannot be cut");
	k->base = offset;
	return ERR_OK;
}

enum err dns_keep_begin(struct dns_keep *k, struct dns_matrix *m, const uint64_t seed[2],
			bool *resumed, struct fault *f)
{
	struct dns_keep_head head;
	struct span image;
	char *bytes;
	*resumed = false;
	if (k->path[0] == '\0')
		return ERR_OK;
	k->size = HEAD + dns_matrix_image_size(m) + 8;
	k->room = malloc(k->size);
	if (k->room == NULL)
		return fault_set(f, ERR_MEMORY, 0, "no memory for a checkpoint");
	enum err err = load(k, &head, &bytes, &image, f);
	if (err == ERR_OK) {
		*resumed = true;
		err = dns_matrix_image_read(m, image);
		if (err != ERR_OK)
			err = fault_set(f, ERR_CORRUPT, 0, "%s: does not add up", k->path);
		else
			err = cut(k, head.offset, f);
	} else if (err == ERR_MISSING) {
		err = dns_keep_tick(k, m, seed, clock_mono(), true, f);
	}
	free(bytes);
	return err;
}

static enum err make_safe(struct dns_keep *k, int64_t *offset, struct fault *f)
{
	if (fflush(k->out) != 0 || fdatasync(fileno(k->out)) != 0)
		return fault_set(f, ERR_IO, errno, "the output");
	*offset = lseek(fileno(k->out), 0, SEEK_CUR);
	if (*offset < k->base)
		*offset = k->base; // opened to append, nothing written yet
	return ERR_OK;
}

enum err dns_keep_tick(struct dns_keep *k, const struct dns_matrix *m, const uint64_t seed[2],
		       struct mono now, bool force, struct fault *f)
{
	int64_t offset = 0;
	if (k->path[0] == '\0' || (!force && mono_before(now, k->next)))
		return ERR_OK;
	enum err err = make_safe(k, &offset, f);
	if (err != ERR_OK)
		return err;
	struct wr w = wr_of(k->room, k->size);
	wr_bytes(&w, span_of(MAGIC, sizeof(MAGIC) - 1));
	wr_le64(&w, k->print);
	wr_le64(&w, seed[0]);
	wr_le64(&w, seed[1]);
	wr_le64(&w, (uint64_t)offset);
	uint8_t *length = wr_reserve(&w, 8);
	size_t start = w.len;
	dns_matrix_image_write(m, &w);
	for (size_t i = 0; length != NULL && i < 8; i++)
		length[i] = (uint8_t)((uint64_t)(w.len - start) >> 8 * i);
	wr_le64(&w, checksum(wr_span(&w)));
	if (w.err != ERR_OK)
		return fault_set(f, w.err, 0, "a checkpoint that does not fit");
	err = file_write(k->path, 0644, wr_span(&w), f);
	// Large ones come seldom enough to cost next to nothing.
	struct mono after = clock_mono();
	int64_t took = mono_since(after, now);
	k->next = mono_add(after, took * 20 > EVERY_NS ? took * 20 : EVERY_NS);
	return err;
}
