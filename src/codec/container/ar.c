/* SPDX-License-Identifier: MIT */
/* Archives of ar: static libraries and Debian's packages. Their lists of symbols are no members. */
#include "codec/container/container.h"

#include <string.h>

enum { MAGIC = 8, HEAD = 60, NAME = 16, SIZE_AT = 48, SIZE_LEN = 10, MARK_AT = 58 };

bool og__container_is_ar(const og__block *block)
{
    return block->len >= MAGIC && memcmp(block->bytes, "!<arch>\n", MAGIC) == 0;
}

typedef struct archive {
    const og__block *block;
    size_t at;
    bool over;
    bool lost;        /* no header is where one should be */
    const char *name; /* of the member in hand */
    size_t name_len;
} archive;

static const char *begin(void *state, const og__block *block, og__budget *budget)
{
    (void)budget;
    archive *a = state;
    a->block = block;
    a->at = MAGIC;
    return NULL;
}

/* Decimal digits, then blanks. */
static bool read_number(const uint8_t *text, size_t len, uint64_t *value)
{
    size_t at = 0;
    *value = 0;
    for (; at < len && text[at] >= '0' && text[at] <= '9'; at++)
        *value = *value * 10 + (uint64_t)(text[at] - '0');
    bool found = at > 0;
    while (at < len && text[at] == ' ')
        at++;
    return found && at == len;
}

static int fail(archive *a, const char *wrong, og__part *part)
{
    a->over = true;
    *part = (og__part){.name = a->name, .name_len = a->name_len};
    return og__container_wrong(part, wrong, a->at);
}

static bool is_named(const archive *a, const char *name)
{
    return a->name_len == strlen(name) && memcmp(a->name, name, a->name_len) == 0;
}

/* A count, so many places, and as many names with a NUL after each: `word` bytes are a number. */
static bool is_symbols(const uint8_t *bytes, size_t len, size_t word)
{
    if (len < word) return false;
    uint64_t count = og__container_be(bytes, word);
    if (count > (len - word) / word) return false;
    uint64_t names = 0;
    size_t at = word + (size_t)count * word;
    for (; at < len && names < count; at++)
        names += bytes[at] == 0;
    return names == count && og__container_is_padding(bytes + at, len - at);
}

/* What ar itself keeps before the members of a library. */
static bool is_list(const archive *a, const uint8_t *bytes, size_t len)
{
    return (is_named(a, "/") && is_symbols(bytes, len, 4)) ||
           (is_named(a, "/SYM64/") && is_symbols(bytes, len, 8));
}

static void read_name(archive *a, const uint8_t *header)
{
    a->name = (const char *)header;
    a->name_len = NAME;
    while (a->name_len > 0 && a->name[a->name_len - 1] == ' ')
        a->name_len--;
}

/* BSD puts long names before the bytes: "#1/20". False when there are not so many bytes. */
static bool take_long_name(archive *a, const uint8_t **bytes, uint64_t *size)
{
    uint64_t len;
    if (a->name_len < 4 || memcmp(a->name, "#1/", 3) != 0) return true;
    if (!read_number((const uint8_t *)a->name + 3, NAME - 3, &len) || len > *size) return false;
    a->name = (const char *)*bytes;
    a->name_len = strnlen(a->name, (size_t)len);
    *bytes += len;
    *size -= len;
    return true;
}

/* One header: 1 with a part, 0 to go on with the next one. */
static int read_header(archive *a, og__part *part)
{
    uint64_t size;
    const uint8_t *header = a->block->bytes + a->at;
    const uint8_t *bytes = header + HEAD;
    size_t left = a->block->len - a->at - HEAD;
    read_name(a, header);
    if (!read_number(header + SIZE_AT, SIZE_LEN, &size)) return fail(a, "its size cannot be read", part);
    if (size > left) return fail(a, "it is cut", part);
    size_t whole = (size_t)size + ((size & 1) && size < left);
    if (!take_long_name(a, &bytes, &size)) return fail(a, "its name cannot be read", part);
    a->at += HEAD + whole;
    if (is_list(a, bytes, (size_t)size)) return 0;
    if (a->name_len > 2 && a->name[a->name_len - 1] == '/') a->name_len--;
    *part = (og__part){.kind = OG__PART_MEMBER,
                       .name = a->name,
                       .name_len = a->name_len,
                       .bytes = bytes,
                       .len = (size_t)size,
                       .offset = (size_t)(bytes - a->block->bytes)};
    return 1;
}

/* What is left where no header is: something is wrong, and it may still be a pickle. */
static int give_rest(archive *a, og__part *part)
{
    static const char name[] = "after the archive";
    const uint8_t *rest = a->block->bytes + a->at;
    size_t len = a->block->len - a->at;
    a->over = a->lost || og__container_is_padding(rest, len);
    if (a->over && !a->lost) return 0;
    *part = (og__part){.kind = OG__PART_MEMBER,
                       .name = name,
                       .name_len = sizeof name - 1,
                       .bytes = rest,
                       .len = len,
                       .offset = a->at};
    if (a->over) return 1;
    a->lost = true;
    return og__container_wrong(part, "no header of a member is there", a->at);
}

static bool has_header(const archive *a)
{
    return a->block->len - a->at >= HEAD && memcmp(a->block->bytes + a->at + MARK_AT, "`\n", 2) == 0;
}

static int next(void *state, size_t used, og__part *part)
{
    (void)used;
    archive *a = state;
    while (!a->over) {
        if (!has_header(a)) return give_rest(a, part);
        if (read_header(a, part)) return 1;
    }
    return 0;
}

const og__container_reader og__container_ar = {sizeof(archive), begin, next, NULL};
