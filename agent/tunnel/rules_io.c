// SPDX-License-Identifier: Apache-2.0
#include "tunnel/rules_io.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <nftables/libnftables.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct rules {
	struct nft_ctx *ctx; // owned; its socket is what an owned table is bound to
};

static bool nftables_socket(int fd)
{
	int domain = 0, protocol = 0;
	socklen_t len = sizeof(domain);
	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) != 0 || domain != AF_NETLINK)
		return false;
	len = sizeof(protocol);
	return getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &len) == 0 &&
	       protocol == NETLINK_NETFILTER;
}

// libnftables opens its socket without close-on-exec and does not show it: a child that inherited
// it would keep our tables alive after us.
static void keep_from_children(void)
{
	DIR *d = opendir("/proc/self/fd");
	if (d == NULL)
		return;
	for (struct dirent *e; (e = readdir(d)) != NULL;) {
		int fd = atoi(e->d_name);
		if (nftables_socket(fd))
			(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	}
	closedir(d);
}

// The first line of nft's complaint is the sentence; the rest repeats our own text.
static enum err complain(struct nft_ctx *ctx, struct fault *f)
{
	const char *said = nft_ctx_get_error_buffer(ctx);
	size_t len = said == NULL ? 0 : strcspn(said, "\n");
	bool permit = said != NULL && strstr(said, "Operation not permitted") != NULL;
	return fault_set(f, permit ? ERR_PERMIT : ERR_IO, 0, "nftables: %.*s", (int)len,
			 said == NULL ? "" : said);
}

enum err rules_open(struct span text, struct rules **out, struct fault *f)
{
	struct rules *r = calloc(1, sizeof(*r));
	char *line = strndup((const char *)text.at, text.len);
	enum err err = ERR_OK;
	if (r == NULL || line == NULL)
		err = fault_set(f, ERR_MEMORY, 0, "nftables: no memory");
	else if ((r->ctx = nft_ctx_new(NFT_CTX_DEFAULT)) == NULL)
		err = fault_set(f, ERR_IO, errno, "nftables: cannot open its socket");
	if (err == ERR_OK) {
		keep_from_children();
		nft_ctx_buffer_output(r->ctx);
		nft_ctx_buffer_error(r->ctx);
		if (nft_run_cmd_from_buffer(r->ctx, line) != 0)
			err = complain(r->ctx, f);
	}
	free(line);
	if (err != ERR_OK)
		rules_close(&r);
	*out = r;
	return err;
}

enum err rules_more(struct rules *r, struct span text, struct fault *f)
{
	char *line = strndup((const char *)text.at, text.len);
	if (line == NULL)
		return fault_set(f, ERR_MEMORY, 0, "nftables: no memory");
	bool done = nft_run_cmd_from_buffer(r->ctx, line) == 0;
	free(line);
	return done ? ERR_OK : complain(r->ctx, f);
}

void rules_close(struct rules **r)
{
	if (*r == NULL)
		return;
	if ((*r)->ctx != NULL)
		nft_ctx_free((*r)->ctx);
	free(*r);
	*r = NULL;
}

enum err rules_run(struct span text, struct fault *f)
{
	struct rules *r = NULL;
	enum err err = rules_open(text, &r, f);
	rules_close(&r);
	return err;
}
