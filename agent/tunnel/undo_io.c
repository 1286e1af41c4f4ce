// SPDX-License-Identifier: Apache-2.0
#include "tunnel/undo_io.h"

#include "base/text.h"
#include "tunnel/record.h"
#include "tunnel/route_io.h"
#include "tunnel/rules_io.h"

// One transaction a line: what is missing must not keep the rest.
void undo_rules(struct span record)
{
	uint8_t room[RECORD_TEXT];
	struct wr part = wr_of(room, sizeof(room));
	record_part(record, "nft", &part);
	struct span lines = wr_span(&part);
	while (lines.len > 0) {
		struct span line = text_cut(&lines, '\n');
		if (line.len > 0 && rules_run(line, NULL) != ERR_OK)
			continue;
	}
}

void undo_routes(struct span record)
{
	static const struct {
		uint8_t family;
		const char *word;
	} kinds[] = { { 4, "ip4" }, { 6, "ip6" } };
	uint8_t room[RECORD_TEXT];
	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct wr part = wr_of(room, sizeof(room));
		record_part(record, kinds[i].word, &part);
		route_undo(kinds[i].family, wr_span(&part));
	}
}
