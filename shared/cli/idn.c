// SPDX-License-Identifier: Apache-2.0
#include "cli/idn.h"

#include <idn2.h>
#include <string.h>

#define LETTERS 1024 // bytes of UTF-8 looked at; no name needs as many

static bool ascii(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] >= 0x80)
			return false;
	return true;
}

enum err idn_read(struct span text, char room[static IDN_TEXT], struct span *name)
{
	char letters[LETTERS], *made = NULL;
	*name = text;
	if (ascii(text))
		return ERR_OK;
	if (text.len >= sizeof(letters) || memchr(text.at, '\0', text.len) != NULL)
		return ERR_FORMAT;
	memcpy(letters, text.at, text.len);
	letters[text.len] = '\0';
	int e = idn2_to_ascii_8z(letters, &made, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT);
	size_t len = e == IDN2_OK ? strlen(made) : IDN_TEXT;
	if (len < IDN_TEXT)
		memcpy(room, made, len);
	idn2_free(made);
	*name = span_of(room, len < IDN_TEXT ? len : 0);
	return e == IDN2_MALLOC ? ERR_MEMORY : len < IDN_TEXT ? ERR_OK : ERR_FORMAT;
}
