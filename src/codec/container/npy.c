/* SPDX-License-Identifier: MIT */
/* numpy's .npy files: arrays one after the other, each a header, then numbers or, for objects, a pickle. */
#include "codec/container/container.h"

#include <onggi/text.h>

#include <string.h>

enum { MAGIC = 6, HEADER_MAX = 1 << 20, TYPES_MAX = 256 };

static const char magic[] = "\x93NUMPY";

bool og__container_is_npy(const og__block *block)
{
    return block->len >= MAGIC && memcmp(block->bytes, magic, MAGIC) == 0;
}

/* Where the header's text starts and ends; false when it is cut. */
static bool find_header(const uint8_t *bytes, size_t len, size_t *start, size_t *end)
{
    if (len < MAGIC + 6u) return false;
    bool wide = bytes[MAGIC] >= 2; /* the version: from 2.0 on the length takes four bytes */
    *start = wide ? MAGIC + 6u : MAGIC + 4u;
    uint64_t size = og__container_le(bytes + MAGIC + 2, wide ? 4 : 2);
    *end = *start + (size_t)size;
    return size <= len - *start;
}

/* ---- Types of items ---- */

static bool multiply(uint64_t *product, uint64_t factor)
{
    return !__builtin_mul_overflow(*product, factor, product);
}

/* Digits up to the end, or up to a bracket with a unit of time; false when there is something else. */
static bool read_count(const char *text, size_t len, bool unit, uint64_t *count)
{
    size_t i = 0;
    *count = 0;
    for (; i < len && text[i] >= '0' && text[i] <= '9'; i++) {
        if (*count > UINT32_MAX) return false;
        *count = *count * 10 + (uint64_t)(text[i] - '0');
    }
    if (i == len) return i > 0;
    return unit && i > 0 && text[i] == '[' && text[len - 1] == ']';
}

/* The size of one item by a text like "<f8", which holds no object. False for all that is not known. */
static bool size_of_text(const char *text, size_t len, uint64_t *size)
{
    static const char known[] = "biufcSaUVMm?";
    if (len > 0 && strchr("<>|=", *text)) {
        text++;
        len--;
    }
    if (len == 0 || !*text || !strchr(known, *text)) return false;
    if (*text == '?' && len == 1) {
        *size = 1;
        return true;
    }
    if (!read_count(text + 1, len - 1, *text == 'M' || *text == 'm', size)) return false;
    return *text != 'U' || multiply(size, 4);
}

/* The shape of an array or of a field: the product of its numbers. */
static bool read_shape(og_value shape, uint64_t *count)
{
    int64_t number;
    *count = 1;
    if (og_kind_of(shape) == OG_INT) {
        if (og_as_int64(shape, &number) < 0 || number < 0) return false;
        *count = (uint64_t)number;
        return true;
    }
    if (og_kind_of(shape) != OG_TUPLE && og_kind_of(shape) != OG_LIST) return false;
    for (size_t i = 0; i < og_len(shape); i++) {
        if (og_as_int64(og_item(shape, i), &number) < 0 || number < 0) return false;
        if (!multiply(count, (uint64_t)number)) return false;
    }
    return true;
}

/* Types that are still to be measured, each so many times: a stack, so that nothing is recursive. */
typedef struct types {
    struct type {
        og_value descr;
        uint64_t count;
    } items[TYPES_MAX];
    size_t len;
} types;

static bool push_type(types *t, og_value descr, og_value shape, uint64_t times)
{
    uint64_t count = 1;
    if (t->len == TYPES_MAX || (og_valid(shape) && !read_shape(shape, &count)) || !multiply(&count, times))
        return false;
    t->items[t->len++] = (struct type){descr, count};
    return true;
}

/* A list of fields: (name, type) or (name, type, shape). */
static bool push_fields(types *t, og_value fields, uint64_t times)
{
    for (size_t i = 0; i < og_len(fields); i++) {
        og_value field = og_item(fields, i);
        if (og_kind_of(field) != OG_TUPLE || og_len(field) < 2 || og_len(field) > 3) return false;
        og_value shape = og_len(field) == 3 ? og_item(field, 2) : (og_value){0};
        if (!push_type(t, og_item(field, 1), shape, times)) return false;
    }
    return true;
}

/* The size of an item whose type is a text, a pair of a type and a shape, or a list of fields. False when it
 * may hold an object. */
static bool size_of(og_value descr, uint64_t *size)
{
    types t = {.len = 0};
    *size = 0;
    push_type(&t, descr, (og_value){0}, 1);
    while (t.len > 0) {
        struct type one = t.items[--t.len];
        og_kind kind = og_kind_of(one.descr);
        size_t len;
        uint64_t bytes;
        if (kind == OG_STR) {
            const char *text = og_data(one.descr, &len);
            if (!size_of_text(text, len, &bytes) || !multiply(&bytes, one.count)) return false;
            if (__builtin_add_overflow(*size, bytes, size)) return false;
        } else if (kind == OG_TUPLE && og_len(one.descr) == 2) {
            if (!push_type(&t, og_item(one.descr, 0), og_item(one.descr, 1), one.count)) return false;
        } else if (kind != OG_LIST || !push_fields(&t, one.descr, one.count)) {
            return false;
        }
    }
    return true;
}

