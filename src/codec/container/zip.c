/* SPDX-License-Identifier: MIT */
/* The members of zip archives, unpacked no further than the limits. */
#include "codec/container/zip.h"
#include "codec/container/container.h"
#include "codec/container/unpack.h"

#include <string.h>
#include <zlib.h>

enum { STORED = 0, DEFLATED = 8 };

bool og__container_is_zip(const og__block *block)
{
    return block->len >= 4 &&
           (memcmp(block->bytes, "PK\3\4", 4) == 0 || memcmp(block->bytes, "PK\5\6", 4) == 0);
}

/* Readers of zip look at the end, whatever is at the start. */
bool og__container_ends_zip(const og__block *block)
{
    return og__container_zip_find_end(block->bytes, block->len, true) != SIZE_MAX;
}

bool og_entry_ends_zip(const void *tail, size_t len)
{
    return og__container_zip_find_end(tail, len, false) != SIZE_MAX;
}

/* ---- Members ---- */

typedef struct archive {
    og__zip zip;
    og__budget *budget;
    size_t index;
    unsigned step;
    og_buf out;
} archive;

static const char *begin(void *state, const og__block *block, og__budget *budget)
{
    archive *a = state;
    a->budget = budget;
    og_buf_init(&a->out, NULL);
    return og__container_zip_begin(&a->zip, block->bytes, block->len);
}

/* One byte more than it says it has, to see that it has no more. */
static const char *unpack(archive *a, const og__zip_member *m)
{
    size_t used;
    bool ended;
    size_t most = a->budget->item < a->budget->total ? a->budget->item : a->budget->total;
    if (m->size > most) return og__container_too_long;
    a->out.len = 0;
    const char *wrong = og__container_inflate(a->zip.bytes + m->data, (size_t)m->packed, -MAX_WBITS,
                                              (size_t)m->size + 1, &a->out, &used, &ended);
    a->budget->total -= a->out.len < a->budget->total ? a->out.len : a->budget->total;
    if (wrong) return wrong;
    if (ended && used < m->packed) return "bytes follow after what is packed in it";
    return NULL;
}

/* The bytes of a member in `part`. NULL, or what is wrong: then the part holds what there is. */
static const char *read_member(archive *a, const og__zip_member *m, og__part *part)
{
    const char *wrong = m->problem;
    part->bytes = a->zip.bytes + m->data;
    if (wrong) return wrong;
    if (m->method == STORED) {
        if (m->packed != m->size) return "it is stored as it is, but with another length";
        if (m->size > a->budget->item) return og__container_too_long;
        part->len = (size_t)m->size;
    } else if (m->method == DEFLATED) {
        wrong = unpack(a, m);
        part->bytes = a->out.data;
        part->len = a->out.len;
    } else {
        return "it is packed in a way that is not known here";
    }
    if (wrong) return wrong;
    if (part->len != m->size) return "it has another length than the directory says";
    return og__container_crc32(part->bytes, part->len) == m->crc ? NULL : "its checksum is wrong";
}

/* Bytes around the archive, which others may read as something else. */
static bool give_around(const archive *a, const char *name, size_t start, size_t end, og__part *part)
{
    const uint8_t *bytes = a->zip.bytes + start;
    if (start == end || og__container_is_padding(bytes, end - start)) return false;
    *part = (og__part){.kind = OG__PART_MEMBER,
                       .name = name,
                       .name_len = strlen(name),
                       .bytes = bytes,
                       .len = end - start,
                       .offset = start};
    return true;
}

/* torch keeps the numbers that "data.pkl" refers to in "data/0", "data/1" and so on. */
static bool is_numbers(const archive *a, const og__zip_member *m)
{
    size_t stem = m->name_len;
    while (stem > 0 && m->name[stem - 1] >= '0' && m->name[stem - 1] <= '9')
        stem--;
    if (stem == m->name_len || stem == 0 || m->name[--stem] != '/') return false;
    for (size_t i = 0; i < a->zip.count; i++) {
        const og__zip_member *other = &a->zip.members[i];
        if (other->name_len == stem + 4 && memcmp(other->name, m->name, stem) == 0 &&
            memcmp(other->name + stem, ".pkl", 4) == 0)
            return true;
    }
    return false;
}

static bool is_folder(const og__zip_member *m)
{
    return m->size == 0 && m->packed == 0 && m->name_len > 0 && m->name[m->name_len - 1] == '/';
}

static int next(void *state, size_t used, og__part *part)
{
    (void)used;
    archive *a = state;
    const og__zip *zip = &a->zip;
    if (a->step == 0) {
        a->step = 1;
        if (give_around(a, "before the archive", 0, zip->before, part)) return 1;
    }
    while (a->index < zip->count) {
        const og__zip_member *m = &zip->members[a->index++];
        if (is_folder(m) && !m->problem) continue;
        *part = (og__part){.kind = OG__PART_MEMBER,
                           .name = m->name,
                           .name_len = m->name_len,
                           .offset = m->data,
                           .numbers = is_numbers(a, m)};
        const char *wrong = read_member(a, m, part);
        return wrong ? og__container_wrong(part, wrong, m->data) : 1;
    }
    if (a->step == 1) {
        a->step = 2;
        if (give_around(a, "comment of the archive", zip->comment, zip->after, part)) return 1;
    }
    if (a->step == 3) return 0;
    a->step = 3;
    return give_around(a, "after the archive", zip->after, zip->len, part);
}

static void end(void *state)
{
    archive *a = state;
    og__container_zip_end(&a->zip);
    og_buf_free(&a->out);
}

const og__container_reader og__container_zip = {sizeof(archive), begin, next, end};
