// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "signed/signed.h"

#include "unit/collector/signed/zone.h"

// Root, `example`, and what is below: each with its own key.
static struct zone root, tld, good;
static char *anchor;

#define A_RECORD "www.good.example. 300 IN A 198.18.0.1"

static const struct wall now = { Y2026 * NS_PER_S };

static int set_up(void **state)
{
	(void)state;
	root = zone_new(".");
	tld = zone_new("example.");
	good = zone_new("good.example.");
	anchor = zone_ds(&root);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	zone_free(&root);
	zone_free(&tld);
	zone_free(&good);
	free(anchor);
	return 0;
}

static void tell(struct signed_chain *c, const char *name, uint16_t type, struct answer a)
{
	const struct signed_question q = { .domain = name, .type = type, .at = now };
	size_t before = signed_told_count(c);
	assert_int_equal(signed_told_put(c, &q, span_of(a.wire, a.len)), ERR_OK);
	assert_int_equal(signed_told_count(c), before + 1);
	answer_free(&a);
}

static struct signed_chain *chain_begin(void)
{
	struct signed_chain *c = signed_chain_new();
	assert_non_null(c);
	assert_int_equal(signed_anchor_put(c, anchor), ERR_OK);
	tell(c, ".", 48, answer_keys(&root, &root));
	tell(c, "example", 43, answer_ds(&tld, &root));
	tell(c, "example", 48, answer_keys(&tld, &tld));
	return c;
}

// NAME is no zone of its own: good.example says so.
static void tell_same(struct signed_chain *c, const char *name, const char *nsec)
{
	struct answer a = answer_to(name, 43);
	answer_put(&a, LDNS_SECTION_AUTHORITY, &good, nsec);
	answer_end(&a);
	tell(c, name, 43, a);
}

static struct signed_chain *chain_whole(void)
{
	struct signed_chain *c = chain_begin();
	tell(c, "good.example", 43, answer_ds(&good, &tld));
	tell(c, "good.example", 48, answer_keys(&good, &good));
	tell_same(c, "www.good.example", "www.good.example. 60 IN NSEC good.example. A RRSIG NSEC");
	return c;
}

static const char *look_as(struct signed_chain *c, const char *name, uint16_t type, struct wall at,
			   struct answer a)
{
	static char text[1100];
	const struct signed_question q = { .domain = name, .type = type, .at = at };
	// Just as long as it is: a sanitizer sees a byte read past its end.
	uint8_t *exact = malloc(a.len + 1);
	assert_non_null(exact);
	memcpy(exact, a.wire, a.len);
	struct signed_verdict v = signed_find(c, &q, span_of(exact, a.len));
	snprintf(text, sizeof(text), "%s %s %s", signed_state_name(v.state),
		 signed_reason_name(v.reason), v.zone);
	free(exact);
	answer_free(&a);
	return text;
}

static struct answer www(const struct zone *signer)
{
	struct answer a = answer_to("www.good.example.", 1);
	answer_put(&a, LDNS_SECTION_ANSWER, signer, A_RECORD);
	answer_end(&a);
	return a;
}

static void expect_www(struct signed_chain *c, struct answer a, const char *wanted)
{
	assert_string_equal(look_as(c, "WWW.good.example", 1, now, a), wanted);
	signed_chain_free(&c);
	assert_null(c);
}

static void what_a_chain_leads_to_is_secure(void **state)
{
	(void)state;
	expect_www(chain_whole(), www(&good), "secure  good.example");
}

static void without_an_anchor_nothing_is_said(void **state)
{
	(void)state;
	struct signed_chain *c = signed_chain_new();
	tell(c, ".", 48, answer_keys(&root, &root));
	tell(c, "good.example", 48, answer_keys(&good, &good));
	expect_www(c, www(&good), "indeterminate no_anchor ");
}

static void an_anchor_of_its_own_will_do(void **state)
{
	(void)state;
	struct signed_chain *c = signed_chain_new();
	char *own = zone_ds(&good);
	assert_int_equal(signed_anchor_put(c, own), ERR_OK);
	free(own);
	tell(c, "good.example", 48, answer_keys(&good, &good));
	expect_www(c, www(&good), "secure  good.example");
}

