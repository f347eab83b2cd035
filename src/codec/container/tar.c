/* SPDX-License-Identifier: MIT */
/* Tar archives: a block of 512 bytes before each member, known by its checksum and not by its magic. */
#include "codec/container/container.h"

#include <string.h>

enum {
    BLOCK = 512,
    NAME = 100,
    SIZE_AT = 124,
    SIZE_LEN = 12,
    SUM_AT = 148,
    SUM_LEN = 8,
    TYPE_AT = 156,
    MAGIC_AT = 257,
    PREFIX_AT = 345,
    PREFIX_LEN = 155,
    NAME_MAX_LEN = 4096
};

/* Octal digits, with blanks around them, or binary when the first bit is set. False when it is neither. */
static bool read_number(const uint8_t *field, size_t len, uint64_t *number)
{
    size_t i = 0;
    *number = 0;
    if (field[0] & 0x80) {
        if (field[0] != 0x80) return false; /* below zero */
        for (i = 1; i < len; i++) {
            if (*number >> 56) return false;
            *number = *number << 8 | field[i];
        }
        return true;
    }
    while (i < len && field[i] == ' ')
        i++;
    for (; i < len && field[i] >= '0' && field[i] <= '7'; i++)
        *number = *number << 3 | (uint64_t)(field[i] - '0');
    return i == len || field[i] == 0 || field[i] == ' ';
}

/* The sum of all bytes, with blanks in place of the sum itself; old writers took the bytes as signed. */
static bool has_checksum(const uint8_t *block)
{
    uint64_t said;
    uint64_t sum = (uint64_t)SUM_LEN * ' ';
    int64_t signed_sum = (int64_t)SUM_LEN * ' ';
    for (size_t i = 0; i < BLOCK; i++) {
        if (i >= SUM_AT && i < SUM_AT + SUM_LEN) continue;
        sum += block[i];
        signed_sum += (int8_t)block[i];
    }
    if (!read_number(block + SUM_AT, SUM_LEN, &said)) return false;
    return said == sum || (signed_sum > 0 && said == (uint64_t)signed_sum);
}

static bool is_empty(const uint8_t *block)
{
    for (size_t i = 0; i < BLOCK; i++) {
        if (block[i]) return false;
    }
    return true;
}

static bool is_header(const uint8_t *bytes, size_t len)
{
    return len >= BLOCK && !is_empty(bytes) && has_checksum(bytes);
}

bool og__container_is_tar(const og__block *block)
{
    if (is_header(block->bytes, block->len)) return true;
    return block->len >= MAGIC_AT + 5 && memcmp(block->bytes + MAGIC_AT, "ustar", 5) == 0;
}

/* ---- Members ---- */

typedef struct archive {
    const og__block *block;
    size_t at;
    bool over;
    bool ended; /* the block of zeros was seen */
    char name[NAME_MAX_LEN];
    size_t name_len;
    bool long_name; /* the name comes from the member before */
    bool extended;  /* a header came whose member is still to come */
} archive;

static const char *begin(void *state, const og__block *block, og__budget *budget)
{
    (void)budget;
    archive *a = state;
    a->block = block;
    return is_header(block->bytes, block->len) ? NULL : "the checksum of its first header is wrong";
}

static void read_name(archive *a, const uint8_t *header)
{
    size_t prefix = 0;
    if (memcmp(header + MAGIC_AT, "ustar", 6) == 0)
        prefix = strnlen((const char *)header + PREFIX_AT, PREFIX_LEN);
    memcpy(a->name, header + PREFIX_AT, prefix);
    if (prefix) a->name[prefix++] = '/';
    size_t len = strnlen((const char *)header, NAME);
    memcpy(a->name + prefix, header, len);
    a->name_len = prefix + len;
}

/* What a header stands for. */
typedef enum use { FILES, FOLDERS, LONG_NAME, LONG_LINK, EXTENDED, UNKNOWN } use;

