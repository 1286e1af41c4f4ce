// SPDX-License-Identifier: Apache-2.0
#include "wire/udp.h"

#include <string.h>

#include "wire/be.h"
#include "wire/checksum.h"
#include "wire/ip.h"

enum err udp_read(struct span in, struct udp_head *out)
{
	*out = (struct udp_head){ 0 };
	if (in.len < 4)
		return ERR_SHORT;
	out->sport = be16_at(in.at);
	out->dport = be16_at(in.at + 2);
	if (in.len < UDP_HEAD)
		return ERR_SHORT;
	out->len = be16_at(in.at + 4);
	out->checksum = be16_at(in.at + 6);
	// A length of 0 is offload at work, or a jumbogram (RFC 2675): take what is there.
	if (out->len != 0 && out->len < UDP_HEAD)
		return ERR_FORMAT;
	size_t stated = out->len == 0 ? in.len : (size_t)(out->len - UDP_HEAD);
	out->payload = span_cut(in, UDP_HEAD, stated);
	return ERR_OK;
}

enum err udp_write(struct wr *w, const struct addr *src, const struct addr *dst,
		   const struct udp_head *h)
{
	size_t len = h->payload.len + UDP_HEAD;
	if (len > UINT16_MAX)
		return ERR_RANGE;
	uint8_t *p = wr_reserve(w, len);
	if (p == NULL)
		return w->err;
	be16_put(p, h->sport);
	be16_put(p + 2, h->dport);
	be16_put(p + 4, (uint16_t)len);
	be16_put(p + 6, 0);
	if (h->payload.len > 0)
		memcpy(p + UDP_HEAD, h->payload.at, h->payload.len);
	uint32_t sum = checksum_pseudo(src, dst, IP_UDP, (uint32_t)len);
	uint16_t check = checksum_end(checksum_add(sum, span_of(p, len)));
	be16_put(p + 6, check == 0 ? 0xffff : check);
	return ERR_OK;
}
