/* SPDX-License-Identifier: MIT */
/* Looks at the members of zip archives, unpacking no more than the limit. */
#include "cli/archive_zip.h"
#include "cli/inspect.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { STORED = 0, DEFLATED = 8, HEAD = 512, DEEPEST = 3, PIECE = 1 << 16 };

bool inspect_is_zip(const uint8_t *bytes, size_t len)
{
    if (len >= 4 && memcmp(bytes, "PK\3\4", 4) == 0) return true;
    /* Readers of zip look at the end, whatever stands at the start. */
    zip_archive zip;
    if (zip_find_end(bytes, len) == SIZE_MAX) return false;
    bool found = zip_open(&zip, bytes, len) == NULL && zip.count > 0;
    zip_close(&zip);
    return found;
}

/* ---- Unpacking ---- */

/* Unpacks into `out` until it has `most` bytes or the stream ends. NULL or what is wrong. */
static const char *run_inflate(z_stream *z, size_t most, og_buf *out, bool *ended)
{
    for (;;) {
        size_t room = most - out->len < PIECE ? most - out->len : PIECE;
        if (room == 0) return NULL;
        if (og_buf_reserve(out, room) < 0) return "out of memory";
        z->next_out = out->data + out->len;
        z->avail_out = (uInt)room;
        int status = inflate(z, Z_SYNC_FLUSH);
        out->len += room - z->avail_out;
        *ended = status == Z_STREAM_END;
        if (*ended) return NULL;
        if (status != Z_OK || z->avail_out == room) return "what is packed in it is damaged";
    }
}

static const char *unpack(const zip_archive *zip, const zip_member *m, size_t most, og_buf *out)
{
    bool ended = false;
    z_stream z = {0};
    if (m->packed > UINT32_MAX) return "it is packed, and longer than 4 GiB";
    if (inflateInit2(&z, -MAX_WBITS) != Z_OK) return "out of memory";
    union {
        const uint8_t *in;
        Bytef *z; /* zlib does not write there */
    } data = {zip->bytes + m->data};
    z.next_in = data.z;
    z.avail_in = (uInt)m->packed;
    const char *wrong = run_inflate(&z, most, out, &ended);
    bool rest = z.avail_in > 0;
    inflateEnd(&z);
    if (wrong) return wrong;
    return ended && rest ? "bytes follow after what is packed in it" : NULL;
}

static uint32_t checksum(const og_buf *bytes)
{
    uLong crc = crc32(0, NULL, 0);
    for (size_t at = 0; at < bytes->len;) {
        size_t piece = bytes->len - at < (1u << 30) ? bytes->len - at : 1u << 30;
        crc = crc32(crc, bytes->data + at, (uInt)piece);
        at += piece;
    }
    return (uint32_t)crc;
}

const char *zip_read(const zip_archive *zip, const zip_member *m, size_t most, og_buf *out)
{
    const char *wrong = NULL;
    bool all = m->size <= most;
    if (m->method == STORED) {
        if (m->packed != m->size) return "it is stored as it is, but with another length";
        size_t take = all ? (size_t)m->size : most;
        if (og_buf_put(out, zip->bytes + m->data, take) < 0) wrong = "out of memory";
    } else if (m->method == DEFLATED) {
        /* One byte more than it says it has, to see that it has no more. */
        wrong = unpack(zip, m, all ? (size_t)m->size + 1 : most, out);
    } else {
        return "it is packed in a way that is not known here";
    }
    if (wrong || !all) return wrong;
    if (out->len != m->size) return "it has another length than the directory says";
    return checksum(out) == m->crc ? NULL : "its checksum is wrong";
}

/* ---- Looking at members ---- */

/* Archives in archives wait here, so that nothing is recursive. */
typedef struct waiting {
    char *name;
    og_buf bytes;
    unsigned depth;
    struct waiting *next;
} waiting;

