/* SPDX-License-Identifier: MIT */
/* Programs and libraries: their tables say where each part is, and so where the file ends. */
#include "codec/container/other.h"

/* A number in the file, in its own byte order. */
static uint64_t number(const og__other *f, bool big, uint64_t at, size_t size)
{
    return big ? og__container_be(f->bytes + at, size) : og__container_le(f->bytes + at, size);
}

/* ---- ELF ---- */

/* Where one of ELF's two forms has its fields. */
typedef struct elf_form {
    size_t word;
    size_t head; /* bytes of the header of the file */
    size_t program_table;
    size_t section_table;
    size_t counts; /* bytes and count of program headers, then of section headers */
    size_t program;
    size_t program_offset;
    size_t program_size;
    size_t section;
    size_t section_offset;
    size_t section_size;
} elf_form;

enum { ELF_NO_BITS = 8 };

static const elf_form elf_32 = {4, 52, 28, 32, 42, 32, 4, 16, 40, 16, 20};
static const elf_form elf_64 = {8, 64, 32, 40, 54, 56, 8, 32, 64, 24, 32};

/* Goes through a table of programs or sections; `at` is that of their offsets in an entry. */
static bool reach_elf_table(const og__other *f, const elf_form *form, bool big, bool sections, uint64_t *end)
{
    uint64_t table = number(f, big, sections ? form->section_table : form->program_table, form->word);
    size_t counts = form->counts + (sections ? 4 : 0);
    size_t entry = sections ? form->section : form->program;
    uint64_t count = number(f, big, counts + 2, 2);
    if (table == 0) return count == 0;
    if (number(f, big, counts, 2) != entry || !og__other_has(f, table, entry)) return false;
    if (sections && count == 0) count = number(f, big, table + form->section_size, form->word);
    if (count == 0 || count > f->len / entry || !og__other_has(f, table, count * entry)) return false;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t at = table + i * entry;
        size_t offset = sections ? form->section_offset : form->program_offset;
        size_t size = sections ? form->section_size : form->program_size;
        if (sections && (i == 0 || number(f, big, at + 4, 4) == ELF_NO_BITS)) continue;
        if (!og__other_reach(f, number(f, big, at + offset, form->word),
                             number(f, big, at + size, form->word), end))
            return false;
    }
    return og__other_reach(f, table, count * entry, end);
}

uint64_t og__container_elf(const og__other *f)
{
    if (!og__other_begins(f,
                          "\x7f"
                          "ELF",
                          4) ||
        f->len < elf_64.head)
        return 0;
    const elf_form *form = f->bytes[4] == 1 ? &elf_32 : &elf_64;
    bool big = f->bytes[5] == 2;
    if (f->bytes[4] < 1 || f->bytes[4] > 2 || f->bytes[5] < 1 || f->bytes[5] > 2 || f->bytes[6] != 1)
        return 0;
    if (number(f, big, form->counts - 2, 2) != form->head) return 0;
    uint64_t end = form->head;
    if (!reach_elf_table(f, form, big, false, &end) || !reach_elf_table(f, form, big, true, &end)) return 0;
    return end > form->head ? end : 0;
}

/* ---- PE ---- */

enum { PE_HEAD = 24, PE_SECTION = 40, PE_SYMBOL = 18, PE_CERTIFICATES = 4, PE_PLACE = 32 };

/* The symbols that object files have, and the certificates after the sections. */
static bool reach_pe_tables(const og__other *f, uint64_t pe, uint64_t *end)
{
    uint64_t symbols = number(f, false, pe + 12, 4);
    uint64_t size = number(f, false, pe + 16, 4) * PE_SYMBOL;
    if (symbols) {
        if (!og__other_reach(f, symbols, size + 4, end) || !og__other_has(f, symbols, size + 4)) return false;
        if (!og__other_reach(f, symbols + size, number(f, false, symbols + size, 4), end)) return false;
    }
    uint64_t optional = pe + PE_HEAD;
    uint64_t optional_size = number(f, false, pe + 20, 2);
    uint64_t tables = number(f, false, optional, 2) == 0x20b ? 112 : 96;
    uint64_t at = tables + PE_PLACE;
    if (optional_size < at + 8 || number(f, false, optional + tables - 4, 4) <= PE_CERTIFICATES) return true;
    return og__other_reach(f, number(f, false, optional + at, 4), number(f, false, optional + at + 4, 4),
                           end);
}

