// SPDX-License-Identifier: Apache-2.0
#include "fetch/fetch.h"

#include <string.h>

#include "base/text.h"

const char *fetch_denied(struct addr a)
{
	static const char *const never[] = {
		"0.0.0.0/8",      "10.0.0.0/8",     "100.64.0.0/10", "127.0.0.0/8",
		"169.254.0.0/16", "172.16.0.0/12",  "192.0.0.0/24",  "192.168.0.0/16",
		"224.0.0.0/4",    "240.0.0.0/4",    "::/96",         "::ffff:0:0/96",
		"64:ff9b::/96",   "64:ff9b:1::/48", "2001::/32",     "2002::/16",
		"fc00::/7",       "fe80::/10",      "fec0::/10",     "ff00::/8",
	};
	for (size_t i = 0; i < COUNT(never); i++) {
		struct prefix p;
		if (prefix_read(span_text(never[i]), &p) == ERR_OK && prefix_holds(p, a))
			return never[i];
	}
	return a.family == 0 ? "no address" : NULL;
}

static bool host_byte(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

enum err fetch_host_read(struct span text, char out[static FETCH_HOST_MAX + 1])
{
	out[0] = '\0';
	if (text.len > 1 && text.at[text.len - 1] == '.')
		text.len--;
	if (text.len == 0 || text.len > FETCH_HOST_MAX)
		return ERR_FORMAT;
	size_t label = 0;
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.at[i];
		c = c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
		label = c == '.' ? 0 : label + 1;
		bool empty = c == '.' && (i == 0 || text.at[i - 1] == '.');
		if (!host_byte(c) || empty || label > 63) {
			out[0] = '\0';
			return ERR_FORMAT;
		}
		out[i] = (char)c;
	}
	out[text.len] = '\0';
	return ERR_OK;
}

void fetch_head_init(struct fetch_head *h, uint8_t *at, size_t cap)
{
	*h = (struct fetch_head){ .headers = wr_of(at, cap) };
}

// "HTTP/1.1 200 OK": the three digits after the first blank.
static uint16_t status_of(struct span line)
{
	uint64_t v;
	(void)text_cut(&line, ' ');
	if (text_u64(span_cut(line, 0, 3), 100, 999, &v) != ERR_OK)
		return 0;
	return (uint16_t)v;
}

static bool begins(struct span s, const char *with)
{
	size_t len = strlen(with);
	return s.len >= len && memcmp(s.at, with, len) == 0;
}

void fetch_head_hear(struct fetch_head *h, struct span line)
{
	struct span bare = text_trim(line);
	if (begins(line, "HTTP/") && (h->status_len == 0 || (h->over && h->status < 200))) {
		h->status_len =
			bare.len < sizeof(h->status_line) ? bare.len : sizeof(h->status_line);
		memcpy(h->status_line, bare.at, h->status_len);
		h->status = status_of(bare);
		h->headers.len = 0;
		h->over = false;
		return;
	}
	if (h->over)
		return;
	if (bare.len == 0)
		h->over = true;
	else if (h->headers.cap - h->headers.len >= line.len)
		wr_bytes(&h->headers, line);
}
