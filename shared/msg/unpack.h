// SPDX-License-Identifier: Apache-2.0
//
// protobuf-c into an arena, and its values into ours. Inside msg only.
#pragma once

#include <protobuf-c/protobuf-c.h>

#include "base/arena.h"
#include "msg/field.h"
#include "msg/record.h"

#include "proto/common.pb-c.h"

// ERR_FULL when the arena is too small, ERR_FORMAT when the bytes are no such message. What comes
// out lives in ARENA and must not be freed.
enum err unpack(const ProtobufCMessageDescriptor *of, struct span in, struct arena *arena,
		ProtobufCMessage **out) MUSTUSE;

static inline struct span bytes_of(ProtobufCBinaryData b)
{
	return span_of(b.data, b.len);
}

// Fails ERR_FORMAT unless text is UTF-8 of at most MAX bytes.
enum err text_of(const char *text, size_t max, struct span *out) MUSTUSE;

// 16 bytes, or none for all zero.
enum err run_of(ProtobufCBinaryData b, struct run_id *out) MUSTUSE;

// 4 or 16 bytes, or none for family 0.
enum err addr_of_bytes(ProtobufCBinaryData b, struct addr *out) MUSTUSE;

enum err port_of(uint32_t v, uint16_t *out) MUSTUSE;
enum err side_of(uint32_t v, uint8_t *out) MUSTUSE; // 0, 1, 2

// An enum value this build does not know is 0.
static inline uint32_t known_of(int v, uint32_t count)
{
	return v >= 0 && (uint32_t)v < count ? (uint32_t)v : 0;
}

static inline struct wall wall_of(int64_t ns)
{
	return (struct wall){ .ns = ns };
}

enum err clock_of(const Waymark__Clock *c, struct clock_record *out) MUSTUSE;

// ERR_FORMAT when any part failed.
#define ANY(...)                                                                                   \
	any_of((const enum err[]){ __VA_ARGS__ },                                                  \
	       sizeof((enum err[]){ __VA_ARGS__ }) / sizeof(enum err))

static inline enum err any_of(const enum err *parts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (parts[i] != ERR_OK)
			return ERR_FORMAT;
	return ERR_OK;
}
