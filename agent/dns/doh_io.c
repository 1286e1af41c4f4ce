// SPDX-License-Identifier: Apache-2.0
#include "dns/doh_io.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "sys/clock.h"

#define ANSWER_MAX 65535

struct doh_watch {
	struct dns_doh *doh;
	curl_socket_t fd;
	struct loop_watch *watch;
};

struct request {
	struct dns_doh *doh;
	struct request *next;  // of the spare ones
	struct request *other; // of all there are
	CURL *easy;
	struct dns_handle handle;
	struct dns_server to;
	struct curl_slist *connect;
	uint16_t len, question;
	uint8_t ask[DNS_QUERY_MAX];
	uint8_t bytes[ANSWER_MAX];
};

struct dns_doh {
	struct dns_streams_config c;
	struct loop *loop;
	struct loop_timer *timer;
	CURLM *multi;
	struct curl_slist *headers;
	struct request *spare, *all;
	size_t running;
};

static size_t on_bytes(char *data, size_t size, size_t count, void *self)
{
	struct request *r = self;
	size_t len = size * count;
	if (len > (size_t)ANSWER_MAX - r->len)
		return 0;
	memcpy(r->bytes + r->len, data, len);
	r->len = (uint16_t)(r->len + len);
	return len;
}

static enum dns_error error_of(CURLcode code, CURL *easy)
{
	long sys = 0;
	switch ((unsigned)code) {
	case CURLE_COULDNT_CONNECT:
		(void)curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &sys);
		return sys == 111 ? DNS_ERROR_REFUSED : DNS_ERROR_HOST;
	case CURLE_OPERATION_TIMEDOUT:
		return DNS_ERROR_TIMEOUT;
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CACERT_BADFILE:
		return DNS_ERROR_TLS;
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
		return DNS_ERROR_RESET;
	case CURLE_GOT_NOTHING:
		return DNS_ERROR_SHORT;
	default:
		return DNS_ERROR_HTTP;
	}
}

static void hand_over(struct request *r, CURLcode code)
{
	struct dns_doh *d = r->doh;
	struct mono now = clock_mono();
	long status = 0, port = 0;
	(void)curl_easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE, &status);
	(void)curl_easy_getinfo(r->easy, CURLINFO_LOCAL_PORT, &port);
	d->c.left(d->c.self, r->handle, (uint16_t)port);
	if (code != CURLE_OK) {
		d->c.failed(d->c.self, now, r->handle, error_of(code, r->easy));
	} else if (status != 200) {
		d->c.failed(d->c.self, now, r->handle, DNS_ERROR_HTTP);
	} else {
		const struct dns_heard h = { .stream = true,
					     .handle = r->handle,
					     .from = r->to.addr,
					     .from_port = r->to.port,
					     .message = span_of(r->bytes, r->len) };
		d->c.heard(d->c.self, now, &h);
		// If it was no answer, nothing else will come.
		d->c.failed(d->c.self, now, r->handle, DNS_ERROR_PROTOCOL);
	}
}

static void collect(struct dns_doh *d)
{
	CURLMsg *m;
	int left;
	while ((m = curl_multi_info_read(d->multi, &left)) != NULL) {
		struct request *r = NULL;
		if (m->msg != CURLMSG_DONE)
			continue;
		CURLcode code = m->data.result;
		CURL *easy = m->easy_handle;
		(void)curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&r);
		(void)curl_multi_remove_handle(d->multi, easy);
		hand_over(r, code);
		d->running--;
		r->next = d->spare;
		d->spare = r;
	}
}

static void on_ready(void *self, uint32_t events)
{
	struct doh_watch *w = self;
	struct dns_doh *d = w->doh;
	int running, bits = 0;
	bits |= (events & EPOLLIN) != 0 ? CURL_CSELECT_IN : 0;
	bits |= (events & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0;
	bits |= (events & (EPOLLERR | EPOLLHUP)) != 0 ? CURL_CSELECT_ERR : 0;
	(void)curl_multi_socket_action(d->multi, w->fd, bits, &running);
	collect(d);
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *self, void *of_socket)
{
	struct dns_doh *d = self;
	struct doh_watch *w = of_socket;
	struct fault f;
	uint32_t events =
		(what & CURL_POLL_IN ? EPOLLIN : 0u) | (what & CURL_POLL_OUT ? EPOLLOUT : 0u);
	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (w != NULL)
			loop_watch_drop(&w->watch);
		free(w);
		return 0;
	}
	if (w != NULL)
		return loop_watch_events(w->watch, events, &f) == ERR_OK ? 0 : -1;
	w = calloc(1, sizeof(*w));
	if (w == NULL)
		return -1;
	w->doh = d;
	w->fd = fd;
	if (loop_watch(d->loop, fd, events, on_ready, w, &w->watch, &f) != ERR_OK) {
		free(w);
		return -1;
	}
	(void)curl_multi_assign(d->multi, fd, w);
	return 0;
}

static int on_timer(CURLM *multi, long ms, void *self)
{
	struct dns_doh *d = self;
	(void)multi;
	loop_timer_at(d->timer, ms < 0 ? MONO_NEVER : mono_add(clock_mono(), ms * NS_PER_MS));
	return 0;
}

