/* SPDX-License-Identifier: MIT */
/* Compiled classes of Java, from their constants to their last attribute. */
#include "codec/container/other.h"

/* False when the file ends before. */
static bool read_number(const og__other *f, uint64_t *at, size_t size, uint64_t *value)
{
    if (!og__other_has(f, *at, size)) return false;
    *value = og__container_be(f->bytes + *at, size);
    *at += size;
    return true;
}

/* Bytes of a constant after its tag; Utf8 says its own. */
static const uint8_t constant_sizes[] = {
    [3] = 4,  [4] = 4,  [5] = 8,  [6] = 8,  [7] = 2,  [8] = 2,  [9] = 4,  [10] = 4,
    [11] = 4, [12] = 4, [15] = 3, [16] = 2, [17] = 4, [18] = 4, [19] = 2, [20] = 2};

enum { UTF8 = 1, LONG = 5, DOUBLE = 6, FIRST_VERSION = 45 };

static bool skip_constants(const og__other *f, uint64_t *at)
{
    uint64_t count;
    if (!read_number(f, at, 2, &count)) return false;
    for (uint64_t i = 1; i < count; i++) {
        uint64_t tag;
        uint64_t size;
        if (!read_number(f, at, 1, &tag) || tag >= sizeof constant_sizes) return false;
        size = constant_sizes[tag];
        if (tag == UTF8 && !read_number(f, at, 2, &size)) return false;
        if ((tag != UTF8 && size == 0) || !og__other_skip(f, at, size)) return false;
        if (tag == LONG || tag == DOUBLE) i++; /* they take two places */
    }
    return true;
}

static bool skip_attributes(const og__other *f, uint64_t *at)
{
    uint64_t count;
    if (!read_number(f, at, 2, &count)) return false;
    for (; count > 0; count--) {
        uint64_t size;
        if (!og__other_skip(f, at, 2) || !read_number(f, at, 4, &size) || !og__other_skip(f, at, size))
            return false;
    }
    return true;
}

static bool skip_members(const og__other *f, uint64_t *at)
{
    uint64_t count;
    if (!read_number(f, at, 2, &count)) return false;
    for (; count > 0; count--) {
        if (!og__other_skip(f, at, 6) || !skip_attributes(f, at)) return false;
    }
    return true;
}

uint64_t og__container_java_class(const og__other *f)
{
    uint64_t at = 8;
    uint64_t interfaces;
    if (!og__other_begins(f, "\xca\xfe\xba\xbe", 4) || f->len < 8) return 0;
    if (og__container_be(f->bytes + 6, 2) < FIRST_VERSION || !skip_constants(f, &at)) return 0;
    if (!og__other_skip(f, &at, 6) || !read_number(f, &at, 2, &interfaces) ||
        !og__other_skip(f, &at, 2 * interfaces))
        return 0;
    bool fields = skip_members(f, &at);
    bool methods = fields && skip_members(f, &at);
    return methods && skip_attributes(f, &at) ? at : 0;
}