static void an_anchor_is_a_ds_record(void **state)
{
	(void)state;
	struct signed_chain *c = signed_chain_new();
	assert_int_equal(signed_anchor_put(c, "good.example. IN A 198.18.0.1"), ERR_FORMAT);
	assert_int_equal(signed_anchor_put(c, "nonsense"), ERR_FORMAT);
	assert_int_equal(signed_anchor_put(c, ""), ERR_FORMAT);
	signed_chain_free(&c);
}

static void a_missing_link_decides_nothing(void **state)
{
	(void)state;
	struct signed_chain *c = chain_begin();
	tell(c, "good.example", 48, answer_keys(&good, &good));
	expect_www(c, www(&good), "indeterminate no_ds example");
	c = chain_begin();
	tell(c, "good.example", 43, answer_ds(&good, &tld));
	expect_www(c, www(&good), "indeterminate no_keys good.example");
}

static void keys_that_the_parent_does_not_name_break_it(void **state)
{
	(void)state;
	struct zone other = zone_new("good.example.");
	struct signed_chain *c = chain_begin();
	tell(c, "good.example", 43, answer_ds(&good, &tld));
	tell(c, "good.example", 48, answer_keys(&other, &other));
	expect_www(c, www(&other), "bogus wrong_keys good.example");
	c = chain_begin();
	tell(c, "good.example", 43, answer_ds(&other, &other)); // as if by the parent
	tell(c, "good.example", 48, answer_keys(&other, &other));
	expect_www(c, www(&other), "bogus wrong_keys good.example");
	zone_free(&other);
}

static void a_forged_key_beside_the_right_one_does_no_harm(void **state)
{
	(void)state;
	struct zone other = zone_new("good.example.");
	struct signed_chain *c = chain_begin();
	tell(c, "good.example", 43, answer_ds(&other, &other));
	tell(c, "good.example", 43, answer_ds(&good, &tld));
	tell(c, "good.example", 48, answer_keys(&other, &other));
	tell(c, "good.example", 48, answer_keys(&good, &good));
	assert_string_equal(look_as(c, "www.good.example", 1, now, www(&good)),
			    "secure  good.example");
	assert_string_equal(look_as(c, "www.good.example", 1, now, www(&other)),
			    "indeterminate no_ds good.example"); // www may be a zone
	signed_chain_free(&c);
	zone_free(&other);
}

static void a_forged_answer_is_bogus(void **state)
{
	(void)state;
	struct zone other = zone_new("good.example.");
	expect_www(chain_whole(), www(&other), "bogus unknown_key good.example");
	expect_www(chain_whole(), www(NULL), "bogus stripped good.example");
	expect_www(chain_whole(), www(&tld), "bogus unknown_key good.example");
	struct answer a = www(&good);
	ldns_rr *rr = ldns_rr_list_rr(ldns_pkt_answer(a.packet), 0);
	ldns_rdf_data(ldns_rr_rdf(rr, 0))[3]++;
	answer_end(&a);
	expect_www(chain_whole(), a, "bogus changed good.example");
	zone_free(&other);
}

static void a_signature_holds_for_its_time(void **state)
{
	(void)state;
	struct signed_chain *c = chain_whole();
	const struct wall later = { (Y2026 + (int64_t)YEAR) * NS_PER_S },
			  before = { (Y2026 - (int64_t)YEAR) * NS_PER_S };
	assert_string_equal(look_as(c, "www.good.example", 1, later, www(&good)),
			    "bogus expired good.example");
	assert_string_equal(look_as(c, "www.good.example", 1, before, www(&good)),
			    "bogus early good.example");
	signed_chain_free(&c);
}

static void an_old_link_breaks_the_chain(void **state)
{
	(void)state;
	struct signed_chain *c = chain_begin();
	zone_valid(&tld, Y2026 - 2 * YEAR, Y2026 - YEAR);
	tell(c, "good.example", 43, answer_ds(&good, &tld));
	zone_valid(&tld, Y2026 - YEAR / 4, Y2026 + YEAR / 4);
	tell(c, "good.example", 48, answer_keys(&good, &good));
	expect_www(c, www(&good), "bogus wrong_keys good.example");
}

static struct signed_chain *chain_denied(const struct zone *up, const char *records)
{
	struct signed_chain *c = chain_begin();
	struct answer a = answer_to("good.example.", 43);
	answer_put(&a, LDNS_SECTION_AUTHORITY, up, records);
	answer_end(&a);
	tell(c, "good.example", 43, a);
	return c;
}

