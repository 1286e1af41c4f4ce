// SPDX-License-Identifier: Apache-2.0
//
// The words for every enum of msg: what people read and type.
#include "msg/link.h"
#include "msg/word.h"

static const char *const methods[] = {
	[TRACE_METHOD_UNKNOWN] = "unknown",
	[TRACE_ICMP] = "icmp",
	[TRACE_UDP] = "udp",
	[TRACE_TCP_SYN] = "tcp-syn",
	[TRACE_TCP_ACK] = "tcp-ack",
	[TRACE_QUIC] = "quic",
	[TRACE_FLOW] = "flow",
};

static const char *const not_inside[] = {
	[TRACE_INSIDE] = "inside",      [TRACE_NO_FLOW] = "no_flow", [TRACE_TOO_FAR] = "too_far",
	[TRACE_NO_GUARD] = "guard",     [TRACE_FULL] = "full",       [TRACE_UNSENT] = "unsent",
	[TRACE_FLOW_ENDED] = "ended",   [TRACE_UNHEARD] = "unheard", [TRACE_UNMAPPED] = "unmapped",
	[TRACE_FLOW_DENIED] = "denied", [TRACE_STOPPED] = "stopped",
};

static const char *const stops[] = {
	[TRACE_STOP_UNKNOWN] = "unknown",
	[TRACE_REACHED] = "reached",
	[TRACE_GAP] = "gap",
	[TRACE_LOOP] = "loop",
	[TRACE_UNREACHABLE] = "unreachable",
	[TRACE_MAX_TTL] = "maxttl",
	[TRACE_DEADLINE] = "deadline",
	[TRACE_REFUSED] = "refused",
};

static const char *const hows[] = {
	[NAME_UNKNOWN] = "unknown", [NAME_DNS] = "dns",   [NAME_SNI] = "sni",
	[NAME_QUIC] = "quic",       [NAME_HTTP] = "http", [NAME_CERT] = "cert",
	[NAME_HTTPDNS] = "httpdns",
};

static const char *const gaps[] = {
	[GAP_UNKNOWN] = "unknown",   [GAP_TORN] = "torn",       [GAP_DAMAGED] = "damaged",
	[GAP_OVERFLOW] = "overflow", [GAP_TOO_BIG] = "too_big",
};

static const char *const places[] = {
	[CAPTURE_UNKNOWN] = "unknown",
	[CAPTURE_INSIDE] = "inside",
	[CAPTURE_OUTSIDE] = "outside",
};

static const char *const nacks[] = {
	[NACK_UNKNOWN] = "unknown",     [NACK_GAP] = "gap",
	[NACK_SIGNATURE] = "signature", [NACK_UNREADABLE] = "unreadable",
	[NACK_TOO_BIG] = "too_big",     [NACK_REVOKED] = "revoked",
	[NACK_BUSY] = "busy",
};

static const char *const rejects[] = {
	[REJECT_UNKNOWN] = "unknown",           [REJECT_VERSION] = "version",
	[REJECT_NOT_ADMITTED] = "not_admitted", [REJECT_REVOKED] = "revoked",
	[REJECT_WRONG_NAME] = "wrong_name",     [REJECT_BUSY] = "busy",
};

static const char *const states[] = {
	[ORDER_UNKNOWN] = "unknown",
	[ORDER_ACCEPTED] = "accepted",
	[ORDER_DONE] = "done",
	[ORDER_FAILED] = "failed",
	[ORDER_WITHDRAWN] = "withdrawn",
	[ORDER_REFUSED_SIGNATURE] = "refused_signature",
	[ORDER_REFUSED_AUDIENCE] = "refused_audience",
	[ORDER_REFUSED_SERIAL] = "refused_serial",
	[ORDER_REFUSED_EXPIRED] = "refused_expired",
	[ORDER_REFUSED_KIND] = "refused_kind",
	[ORDER_REFUSED_DENIED] = "refused_denied",
	[ORDER_REFUSED_RATE] = "refused_rate",
	[ORDER_REFUSED_UNREADABLE] = "refused_unreadable",
	[ORDER_REFUSED_BUSY] = "refused_busy",
};

_Static_assert(COUNT(methods) == TRACE_METHOD_COUNT, "every method has a name");
_Static_assert(COUNT(not_inside) == TRACE_NOT_INSIDE_COUNT, "every reason has a name");
_Static_assert(COUNT(stops) == TRACE_STOP_COUNT, "every stop has a name");
_Static_assert(COUNT(hows) == NAME_HOW_COUNT, "every how has a name");
_Static_assert(COUNT(places) == CAPTURE_PLACE_COUNT, "every place has a name");
_Static_assert(COUNT(nacks) == NACK_REASON_COUNT, "every nack has a name");

const char *trace_method_name(enum trace_method m)
{
	return word_of(methods, COUNT(methods), m);
}

const char *trace_not_inside_name(enum trace_not_inside n)
{
	return word_of(not_inside, COUNT(not_inside), n);
}

enum err trace_not_inside_read(struct span in, enum trace_not_inside *out)
{
	size_t i = 0;
	enum err err = word_read(not_inside, COUNT(not_inside), in, &i);
	*out = (enum trace_not_inside)i;
	return err;
}

const char *trace_stop_name(enum trace_stop s)
{
	return word_of(stops, COUNT(stops), s);
}

enum err trace_method_read(struct span in, enum trace_method *out)
{
	size_t i = 0;
	enum err err = word_read(methods, COUNT(methods), in, &i);
	*out = (enum trace_method)i;
	return err;
}

const char *name_how_name(enum name_how h)
{
	return word_of(hows, COUNT(hows), h);
}

const char *capture_place_name(enum capture_place p)
{
	return word_of(places, COUNT(places), p);
}

const char *order_state_name(enum order_state s)
{
	return word_of(states, COUNT(states), s);
}

const char *gap_reason_name(enum gap_reason r)
{
	return word_of(gaps, COUNT(gaps), r);
}

const char *nack_reason_name(enum nack_reason r)
{
	return word_of(nacks, COUNT(nacks), r);
}

const char *reject_reason_name(enum reject_reason r)
{
	return word_of(rejects, COUNT(rejects), r);
}
