// SPDX-License-Identifier: Apache-2.0
#include "wire/http.h"

#include <string.h>

#include "base/macro.h"
#include "base/text.h"

static const char *const methods[] = {
	"GET ",   "POST ",  "HEAD ",     "PUT ",    "OPTIONS ",  "CONNECT ", "DELETE ",
	"PATCH ", "TRACE ", "M-SEARCH ", "NOTIFY ", "PROPFIND ", "REPORT ",
};

static bool could_be(struct span s, const char *word)
{
	size_t len = strlen(word);
	return memcmp(s.at, word, s.len < len ? s.len : len) == 0;
}

bool http_request_begins(struct span s)
{
	if (s.len == 0 || s.at[0] < 'C' || s.at[0] > 'T')
		return false;
	for (size_t i = 0; i < COUNT(methods); i++)
		if (could_be(s, methods[i]))
			return true;
	return false;
}

bool http_response_begins(struct span s)
{
	return s.len > 0 && could_be(s, "HTTP/1.");
}

// NAME is in lower case.
static bool named(struct span s, const char *name)
{
	if (s.len != strlen(name))
		return false;
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = s.at[i];
		if ((c >= 'A' && c <= 'Z' ? c + 32 : c) != name[i])
			return false;
	}
	return true;
}

static bool first_line(struct span line)
{
	static const char mark[] = "HTTP/1.";
	return line.len > 0 && memmem(line.at, line.len, mark, sizeof(mark) - 1) != NULL;
}

enum err http_head_read(struct span stream, struct http_head *out)
{
	struct span rest = stream;
	*out = (struct http_head){ 0 };
	for (bool first = true;; first = false) {
		const uint8_t *end = rest.len > 0 ? memchr(rest.at, '\n', rest.len) : NULL;
		if (end == NULL)
			return ERR_SHORT;
		size_t len = (size_t)(end - rest.at);
		struct span value = text_trim(span_of(rest.at, len));
		rest = span_cut(rest, len + 1, rest.len);
		if (first && !first_line(value))
			return ERR_FORMAT;
		if (value.len == 0)
			break;
		struct span name = text_cut(&value, ':');
		if (!first && out->host.len == 0 && named(name, "host"))
			out->host = text_trim(value);
		else if (!first && named(name, "content-type"))
			out->type = text_trim(value);
	}
	out->len = stream.len - rest.len;
	return ERR_OK;
}

bool http_host_plain(struct span host)
{
	for (size_t i = 0; i < host.len; i++)
		if (host.at[i] <= ' ' || host.at[i] >= 0x7f ||
		    strchr("\"'<>\\/", host.at[i]) != NULL)
			return false;
	return host.len > 0;
}