static void what_the_parent_denies_is_insecure(void **state)
{
	(void)state;
	static const char nsec[] = "good.example. 60 IN NSEC z.example. NS RRSIG NSEC";
	expect_www(chain_denied(&tld, nsec), www(NULL), "insecure unsigned good.example");
	expect_www(chain_denied(&tld, nsec), www(&good), "insecure unsigned good.example");
	expect_www(chain_denied(NULL, nsec), www(NULL), "indeterminate no_ds example");
	expect_www(chain_denied(&good, nsec), www(NULL), "indeterminate no_ds example");
}

static void only_the_parents_word_denies(void **state)
{
	(void)state;
	// The zone's own apex; another name's; one that has a DS.
	expect_www(chain_denied(&tld, "good.example. 60 IN NSEC z.example. NS SOA RRSIG NSEC"),
		   www(NULL), "indeterminate no_ds example");
	expect_www(chain_denied(&tld, "hood.example. 60 IN NSEC z.example. NS RRSIG NSEC"),
		   www(NULL), "indeterminate no_ds example");
	expect_www(chain_denied(&tld, "good.example. 60 IN NSEC z.example. NS DS RRSIG NSEC"),
		   www(NULL), "indeterminate no_ds example");
}

// RFC 5155: hash of good.example with salt aabb, 5 rounds, made by libldns.
static char *nsec3_of(const char *name, int shift, int flags, const char *types)
{
	static char text[512];
	uint8_t salt[] = { 2, 0xaa, 0xbb };
	ldns_rdf *dname = ldns_dname_new_frm_str(name);
	ldns_rdf *hash = ldns_nsec3_hash_name(dname, 1, 5, 2, salt + 1);
	char *label = ldns_rdf2str(hash), from[64], to[64];
	snprintf(from, sizeof(from), "%.32s", label);
	snprintf(to, sizeof(to), "%.32s", label);
	// In the gap before, or at it: the last letter one off.
	from[31] = (char)(from[31] + (shift < 0 ? -1 : 0));
	to[31] = (char)(to[31] + 1);
	snprintf(text, sizeof(text), "%s.example. 60 IN NSEC3 1 %d 5 aabb %s %s", from, flags, to,
		 types);
	free(label);
	ldns_rdf_deep_free(hash);
	ldns_rdf_deep_free(dname);
	return text;
}

static void hashed_names_deny_as_well(void **state)
{
	(void)state;
	expect_www(chain_denied(&tld, nsec3_of("good.example.", 0, 0, "NS")), www(NULL),
		   "insecure unsigned good.example");
	expect_www(chain_denied(&tld, nsec3_of("good.example.", 0, 0, "NS DS RRSIG")), www(NULL),
		   "indeterminate no_ds example");
	// Left out of the chain of names, as it may be: opt-out, with the closest encloser. The gap
	// may begin at a name that has records, or only names below it.
	for (int i = 0; i < 4; i++) {
		int opt = i & 1;
		struct signed_chain *c = chain_begin();
		struct answer a = answer_to("good.example.", 43);
		answer_put(&a, LDNS_SECTION_AUTHORITY, &tld,
			   nsec3_of("example.", 0, opt, "NS SOA RRSIG DNSKEY"));
		answer_put(&a, LDNS_SECTION_AUTHORITY, &tld,
			   nsec3_of("good.example.", -1, opt, i < 2 ? "A RRSIG" : ""));
		answer_end(&a);
		tell(c, "good.example", 43, a);
		expect_www(c, www(NULL),
			   opt ? "insecure unsigned good.example" : "indeterminate no_ds example");
	}
}

// --- absence ---

static struct answer no_name(const char *name, const char *nsec, const char *more, bool nx)
{
	struct answer a = answer_to(name, 1);
	answer_put(&a, LDNS_SECTION_AUTHORITY, &good,
		   "good.example. 60 IN SOA ns. host. 1 2 3 4 5");
	if (nsec != NULL)
		answer_put(&a, LDNS_SECTION_AUTHORITY, &good, nsec);
	if (more != NULL)
		answer_put(&a, LDNS_SECTION_AUTHORITY, &good, more);
	ldns_pkt_set_rcode(a.packet, nx ? LDNS_RCODE_NXDOMAIN : LDNS_RCODE_NOERROR);
	answer_end(&a);
	return a;
}

