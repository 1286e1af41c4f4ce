// SPDX-License-Identifier: Apache-2.0
#include "local/trace_targets.h"

#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"
#include "sys/file.h"

#define INPUT_MAX (256u << 20) // bytes of standard input: some ten million targets

static bool is_ours(enum trace_method m)
{
	return m == TRACE_ICMP || m == TRACE_UDP || m == TRACE_TCP_SYN;
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

static enum err read_lines(struct trace_targets *t, const struct trace_wish *unset, struct fault *f)
{
	char *text = NULL;
	size_t len = 0, number = 0;
	if (isatty(STDIN_FILENO))
		return fault_set(f, ERR_USAGE, 0, "no target given; --help tells more");
	enum err err = file_read("-", INPUT_MAX, &text, &len, f);
	struct span rest = span_of(text, len);
	while (err == ERR_OK && rest.at != NULL && rest.len > 0) {
		struct trace_wish w;
		struct span line = text_cut(&rest, '\n');
		struct span bare = text_trim(text_cut(&line, '#'));
		number++;
		if (bare.len == 0)
			continue;
		struct span words = bare;
		if (trace_wish_read(bare, unset, &w) == ERR_OK) {
			err = put(t, &w, text_word(&words));
		} else {
			t->bad++;
			fprintf(stderr,
				"waymark trace: line %zu: \"%.*s\" is not ADDRESS [METHOD "
				"[PORT]]\n",
				number, bare.len > 60 ? 60 : (int)bare.len, (const char *)bare.at);
		}
	}
	free(text);
	if (err == ERR_OK && t->count == 0)
		return fault_set(f, ERR_USAGE, 0,
				 "no targets on standard input; --help tells more");
	return err;
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

enum err trace_targets_read(struct trace_targets *t, char *const *words, size_t count,
			    const struct trace_wish *unset, bool ipv6, struct fault *f)
{
	*t = (struct trace_targets){ 0 };
	if (!is_ours(unset->method))
		return fault_set(f, ERR_UNSUPPORTED, 0, "method %s cannot be asked for here yet",
				 trace_method_name(unset->method));
	if (count == 0)
		return read_lines(t, unset, f);
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
	*t = (struct trace_targets){ 0 };
}
