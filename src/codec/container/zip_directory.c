/* SPDX-License-Identifier: MIT */
/* The directory of a zip archive, checked against the members. */
#include "codec/container/zip.h"

#include "base/alloc.h"
#include "codec/container/container.h"

#include <stdlib.h>
#include <string.h>

enum {
    END_SIZE = 22,
    END64_SIZE = 56,
    LOCATOR_SIZE = 20,
    ENTRY_SIZE = 46,
    LOCAL_SIZE = 30,
    COMMENT_MAX = 0xffff,
    EXTRA_ZIP64 = 1,
    ENCRYPTED = 0x2041, /* flags: encrypted, strongly, or with a hidden directory */
    SIZES_AFTER = 8,    /* a data descriptor follows */
    DESCRIPTOR_MAX = 24
};

static const uint8_t end_mark[4] = {'P', 'K', 5, 6};
static const uint8_t end64_mark[4] = {'P', 'K', 6, 6};
static const uint8_t locator_mark[4] = {'P', 'K', 6, 7};
static const uint8_t entry_mark[4] = {'P', 'K', 1, 2};
static const uint8_t local_mark[4] = {'P', 'K', 3, 4};

static bool is_at(const og__zip *zip, size_t at, size_t size, const uint8_t mark[4])
{
    return at <= zip->len && zip->len - at >= size && memcmp(zip->bytes + at, mark, 4) == 0;
}

/* Whether the record may end an archive: its directory is where it says, or further on by what was put
 * before the archive. */
static bool may_end(const uint8_t *bytes, size_t at, size_t len, bool whole)
{
    if (len - at < END_SIZE) return false;
    uint64_t count = og__container_le(bytes + at + 10, 2);
    uint64_t size = og__container_le(bytes + at + 12, 4);
    uint64_t offset = og__container_le(bytes + at + 16, 4);
    if (at >= LOCATOR_SIZE && memcmp(bytes + at - LOCATOR_SIZE, locator_mark, 4) == 0) return true;
    if (!whole) return true;
    if (size > at || offset > at - size) return false;
    if (count == 0 || size < ENTRY_SIZE) return at == 0;
    return memcmp(bytes + at - size, entry_mark, 4) == 0;
}

size_t og__container_zip_find_end(const uint8_t *bytes, size_t len, bool whole)
{
    if (len < END_SIZE) return SIZE_MAX;
    size_t last = len - END_SIZE;
    size_t first = last > COMMENT_MAX ? last - COMMENT_MAX : 0;
    for (size_t at = last + 1; at > first; at--) {
        if (memcmp(bytes + at - 1, end_mark, 4) == 0 && may_end(bytes, at - 1, len, whole)) return at - 1;
    }
    return SIZE_MAX;
}

/* ---- The end of the archive ---- */

typedef struct ending {
    uint64_t count;
    uint64_t size;   /* of the directory */
    uint64_t offset; /* of the directory, from the archive's start */
    size_t at;       /* the record that follows the directory */
} ending;

static const char *read_end64(const og__zip *zip, size_t end, ending *e)
{
    if (end < LOCATOR_SIZE + END64_SIZE || !is_at(zip, end - LOCATOR_SIZE, LOCATOR_SIZE, locator_mark))
        return "its directory needs zip64 records, which are not there";
    size_t at = end - LOCATOR_SIZE - END64_SIZE;
    if (!is_at(zip, at, END64_SIZE, end64_mark) ||
        og__container_le(zip->bytes + at + 4, 8) != END64_SIZE - 12)
        return "its zip64 records are not where they should be";
    const uint8_t *record = zip->bytes + at;
    e->count = og__container_le(record + 32, 8);
    e->size = og__container_le(record + 40, 8);
    e->offset = og__container_le(record + 48, 8);
    e->at = at;
    if (og__container_le(record + 24, 8) != e->count || og__container_le(record + 16, 4) != 0)
        return "it is one part of several";
    return NULL;
}

/* Another record that ends an archive just as well: other readers look for that one. */
static bool ends_twice(const og__zip *zip, size_t end)
{
    for (size_t at = end; at > 0 && at + COMMENT_MAX + END_SIZE > zip->len; at--) {
        const uint8_t *record = zip->bytes + at - 1;
        if (memcmp(record, end_mark, sizeof end_mark) != 0) continue;
        if (END_SIZE + og__container_le(record + 20, 2) == zip->len - (at - 1)) return true;
    }
    return false;
}