uint64_t og__container_pe(const og__other *f)
{
    if (!og__other_begins(f, "MZ", 2) || f->len < 64) return 0;
    uint64_t pe = number(f, false, 60, 4);
    if (!og__other_has(f, pe, PE_HEAD + 2) || memcmp(f->bytes + pe, "PE\0\0", 4) != 0) return 0;
    uint64_t count = number(f, false, pe + 6, 2);
    uint64_t optional_size = number(f, false, pe + 20, 2);
    uint64_t sections = pe + PE_HEAD + optional_size;
    uint64_t magic = number(f, false, pe + PE_HEAD, 2);
    uint64_t end = sections + count * PE_SECTION;
    if (count == 0 || (magic != 0x10b && magic != 0x20b) || !og__other_has(f, sections, count * PE_SECTION))
        return 0;
    for (uint64_t at = sections; at < sections + count * PE_SECTION; at += PE_SECTION) {
        if (!og__other_reach(f, number(f, false, at + 20, 4), number(f, false, at + 16, 4), &end)) return 0;
    }
    return reach_pe_tables(f, pe, &end) ? end : 0;
}

/* ---- Mach-O ---- */

enum { MACH_SEGMENT = 1, MACH_SYMBOLS = 2, MACH_SEGMENT_64 = 0x19, MACH_SLICES = 40, MACH_SLICE = 20 };

/* What one load command says of places in the file. */
static bool reach_command(const og__other *f, bool big, uint64_t at, uint64_t size, uint64_t *end)
{
    uint64_t command = number(f, big, at, 4);
    if (command == MACH_SEGMENT && size >= 56)
        return og__other_reach(f, number(f, big, at + 32, 4), number(f, big, at + 36, 4), end);
    if (command == MACH_SEGMENT_64 && size >= 72)
        return og__other_reach(f, number(f, big, at + 40, 8), number(f, big, at + 48, 8), end);
    if (command == MACH_SYMBOLS && size >= 24)
        return og__other_reach(f, number(f, big, at + 16, 4), number(f, big, at + 20, 4), end);
    return command != MACH_SEGMENT && command != MACH_SEGMENT_64 && command != MACH_SYMBOLS;
}

static uint64_t thin_mach_o(const og__other *f)
{
    if (f->len < 32) return 0;
    bool big = f->bytes[0] == 0xfe;
    uint64_t magic = number(f, big, 0, 4);
    if (magic != 0xfeedface && magic != 0xfeedfacf) return 0;
    uint64_t at = magic == 0xfeedfacf ? 32 : 28;
    uint64_t count = number(f, big, 16, 4);
    uint64_t last = at + number(f, big, 20, 4);
    uint64_t end = last;
    if (count == 0 || !og__other_has(f, 0, last)) return 0;
    for (; count > 0; count--) {
        if (last - at < 8) return 0;
        uint64_t size = number(f, big, at + 4, 4);
        if (size < 8 || size > last - at || !reach_command(f, big, at, size, &end)) return 0;
        at += size;
    }
    return at == last ? end : 0;
}

/* One for each of several processors. Java's classes begin alike, but their version is not so small. */
static uint64_t fat_mach_o(const og__other *f)
{
    if (!og__other_begins(f, "\xca\xfe\xba\xbe", 4) || f->len < 8) return 0;
    uint64_t count = number(f, true, 4, 4);
    uint64_t end = 8 + count * MACH_SLICE;
    if (count == 0 || count > MACH_SLICES || !og__other_has(f, 0, end)) return 0;
    for (uint64_t at = 8; at < 8 + count * MACH_SLICE; at += MACH_SLICE) {
        uint64_t start = number(f, true, at + 8, 4);
        uint64_t size = number(f, true, at + 12, 4);
        if (!og__other_has(f, start, size) || !og__other_reach(f, start, size, &end)) return 0;
        og__other slice = {f->bytes + start, (size_t)size, size};
        if (thin_mach_o(&slice) != size) return 0;
    }
    return end;
}

uint64_t og__container_mach_o(const og__other *f)
{
    uint64_t end = thin_mach_o(f);
    return end ? end : fat_mach_o(f);
}

/* ---- WebAssembly ---- */

enum { WASM_LAST_SECTION = 13 };

/* A number of up to five bytes, seven bits each, the lowest first. Moves on; false when it is none. */
static bool read_leb(const og__other *f, uint64_t *at, uint64_t *value)
{
    *value = 0;
    for (unsigned shift = 0; shift < 35 && og__other_has(f, *at, 1); shift += 7) {
        uint8_t byte = f->bytes[(*at)++];
        *value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) return true;
    }
    return false;
}

uint64_t og__container_wasm(const og__other *f)
{
    uint64_t at = 8;
    uint64_t end = 0;
    if (!og__other_begins(f, "\0asm\1\0\0\0", 8)) return 0;
    while (og__other_has(f, at, 1) && f->bytes[at] <= WASM_LAST_SECTION) {
        uint64_t size;
        at++;
        if (!read_leb(f, &at, &size) || !og__other_has(f, at, size)) return 0;
        end = at += size;
    }
    return end;
}
