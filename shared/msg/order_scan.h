// SPDX-License-Identifier: Apache-2.0
//
// The orders of a scan of open resolvers and what takes them back, as fields of an order. Inside
// msg only.
#pragma once

#include "msg/field.h"
#include "msg/order.h"

#include "proto/order.pb-c.h"

void order_write_dns(struct wr *w, uint32_t number, const struct order *o);
void order_write_discover(struct wr *w, uint32_t number, const struct order *o);
void order_write_fetch(struct wr *w, uint32_t number, const struct order *o);
void order_write_path(struct wr *w, uint32_t number, const struct order *o);
void order_write_withdraw(struct wr *w, uint32_t number, const struct order *o);

enum err order_read_dns(const Waymark__DnsScan *d, struct order *out) MUSTUSE;
enum err order_read_discover(const Waymark__Discover *d, struct order *out) MUSTUSE;
enum err order_read_fetch(const Waymark__Fetch *f, struct arena *arena, struct order *out) MUSTUSE;
enum err order_read_path(const Waymark__DnsPath *p, struct arena *arena, struct order *out) MUSTUSE;
enum err order_read_withdraw(const Waymark__Withdraw *w, struct order *out) MUSTUSE;
