// SPDX-License-Identifier: Apache-2.0
//
// The Internet checksum (RFC 1071) over borrowed bytes: add spans to a running sum, end it, compare
// or store. A sum over bytes that already hold their right checksum ends as 0.
#pragma once

#include "base/addr.h"
#include "base/span.h"

// SUM starts at 0. Only the last span of a sum may have an odd length.
uint32_t checksum_add(uint32_t sum, struct span s);

// The pseudo header of RFC 768/793 (IPv4) or RFC 8200 8.1 (IPv6), by the family of SRC.
uint32_t checksum_pseudo(const struct addr *src, const struct addr *dst, uint8_t proto,
			 uint32_t len);

// Folds and complements: the value that goes into the header.
uint16_t checksum_end(uint32_t sum);

// RFC 1624: the checksum after one 16-bit word changed from OLD to NEW.
uint16_t checksum_swap(uint16_t check, uint16_t old, uint16_t new);

// The word that, stored where a zero word was summed, turns the checksum HAVE into WANT. This is
// how a probe keeps one field that balancers hash constant while another one varies.
uint16_t checksum_balance(uint16_t have, uint16_t want);
