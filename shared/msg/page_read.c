// SPDX-License-Identifier: Apache-2.0
#include "msg/batch.h"
#include "msg/unpack.h"

static enum err read_reply(const Waymark__PageReply *r, struct page_reply *out)
{
	*out = (struct page_reply){ 0 };
	if (r == NULL)
		return ERR_OK;
	*out = (struct page_reply){
		.state = (enum page_state)known_of((int)r->state, PAGE_STATE_COUNT),
		.connect_us = r->connect_us,
		.duration_us = r->duration_us,
		.headers = bytes_of(r->headers),
		.body = bytes_of(r->body),
		.body_bytes = r->body_bytes,
		.body_sha256 = bytes_of(r->body_sha256),
		.cut = r->cut,
	};
	return ANY(text_of(r->error, PAGE_ERROR_MAX, &out->error), port_of(r->status, &out->status),
		   text_of(r->status_line, PAGE_STATUS_MAX, &out->status_line));
}

static enum err tls_lists(const Waymark__PageTls *t, struct page_tls *out)
{
	if (t->n_chain > PAGE_CHAIN_MAX || t->n_name > PAGE_NAMES_MAX)
		return ERR_FORMAT;
	for (size_t i = 0; i < t->n_chain; i++)
		out->chain[i] = bytes_of(t->chain[i]);
	out->chain_count = t->n_chain;
	for (size_t i = 0; i < t->n_name; i++)
		if (text_of(t->name[i], PAGE_NAME_MAX, &out->names[i]) != ERR_OK)
			return ERR_FORMAT;
	out->name_count = t->n_name;
	return ERR_OK;
}

static enum err read_tls(const Waymark__PageTls *t, struct page_tls *out)
{
	*out = (struct page_tls){ 0 };
	if (t == NULL)
		return ERR_OK;
	*out = (struct page_tls){
		.seen = true,
		.trusted = t->trusted,
		.name_match = t->name_match,
		.verify = t->verify,
		.not_before = wall_of(t->not_before_ns),
		.not_after = wall_of(t->not_after_ns),
	};
	return ANY(port_of(t->version, &out->version), port_of(t->cipher, &out->cipher),
		   text_of(t->error, PAGE_ERROR_MAX, &out->error),
		   text_of(t->subject, PAGE_NAME_MAX, &out->subject),
		   text_of(t->issuer, PAGE_NAME_MAX, &out->issuer), tls_lists(t, out));
}

enum err batch_page(const struct batch *b, size_t i, struct page_record *out)
{
	if (i >= b->pb->n_page)
		return ERR_STATE;
	const Waymark__Page *p = b->pb->page[i];
	*out = (struct page_record){
		.role = (enum page_role)known_of((int)p->role, PAGE_ROLE_COUNT),
		.start = wall_of(p->start_ns),
		.end = wall_of(p->end_ns),
	};
	return ANY(run_of(p->scan, &out->scan), addr_of_bytes(p->addr, &out->addr),
		   text_of(p->domain, PAGE_DOMAIN_MAX, &out->domain),
		   read_reply(p->http, &out->http), read_reply(p->https, &out->https),
		   read_tls(p->tls, &out->tls), page_check(out));
}