static use use_of(const archive *a, uint8_t type)
{
    switch (type) {
    case 0:
    case '0':
    case '7': return type == 0 && a->name_len && a->name[a->name_len - 1] == '/' ? FOLDERS : FILES;
    case '1': /* links, devices and pipes have no bytes of their own */
    case '2':
    case '3':
    case '4':
    case '5':
    case '6': return FOLDERS;
    case 'L': return LONG_NAME;
    case 'K': return LONG_LINK;
    case 'x':
    case 'g':
    case 'X': return EXTENDED;
    default: return UNKNOWN;
    }
}

/* Extended headers may say another size, or that the bytes are in pieces. */
static bool changes_bytes(const uint8_t *text, size_t len)
{
    return memmem(text, len, " size=", 6) || memmem(text, len, "GNU.sparse", 10);
}

static void keep_name(archive *a, const uint8_t *text, size_t len)
{
    a->name_len = strnlen((const char *)text, len < NAME_MAX_LEN ? len : NAME_MAX_LEN);
    memcpy(a->name, text, a->name_len);
    a->long_name = true;
}

static int fail(archive *a, const char *wrong, og__part *part)
{
    a->over = true;
    *part = (og__part){.name = a->name, .name_len = a->name_len};
    return og__container_wrong(part, wrong, a->at);
}

/* One header: 1 with a part, 0 to go on with the next one. */
static int read_header(archive *a, og__part *part)
{
    uint64_t size;
    const uint8_t *header = a->block->bytes + a->at;
    size_t left = a->block->len - a->at - BLOCK;
    if (!a->long_name) read_name(a, header);
    a->long_name = false;
    if (!read_number(header + SIZE_AT, SIZE_LEN, &size)) return fail(a, "its size cannot be read", part);
    use what = use_of(a, header[TYPE_AT]);
    if (what == UNKNOWN) return fail(a, "it is of a kind that is not known here", part);
    if (what == FOLDERS && size > 0) return fail(a, "it is no file, but has bytes", part);
    if (size > left) return fail(a, "it is cut", part);
    const uint8_t *bytes = header + BLOCK;
    size_t padding = (BLOCK - (size_t)size % BLOCK) % BLOCK;
    size_t offset = a->at + BLOCK;
    a->at = offset + (size_t)size + (padding < left - (size_t)size ? padding : left - (size_t)size);
    if (what == EXTENDED && changes_bytes(bytes, (size_t)size))
        return fail(a, "an extended header changes where its bytes are", part);
    a->extended = what == EXTENDED || what == LONG_NAME || what == LONG_LINK;
    if (what == LONG_NAME) keep_name(a, bytes, (size_t)size);
    if (what != FILES) return 0;
    *part = (og__part){.kind = OG__PART_MEMBER,
                       .name = a->name,
                       .name_len = a->name_len,
                       .bytes = bytes,
                       .len = (size_t)size,
                       .offset = offset};
    return 1;
}

/* What is left when no header follows. */
static int give_rest(archive *a, og__part *part)
{
    a->name_len = a->extended ? 0 : a->name_len;
    if (a->extended) return fail(a, "an extended header has no member after it", part);
    const uint8_t *rest = a->block->bytes + a->at;
    size_t len = a->block->len - a->at;
    a->over = true;
    if (og__container_is_padding(rest, len)) return 0;
    *part = (og__part){.kind = OG__PART_MEMBER,
                       .name = "after the archive",
                       .name_len = sizeof "after the archive" - 1,
                       .bytes = rest,
                       .len = len,
                       .offset = a->at};
    return 1;
}

static int next(void *state, size_t used, og__part *part)
{
    (void)used;
    archive *a = state;
    while (!a->over) {
        size_t left = a->block->len - a->at;
        while (left >= BLOCK && is_empty(a->block->bytes + a->at)) {
            a->at += BLOCK;
            left -= BLOCK;
        }
        if (!is_header(a->block->bytes + a->at, left)) return give_rest(a, part);
        if (read_header(a, part)) return 1;
    }
    return 0;
}

const og__container_reader og__container_tar = {sizeof(archive), begin, next, NULL};