static const char *read_end(og__zip *zip, ending *e)
{
    size_t end = og__container_zip_find_end(zip->bytes, zip->len, true);
    if (end == SIZE_MAX) return "it begins like a zip archive, but has no directory at its end";
    const uint8_t *record = zip->bytes + end;
    uint64_t comment = og__container_le(record + 20, 2);
    if (comment > zip->len - end - END_SIZE) return "the comment at the end of the archive is cut";
    zip->comment = end + END_SIZE;
    zip->after = zip->comment + (size_t)comment;
    if (ends_twice(zip, end)) return "it may end in two places, with a directory before each";
    *e = (ending){og__container_le(record + 10, 2), og__container_le(record + 12, 4),
                  og__container_le(record + 16, 4), end};
    if (og__container_le(record + 4, 2) != 0 || og__container_le(record + 6, 2) != 0 ||
        og__container_le(record + 8, 2) != e->count)
        return "it is one part of several";
    bool wide = e->count == 0xffff || e->size == UINT32_MAX || e->offset == UINT32_MAX;
    if (!wide && end >= LOCATOR_SIZE && is_at(zip, end - LOCATOR_SIZE, LOCATOR_SIZE, locator_mark))
        wide = true;
    const char *wrong = wide ? read_end64(zip, end, e) : NULL;
    if (wrong) return wrong;
    if (e->size > e->at || e->offset > e->at - e->size) return "its directory lies outside of the archive";
    zip->directory = e->at - (size_t)e->size;
    zip->before = zip->directory - (size_t)e->offset;
    if (e->count > e->size / ENTRY_SIZE) return "its directory is too short for its members";
    return NULL;
}

/* ---- Entries ---- */

/* One 64-bit number of the zip64 field takes the place of a 32-bit one that is all ones. */
static bool widen(uint64_t *number, const uint8_t **at, const uint8_t *end)
{
    if (*number != UINT32_MAX) return true;
    if (end - *at < 8) return false;
    *number = og__container_le(*at, 8);
    *at += 8;
    return true;
}

/* Sizes and offset from an entry's extra fields. False when these are damaged. */
static bool read_extra(const uint8_t *extra, size_t len, uint64_t *size, uint64_t *packed, uint64_t *offset)
{
    unsigned found = 0;
    while (len >= 4) {
        size_t id = (size_t)og__container_le(extra, 2);
        size_t part = (size_t)og__container_le(extra + 2, 2);
        if (part > len - 4) return false;
        if (id == EXTRA_ZIP64) {
            const uint8_t *at = extra + 4;
            const uint8_t *end = at + part;
            if (found++ || !widen(size, &at, end) || !widen(packed, &at, end) || !widen(offset, &at, end))
                return false;
        }
        extra += 4 + part;
        len -= 4 + part;
    }
    return true;
}

/* Checks the local header, which names the member once more. NULL or what is wrong. */
static const char *check_local(const og__zip *zip, og__zip_member *m)
{
    if (m->header > zip->directory || !is_at(zip, m->header, LOCAL_SIZE, local_mark))
        return "its local header is not there";
    const uint8_t *local = zip->bytes + m->header;
    size_t name_len = (size_t)og__container_le(local + 26, 2);
    size_t extra_len = (size_t)og__container_le(local + 28, 2);
    size_t left = zip->directory - m->header;
    if (left < LOCAL_SIZE + name_len + extra_len) return "its local header is cut";
    m->data = m->header + LOCAL_SIZE + name_len + extra_len;
    if (m->packed > zip->directory - m->data) return "it is longer than the archive";
    if (name_len != m->name_len || memcmp(local + LOCAL_SIZE, m->name, name_len) != 0)
        return "its local header gives it another name";
    if (og__container_le(local + 8, 2) != m->method || og__container_le(local + 6, 2) != m->flags)
        return "its local header and the directory disagree on how it is packed";
    uint64_t packed = og__container_le(local + 18, 4);
    uint64_t size = og__container_le(local + 22, 4);
    uint64_t none = 0;
    if (!read_extra(local + LOCAL_SIZE + name_len, extra_len, &size, &packed, &none))
        return "its extra fields are damaged";
    bool sizes_after = m->flags & SIZES_AFTER;
    bool empty = packed == 0 && size == 0 && og__container_le(local + 14, 4) == 0;
    if (sizes_after && (empty || (packed == m->packed && size == m->size))) return NULL;
    if (packed != m->packed || size != m->size || og__container_le(local + 14, 4) != m->crc)
        return "its local header and the directory disagree on its size or checksum";
    return NULL;
}

static const char *check_name(const og__zip_member *m)
{
    if (m->name_len == 0) return "it has no name";
    if (memchr(m->name, 0, m->name_len)) return "its name holds a NUL, after which some readers do not look";
    return NULL;
}

