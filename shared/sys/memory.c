// SPDX-License-Identifier: Apache-2.0
#include "sys/memory.h"

#include <link.h>
#include <stdbool.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

// Relocations in its text would be lost with the pages.
static bool relocated(const struct dl_phdr_info *o)
{
	for (size_t i = 0; i < o->dlpi_phnum; i++) {
		if (o->dlpi_phdr[i].p_type != PT_DYNAMIC)
			continue;
		const ElfW(Dyn) *d = (const void *)(o->dlpi_addr + o->dlpi_phdr[i].p_vaddr);
		for (; d->d_tag != DT_NULL; d++)
			if (d->d_tag == DT_TEXTREL ||
			    (d->d_tag == DT_FLAGS && (d->d_un.d_val & DF_TEXTREL) != 0))
				return true;
	}
	return false;
}

static int trim_object(struct dl_phdr_info *o, size_t size, void *self)
{
	const size_t page = *(const size_t *)self;
	(void)size;
	if (o->dlpi_addr == getauxval(AT_SYSINFO_EHDR) || relocated(o))
		return 0;
	for (size_t i = 0; i < o->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &o->dlpi_phdr[i];
		if (p->p_type != PT_LOAD || (p->p_flags & PF_W) != 0)
			continue;
		// Whole pages of the segment only: its edges may be its neighbour's.
		size_t from = (o->dlpi_addr + p->p_vaddr + page - 1) / page * page;
		size_t to = (o->dlpi_addr + p->p_vaddr + p->p_memsz) / page * page;
		if (to > from)
			(void)madvise((void *)from, to - from, MADV_DONTNEED);
	}
	return 0;
}

void memory_trim(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	(void)dl_iterate_phdr(trim_object, &page);
}
