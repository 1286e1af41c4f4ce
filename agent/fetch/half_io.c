// SPDX-License-Identifier: Apache-2.0
#include "fetch/half_io.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static size_t on_head(char *at, size_t size, size_t count, void *self)
{
	struct half *h = self;
	fetch_head_hear(&h->head, span_of(at, size * count));
	return size * count;
}

static bool keep_body(struct half *h, struct span s)
{
	s = span_cut(s, 0, PAGE_BODY_MAX - h->body_len);
	if (h->body_len + s.len > h->body_cap) {
		size_t cap =
			h->body_len + s.len < PAGE_BODY_MAX / 4 ? PAGE_BODY_MAX / 4 : PAGE_BODY_MAX;
		uint8_t *more = realloc(h->body, cap);
		if (more == NULL)
			return false;
		h->body = more;
		h->body_cap = cap;
	}
	if (s.len > 0)
		memcpy(h->body + h->body_len, s.at, s.len);
	h->body_len += s.len;
	return true;
}

// Fewer bytes taken than given end the transfer: the limit is reached.
static size_t on_body(char *at, size_t size, size_t count, void *self)
{
	struct half *h = self;
	uint64_t room = h->body_limit - h->body_bytes;
	struct span s = span_of(at, size * count);
	if (s.len > room) {
		h->cut = true;
		s.len = (size_t)room;
	}
	if (EVP_DigestUpdate(h->hash, s.at, s.len) != 1 || !keep_body(h, s))
		return 0;
	h->body_bytes += s.len;
	return h->cut ? 0 : size * count;
}

static bool set_address(struct half *h, const struct half_config *c)
{
	char text[ADDR_TEXT], to[ADDR_TEXT + 16], url[FETCH_HOST_MAX + 24];
	addr_write(c->addr, text);
	snprintf(to, sizeof(to), c->addr.family == 4 ? "::%s:%u" : "::[%s]:%u", text, c->port);
	snprintf(url, sizeof(url), "%s://%s/", c->tls ? "https" : "http", c->host);
	h->connect_to = curl_slist_append(NULL, to);
	return h->connect_to != NULL &&
	       curl_easy_setopt(h->easy, CURLOPT_CONNECT_TO, h->connect_to) == CURLE_OK &&
	       curl_easy_setopt(h->easy, CURLOPT_URL, url) == CURLE_OK;
}

// Nothing of this machine's or an earlier transfer's may colour the answer.
static void set_manners(CURL *e)
{
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(e, CURLOPT_PROXY, "");
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(e, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(e, CURLOPT_FORBID_REUSE, 1L);
	curl_easy_setopt(e, CURLOPT_SSL_SESSIONID_CACHE, 0L);
	curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 0L);
	curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 0L);
	curl_easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_0);
	curl_easy_setopt(e, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(e, CURLOPT_BUFFERSIZE, 16384L);
}

static CURLcode on_ssl(CURL *easy, void *ssl_ctx, void *self)
{
	(void)easy;
	return tls_watch_start(ssl_ctx, self) ? CURLE_OK : CURLE_SSL_CONNECT_ERROR;
}

static void set_callbacks(struct half *h, const struct half_config *c)
{
	CURL *e = h->easy;
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, h->error);
	curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_head);
	curl_easy_setopt(e, CURLOPT_HEADERDATA, h);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, h);
	curl_easy_setopt(e, CURLOPT_PRIVATE, c->self);
	curl_easy_setopt(e, CURLOPT_USERAGENT, c->agent);
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)(c->connect_ns / NS_PER_MS));
	curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)(c->timeout_ns / NS_PER_MS));
	if (c->tls) {
		curl_easy_setopt(e, CURLOPT_SSL_CTX_FUNCTION, on_ssl);
		curl_easy_setopt(e, CURLOPT_SSL_CTX_DATA, &h->tls);
	}
}

bool half_open(struct half *h, const struct half_config *c, struct arena *arena)
{
	h->body_limit = c->body_limit;
	h->tls = (struct tls_watch){ .roots = c->roots, .host = c->host, .arena = arena };
	fetch_head_init(&h->head, h->headers, sizeof(h->headers));
	h->easy = curl_easy_init();
	h->hash = EVP_MD_CTX_new();
	if (h->easy == NULL || h->hash == NULL ||
	    EVP_DigestInit_ex(h->hash, EVP_sha256(), NULL) != 1 || !set_address(h, c)) {
		half_wipe(h);
		return false;
	}
	set_manners(h->easy);
	set_callbacks(h, c);
	return true;
}

void half_wipe(struct half *h)
{
	curl_easy_cleanup(h->easy);
	curl_slist_free_all(h->connect_to);
	EVP_MD_CTX_free(h->hash);
	free(h->body);
	h->easy = NULL;
	h->connect_to = NULL;
	h->hash = NULL;
	h->body = NULL;
}

static uint32_t time_of(CURL *e, CURLINFO what)
{
	curl_off_t us = 0;
	curl_easy_getinfo(e, what, &us);
	return us < 0 ? 0 : us > UINT32_MAX ? UINT32_MAX : (uint32_t)us;
}

// The words others use for the same thing; libcurl's own where there are none.
static struct span words(struct half *h, CURLcode code)
{
	long sys = 0;
	char text[CURL_ERROR_SIZE];
	curl_easy_getinfo(h->easy, CURLINFO_OS_ERRNO, &sys);
	if (code == CURLE_OPERATION_TIMEDOUT)
		return span_text("i/o timeout");
	if (code == CURLE_GOT_NOTHING)
		return span_text("empty reply");
	if (code == CURLE_COULDNT_CONNECT && strerrordesc_np((int)sys) != NULL && sys > 0) {
		snprintf(h->error, sizeof(h->error), "%s", strerrordesc_np((int)sys));
		h->error[0] = (char)(h->error[0] | 0x20);
		return span_text(h->error);
	}
	(void)!text_copy(
		text, sizeof(text),
		span_cut(span_text(h->error[0] != '\0' ? h->error : curl_easy_strerror(code)), 0,
			 sizeof(text) - 1));
	snprintf(h->error, sizeof(h->error), "%s%s", code == CURLE_SSL_CONNECT_ERROR ? "tls: " : "",
		 text);
	return span_text(h->error);
}

void half_finish(struct half *h, CURLcode code, struct page_reply *out)
{
	bool answered = h->head.status != 0 && h->head.over;
	unsigned len = sizeof(h->sum);
	*out = (struct page_reply){
		.state = answered                           ? PAGE_ANSWERED
			 : code == CURLE_OPERATION_TIMEDOUT ? PAGE_TIMED_OUT
							    : PAGE_FAILED,
		.connect_us = time_of(h->easy, CURLINFO_CONNECT_TIME_T),
		.duration_us = time_of(h->easy, CURLINFO_TOTAL_TIME_T),
		.status = h->head.status,
		.status_line = span_of(h->head.status_line, h->head.status_len),
		.headers = wr_span(&h->head.headers),
	};
	if (!answered)
		out->error = span_cut(words(h, code), 0, PAGE_ERROR_MAX);
	if (!answered || EVP_DigestFinal_ex(h->hash, h->sum, &len) != 1)
		return;
	out->body = span_of(h->body, h->body_len);
	out->body_bytes = h->body_bytes;
	out->body_sha256 = span_of(h->sum, sizeof(h->sum));
	out->cut = h->cut || code != CURLE_OK;
}