/* The entry at `at`; moves on after it. NULL or what is wrong with the directory. */
static const char *read_entry(const og__zip *zip, og__zip_member *m, size_t *at, size_t end)
{
    if (end - *at < ENTRY_SIZE || !is_at(zip, *at, ENTRY_SIZE, entry_mark)) return "its directory is damaged";
    const uint8_t *entry = zip->bytes + *at;
    size_t name_len = (size_t)og__container_le(entry + 28, 2);
    size_t extra_len = (size_t)og__container_le(entry + 30, 2);
    size_t comment_len = (size_t)og__container_le(entry + 32, 2);
    if (end - *at - ENTRY_SIZE < name_len + extra_len + comment_len) return "its directory is cut";
    uint64_t offset = og__container_le(entry + 42, 4);
    *m = (og__zip_member){
        .name = (const char *)entry + ENTRY_SIZE,
        .name_len = name_len,
        .flags = (uint16_t)og__container_le(entry + 8, 2),
        .method = (uint16_t)og__container_le(entry + 10, 2),
        .crc = (uint32_t)og__container_le(entry + 16, 4),
        .packed = og__container_le(entry + 20, 4),
        .size = og__container_le(entry + 24, 4),
    };
    *at += ENTRY_SIZE + name_len + extra_len + comment_len;
    if (!read_extra(entry + ENTRY_SIZE + name_len, extra_len, &m->size, &m->packed, &offset))
        return "its directory has damaged extra fields";
    if (offset > zip->directory - zip->before) return "its directory names members outside of the archive";
    m->header = zip->before + (size_t)offset;
    m->problem = check_local(zip, m);
    if (!m->problem) m->problem = check_name(m);
    if (!m->problem && (m->flags & ENCRYPTED)) m->problem = "it is encrypted";
    return NULL;
}

/* ---- Members among one another ---- */

static int by_header(const void *a, const void *b)
{
    const og__zip_member *x = *(og__zip_member *const *)a;
    const og__zip_member *y = *(og__zip_member *const *)b;
    return x->header < y->header ? -1 : x->header > y->header;
}

static int by_name(const void *a, const void *b)
{
    const og__zip_member *x = *(og__zip_member *const *)a;
    const og__zip_member *y = *(og__zip_member *const *)b;
    size_t least = x->name_len < y->name_len ? x->name_len : y->name_len;
    int order = memcmp(x->name, y->name, least);
    return order ? order : x->name_len < y->name_len ? -1 : x->name_len > y->name_len;
}

static void blame(og__zip_member *m, const char *problem)
{
    if (!m->problem) m->problem = problem;
}

/* Between two members there may be padding and a data descriptor, but no member that is not listed. */
static void check_gap(const og__zip *zip, og__zip_member *m, size_t next)
{
    size_t end = m->data + (size_t)m->packed;
    if (m->problem) return;
    if (end > next) {
        m->problem = "it overlaps another member";
    } else if (memmem(zip->bytes + end, next - end, local_mark, sizeof local_mark)) {
        m->problem = "after it comes a member that the directory does not list";
    }
}

static const char *check_together(og__zip *zip)
{
    /* An array of pointers. NOLINTNEXTLINE(bugprone-sizeof-expression) */
    og__zip_member **sorted = og__base_alloc(NULL, zip->count * sizeof *sorted + 1);
    if (!sorted) return "out of memory";
    for (size_t i = 0; i < zip->count; i++)
        sorted[i] = &zip->members[i];
    /* An array of pointers. NOLINTNEXTLINE(bugprone-sizeof-expression) */
    if (zip->count) qsort(sorted, zip->count, sizeof *sorted, by_name);
    for (size_t i = 1; i < zip->count; i++) {
        if (by_name(&sorted[i - 1], &sorted[i]) == 0) blame(sorted[i], "two members have this name");
    }
    /* An array of pointers. NOLINTNEXTLINE(bugprone-sizeof-expression) */
    if (zip->count) qsort(sorted, zip->count, sizeof *sorted, by_header);
    for (size_t i = 0; i < zip->count; i++)
        check_gap(zip, sorted[i], i + 1 < zip->count ? sorted[i + 1]->header : zip->directory);
    size_t first = zip->count ? sorted[0]->header : zip->directory;
    /* An array of pointers. NOLINTNEXTLINE(bugprone-sizeof-expression) */
    og__base_free(NULL, sorted, zip->count * sizeof *sorted + 1);
    if (first > zip->before &&
        memmem(zip->bytes + zip->before, first - zip->before, local_mark, sizeof local_mark))
        return "it begins with a member that the directory does not list";
    return NULL;
}

const char *og__container_zip_begin(og__zip *zip, const uint8_t *bytes, size_t len)
{
    ending e;
    *zip = (og__zip){.bytes = bytes, .len = len};
    const char *wrong = read_end(zip, &e);
    if (wrong) return wrong;
    zip->room = (size_t)e.count * sizeof *zip->members + 1;
    zip->members = og__base_alloc(NULL, zip->room);
    if (!zip->members) return "out of memory";
    size_t at = zip->directory;
    for (; zip->count < e.count && !wrong; zip->count++)
        wrong = read_entry(zip, &zip->members[zip->count], &at, e.at);
    if (!wrong && at != e.at) wrong = "its directory is longer than its members say";
    if (!wrong) wrong = check_together(zip);
    if (wrong) og__container_zip_end(zip);
    return wrong;
}

void og__container_zip_end(og__zip *zip)
{
    og__base_free(NULL, zip->members, zip->room);
    zip->members = NULL;
    zip->count = 0;
}
