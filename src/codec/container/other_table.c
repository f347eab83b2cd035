/* SPDX-License-Identifier: MIT */
/* Tables and databases. Those in which a loader of Python keeps pickles are not among them. */
#include "codec/container/other.h"

/* ---- SQLite ---- */

enum { SQLITE_HEAD = 100, SHELF_TEXT = 9 };

static bool is_letter(uint8_t byte, char letter)
{
    return (byte | 0x20) == (uint8_t)letter;
}

/* Whether a name of a table or view "Dict" may be at this place; `step` bytes are a character. */
static bool names_dict(const og__other *f, size_t at, size_t step, const char *text)
{
    for (size_t i = 0; text[i]; i++) {
        if (!og__other_has(f, at + i * step, 1) || !is_letter(f->bytes[at + i * step], text[i])) return false;
    }
    return true;
}

/* Shelves of Python 3.13 and later are databases with a table Dict, whose values are pickles. Where SQLite
 * lists a table or view, its name follows the kind. */
static bool may_be_shelf(const og__other *f)
{
    for (size_t at = SQLITE_HEAD; at + SHELF_TEXT - 1 < f->len; at++) {
        if (!is_letter(f->bytes[at], 't') && !is_letter(f->bytes[at], 'v')) continue;
        for (size_t step = 1; step <= 2; step++) {
            if (names_dict(f, at, step, "tabledict") || names_dict(f, at, step, "viewdict")) return true;
        }
    }
    return false;
}

uint64_t og__container_sqlite(const og__other *f)
{
    if (!og__other_begins(f, "SQLite format 3", 16) || f->len < f->size || f->len < SQLITE_HEAD) return 0;
    uint64_t page = og__container_be(f->bytes + 16, 2);
    uint64_t size = (page == 1 ? 65536 : page) * og__container_be(f->bytes + 28, 4);
    return size > 0 && size <= f->size && !may_be_shelf(f) ? size : 0;
}

/* ---- Parquet, Arrow, Feather ---- */

/* Old versions of pyarrow unpickle what the schema of a table has under this name. The texts after it are
 * its base64, as Parquet has it, beginning at each of three places. */
static bool names_python_types(const og__other *f)
{
    static const char *const names[] = {"arrow.py_extension_type", "YXJyb3cucHlfZXh0ZW5zaW9uX3R5cG",
                                        "Fycm93LnB5X2V4dGVuc2lvbl90eXBl", "hcnJvdy5weV9leHRlbnNpb25fdHlwZ"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (memmem(f->bytes, f->len, names[i], strlen(names[i]))) return true;
    }
    return false;
}

/* Between two marks; before the last one is the length of what describes the rest. */
static uint64_t between_marks(const og__other *f, const char *mark)
{
    if (!og__other_begins(f, mark, 4) || f->len < f->size || f->len < 12) return 0;
    if (memcmp(f->bytes + f->len - 4, mark, 4) != 0) return 0;
    return og__container_le(f->bytes + f->len - 8, 4) <= f->len - 12 && !names_python_types(f) ? f->size : 0;
}

uint64_t og__container_parquet(const og__other *f)
{
    return between_marks(f, "PAR1");
}

uint64_t og__container_feather(const og__other *f)
{
    return between_marks(f, "FEA1");
}

uint64_t og__container_arrow(const og__other *f)
{
    if (!og__other_begins(f, "ARROW1\0\0", 8) || f->len < f->size || f->len < 24) return 0;
    return memcmp(f->bytes + f->len - 6, "ARROW1", 6) == 0 && !names_python_types(f) ? f->size : 0;
}

/* ---- Time zones ---- */

enum { ZONE_HEAD = 44 };

/* Where the tables end that a header of a compiled time zone counts, with times of so many bytes; or 0. */
static uint64_t end_of_zone(const og__other *f, uint64_t at, uint64_t time)
{
    uint64_t counts[6];
    if (!og__other_has(f, at, ZONE_HEAD) || memcmp(f->bytes + at, "TZif", 4) != 0) return 0;
    for (size_t i = 0; i < 6; i++)
        counts[i] = og__container_be(f->bytes + at + 20 + 4 * i, 4);
    uint64_t size =
        counts[0] + counts[1] + counts[2] * (time + 4) + counts[3] * (time + 1) + counts[4] * 6 + counts[5];
    return og__other_has(f, at + ZONE_HEAD, size) ? at + ZONE_HEAD + size : 0;
}

/* From version 2 on the same comes once more, and then a rule between line feeds. */
uint64_t og__container_zone(const og__other *f)
{
    uint64_t end = end_of_zone(f, 0, 4);
    if (!end || f->bytes[4] == 0) return end;
    end = end_of_zone(f, end, 8);
    if (!end || !og__other_has(f, end, 2) || f->bytes[end] != '\n') return 0;
    const uint8_t *last = memchr(f->bytes + end + 1, '\n', f->len - (size_t)end - 1);
    return last ? (uint64_t)(last - f->bytes) + 1 : 0;
}
