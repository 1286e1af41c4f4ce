// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "trace/inflow_state.h"
#include "trace/probe.h"
#include "wire/be.h"
#include "wire/checksum.h"
#include "wire/ip.h"
#include "wire/tcp.h"
#include "wire/udp.h"

#define PAYLOAD 10 // UDP: balance:16 serial:16 cookie:32 "wm", as an ordinary probe's begins

static enum err udp_probe(struct wr *w, const struct inflow_trace *t, uint16_t serial)
{
	const struct inflow_key *k = &t->key;
	uint8_t payload[PAYLOAD] = { [8] = 'w', 'm' };
	size_t from = w->len;
	be16_put(payload + 2, serial);
	be16_put(payload + 4, (uint16_t)(trace_path_cookie(&t->path) >> 16));
	be16_put(payload + 6, (uint16_t)trace_path_cookie(&t->path));
	const struct udp_head h = { .sport = k->lport,
				    .dport = k->rport,
				    .payload = span_of(payload, PAYLOAD) };
	enum err err = udp_write(w, &k->local, &k->remote, &h);
	if (err != ERR_OK)
		return err;
	uint8_t *at = w->at + from + 6;
	uint16_t check = trace_path_check(&t->path, serial);
	be16_put(w->at + from + UDP_HEAD, checksum_balance(be16_at(at), check));
	be16_put(at, check);
	return ERR_OK;
}

// Below what the server has acknowledged, by two at least: a keep-alive of the app has the number
// one below. The base stays while it is near, so that no two probes have one number although the
// server acknowledges more meanwhile.
static uint32_t number_of(struct inflow_trace *t, const struct inflow_flow *f, uint16_t serial)
{
	if (serial == 0 || f->una - 2 - t->base > INFLOW_PROBES)
		t->base = f->una - 2;
	return t->base - serial;
}

static enum err tcp_probe(struct wr *w, struct inflow_trace *t, const struct inflow_flow *f,
			  uint16_t serial)
{
	const struct inflow_key *k = &t->key;
	t->seqs[serial] = number_of(t, f, serial);
	const struct tcp_head h = {
		.sport = k->lport,
		.dport = k->rport,
		.seq = t->seqs[serial],
		.ack = f->ack,
		.flags = TCP_ACK,
		.window = f->window,
	};
	return tcp_write(w, &k->local, &k->remote, &h);
}

bool inflow_probe_write(struct inflow_trace *t, const struct inflow_flow *f, uint16_t serial,
			struct wr *w)
{
	const struct inflow_key *k = &t->key;
	const struct trace_path *p = &t->path;
	const struct ip_head ip = {
		.src = k->local,
		.dst = k->remote,
		.proto = k->proto,
		.ttl = p->attempts[serial].ttl,
		.tos = p->target.tos,
		.id = k->local.family == 4 ? trace_path_ip_id(p, serial) : 0,
		.flow_label = trace_path_flow_label(p),
	};
	wr_bytes(w, span_of(f->link, f->link_len));
	size_t from = w->len;
	enum err err = ip_write(w, &ip, k->proto == IP_TCP ? TCP_HEAD : UDP_HEAD + PAYLOAD);
	if (err == ERR_OK)
		err = k->proto == IP_TCP ? tcp_probe(w, t, f, serial) : udp_probe(w, t, serial);
	return err == ERR_OK && w->err == ERR_OK && w->len > from;
}

// What a quote says of the probe that it is of; the flow's far end is right.
struct likeness {
	bool number;          // TCP: sequence number; UDP: the token in the payload
	bool token;           // UDP: there is one (zeros: a router that fills its quote up)
	bool check, id, near; // UDP checksum; IPv4 ID; the flow's near end
};

static struct likeness likeness_of(const struct inflow_trace *t, const struct trace_reply *r,
				   uint16_t serial)
{
	const struct trace_path *p = &t->path;
	bool tcp = t->key.proto == IP_TCP;
	struct likeness l = {
		.token = !tcp && r->has_token && (r->cookie != 0 || r->serial != 0),
		.check = !tcp && r->has_check && r->check == trace_path_check(p, serial),
		.id = t->key.local.family == 4 && r->quoted_id == trace_path_ip_id(p, serial),
		.near = r->sport == t->key.lport && addr_eq(r->src, t->key.local),
	};
	l.number = tcp ? r->has_seq && r->seq == t->seqs[serial]
		       : l.token && r->cookie == trace_path_cookie(p) && r->serial == serial;
	return l;
}

// The number, which only those on the way know, and one thing more: of ID and near end a box on the
// way may have changed one. A datagram quoted too short for its token: checksum, ID and near end. A
// token of somebody else is never ours.
static bool is_alike(const struct likeness *l)
{
	if (l->number)
		return l->id || l->near;
	return !l->token && l->check && l->id && l->near;
}

static uint8_t mark_of(const struct inflow_trace *t, const struct trace_reply *r,
		       const struct likeness *l)
{
	bool id = l->id || t->key.local.family == 6;
	bool check = l->check || t->key.proto == IP_TCP || !r->has_check;
	return l->near && id && check ? 0 : TRACE_REWRITTEN;
}

bool inflow_match(const struct inflow_trace *t, const struct trace_reply *r, uint16_t *serial,
		  uint8_t *mark)
{
	const struct inflow_key *k = &t->key;
	if (r->proto != k->proto || r->dport != k->rport || !addr_eq(r->dst, k->remote))
		return false;
	for (uint16_t i = t->path.serials; i-- > 0;) {
		const struct likeness l = likeness_of(t, r, i);
		if (!is_alike(&l))
			continue;
		*serial = i;
		*mark = mark_of(t, r, &l);
		return true;
	}
	return false;
}