/* ---- Headers ---- */

/* Python 2 wrote numbers of a shape as 3L. */
static void drop_suffixes(uint8_t *text, size_t len)
{
    bool quoted = false;
    for (size_t i = 1; i < len; i++) {
        if (text[i] == '\'' || text[i] == '"') quoted = !quoted;
        if (!quoted && text[i] == 'L' && text[i - 1] >= '0' && text[i - 1] <= '9') text[i] = ' ';
    }
}

static const char *read_values(og_doc *doc, const og_buf *text, og__npy_header *header)
{
    static const char wrong[] =
        "the header of a numpy file cannot be read: expected a dict with descr and shape";
    if (og_literal_read(doc, (const char *)text->data, text->len, NULL, NULL) < 0) return wrong;
    og_value dict = og_doc_root(doc);
    if (og_kind_of(dict) != OG_DICT || og_len(dict) != 3) return wrong;
    og_value descr = og_dict_gets(dict, "descr");
    og_value shape = og_dict_gets(dict, "shape");
    uint64_t count;
    uint64_t size;
    if (!og_valid(descr) || !og_valid(shape) || !read_shape(shape, &count)) return wrong;
    header->objects = !size_of(descr, &size);
    if (header->objects) return NULL;
    header->size = count;
    return multiply(&header->size, size) ? NULL : "its shape is larger than any memory";
}

const char *og__container_npy_header(const uint8_t *bytes, size_t len, og__npy_header *header)
{
    size_t start;
    size_t end;
    if (!find_header(bytes, len, &start, &end)) return "the header of a numpy file is cut";
    if (end - start > HEADER_MAX) return "the header of a numpy file is too long";
    *header = (og__npy_header){.data = end};
    og_buf text = OG_BUF_INIT;
    og_doc *doc = og_doc_new(NULL);
    const char *wrong = "out of memory";
    if (doc && og_buf_put(&text, bytes + start, end - start) == OG_OK) {
        if (bytes[MAGIC] < 3) drop_suffixes(text.data, text.len);
        wrong = read_values(doc, &text, header);
    }
    og_doc_free(doc);
    og_buf_free(&text);
    return wrong;
}

/* ---- Arrays in a row ---- */

typedef struct arrays {
    const og__block *block;
    size_t at;
    size_t number;
    bool pickle; /* one was given last */
    bool over;
} arrays;

static const char *begin(void *state, const og__block *block, og__budget *budget)
{
    (void)budget;
    ((arrays *)state)->block = block;
    return NULL;
}

static int fail(arrays *a, const char *wrong, og__part *part)
{
    a->over = true;
    *part = (og__part){0};
    return og__container_wrong(part, wrong, a->at);
}

static int give_array(arrays *a, og__part *part)
{
    og__npy_header header;
    const uint8_t *bytes = a->block->bytes + a->at;
    size_t len = a->block->len - a->at;
    const char *wrong = og__container_npy_header(bytes, len, &header);
    if (wrong) return fail(a, wrong, part);
    a->pickle = header.objects;
    *part = (og__part){.number = ++a->number, .offset = a->at};
    if (header.objects) {
        *part = (og__part){.kind = OG__PART_PICKLE,
                           .number = a->number,
                           .bytes = bytes + header.data,
                           .len = len - header.data,
                           .offset = a->at + header.data};
        a->at += header.data;
        return 1;
    }
    if (header.size > len - header.data) return fail(a, "its numbers are cut", part);
    *part = (og__part){.kind = OG__PART_ARRAY,
                       .number = a->number,
                       .bytes = bytes,
                       .len = header.data + (size_t)header.size,
                       .offset = a->at};
    a->at += header.data + (size_t)header.size;
    return 1;
}

/* Several calls of numpy.save() into one file put one array after the other. */
static int next(void *state, size_t used, og__part *part)
{
    arrays *a = state;
    if (a->over) return 0;
    if (a->pickle && used == 0) return 0;
    if (a->pickle) a->at += used;
    a->pickle = false;
    og__block rest = {.bytes = a->block->bytes + a->at, .len = a->block->len - a->at};
    if (og__container_is_npy(&rest)) return give_array(a, part);
    a->over = true;
    if (og__container_is_padding(rest.bytes, rest.len)) return 0;
    *part = (og__part){.kind = OG__PART_MEMBER,
                       .name = "after the array",
                       .name_len = sizeof "after the array" - 1,
                       .bytes = rest.bytes,
                       .len = rest.len,
                       .offset = a->at};
    return 1;
}

const og__container_reader og__container_npy = {sizeof(arrays), begin, next, NULL};
