// SPDX-License-Identifier: Apache-2.0
#include "label/label_ndpi.h"

#include <stdlib.h>
#include <string.h>

#include "base/table.h"
#include "label/label.h"
#include "wire/be.h"
#include "wire/ip.h"

struct label_key {
	struct addr low, high;
	uint16_t low_port, high_port;
	uint8_t proto;
	uint8_t zero; // so that every byte of a key has a value
};

struct label_value {
	uint32_t live; // place in `live`, from 1; 0: decided
	uint16_t app, master;
	uint8_t packets;
};

struct label_live {
	struct ndpi_flow_struct *flow; // owned; NULL: free
	struct label_key key;
};

struct label_model {
	struct ndpi_detection_module_struct *ndpi; // owned
};

struct label {
	struct ndpi_detection_module_struct *ndpi; // borrowed
	struct table *flows;                       // owned; struct label_key to struct label_value
	struct label_live *live;                   // owned
	size_t lives, turn;
	char text[LABEL_TEXT];
};

enum err label_model_new(struct label_model **out, struct fault *f)
{
	struct label_model *m = calloc(1, sizeof(*m));
	NDPI_PROTOCOL_BITMASK all;
	*out = m;
	if (m != NULL)
		m->ndpi = ndpi_init_detection_module(ndpi_no_prefs);
	if (m == NULL || m->ndpi == NULL) {
		label_model_free(out);
		return fault_set(f, ERR_MEMORY, 0, "no memory for labels");
	}
	NDPI_BITMASK_SET_ALL(all);
	ndpi_set_protocol_detection_bitmask2(m->ndpi, &all);
	ndpi_finalize_initialization(m->ndpi);
	return ERR_OK;
}

void label_model_free(struct label_model **m)
{
	if (*m == NULL)
		return;
	if ((*m)->ndpi != NULL)
		ndpi_exit_detection_module((*m)->ndpi);
	free(*m);
	*m = NULL;
}

enum err label_new(struct label **out, struct label_model *model, size_t flows,
		   const uint64_t seed[2], struct fault *f)
{
	struct label *l = calloc(1, sizeof(*l));
	*out = l;
	if (l == NULL)
		return fault_set(f, ERR_MEMORY, 0, "no memory for labels");
	l->ndpi = model->ndpi;
	l->lives = flows < LABEL_LIVE ? flows : LABEL_LIVE;
	l->flows = table_new(sizeof(struct label_key), sizeof(struct label_value), flows, seed);
	l->live = calloc(l->lives, sizeof(*l->live));
	if (l->flows == NULL || l->live == NULL) {
		label_free(out);
		return fault_set(f, ERR_MEMORY, 0, "no memory for labels");
	}
	return ERR_OK;
}

void label_free(struct label **l)
{
	if (*l == NULL)
		return;
	for (size_t i = 0; (*l)->live != NULL && i < (*l)->lives; i++)
		if ((*l)->live[i].flow != NULL)
			ndpi_flow_free((*l)->live[i].flow);
	table_free(&(*l)->flows);
	free((*l)->live);
	free(*l);
	*l = NULL;
}

static struct label_key key_of(uint8_t proto, struct addr a, uint16_t aport, struct addr b,
			       uint16_t bport)
{
	int order = addr_cmp(a, b);
	bool swap = order > 0 || (order == 0 && aport > bport);
	struct label_key key;
	memset(&key, 0, sizeof(key));
	key.low = swap ? b : a;
	key.high = swap ? a : b;
	key.low_port = swap ? bport : aport;
	key.high_port = swap ? aport : bport;
	key.proto = proto;
	return key;
}

static void keep(struct label_value *v, ndpi_protocol p)
{
	v->app = p.app_protocol;
	v->master = p.master_protocol;
}

// No more will be looked at; what ports and addresses suggest is taken, if nothing else is known.
static void decide(struct label *l, struct label_value *v)
{
	uint8_t guessed = 0;
	struct label_live *live = &l->live[v->live - 1];
	if (v->app == NDPI_PROTOCOL_UNKNOWN)
		keep(v, ndpi_detection_giveup(l->ndpi, live->flow, 1, &guessed));
	ndpi_flow_free(live->flow);
	live->flow = NULL;
	v->live = 0;
}

// A place for one more flow, from the one that has had it longest if need be.
static bool begin(struct label *l, const struct label_key *key, struct label_value *v)
{
	size_t at = l->turn;
	l->turn = (l->turn + 1) % l->lives;
	struct label_live *live = &l->live[at];
	if (live->flow != NULL) {
		struct label_value *other = table_find(l->flows, &live->key);
		if (other != NULL)
			decide(l, other);
	}
	live->flow = ndpi_flow_malloc(SIZEOF_FLOW_STRUCT);
	if (live->flow == NULL)
		return false;
	memset(live->flow, 0, SIZEOF_FLOW_STRUCT);
	live->key = *key;
	v->live = (uint32_t)at + 1;
	return true;
}

void label_hear(struct label *l, struct wall at, struct span packet)
{
	struct ip_head ip;
	bool fresh = false;
	if (ip_read(packet, &ip) != ERR_OK || ip.frag_at > 0 || ip.frag_more)
		return;
	bool ports = (ip.proto == IP_TCP || ip.proto == IP_UDP) && ip.payload.len >= 4;
	uint16_t aport = ports ? be16_at(ip.payload.at) : 0;
	uint16_t bport = ports ? be16_at(ip.payload.at + 2) : 0;
	struct label_key key = key_of(ip.proto, ip.src, aport, ip.dst, bport);
	struct label_value *v = table_put(l->flows, &key, &fresh);
	if (v == NULL || (!fresh && v->live == 0) || (fresh && !begin(l, &key, v)))
		return;
	struct ndpi_flow_struct *flow = l->live[v->live - 1].flow;
	size_t len = packet.len < UINT16_MAX ? packet.len : UINT16_MAX;
	keep(v, ndpi_detection_process_packet(l->ndpi, flow, packet.at, (unsigned short)len,
					      (uint64_t)(at.ns / NS_PER_MS)));
	if (++v->packets >= LABEL_PACKETS)
		decide(l, v);
}

const char *label_take(struct label *l, uint8_t proto, struct addr a, uint16_t aport, struct addr b,
		       uint16_t bport)
{
	struct label_key key = key_of(proto, a, aport, b, bport);
	struct label_value *v = table_find(l->flows, &key);
	if (v == NULL)
		return NULL;
	if (v->live != 0)
		decide(l, v);
	uint16_t id = v->app != NDPI_PROTOCOL_UNKNOWN ? v->app : v->master;
	(void)table_take(l->flows, &key);
	if (id == NDPI_PROTOCOL_UNKNOWN)
		return NULL;
	strncpy(l->text, ndpi_get_proto_name(l->ndpi, id), sizeof(l->text) - 1);
	return l->text;
}
