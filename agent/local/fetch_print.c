// SPDX-License-Identifier: Apache-2.0
#include "local/fetch_print.h"

#include <stdlib.h>
#include <strings.h>

#include "base/text.h"
#include "cli/json.h"

static void json_base64(struct json *j, const char *key, struct span s)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char *text = malloc((s.len + 2) / 3 * 4 + 1), *to = text;
	if (text == NULL) {
		json_null(j, key);
		return;
	}
	for (size_t i = 0; i < s.len; i += 3) {
		uint32_t v = (uint32_t)s.at[i] << 16;
		v |= i + 1 < s.len ? (uint32_t)s.at[i + 1] << 8 : 0;
		v |= i + 2 < s.len ? s.at[i + 2] : 0;
		*to++ = digits[v >> 18];
		*to++ = digits[v >> 12 & 63];
		*to++ = i + 1 < s.len ? digits[v >> 6 & 63] : '=';
		*to++ = i + 2 < s.len ? digits[v & 63] : '=';
	}
	*to = '\0';
	json_text(j, key, text);
	free(text);
}

struct header {
	struct span name, value;
};

static bool next_header(struct span *rest, struct header *out)
{
	while (rest->len > 0) {
		struct span line = text_trim(text_cut(rest, '\n'));
		out->name = text_trim(text_cut(&line, ':'));
		out->value = text_trim(line);
		if (out->name.len > 0)
			return true;
	}
	return false;
}

static bool same_name(struct span a, struct span b)
{
	return a.len == b.len && strncasecmp((const char *)a.at, (const char *)b.at, a.len) == 0;
}

static bool named_before(struct span all, struct span name)
{
	struct span rest = span_of(all.at, (size_t)(name.at - all.at));
	struct header h;
	while (next_header(&rest, &h))
		if (same_name(h.name, name))
			return true;
	return false;
}

// {"Server": ["nginx"], …}: every value under the name as it came first.
static void json_headers(struct json *j, struct span all)
{
	struct span rest = all;
	struct header h, again;
	json_object(j, "headers");
	while (next_header(&rest, &h)) {
		char name[256];
		if (named_before(all, h.name) || text_copy(name, sizeof(name), h.name) != ERR_OK)
			continue;
		json_array(j, name);
		json_span(j, NULL, h.value);
		for (struct span more = rest; next_header(&more, &again);)
			if (same_name(again.name, h.name))
				json_span(j, NULL, again.value);
		json_end_array(j);
	}
	json_end_object(j);
}

static void json_reply(struct json *j, const char *key, const struct page_reply *r)
{
	char sum[65] = "";
	json_object(j, key);
	json_text(j, "state", page_state_name(r->state));
	if (r->error.len > 0)
		json_span(j, "error", r->error);
	if (r->connect_us > 0)
		json_thousandths(j, "connect_ms", r->connect_us);
	json_thousandths(j, "duration_ms", r->duration_us);
	if (r->state == PAGE_ANSWERED) {
		text_hex(r->body_sha256, sum);
		json_span(j, "status_line", r->status_line);
		json_int(j, "status", r->status);
		json_headers(j, r->headers);
		json_span(j, "body", r->body);
		json_int(j, "body_bytes", (int64_t)r->body_bytes);
		json_text(j, "body_sha256", sum);
		json_bool(j, "cut", r->cut);
	}
	json_end_object(j);
}

static void json_tls(struct json *j, const struct page_tls *t)
{
	json_object(j, "tls");
	json_int(j, "version", t->version);
	json_int(j, "cipher", t->cipher);
	json_bool(j, "trusted", t->trusted);
	json_bool(j, "name_match", t->name_match);
	if (!t->trusted) {
		json_int(j, "verify", t->verify);
		json_span(j, "error", t->error);
	}
	json_span(j, "subject", t->subject);
	json_span(j, "issuer", t->issuer);
	json_wall(j, "not_before", t->not_before);
	json_wall(j, "not_after", t->not_after);
	json_array(j, "names");
	for (size_t i = 0; i < t->name_count; i++)
		json_span(j, NULL, t->names[i]);
	json_end_array(j);
	json_array(j, "chain");
	for (size_t i = 0; i < t->chain_count; i++)
		json_base64(j, NULL, t->chain[i]);
	json_end_array(j);
	json_end_object(j);
}

void fetch_print_json(FILE *out, const struct page_record *p)
{
	struct json j = json_of(out);
	json_object(&j, NULL);
	json_addr(&j, "addr", p->addr);
	json_span(&j, "domain", p->domain);
	json_text(&j, "role", page_role_name(p->role));
	json_wall(&j, "start", p->start);
	json_wall(&j, "end", p->end);
	json_reply(&j, "http", &p->http);
	json_reply(&j, "https", &p->https);
	if (p->tls.seen)
		json_tls(&j, &p->tls);
	else
		json_null(&j, "tls");
	json_end_object(&j);
}

#define SPAN(s) (int)(s).len, (const char *)(s).at

static void text_reply(FILE *out, const char *what, const struct page_reply *r)
{
	if (r->state == PAGE_ANSWERED)
		fprintf(out, "  %-5s  %.*s, %llu bytes%s\n", what, SPAN(r->status_line),
			(unsigned long long)r->body_bytes, r->cut ? " and more" : "");
	else
		fprintf(out, "  %-5s  %s: %.*s\n", what, page_state_name(r->state), SPAN(r->error));
}

void fetch_print_text(FILE *out, const struct page_record *p)
{
	char addr[ADDR_TEXT];
	const struct page_tls *t = &p->tls;
	addr_write(p->addr, addr);
	fprintf(out, "%s %.*s\n", addr, SPAN(p->domain));
	text_reply(out, "http", &p->http);
	text_reply(out, "https", &p->https);
	if (t->seen)
		fprintf(out, "  tls    0x%04x 0x%04x \"%.*s\" by \"%.*s\", %s%.*s, name %s\n",
			t->version, t->cipher, SPAN(t->subject), SPAN(t->issuer),
			t->trusted ? "trusted" : "not trusted: ", SPAN(t->error),
			t->name_match ? "matches" : "does not match");
}