/* "FILE[MEMBER]" in memory of its own; a NUL in the member's name shows as '?'. */
static char *member_name(const char *file, const zip_member *m)
{
    size_t len = strlen(file);
    char *name = malloc(len + m->name_len + 3);
    if (!name) return NULL;
    memcpy(name, file, len);
    name[len++] = '[';
    for (size_t i = 0; i < m->name_len; i++)
        name[len++] = m->name[i] ? m->name[i] : '?';
    memcpy(name + len, "]", 2);
    return name;
}

/* Whether more than its head must be looked at. */
static bool is_wanted(const zip_member *m, const char *name, const uint8_t *head, size_t len)
{
    if (m->size <= HEAD || inspect_is_npy(head, len) || inspect_packed(head, len)) return true;
    if (len >= 4 && memcmp(head, "PK\3\4", 4) == 0) return true;
    return inspect_may_be_pickle(name, head, len);
}

/* Keeps an archive within the archive for later. Takes `bytes` over. */
static int wait_for(inspection *run, waiting **list, const char *name, og_buf *bytes, unsigned depth)
{
    waiting *w = depth < DEEPEST ? malloc(sizeof *w) : NULL;
    char *own = w ? strdup(name) : NULL;
    if (!own) {
        free(w);
        return inspect_unreadable(
            run, name, depth < DEEPEST ? "out of memory" : "archives stand in one another more than 3 deep");
    }
    *w = (waiting){own, *bytes, depth, *list};
    *list = w;
    *bytes = (og_buf)OG_BUF_INIT;
    return 0;
}

static int inspect_member(inspection *run, const zip_archive *zip, const zip_member *m, const char *name,
                          unsigned depth, waiting **list)
{
    og_buf bytes = OG_BUF_INIT;
    const char *wrong = m->problem ? m->problem : zip_read(zip, m, HEAD, &bytes);
    int status = 0;
    if (!wrong && is_wanted(m, name, bytes.data, bytes.len)) {
        bytes.len = 0;
        wrong = m->size > run->limit ? "it is too long; raise --max-message"
                                     : zip_read(zip, m, run->limit, &bytes);
        inspect_thing thing = {.name = name, .bytes = bytes.data, .len = bytes.len, .depth = depth + 1};
        if (!wrong && inspect_is_zip(bytes.data, bytes.len)) {
            status = wait_for(run, list, name, &bytes, depth + 1);
        } else if (!wrong) {
            status = inspect_bytes(run, &thing);
        }
    }
    og_buf_free(&bytes);
    return wrong ? inspect_unreadable(run, name, "%s", wrong) : status;
}

/* All members of one archive. */
static int inspect_archive(inspection *run, const inspect_thing *thing, waiting **list)
{
    zip_archive zip;
    int status = 0;
    const char *wrong = zip_open(&zip, thing->bytes, thing->len);
    if (wrong) return inspect_unreadable(run, thing->name, "%s", wrong);
    if (zip.before > 0) {
        inspect_thing before = *thing;
        before.len = zip.before;
        status = inspect_pickles(run, &before);
        if (status == 0)
            status =
                inspect_unreadable(run, thing->name, "%zu bytes stand before the zip archive", zip.before);
    }
    for (size_t i = 0; i < zip.count && status == 0; i++) {
        char *name = member_name(thing->name, &zip.members[i]);
        status = name ? inspect_member(run, &zip, &zip.members[i], name, thing->depth, list)
                      : inspect_unreadable(run, thing->name, "out of memory");
        free(name);
    }
    zip_close(&zip);
    return status;
}

int inspect_zip(inspection *run, const inspect_thing *thing)
{
    waiting *list = NULL;
    run->many = true;
    int status = inspect_archive(run, thing, &list);
    while (list) {
        waiting *w = list;
        list = w->next;
        inspect_thing inner = {
            .name = w->name, .bytes = w->bytes.data, .len = w->bytes.len, .depth = w->depth};
        if (status == 0) status = inspect_archive(run, &inner, &list);
        og_buf_free(&w->bytes);
        free(w->name);
        free(w);
    }
    return status;
}
