/* SPDX-License-Identifier: MIT */
/* Fonts: a table that says where each part is. */
#include "codec/container/other.h"

enum { SFNT_HEAD = 12, SFNT_ENTRY = 16, FONTS = 256, WOFF_HEAD = 44, WOFF_ENTRY = 20, WOFF2_HEAD = 48 };

/* The fonts in a collection begin anywhere in it. */
static bool reach_font(const og__other *f, uint64_t start, uint64_t *end)
{
    bool headed = false;
    if (!og__other_has(f, start, SFNT_HEAD)) return false;
    const uint8_t *head = f->bytes + start;
    if (memcmp(head, "\0\1\0\0", 4) != 0 && memcmp(head, "OTTO", 4) != 0 && memcmp(head, "true", 4) != 0)
        return false;
    uint64_t table = start + SFNT_HEAD;
    uint64_t size = og__container_be(head + 4, 2) * SFNT_ENTRY;
    if (!og__other_has(f, table, size) || !og__other_reach(f, table, size, end)) return false;
    for (uint64_t at = table; at < table + size; at += SFNT_ENTRY) {
        uint64_t offset = og__container_be(f->bytes + at + 8, 4);
        uint64_t length = og__container_be(f->bytes + at + 12, 4);
        if (!og__other_reach(f, offset, length, end)) return false;
        if (memcmp(f->bytes + at, "head", 4) != 0) continue;
        headed = length >= 54 && og__other_has(f, offset, length) &&
                 memcmp(f->bytes + offset + 12, "\x5f\x0f\x3c\xf5", 4) == 0;
    }
    return headed;
}

uint64_t og__container_font(const og__other *f)
{
    uint64_t end = 0;
    if (!og__other_begins(f, "ttcf", 4) || f->len < SFNT_HEAD) return reach_font(f, 0, &end) ? end : 0;
    uint64_t count = og__container_be(f->bytes + 8, 4);
    if (count == 0 || count > FONTS || !og__other_has(f, SFNT_HEAD, 4 * count)) return 0;
    for (uint64_t i = 0; i < count; i++) {
        if (!reach_font(f, og__container_be(f->bytes + SFNT_HEAD + 4 * i, 4), &end)) return 0;
    }
    return end;
}

uint64_t og__container_woff(const og__other *f)
{
    if (!og__other_begins(f, "wOFF", 4) || f->len < WOFF_HEAD) return 0;
    uint64_t length = og__container_be(f->bytes + 8, 4);
    uint64_t size = og__container_be(f->bytes + 12, 2) * WOFF_ENTRY;
    uint64_t end = WOFF_HEAD + size;
    if (size == 0 || og__container_be(f->bytes + 14, 2) || !og__other_has(f, WOFF_HEAD, size)) return 0;
    for (uint64_t at = WOFF_HEAD; at < WOFF_HEAD + size; at += WOFF_ENTRY) {
        if (!og__other_reach(f, og__container_be(f->bytes + at + 4, 4),
                             og__container_be(f->bytes + at + 8, 4), &end))
            return 0;
    }
    return length >= end && length <= f->size ? length : 0;
}

uint64_t og__container_woff2(const og__other *f)
{
    if (!og__other_begins(f, "wOF2", 4) || f->len < WOFF2_HEAD) return 0;
    uint64_t length = og__container_be(f->bytes + 8, 4);
    uint64_t packed = og__container_be(f->bytes + 20, 4);
    if (og__container_be(f->bytes + 12, 2) == 0 || og__container_be(f->bytes + 14, 2) || packed == 0)
        return 0;
    return length <= f->size && packed <= length && length - packed >= WOFF2_HEAD ? length : 0;
}
