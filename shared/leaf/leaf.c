// SPDX-License-Identifier: Apache-2.0
#include "leaf/leaf.h"

#include <string.h>
#include <time.h>

#include "leaf/leaf_ssl.h"

static struct span keep(struct arena *arena, struct span s)
{
	uint8_t *at = s.len == 0 ? NULL : arena_take(arena, s.len);
	if (at == NULL)
		return span_of("", 0);
	memcpy(at, s.at, s.len);
	return span_of(at, s.len);
}

static struct span text_of_asn1(struct arena *arena, const ASN1_STRING *s)
{
	unsigned char *utf8 = NULL;
	int len = ASN1_STRING_to_UTF8(&utf8, s);
	struct span kept = span_of("", 0);
	if (len > 0)
		kept = keep(arena, span_cut(span_of(utf8, (size_t)len), 0, PAGE_NAME_MAX));
	OPENSSL_free(utf8);
	return kept;
}

static struct span name_part(struct arena *arena, const X509_NAME *name, int nid)
{
	int at = X509_NAME_get_index_by_NID(name, nid, -1);
	if (at < 0)
		return span_of("", 0);
	return text_of_asn1(arena, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
}

static struct wall wall_of_asn1(const ASN1_TIME *t)
{
	struct tm tm = { 0 };
	if (ASN1_TIME_to_tm(t, &tm) != 1)
		return (struct wall){ 0 };
	time_t s = timegm(&tm);
	// What an int64_t of nanoseconds cannot hold is said as the nearest it can.
	const time_t most = INT64_MAX / NS_PER_S;
	s = s > most ? most : s < -most ? -most : s;
	return (struct wall){ (int64_t)s * NS_PER_S };
}

static struct span address_text(struct arena *arena, const ASN1_OCTET_STRING *ip)
{
	char text[ADDR_TEXT];
	struct addr a = addr_of(span_of(ASN1_STRING_get0_data(ip), (size_t)ASN1_STRING_length(ip)));
	if (a.family == 0)
		return span_of("", 0);
	addr_write(a, text);
	return keep(arena, span_text(text));
}

static void read_names(X509 *leaf, struct arena *arena, struct page_tls *t)
{
	GENERAL_NAMES *all = X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
	t->name_count = 0;
	for (int i = 0; i < sk_GENERAL_NAME_num(all) && t->name_count < PAGE_NAMES_MAX; i++) {
		const GENERAL_NAME *n = sk_GENERAL_NAME_value(all, i);
		struct span name = span_of("", 0);
		if (n->type == GEN_DNS)
			name = text_of_asn1(arena, n->d.dNSName);
		else if (n->type == GEN_IPADD)
			name = address_text(arena, n->d.iPAddress);
		if (name.len > 0)
			t->names[t->name_count++] = name;
	}
	GENERAL_NAMES_free(all);
}

bool leaf_read(struct span der, const char *host, struct arena *arena, struct page_tls *t)
{
	const unsigned char *at = der.at;
	X509 *leaf = d2i_X509(NULL, &at, (long)der.len);
	ERR_clear_error();
	if (leaf == NULL)
		return false;
	const X509_NAME *issuer = X509_get_issuer_name(leaf);
	t->subject = name_part(arena, X509_get_subject_name(leaf), NID_commonName);
	t->issuer = name_part(arena, issuer, NID_commonName);
	if (t->issuer.len == 0)
		t->issuer = name_part(arena, issuer, NID_organizationName);
	t->not_before = wall_of_asn1(X509_get0_notBefore(leaf));
	t->not_after = wall_of_asn1(X509_get0_notAfter(leaf));
	// As browsers do: the common name is no host name.
	t->name_match =
		X509_check_host(leaf, host, 0, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, NULL) == 1;
	read_names(leaf, arena, t);
	X509_free(leaf);
	ERR_clear_error();
	return true;
}
