// SPDX-License-Identifier: Apache-2.0
//
// What is known of names: anchors, and answers about keys.
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "signed/signed_own.h"

#define WIRE_MAX 65535

struct signed_chain {
	void *names; // tree of struct name
	size_t name_count, told_count;
	bool asked;
};

static int compare(const void *a, const void *b)
{
	const struct name *x = a, *y = b;
	return ldns_dname_compare(x->name, y->name);
}

void signed_name_write(const ldns_rdf *name, char out[static SIGNED_ZONE_TEXT])
{
	char *text = ldns_rdf2str(name);
	size_t len = text != NULL ? strlen(text) : 0;
	if (len > 1 && text[len - 1] == '.')
		len--;
	if (len >= SIGNED_ZONE_TEXT)
		len = 0;
	memcpy(out, text != NULL ? text : "", len);
	out[len] = '\0';
	free(text);
}

static void name_free(void *at)
{
	struct name *n = at;
	for (size_t i = 0; i < n->told_count; i++)
		ldns_pkt_free(n->told[i].packet);
	ldns_rdf_deep_free(n->name);
	ldns_rr_list_deep_free(n->anchors);
	ldns_rr_list_deep_free(n->keys);
	free(n);
}

struct signed_chain *signed_chain_new(void)
{
	return calloc(1, sizeof(struct signed_chain));
}

void signed_chain_free(struct signed_chain **c)
{
	if (*c == NULL)
		return;
	tdestroy((*c)->names, name_free);
	free(*c);
	*c = NULL;
}

size_t signed_told_count(const struct signed_chain *c)
{
	return c->told_count;
}

struct name *signed_name_find(const struct signed_chain *c, const ldns_rdf *name)
{
	struct name like = { .name = ldns_rdf_clone(name) };
	struct name *const *found = like.name != NULL ? tfind(&like, &c->names, compare) : NULL;
	ldns_rdf_deep_free(like.name);
	return found != NULL ? *found : NULL;
}

static struct name *name_put(struct signed_chain *c, const ldns_rdf *name)
{
	struct name *n = signed_name_find(c, name);
	if (n != NULL || c->name_count >= SIGNED_NAMES)
		return n;
	n = calloc(1, sizeof(*n));
	if (n == NULL)
		return NULL;
	n->name = ldns_rdf_clone(name);
	n->anchors = ldns_rr_list_new();
	n->keys = ldns_rr_list_new();
	if (n->name != NULL && n->anchors != NULL && n->keys != NULL &&
	    tsearch(n, &c->names, compare) != NULL) {
		c->name_count++;
		return n;
	}
	name_free(n);
	return NULL;
}

static ldns_rr *read_ds(const char *record)
{
	ldns_rr *rr = NULL;
	if (ldns_rr_new_frm_str(&rr, record, 0, NULL, NULL) != LDNS_STATUS_OK)
		return NULL;
	if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_DS && ldns_rr_rd_count(rr) == 4 &&
	    ldns_rr_get_class(rr) == LDNS_RR_CLASS_IN &&
	    ldns_rdf_size(ldns_rr_rdf(rr, 3)) <= SIGNED_DIGEST_MAX)
		return rr;
	ldns_rr_free(rr);
	return NULL;
}

enum err signed_anchor_read(const char *record, struct signed_anchor *out)
{
	ldns_rr *rr = read_ds(record);
	if (rr == NULL)
		return ERR_FORMAT;
	const ldns_rdf *digest = ldns_rr_rdf(rr, 3);
	ldns_dname2canonical(ldns_rr_owner(rr));
	*out = (struct signed_anchor){ .tag = ldns_rdf2native_int16(ldns_rr_rdf(rr, 0)),
				       .algorithm = ldns_rdf2native_int8(ldns_rr_rdf(rr, 1)),
				       .digest_type = ldns_rdf2native_int8(ldns_rr_rdf(rr, 2)),
				       .digest_len = ldns_rdf_size(digest) };
	memcpy(out->digest, ldns_rdf_data(digest), out->digest_len);
	signed_name_write(ldns_rr_owner(rr), out->zone);
	ldns_rr_free(rr);
	return ERR_OK;
}

