// SPDX-License-Identifier: Apache-2.0
#include "wire/tcp.h"

#include "wire/be.h"
#include "wire/checksum.h"
#include "wire/ip.h"

enum err tcp_read(struct span in, struct tcp_head *out)
{
	*out = (struct tcp_head){ 0 };
	if (in.len >= 4) {
		out->sport = be16_at(in.at);
		out->dport = be16_at(in.at + 2);
	}
	if (in.len >= 8)
		out->seq = be32_at(in.at + 4);
	if (in.len < TCP_HEAD)
		return ERR_SHORT;
	size_t head = (size_t)(in.at[12] >> 4) * 4;
	out->ack = be32_at(in.at + 8);
	out->flags = be16_at(in.at + 12) & 0x1ff;
	out->window = be16_at(in.at + 14);
	out->checksum = be16_at(in.at + 16);
	out->urgent = be16_at(in.at + 18);
	if (head < TCP_HEAD)
		return ERR_FORMAT;
	if (in.len < head)
		return ERR_SHORT;
	out->options = span_of(in.at + TCP_HEAD, head - TCP_HEAD);
	out->payload = span_cut(in, head, in.len);
	return ERR_OK;
}

bool tcp_option_next(struct rd *r, struct tcp_option *out)
{
	*out = (struct tcp_option){ 0 };
	do
		out->kind = rd_left(r) > 0 ? rd_u8(r) : 0;
	while (out->kind == 1);
	if (out->kind == 0)
		return false;
	uint8_t len = rd_u8(r);
	if (len < 2)
		rd_fail(r, ERR_FORMAT);
	else
		out->data = rd_span(r, len - 2u);
	return r->err == ERR_OK;
}

enum err tcp_write(struct wr *w, const struct addr *src, const struct addr *dst,
		   const struct tcp_head *h)
{
	size_t head = TCP_HEAD + h->options.len;
	if (head > 60 || head % 4 != 0 || h->flags > 0x1ff)
		return ERR_RANGE;
	size_t from = w->len, len = head + h->payload.len;
	uint8_t *p = wr_reserve(w, TCP_HEAD);
	if (p == NULL)
		return w->err;
	be16_put(p, h->sport);
	be16_put(p + 2, h->dport);
	be32_put(p + 4, h->seq);
	be32_put(p + 8, h->ack);
	be16_put(p + 12, (uint16_t)(head / 4 << 12 | h->flags));
	be16_put(p + 14, h->window);
	be16_put(p + 16, 0);
	be16_put(p + 18, h->urgent);
	wr_bytes(w, h->options);
	wr_bytes(w, h->payload);
	if (w->err != ERR_OK)
		return w->err;
	uint32_t sum = checksum_pseudo(src, dst, IP_TCP, (uint32_t)len);
	be16_put(p + 16, checksum_end(checksum_add(sum, span_of(w->at + from, len))));
	return ERR_OK;
}
