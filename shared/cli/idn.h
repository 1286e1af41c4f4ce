// SPDX-License-Identifier: Apache-2.0
//
// Names as people write them, "bücher.example": as the DNS has them, "xn--bcher-kva.example"
// (IDNA2008, and UTS 46 as every browser does it). Knows no list and no question.
#pragma once

#include "base/err.h"
#include "base/span.h"

#define IDN_TEXT 256 // room for the longest

// NAME is TEXT itself where that is ASCII, so that nothing of it changes; else it borrows from
// ROOM. ERR_FORMAT: not UTF-8, or letters that no name has.
enum err idn_read(struct span text, char room[static IDN_TEXT], struct span *name) MUSTUSE;