static const char *absent(const char *name, const char *nsec, const char *more, bool nx)
{
	struct signed_chain *c = chain_whole();
	tell_same(c, "no.good.example", "good.example. 60 IN NSEC www.good.example. SOA NS");
	const char *said = look_as(c, name, 1, now, no_name(name, nsec, more, nx));
	signed_chain_free(&c);
	return said;
}

static void absence_can_be_proved(void **state)
{
	(void)state;
	static const char gap[] = "good.example. 60 IN NSEC www.good.example. NS SOA RRSIG NSEC";
	static const char last[] = "www.good.example. 60 IN NSEC good.example. AAAA RRSIG NSEC";
	static const char a[] = "www.good.example. 60 IN NSEC good.example. A RRSIG NSEC";
	static const char part[] = "good.example. 60 IN NSEC *.good.example. NS SOA RRSIG NSEC";
	static const char rest[] = "*.good.example. 60 IN NSEC www.good.example. A RRSIG NSEC";
	assert_string_equal(absent("no.good.example", gap, NULL, true), "secure  good.example");
	assert_string_equal(absent("www.good.example", last, NULL, false), "secure  good.example");
	// It is there; it has the type; a wildcard would answer; it is only not at that name.
	assert_string_equal(absent("www.good.example", a, NULL, true),
			    "indeterminate no_proof good.example");
	assert_string_equal(absent("www.good.example", a, NULL, false),
			    "indeterminate no_proof good.example");
	assert_string_equal(absent("no.good.example", rest, part, true),
			    "indeterminate no_proof good.example");
	assert_string_equal(absent("no.good.example", NULL, NULL, true),
			    "bogus stripped good.example");
}

// --- the rest of an answer ---

static void aliases_are_as_good_as_the_worst(void **state)
{
	(void)state;
	static const struct {
		bool alias, end;
		const char *wanted;
	} cases[] = { { true, true, "secure  good.example" },
		      { false, true, "bogus stripped good.example" },
		      { true, false, "bogus stripped good.example" } };
	for (size_t i = 0; i < 3; i++) {
		struct signed_chain *c = chain_whole();
		tell_same(c, "a.good.example", "a.good.example. 60 IN NSEC z.good.example. CNAME");
		struct answer a = answer_to("a.good.example.", 1);
		answer_put(&a, LDNS_SECTION_ANSWER, cases[i].alias ? &good : NULL,
			   "a.good.example. 300 IN CNAME www.good.example.");
		answer_put(&a, LDNS_SECTION_ANSWER, cases[i].end ? &good : NULL, A_RECORD);
		answer_end(&a);
		assert_string_equal(look_as(c, "a.good.example", 1, now, a), cases[i].wanted);
		signed_chain_free(&c);
	}
}

static void an_alias_in_a_circle_is_given_up(void **state)
{
	(void)state;
	struct answer a = answer_to("www.good.example.", 1);
	answer_put(&a, LDNS_SECTION_ANSWER, &good,
		   "www.good.example. 300 IN CNAME www.good.example.");
	answer_end(&a);
	expect_www(chain_whole(), a, "indeterminate too_much ");
}

static struct answer wild(const char *proof)
{
	struct answer a = answer_to("www.good.example.", 1);
	answer_put(&a, LDNS_SECTION_ANSWER, &good, "*.good.example. 300 IN A 198.18.0.1");
	ldns_rr_list *list = ldns_pkt_answer(a.packet);
	for (size_t i = 0; i < 2; i++) {
		ldns_rdf_deep_free(ldns_rr_owner(ldns_rr_list_rr(list, i)));
		ldns_rr_set_owner(ldns_rr_list_rr(list, i),
				  ldns_dname_new_frm_str("www.good.example."));
	}
	if (proof != NULL)
		answer_put(&a, LDNS_SECTION_AUTHORITY, &good, proof);
	answer_end(&a);
	return a;
}

static void a_wildcards_answer_needs_a_gap_at_the_name(void **state)
{
	(void)state;
	static const char *const wrong[] = {
		NULL, "www.good.example. 60 IN NSEC good.example. A RRSIG NSEC",  // it is there
		"good.example. 60 IN NSEC a.www.good.example. NS SOA RRSIG NSEC", // by what is
										  // below
		"x.good.example. 60 IN NSEC good.example. A RRSIG NSEC"
	};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		expect_www(chain_whole(), wild(wrong[i]), "indeterminate made good.example");
	expect_www(chain_whole(), wild("*.good.example. 60 IN NSEC x.good.example. A RRSIG NSEC"),
		   "secure  good.example");
}