static void on_due(void *self, struct mono now)
{
	struct dns_doh *d = self;
	int running;
	(void)now;
	(void)curl_multi_socket_action(d->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	collect(d);
}

enum err dns_doh_open(struct loop *l, const struct dns_streams_config *c, struct dns_doh **out,
		      struct fault *f)
{
	struct dns_doh *d = calloc(1, sizeof(*d));
	*out = d;
	if (d == NULL)
		return fault_set(f, ERR_MEMORY, 0, "no memory for HTTPS");
	d->c = *c;
	d->loop = l;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK)
		d->multi = curl_multi_init();
	d->headers = curl_slist_append(NULL, "Content-Type: application/dns-message");
	if (d->headers != NULL)
		(void)curl_slist_append(d->headers, "Accept: application/dns-message");
	enum err err = loop_timer(l, on_due, d, &d->timer, f);
	if (err == ERR_OK && (d->multi == NULL || d->headers == NULL))
		err = fault_set(f, ERR_MEMORY, 0, "libcurl cannot start");
	if (err != ERR_OK) {
		dns_doh_close(out);
		return err;
	}
	(void)curl_multi_setopt(d->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	(void)curl_multi_setopt(d->multi, CURLMOPT_SOCKETDATA, d);
	(void)curl_multi_setopt(d->multi, CURLMOPT_TIMERFUNCTION, on_timer);
	(void)curl_multi_setopt(d->multi, CURLMOPT_TIMERDATA, d);
	(void)curl_multi_setopt(d->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)c->limit);
	return ERR_OK;
}

void dns_doh_close(struct dns_doh **out)
{
	struct dns_doh *d = *out;
	if (d == NULL)
		return;
	while (d->all != NULL) {
		struct request *r = d->all;
		d->all = r->other;
		if (d->multi != NULL)
			(void)curl_multi_remove_handle(d->multi, r->easy);
		curl_slist_free_all(r->connect);
		curl_easy_cleanup(r->easy);
		free(r);
	}
	if (d->multi != NULL)
		(void)curl_multi_cleanup(d->multi);
	curl_slist_free_all(d->headers);
	loop_timer_drop(&d->timer);
	free(d);
	*out = NULL;
}

static struct request *request_new(struct dns_doh *d)
{
	struct request *r = d->spare;
	if (r != NULL) {
		d->spare = r->next;
		return r;
	}
	r = calloc(1, sizeof(*r));
	if (r == NULL)
		return NULL;
	r->doh = d;
	r->easy = curl_easy_init();
	if (r->easy == NULL) {
		free(r);
		return NULL;
	}
	r->other = d->all;
	d->all = r;
	return r;
}

// The name of the server is what its certificate is for; its address is the one asked.
static void set_up(struct dns_doh *d, struct request *r)
{
	char host[ADDR_TEXT], url[600], connect[128];
	const char *name = d->c.tls_name;
	bool six = r->to.addr.family == 6;
	addr_write(r->to.addr, host);
	snprintf(url, sizeof(url), name != NULL || !six ? "https://%s:%u%s" : "https://[%s]:%u%s",
		 name != NULL ? name : host, r->to.port, d->c.path);
	snprintf(connect, sizeof(connect), six ? "::[%s]:%u" : "::%s:%u", host, r->to.port);
	curl_slist_free_all(r->connect);
	r->connect = curl_slist_append(NULL, connect);
	CURL *e = r->easy;
	curl_easy_reset(e);
	(void)curl_easy_setopt(e, CURLOPT_URL, url);
	(void)curl_easy_setopt(e, CURLOPT_CONNECT_TO, r->connect);
	(void)curl_easy_setopt(e, CURLOPT_HTTPHEADER, d->headers);
	(void)curl_easy_setopt(e, CURLOPT_POSTFIELDS, (char *)r->ask);
	(void)curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE, (long)r->question);
	(void)curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_bytes);
	(void)curl_easy_setopt(e, CURLOPT_WRITEDATA, r);
	(void)curl_easy_setopt(e, CURLOPT_PRIVATE, r);
	(void)curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(e, CURLOPT_PROXY, "");
	(void)curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, name != NULL ? 1L : 0L);
	(void)curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, name != NULL ? 2L : 0L);
	(void)curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)(d->c.answer_ns / NS_PER_MS));
}

void dns_doh_put(struct dns_doh *d, const struct dns_want *w, struct mono now)
{
	// One that was given up may still be on its way beside the next of its pair.
	struct request *r = d->running < 2 * d->c.limit ? request_new(d) : NULL;
	if (r == NULL) {
		d->c.failed(d->c.self, now, w->handle, DNS_ERROR_SOCKET);
		return;
	}
	r->handle = w->handle;
	r->to = w->to;
	r->len = 0;
	r->question = (uint16_t)w->message.len;
	memcpy(r->ask, w->message.at, w->message.len);
	set_up(d, r);
	d->running++;
	if (curl_multi_add_handle(d->multi, r->easy) == CURLM_OK)
		return;
	d->running--;
	r->next = d->spare;
	d->spare = r;
	d->c.failed(d->c.self, now, w->handle, DNS_ERROR_HTTP);
}
