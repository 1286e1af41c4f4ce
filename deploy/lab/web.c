// SPDX-License-Identifier: Apache-2.0
#include "lab/web.h"

#include <string.h>

// What block pages say, in the words that the public signature sets look for; `plain` is a page no
// set knows.
static const struct {
	const char *word, *status, *body;
} pages[] = {
	{ "fortinet", "403",
	  "<html><head><title>Web Page Blocked</title></head><body><h1>FortiGuard Web "
	  "Filtering</h1>"
	  "<p>You have tried to access a web page that is in violation of your Internet usage "
	  "policy.</p></body></html>" },
	{ "barracuda", "403",
	  "<html><head><title>Access denied</title></head><body><table><tr><th>Barracuda NextGen "
	  "Firewall:</th><td>blocked by policy</td></tr></table></body></html>" },
	{ "plain", "200",
	  "<html><head><title>Welcome</title></head><body><p>This page is under construction."
	  "</p></body></html>" },
};

bool web_serves(const struct world *w, int host, const struct world_domain *d)
{
	const struct addr all[] = { d->v4, d->v6, d->pool4.addr, d->pool6.addr };

	for (size_t i = 0; i < COUNT(all); i++) {
		const struct world_net *net = all[i].family ? world_net_find(w, all[i]) : NULL;
		if (net && net->host == host)
			return true;
	}
	return false;
}

enum certs_kind web_certificate(const struct world_domain *d)
{
	return d->tls == SITE_SELF      ? CERTS_SELF
	       : d->tls == SITE_EXPIRED ? CERTS_EXPIRED
					: CERTS_GOOD;
}

static void listen_at(struct wr *out, struct addr a, bool tls)
{
	char text[ADDR_TEXT];

	if (!a.family)
		return;
	addr_write(a, text);
	const char *open = a.family == 6 ? "[" : "", *end = a.family == 6 ? "]" : "";
	wr_format(out, "\t\tlisten %s%s%s:80;\n", open, text, end);
	if (tls)
		wr_format(out, "\t\tlisten %s%s%s:443 ssl;\n", open, text, end);
}

static void page(struct wr *out, const struct world_domain *d)
{
	for (size_t i = 0; d->page && i < COUNT(pages); i++) {
		if (strcmp(d->page, pages[i].word) != 0)
			continue;
		wr_format(out, "\t\tlocation / { return %s '%s'; }\n", pages[i].status,
			  pages[i].body);
		return;
	}
	wr_format(
		out,
		"\t\tlocation / { return 200 '<html><head><title>%s</title></head><body><h1>%s</h1>"
		"<p>What there is to know about %s.</p></body></html>'; }\n",
		d->name, d->name, d->name);
}

static void site(struct wr *out, const struct world_domain *d, int number, const char *folder)
{
	bool pool = d->pool4.addr.family || d->pool6.addr.family;
	bool tls = d->tls != SITE_NONE;

	wr_text(out, "\tserver {\n");
	if (pool) {
		wr_text(out, "\t\tlisten 80;\n\t\tlisten [::]:80;\n");
		wr_text(out, tls ? "\t\tlisten 443 ssl;\n\t\tlisten [::]:443 ssl;\n" : "");
		wr_format(out, "\t\tserver_name %s *.%s;\n", d->name, d->name);
	} else {
		listen_at(out, d->v4, tls);
		listen_at(out, d->v6, tls);
	}
	if (tls)
		wr_format(out,
			  "\t\tssl_certificate %s/%d.pem;\n\t\tssl_certificate_key %s/%d.key;\n",
			  folder, number, folder, number);
	page(out, d);
	wr_text(out, "\t}\n");
}

void web_write(struct wr *out, const struct world *w, int host, const char *folder)
{
	wr_format(
		out,
		"daemon off;\nmaster_process off;\nuser root;\npid %s/pid;\nerror_log %s/error.log "
		"warn;\nworker_rlimit_nofile 16384;\nevents { worker_connections 8000; }\n",
		folder, folder);
	wr_format(out, "http {\n\taccess_log off;\n\tdefault_type text/html;\n"
		       "\tserver_names_hash_max_size 16384;\n\tserver_names_hash_bucket_size 128;\n"
		       "\tssl_protocols TLSv1.2 TLSv1.3;\n");
	static const char *const temps[] = { "client_body", "proxy", "fastcgi", "uwsgi", "scgi" };
	for (size_t i = 0; i < COUNT(temps); i++)
		wr_format(out, "\t%s_temp_path %s/%s;\n", temps[i], folder, temps[i]);
	wr_text(out,
		"\tserver {\n\t\tlisten 80 default_server;\n\t\tlisten [::]:80 default_server;\n"
		"\t\tlisten 443 ssl default_server;\n\t\tlisten [::]:443 ssl default_server;\n"
		"\t\tssl_reject_handshake on;\n\t\treturn 444;\n\t}\n");
	for (int i = 0; i < w->domain_count; i++)
		if (web_serves(w, host, &w->domains[i]))
			site(out, &w->domains[i], i, folder);
	wr_text(out, "}\n");
}