static void another_questions_answer_is_none(void **state)
{
	(void)state;
	struct signed_chain *c = chain_whole();
	assert_string_equal(look_as(c, "xxx.good.example", 1, now, www(&good)),
			    "indeterminate unread ");
	assert_string_equal(look_as(c, "www.good.example", 28, now, www(&good)),
			    "indeterminate unread ");
	assert_string_equal(look_as(c, "", 1, now, www(&good)), "indeterminate unread ");
	signed_chain_free(&c);
}

static void what_is_told_late_is_refused(void **state)
{
	(void)state;
	struct signed_chain *c = chain_whole();
	const struct signed_question q = { .domain = ".", .type = 48, .at = now };
	look_as(c, "www.good.example", 1, now, www(&good));
	assert_int_equal(signed_told_put(c, &q, span_of("", 0)), ERR_STATE);
	assert_int_equal(signed_anchor_put(c, anchor), ERR_STATE);
	signed_chain_free(&c);
}

// Every byte changed, and every length but the right one.
static void a_changed_or_cut_answer_is_never_secure(void **state)
{
	(void)state;
	struct signed_chain *c = chain_whole();
	struct answer right = www(&good);
	size_t changed = 0;
	for (size_t i = 0; i < right.len; i++) {
		struct answer cut = { .wire = malloc(right.len + 1), .len = i };
		memcpy(cut.wire, right.wire, i);
		assert_string_equal(look_as(c, "www.good.example", 1, now, cut),
				    "indeterminate unread ");
	}
	for (size_t i = right.len - 64; i < right.len; i++) {
		struct answer other = { .wire = malloc(right.len), .len = right.len };
		memcpy(other.wire, right.wire, right.len);
		other.wire[i] ^= 0x80;
		changed += strcmp(look_as(c, "www.good.example", 1, now, other),
				  "bogus changed good.example") == 0;
	}
	assert_int_equal(changed, 64);
	answer_free(&right);
	signed_chain_free(&c);
}

// One question cannot be made to cost many verifications (CVE-2023-50387).
static void a_flood_of_signatures_is_given_up(void **state)
{
	(void)state;
	struct answer a = www(&good);
	ldns_rr *sign = ldns_rr_list_rr(ldns_pkt_answer(a.packet), 1);
	ldns_rdf *bytes = ldns_rr_rdf(sign, 8);
	ldns_rdf_data(bytes)[0] ^= 1;
	for (int i = 0; i < 100; i++) {
		ldns_rdf_data(bytes)[1] = (uint8_t)i;
		ldns_pkt_push_rr(a.packet, LDNS_SECTION_ANSWER, ldns_rr_clone(sign));
	}
	answer_end(&a);
	expect_www(chain_whole(), a, "indeterminate too_much good.example");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_chain_leads_to_is_secure),
		cmocka_unit_test(without_an_anchor_nothing_is_said),
		cmocka_unit_test(an_anchor_of_its_own_will_do),
		cmocka_unit_test(an_anchor_is_a_ds_record),
		cmocka_unit_test(a_missing_link_decides_nothing),
		cmocka_unit_test(keys_that_the_parent_does_not_name_break_it),
		cmocka_unit_test(a_forged_key_beside_the_right_one_does_no_harm),
		cmocka_unit_test(a_forged_answer_is_bogus),
		cmocka_unit_test(a_signature_holds_for_its_time),
		cmocka_unit_test(an_old_link_breaks_the_chain),
		cmocka_unit_test(what_the_parent_denies_is_insecure),
		cmocka_unit_test(only_the_parents_word_denies),
		cmocka_unit_test(hashed_names_deny_as_well),
		cmocka_unit_test(absence_can_be_proved),
		cmocka_unit_test(aliases_are_as_good_as_the_worst),
		cmocka_unit_test(an_alias_in_a_circle_is_given_up),
		cmocka_unit_test(a_wildcards_answer_needs_a_gap_at_the_name),
		cmocka_unit_test(another_questions_answer_is_none),
		cmocka_unit_test(what_is_told_late_is_refused),
		cmocka_unit_test(a_changed_or_cut_answer_is_never_secure),
		cmocka_unit_test(a_flood_of_signatures_is_given_up),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
