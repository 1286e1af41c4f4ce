// SPDX-License-Identifier: Apache-2.0
#include "local/dns_lists.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/idn.h"

#define RESOLVERS_MAX 16777216
#define NAMES_MAX     100000000
#define BAD_SAID      5 // bad lines told one by one

typedef enum err put_fn(struct dns_lists *l, struct span text);

// A port that is the transport's own is that of a resolver that names none.
static enum err put_server(struct dns_lists *l, struct span text)
{
	struct dns_server s;
	enum err err = dns_server_read(text, &s);
	if (err != ERR_OK)
		return err;
	if (s.port == 0)
		s.port = l->port;
	if (s.port == l->usual)
		s.port = 0;
	return dns_list_put_server(l->servers, s);
}

// An address in place of a name means the name its PTR record stands at.
static enum err put_name(struct dns_lists *l, struct span text)
{
	struct dns_wire_name n;
	struct addr a;
	char room[DNS_TEXT], ascii[IDN_TEXT];
	struct span letters;
	enum err err = idn_read(text, ascii, &letters);
	if (err != ERR_OK || addr_read(text, &a) != ERR_OK)
		return err == ERR_OK ? dns_list_put_name(l->names, letters) : err;
	dns_name_reverse(a, &n);
	struct dns_name name = { .message = span_of(n.bytes, n.len) };
	err = dns_name_write(name, room);
	return err == ERR_OK ? dns_list_put_name(l->names, span_text(room)) : err;
}

// A name of a list; "1,example.org" is a line of some table, and nobody's name.
static enum err put_listed(struct dns_lists *l, struct span text)
{
	return memchr(text.at, ',', text.len) != NULL ? ERR_FORMAT : put_name(l, text);
}

// A word of a line of pairs; what follows it stays.
static struct span next_word(struct span *rest)
{
	static const char gaps[] = " \t\r\n,";
	size_t from = 0, to;
	while (from < rest->len && memchr(gaps, rest->at[from], sizeof(gaps) - 1) != NULL)
		from++;
	for (to = from; to < rest->len && memchr(gaps, rest->at[to], sizeof(gaps) - 1) == NULL;)
		to++;
	struct span word = span_cut(*rest, from, to - from);
	*rest = span_cut(*rest, to, rest->len);
	return word;
}

// "example.org,198.18.0.53", "example.org 198.18.0.53 198.18.0.54".
static enum err put_pairs(struct dns_lists *l, struct span line)
{
	struct span name = next_word(&line), word = next_word(&line);
	if (word.len == 0)
		return ERR_FORMAT;
	for (struct span rest = line, next = word; next.len > 0; next = next_word(&rest)) {
		struct dns_server server; // all of a line, or nothing
		if (dns_server_read(next, &server) != ERR_OK)
			return ERR_FORMAT;
	}
	enum err err = put_name(l, name);
	while (word.len > 0 && (err == ERR_OK || err == ERR_EXISTS)) {
		err = put_server(l, word);
		if (err == ERR_OK || err == ERR_EXISTS)
			err = dns_wanted_put(l->wanted, dns_list_last(l->servers),
					     dns_list_last(l->names));
		word = next_word(&line);
	}
	return err;
}

static const char *complaint(put_fn *put, enum err err)
{
	if (err == ERR_RANGE)
		return "too long";
	return put == put_listed ? "no name" : put == put_server ? "no address" : "no pair";
}

static enum err put_line(struct dns_lists *l, put_fn *put, struct span line, const char *file,
			 size_t number, struct fault *f)
{
	struct span whole = text_trim(line), rest = whole, word = text_word(&rest);
	if (word.len == 0 || word.at[0] == '#')
		return ERR_OK;
	if (put == put_pairs)
		word = whole;
	enum err err = put(l, word);
	if (err == ERR_EXISTS) {
		l->doubles++;
		return ERR_OK;
	}
	if (err == ERR_FORMAT || err == ERR_RANGE) {
		if (l->bad++ < BAD_SAID)
			fprintf(stderr, "waymark dns: %s:%zu: \"%.*s\" is %s; passed over\n", file,
				number, (int)word.len, (const char *)word.at, complaint(put, err));
		return ERR_OK;
	}
	if (err != ERR_OK)
		return fault_set(f, err, 0, "%s:%zu: the list is too long", file, number);
	return ERR_OK;
}

static enum err read_file(struct dns_lists *l, put_fn *put, const char *path, struct fault *f)
{
	bool input = strcmp(path, "-") == 0;
	FILE *in = input ? stdin : fopen(path, "re");
	char *line = NULL;
	size_t cap = 0, number = 0;
	ssize_t len;
	enum err err = ERR_OK;
	if (in == NULL)
		return fault_set(f, errno == ENOENT ? ERR_MISSING : ERR_IO, errno, "%s", path);
	while (err == ERR_OK && (len = getline(&line, &cap, in)) >= 0)
		err = put_line(l, put, span_of(line, (size_t)len), input ? "standard input" : path,
			       ++number, f);
	if (err == ERR_OK && ferror(in))
		err = fault_set(f, ERR_IO, errno, "%s", path);
	free(line);
	if (!input)
		(void)fclose(in);
	return err;
}

static enum err read_system(struct dns_lists *l, struct fault *f)
{
	FILE *in = fopen("/etc/resolv.conf", "re");
	char line[512];
	if (in == NULL)
		return fault_set(f, ERR_USAGE, errno,
				 "no resolver: name one as @ADDRESS or with --resolvers");
	while (fgets(line, sizeof(line), in) != NULL) {
		struct span rest = text_trim(span_text(line)), word = text_word(&rest);
		if (text_is(word, "nameserver"))
			(void)!put_server(l, text_word(&rest));
	}
	(void)fclose(in);
	return ERR_OK;
}

