// SPDX-License-Identifier: Apache-2.0
#include "local/trace_targets.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

static bool is_ours(enum trace_method m)
{
	return m >= TRACE_ICMP && m <= TRACE_QUIC;
}

static void usual_port(struct trace_wish *w)
{
	if (w->method == TRACE_ICMP)
		w->port = 0;
	else if (w->port == 0)
		w->port = w->method == TRACE_UDP ? 33434 : 443;
}

enum err trace_wish_read(struct span line, const struct trace_wish *unset, struct trace_wish *out)
{
	struct span rest = line;
	struct span addr = text_word(&rest), method = text_word(&rest), port = text_word(&rest);
	uint64_t number = unset->port;
	*out = *unset;
	out->name = NULL;
	if (text_word(&rest).len > 0)
		return ERR_FORMAT;
	enum err err = addr_read(addr, &out->addr);
	if (err == ERR_OK && method.len > 0) {
		err = trace_method_read(method, &out->method);
		number = out->method == unset->method ? unset->port : 0;
	}
	if (err == ERR_OK && port.len > 0)
		err = text_u64(port, 1, 65535, &number);
	if (err == ERR_OK && !is_ours(out->method))
		err = ERR_UNSUPPORTED;
	out->port = (uint16_t)number;
	usual_port(out);
	return err;
}

static enum err put(struct trace_targets *t, const struct trace_wish *w, struct span name)
{
	if ((t->count & (t->count - 1)) == 0) {
		size_t cap = t->count == 0 ? 1 : t->count * 2;
		struct trace_wish *items = reallocarray(t->items, cap, sizeof(*items));
		if (items == NULL)
			return ERR_MEMORY;
		t->items = items;
	}
	t->items[t->count] = *w;
	t->items[t->count].name = strndup((const char *)name.at, name.len);
	return t->items[t->count++].name == NULL ? ERR_MEMORY : ERR_OK;
}

// A wish, or false: nothing on this line, or nonsense, which is said.
static bool read_line(struct trace_targets *t, struct span line, struct trace_wish *out)
{
	struct span bare = text_trim(text_cut(&line, '#'));
	t->line++;
	if (bare.len == 0)
		return false;
	if (trace_wish_read(bare, &t->unset, out) == ERR_OK)
		return true;
	t->bad++;
	fprintf(stderr, "waymark trace: line %zu: \"%.*s\" is not ADDRESS [METHOD [PORT]]\n",
		t->line, bare.len > 60 ? 60 : (int)bare.len, (const char *)bare.at);
	return false;
}

void trace_targets_hear(struct trace_targets *t)
{
	if (t->from > 0) {
		memmove(t->buffer, t->buffer + t->from, t->to - t->from);
		t->to -= t->from;
		t->from = 0;
	}
	if (t->to == TRACE_INPUT_SIZE) { // a line without end: its pieces are nonsense
		t->bad++;
		t->to = 0;
	}
	ssize_t n = read(STDIN_FILENO, t->buffer + t->to, TRACE_INPUT_SIZE - t->to);
	if (n > 0)
		t->to += (size_t)n;
	else if (n == 0 || (errno != EINTR && errno != EAGAIN))
		t->ended = true;
}

// The next line that is there whole; the last one may lack its newline.
static bool next_line(struct trace_targets *t, struct span *line)
{
	const char *at = t->buffer + t->from;
	size_t len = t->to - t->from;
	const char *end = memchr(at, '\n', len);
	if (end == NULL && (!t->ended || len == 0))
		return false;
	*line = span_of(at, end == NULL ? len : (size_t)(end - at));
	t->from += end == NULL ? len : line->len + 1;
	return true;
}

static enum trace_supply take_line(struct trace_targets *t, struct trace_wish *out)
{
	struct span line;
	for (;;) {
		while (next_line(t, &line))
			if (read_line(t, line, out))
				return TRACE_SUPPLY_ONE;
		if (t->ended)
			return TRACE_SUPPLY_END;
		if (!t->file)
			return TRACE_SUPPLY_LATER;
		trace_targets_hear(t);
	}
}

enum trace_supply trace_targets_take(struct trace_targets *t, struct trace_wish *out)
{
	enum trace_supply supply = TRACE_SUPPLY_END;
	if (t->from_input) {
		supply = take_line(t, out);
	} else if (t->next < t->count) {
		*out = t->items[t->next++];
		supply = TRACE_SUPPLY_ONE;
	}
	t->taken += supply == TRACE_SUPPLY_ONE;
	return supply;
}

static enum err open_input(struct trace_targets *t, struct fault *f)
{
	struct stat st;
	if (isatty(STDIN_FILENO))
		return fault_set(f, ERR_USAGE, 0, "no target given; --help tells more");
	t->from_input = true;
	t->file = fstat(STDIN_FILENO, &st) != 0 || !(S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode));
	t->buffer = malloc(TRACE_INPUT_SIZE);
	if (t->buffer == NULL)
		return fault_set(f, ERR_MEMORY, 0, "no memory");
	return ERR_OK;
}

static enum err look_up(const char *name, bool ipv6, struct addr *out, struct fault *f)
{
	const struct addrinfo hints = { .ai_family = ipv6 ? AF_INET6 : AF_UNSPEC,
					.ai_socktype = SOCK_DGRAM };
	struct addrinfo *found = NULL;
	int sys = getaddrinfo(name, NULL, &hints, &found);
	if (sys != 0)
		return fault_set(f, ERR_MISSING, 0, "%s: %s", name, gai_strerror(sys));
	if (found->ai_family == AF_INET)
		*out = addr_of(span_of(
			&((const struct sockaddr_in *)(const void *)found->ai_addr)->sin_addr, 4));
	else
		*out = addr_of(span_of(
			&((const struct sockaddr_in6 *)(const void *)found->ai_addr)->sin6_addr,
			16));
	freeaddrinfo(found);
	return ERR_OK;
}

enum err trace_targets_open(struct trace_targets *t, char *const *words, size_t count,
			    const struct trace_wish *unset, bool ipv6, struct fault *f)
{
	*t = (struct trace_targets){ .unset = *unset };
	if (!is_ours(unset->method))
		return fault_set(f, ERR_UNSUPPORTED, 0, "method %s cannot be asked for here yet",
				 trace_method_name(unset->method));
	if (count == 0)
		return open_input(t, f);
	for (size_t i = 0; i < count; i++) {
		struct trace_wish w = *unset;
		enum err err = addr_read(span_text(words[i]), &w.addr);
		if (err != ERR_OK)
			err = look_up(words[i], ipv6, &w.addr, f);
		if (err != ERR_OK)
			return err;
		usual_port(&w);
		if (put(t, &w, span_text(words[i])) != ERR_OK)
			return fault_set(f, ERR_MEMORY, 0, "no memory");
	}
	return ERR_OK;
}

void trace_targets_wipe(struct trace_targets *t)
{
	for (size_t i = 0; i < t->count; i++)
		free(t->items[i].name);
	free(t->items);
	free(t->buffer);
	*t = (struct trace_targets){ 0 };
}