enum err signed_anchor_put(struct signed_chain *c, const char *record)
{
	if (c->asked)
		return ERR_STATE;
	ldns_rr *rr = read_ds(record);
	if (rr == NULL)
		return ERR_FORMAT;
	struct name *n = name_put(c, ldns_rr_owner(rr));
	if (n != NULL && ldns_rr_list_rr_count(n->anchors) < SIGNED_KEYS &&
	    ldns_rr_list_push_rr(n->anchors, rr))
		return ERR_OK;
	ldns_rr_free(rr);
	return n == NULL ? ERR_MEMORY : ERR_FULL;
}

static bool asks_for(const ldns_pkt *p, const ldns_rdf *name, uint16_t type)
{
	const ldns_rr_list *list = ldns_pkt_question(p);
	const ldns_rr *q = ldns_rr_list_rr_count(list) == 1 ? ldns_rr_list_rr(list, 0) : NULL;
	return q != NULL && (uint16_t)ldns_rr_get_type(q) == type &&
	       ldns_rr_get_class(q) == LDNS_RR_CLASS_IN &&
	       ldns_dname_compare(ldns_rr_owner(q), name) == 0;
}

ldns_pkt *signed_packet_read(struct span answer, const ldns_rdf *name, uint16_t type)
{
	ldns_pkt *p = NULL;
	if (answer.len > WIRE_MAX || ldns_wire2pkt(&p, answer.at, answer.len) != LDNS_STATUS_OK)
		return NULL;
	ldns_pkt_rcode rcode = ldns_pkt_get_rcode(p);
	if (ldns_pkt_qr(p) && !ldns_pkt_tc(p) && asks_for(p, name, type) &&
	    (rcode == LDNS_RCODE_NOERROR || rcode == LDNS_RCODE_NXDOMAIN) &&
	    ldns_rr_list_rr_count(ldns_pkt_answer(p)) <= SIGNED_RECORDS &&
	    ldns_rr_list_rr_count(ldns_pkt_authority(p)) <= SIGNED_RECORDS)
		return p;
	ldns_pkt_free(p);
	return NULL;
}

static enum err keep(struct signed_chain *c, const ldns_rdf *name, struct told t)
{
	struct name *n = name_put(c, name);
	size_t same = 0;
	for (size_t i = 0; n != NULL && i < n->told_count; i++)
		same += n->told[i].type == t.type;
	if (n == NULL && c->name_count < SIGNED_NAMES)
		return ERR_MEMORY;
	if (n == NULL || same >= SIGNED_TOLD / 2) {
		ldns_pkt_free(t.packet);
		return ERR_OK;
	}
	n->told[n->told_count++] = t;
	c->told_count++;
	return ERR_OK;
}

enum err signed_told_put(struct signed_chain *c, const struct signed_question *q,
			 struct span answer)
{
	if (c->asked)
		return ERR_STATE;
	if (q->type != TYPE_DNSKEY && q->type != TYPE_DS)
		return ERR_OK;
	ldns_rdf *name = ldns_dname_new_frm_str(q->domain);
	struct told t = { .at = (time_t)(q->at.ns / NS_PER_S), .type = q->type };
	t.packet = name != NULL ? signed_packet_read(answer, name, q->type) : NULL;
	enum err err = t.packet != NULL ? keep(c, name, t) : ERR_OK;
	if (err != ERR_OK)
		ldns_pkt_free(t.packet);
	ldns_rdf_deep_free(name);
	return err;
}

struct link signed_link_begin(struct signed_chain *c)
{
	c->asked = true;
	return (struct link){ .state = SIGNED_INDETERMINATE, .reason = SIGNED_NO_ANCHOR };
}