// "@198.18.0.53", "AAAA", "example.org".
static enum err put_word(struct dns_lists *l, const char *word, char *types, size_t room,
			 struct fault *f)
{
	uint16_t type;
	if (word[0] == '@') {
		enum err err = put_server(l, span_text(word + 1));
		return err == ERR_OK || err == ERR_EXISTS
			       ? ERR_OK
			       : fault_set(f, ERR_USAGE, 0, "\"%s\" is no resolver's address",
					   word);
	}
	bool number = word[0] >= '0' && word[0] <= '9';
	if (!number && dns_type_read(span_text(word), &type) == ERR_OK) {
		size_t len = strlen(types);
		snprintf(types + len, room - len, "%s%s", len > 0 ? "," : "", word);
		return ERR_OK;
	}
	enum err err = put_name(l, span_text(word));
	if (err != ERR_OK && err != ERR_EXISTS)
		return fault_set(f, ERR_USAGE, 0, "\"%s\" is no name", word);
	l->from_words = true;
	return ERR_OK;
}

static enum err read_words(struct dns_lists *l, struct dns_settings *s, char *const *words,
			   size_t count, struct fault *f)
{
	char types[sizeof(s->types)] = "";
	enum err err = ERR_OK;
	for (size_t i = 0; i < count && err == ERR_OK; i++)
		err = put_word(l, words[i], types, sizeof(types), f);
	if (types[0] != '\0')
		memcpy(s->types, types, sizeof(types));
	return err;
}

static enum err read_pairs(struct dns_lists *l, const struct dns_settings *s, struct fault *f)
{
	size_t doubles = 0;
	if (l->from_words || dns_list_count(l->servers) > 0 || s->resolvers[0] != '\0' ||
	    s->domains[0] != '\0' || s->spread || s->trace)
		return fault_set(f, ERR_USAGE, 0,
				 "--pairs has the names and the resolvers: no others, no --spread, "
				 "no --trace");
	l->wanted = dns_wanted_new();
	if (l->wanted == NULL)
		return fault_set(f, ERR_MEMORY, 0, "no memory for lists");
	enum err err = read_file(l, put_pairs, s->pairs, f);
	if (err == ERR_OK && dns_wanted_end(l->wanted, (uint32_t)dns_list_count(l->servers),
					    (uint32_t)dns_list_count(l->names), &doubles) != ERR_OK)
		err = fault_set(f, ERR_MEMORY, 0, "no memory for lists");
	l->doubles = doubles;
	return err;
}

static enum err read_lists(struct dns_lists *l, const struct dns_settings *s, struct fault *f)
{
	enum err err = ERR_OK;
	if (s->resolvers[0] != '\0')
		err = read_file(l, put_server, s->resolvers, f);
	else if (dns_list_count(l->servers) == 0)
		err = read_system(l, f);
	if (err == ERR_OK && s->resolvers[0] != '\0' && dns_list_count(l->servers) == 0)
		err = fault_set(f, ERR_USAGE, 0, "%s: no resolvers", s->resolvers);
	if (err == ERR_OK && s->domains[0] != '\0')
		err = read_file(l, put_listed, s->domains, f);
	else if (err == ERR_OK && !l->from_words)
		err = read_file(l, put_listed, "-", f);
	return err;
}

static enum err check(const struct dns_lists *l, struct fault *f)
{
	if (l->wanted != NULL)
		return dns_wanted_count(l->wanted) > 0
			       ? ERR_OK
			       : fault_set(f, ERR_USAGE, 0, "no pairs to ask; --help tells more");
	if (dns_list_count(l->servers) == 0)
		return fault_set(f, ERR_USAGE, 0,
				 "no resolver: name one as @ADDRESS or with --resolvers");
	if (dns_list_count(l->names) == 0)
		return fault_set(f, ERR_USAGE, 0, "no names to ask for; --help tells more");
	return ERR_OK;
}

enum err dns_lists_open(struct dns_lists *l, struct dns_settings *s, char *const *words,
			size_t count, const uint64_t seed[2], struct fault *f)
{
	enum dns_transport over;
	bool resolvers = s->resolvers[0] != '\0', domains = s->domains[0] != '\0';
	if (dns_transport_read(span_text(s->transport), &over) != ERR_OK)
		return fault_set(f, ERR_USAGE, 0,
				 "--transport: \"%s\" is not udp, tcp, tls or https", s->transport);
	*l = (struct dns_lists){ .both = resolvers && domains,
				 .transport = over,
				 .port = (uint16_t)s->port,
				 .usual = dns_transport_port(over) };
	l->servers = dns_list_new(RESOLVERS_MAX, seed);
	l->names = dns_list_new(NAMES_MAX, seed);
	if (l->servers == NULL || l->names == NULL)
		return fault_set(f, ERR_MEMORY, 0, "no memory for lists");
	enum err err = read_words(l, s, words, count, f);
	if (err == ERR_OK && s->pairs[0] != '\0')
		err = read_pairs(l, s, f);
	else if (err == ERR_OK)
		err = read_lists(l, s, f);
	if (err == ERR_OK)
		err = check(l, f);
	dns_list_end(l->servers);
	dns_list_end(l->names);
	return err;
}

void dns_lists_wipe(struct dns_lists *l)
{
	dns_list_free(&l->servers);
	dns_list_free(&l->names);
	dns_wanted_free(&l->wanted);
}
