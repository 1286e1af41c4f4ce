// SPDX-License-Identifier: Apache-2.0
#define PCRE2_CODE_UNIT_WIDTH 8

#include "correlate/signature.h"

#include <pcre2.h>
#include <stdlib.h>

struct one {
	int64_t id;
	pcre2_code *code; // owned
};

struct signatures {
	struct one *list; // owned
	size_t count, cap;
	pcre2_match_context *bounds;
	pcre2_match_data *found;
	pcre2_jit_stack *stack; // null: none could be had, or no JIT
};

struct signatures *signatures_new(void)
{
	struct signatures *s = calloc(1, sizeof(*s));
	if (s == NULL)
		return NULL;
	s->bounds = pcre2_match_context_create(NULL);
	s->found = pcre2_match_data_create(1, NULL);
	if (s->bounds == NULL || s->found == NULL) {
		signatures_free(&s);
		return NULL;
	}
	pcre2_set_match_limit(s->bounds, SIGNATURE_STEPS);
	pcre2_set_heap_limit(s->bounds, SIGNATURE_HEAP);
	// What JIT has without: 32 KiB, which (a|\n)*b uses up on a page of two.
	s->stack = pcre2_jit_stack_create(32 << 10, SIGNATURE_HEAP << 10, NULL);
	pcre2_jit_stack_assign(s->bounds, NULL, s->stack);
	return s;
}

void signatures_free(struct signatures **s)
{
	if (*s == NULL)
		return;
	for (size_t i = 0; i < (*s)->count; i++)
		pcre2_code_free((*s)->list[i].code);
	free((*s)->list);
	pcre2_match_data_free((*s)->found);
	pcre2_match_context_free((*s)->bounds);
	pcre2_jit_stack_free((*s)->stack);
	free(*s);
	*s = NULL;
}

static enum err grow(struct signatures *s)
{
	if (s->count < s->cap)
		return ERR_OK;
	size_t cap = s->cap == 0 ? 256 : s->cap * 2;
	struct one *list = realloc(s->list, cap * sizeof(*list));
	if (list == NULL)
		return ERR_MEMORY;
	s->list = list;
	s->cap = cap;
	return ERR_OK;
}

enum err signatures_put(struct signatures *s, int64_t id, struct span pattern, struct fault *f)
{
	int error = 0;
	PCRE2_SIZE at = 0;
	PCRE2_UCHAR text[160] = "";
	if (pattern.len == 0 || pattern.len > SIGNATURE_PATTERN_MAX)
		return fault_set(f, ERR_FORMAT, 0, "a pattern of %zu bytes", pattern.len);
	if (grow(s) != ERR_OK)
		return fault_set(f, ERR_MEMORY, 0, "no memory");
	pcre2_code *code = pcre2_compile(pattern.at, pattern.len,
					 PCRE2_DOTALL | PCRE2_NEVER_BACKSLASH_C, &error, &at, NULL);
	if (code == NULL) {
		(void)pcre2_get_error_message(error, text, sizeof(text));
		return fault_set(f, ERR_FORMAT, 0, "no pattern: %s, at byte %zu", (char *)text,
				 (size_t)at);
	}
	(void)pcre2_jit_compile(code, PCRE2_JIT_COMPLETE); // without it slower, and sooner given up
	s->list[s->count++] = (struct one){ id, code };
	return ERR_OK;
}

size_t signatures_count(const struct signatures *s)
{
	return s->count;
}

struct signature_hit signatures_find(const struct signatures *s, struct span page)
{
	struct signature_hit hit = { 0 };
	for (size_t i = 0; i < s->count; i++) {
		int n = pcre2_match(s->list[i].code, page.at, page.len, 0, 0, s->found, s->bounds);
		if (n >= 0) {
			hit.id = s->list[i].id;
			return hit;
		}
		hit.gave_up += n != PCRE2_ERROR_NOMATCH;
	}
	return hit;
}

static bool is_plain(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c >= 0x80 || c == ' ' || c == '_';
}

enum err signature_quote(struct span text, struct wr *out)
{
	for (size_t i = 0; i < text.len; i++) {
		if (is_plain(text.at[i]))
			wr_u8(out, text.at[i]);
		else
			wr_format(out, "\\x%02x", text.at[i]);
	}
	return out->err;
}
