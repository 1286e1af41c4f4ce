// SPDX-License-Identifier: Apache-2.0
#include "cli/trace_rows.h"

#include <string.h>

#include "base/text.h"

enum err trace_label_read(const char *text, uint32_t *out, struct fault *f)
{
	uint64_t label;
	*out = TRACE_LABEL_AUTO;
	if (strcmp(text, "auto") == 0)
		return ERR_OK;
	if (text_u64(span_text(text), 0, TRACE_LABEL_MAX, &label) != ERR_OK)
		return fault_set(f, ERR_USAGE, 0,
				 "--flow-label: \"%s\" is not auto, nor 0 to 1048575", text);
	*out = (uint32_t)label;
	return ERR_OK;
}
