/* SPDX-License-Identifier: MIT */
/*
 * Files that no loader unpickles, known by their whole structure and not by their first bytes alone: each
 * function says where the file ends, so that what was put after it is looked at.
 */
#include "codec/container/container.h"
#include "codec/container/unpack.h"

#include <onggi/json.h>

#include <string.h>

/* The bytes that are here, and the length of all. */
typedef struct file {
    const uint8_t *bytes;
    size_t len;
    uint64_t size;
} file;

static bool begins(const file *f, const char *mark, size_t len)
{
    return f->len >= len && memcmp(f->bytes, mark, len) == 0;
}

/* ---- Images ---- */

/* A chain of chunks with checksums, the last one IEND. */
static uint64_t png(const file *f)
{
    size_t at = 8;
    if (!begins(f, "\x89PNG\r\n\x1a\n", 8)) return 0;
    while (f->len - at >= 12) {
        uint64_t size = og__container_be(f->bytes + at, 4);
        if (size > f->len - at - 12) return 0;
        const uint8_t *chunk = f->bytes + at + 4;
        if (og__container_crc32(chunk, (size_t)size + 4) != og__container_be(chunk + 4 + size, 4)) return 0;
        at += (size_t)size + 12;
        if (memcmp(chunk, "IEND", 4) == 0) return at;
    }
    return 0;
}

/* Where the marker after the packed image is: FF 00 and FF D0 to D7 belong to the image. */
static size_t skip_scan(const file *f, size_t at)
{
    for (; at + 1 < f->len; at++) {
        if (f->bytes[at] != 0xff) continue;
        uint8_t next = f->bytes[at + 1];
        if (next != 0 && next != 0xff && (next < 0xd0 || next > 0xd7)) return at;
    }
    return f->len;
}

static uint64_t jpeg(const file *f)
{
    size_t at = 2;
    if (!begins(f, "\xff\xd8\xff", 3)) return 0;
    while (at + 1 < f->len && f->bytes[at] == 0xff) {
        uint8_t marker = f->bytes[at + 1];
        if (marker == 0xd9) return at + 2;
        if (f->len - at < 4) return 0;
        uint64_t size = og__container_be(f->bytes + at + 2, 2);
        if (size < 2 || size > f->len - at - 2) return 0;
        at += 2 + (size_t)size;
        if (marker == 0xda) at = skip_scan(f, at);
    }
    return 0;
}

/* Pieces of up to 255 bytes, the last one empty; 0 when they are cut. */
static size_t skip_pieces(const file *f, size_t at)
{
    while (at < f->len && f->bytes[at])
        at += f->bytes[at] + 1u;
    return at < f->len ? at + 1 : 0;
}

static uint64_t gif(const file *f)
{
    if (!begins(f, "GIF87a", 6) && !begins(f, "GIF89a", 6)) return 0;
    if (f->len < 13) return 0;
    size_t at = 13 + (f->bytes[10] & 0x80 ? 3u << ((f->bytes[10] & 7) + 1) : 0);
    while (at && at + 1 < f->len && f->bytes[at] != 0x3b) {
        if (f->bytes[at] == 0x21) {
            at = skip_pieces(f, at + 2);
        } else if (f->bytes[at] == 0x2c && f->len - at > 11) {
            uint8_t flags = f->bytes[at + 9];
            at = skip_pieces(f, at + 11 + (flags & 0x80 ? 3u << ((flags & 7) + 1) : 0));
        } else {
            return 0;
        }
    }
    return at && at < f->len && f->bytes[at] == 0x3b ? at + 1 : 0;
}

static uint64_t riff(const file *f)
{
    if (!begins(f, "RIFF", 4) || f->len < 12) return 0;
    if (memcmp(f->bytes + 8, "WEBP", 4) != 0 && memcmp(f->bytes + 8, "WAVE", 4) != 0 &&
        memcmp(f->bytes + 8, "AVI ", 4) != 0)
        return 0;
    uint64_t size = og__container_le(f->bytes + 4, 4);
    size += size & 1;
    return size <= f->size - 8 ? size + 8 : 0;
}

static uint64_t bmp(const file *f)
{
    if (!begins(f, "BM", 2) || f->len < 26) return 0;
    uint64_t size = og__container_le(f->bytes + 2, 4);
    uint64_t start = og__container_le(f->bytes + 10, 4);
    return size <= f->size && start >= 26 && start <= size && og__container_le(f->bytes + 6, 4) == 0 ? size
                                                                                                     : 0;
}

/* ---- Documents, films, tables ---- */

static uint64_t pdf(const file *f)
{
    if (!begins(f, "%PDF-", 5) || f->len < f->size || f->len < 32) return 0;
    for (size_t at = f->len - 5; at > 5; at--) {
        if (memcmp(f->bytes + at, "%%EOF", 5) == 0) return at + 5;
    }
    return 0;
}

/* A chain of boxes, the first one ftyp. */
static uint64_t mp4(const file *f)
{
    uint64_t at = 0;
    if (f->len < 16 || memcmp(f->bytes + 4, "ftyp", 4) != 0) return 0;
    while (at < f->size) {
        if (at + 16 > f->len) return at == f->size ? at : 0;
        uint64_t size = og__container_be(f->bytes + at, 4);
        if (size == 1) size = og__container_be(f->bytes + at + 8, 8);
        if (size == 0) return f->size;
        if (size < 8 || size > f->size - at) return at;
        at += size;
    }
    return at;
}

static uint64_t sqlite(const file *f)
{
    if (!begins(f, "SQLite format 3", 16) || f->len < 100) return 0;
    uint64_t page = og__container_be(f->bytes + 16, 2);
    uint64_t size = (page == 1 ? 65536 : page) * og__container_be(f->bytes + 28, 4);
    return size > 0 && size <= f->size ? size : 0;
}

static uint64_t parquet(const file *f)
{
    if (!begins(f, "PAR1", 4) || f->len < f->size || f->len < 12) return 0;
    if (memcmp(f->bytes + f->len - 4, "PAR1", 4) != 0) return 0;
    return og__container_le(f->bytes + f->len - 8, 4) <= f->len - 12 ? f->size : 0;
}

static uint64_t arrow(const file *f)
{
    if (!begins(f, "ARROW1\0\0", 8) || f->len < f->size || f->len < 24) return 0;
    return memcmp(f->bytes + f->len - 6, "ARROW1", 6) == 0 ? f->size : 0;
}

/* ---- Tensors ---- */

/* Where the numbers of one tensor are. False when that is not said well. */
static bool read_tensor(og_value tensor, int64_t *start, int64_t *end)
{
    og_value places = og_dict_gets(tensor, "data_offsets");
    if (og_as_int64(og_item(places, 0), start) < 0 || og_as_int64(og_item(places, 1), end) < 0) return false;
    return *start >= 0 && *start <= *end && *end < INT64_MAX / 2;
}

/* Where the numbers of all tensors end, when they are without gaps; or UINT64_MAX. */
static uint64_t end_of_tensors(og_value header)
{
    uint64_t sum = 0;
    uint64_t last = 0;
    og_value name;
    og_value tensor;
    if (og_kind_of(header) != OG_DICT) return UINT64_MAX;
    for (og_iter it = og_iter_of(header); og_iter_next(&it, &name, &tensor);) {
        int64_t start;
        int64_t end;
        if (og_str_is(name, "__metadata__")) continue;
        if (!read_tensor(tensor, &start, &end)) return UINT64_MAX;
        if (__builtin_add_overflow(sum, (uint64_t)(end - start), &sum)) return UINT64_MAX;
        if ((uint64_t)end > last) last = (uint64_t)end;
    }
    return sum == last ? last : UINT64_MAX;
}

/* A length, a header in JSON, and the numbers that it lists. */
static uint64_t safetensors(const file *f)
{
    if (f->len < 10 || f->bytes[8] != '{') return 0;
    uint64_t size = og__container_le(f->bytes, 8);
    if (size > f->len - 8) return 0;
    og_doc *doc = og_doc_new(NULL);
    uint64_t data = UINT64_MAX;
    if (doc && og_json_read(doc, (const char *)f->bytes + 8, (size_t)size, NULL, NULL) == OG_OK)
        data = end_of_tensors(og_doc_root(doc));
    og_doc_free(doc);
    return data <= f->size - 8 - size ? 8 + size + data : 0;
}

static uint64_t npy(const file *f)
{
    og__npy_header header;
    og__block block = {.bytes = f->bytes, .len = f->len};
    if (!og__container_is_npy(&block) || og__container_npy_header(f->bytes, f->len, &header)) return 0;
    return header.objects || header.size > f->size - header.data ? 0 : header.data + header.size;
}

/* ---- The table ---- */

static const struct {
    const char *what;
    uint64_t (*end)(const file *f); /* 0: it is no such file, or not whole */
} others[] = {
    {"a PNG image", png},
    {"a JPEG image", jpeg},
    {"a GIF image", gif},
    {"a RIFF file (WebP, WAV, AVI)", riff},
    {"a BMP image", bmp},
    {"a PDF document", pdf},
    {"an MP4 film", mp4},
    {"an SQLite database", sqlite},
    {"a Parquet table", parquet},
    {"an Arrow table", arrow},
    {"a safetensors file", safetensors},
    {"an array of numpy", npy},
};

const char *og__container_other(const uint8_t *bytes, size_t len, uint64_t size, uint64_t *end)
{
    file f = {bytes, len, size};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        *end = others[i].end(&f);
        if (*end) return others[i].what;
    }
    return NULL;
}

og_entry_kind og_entry_known(const void *head, size_t len, uint64_t size, const char **what)
{
    uint64_t end;
    og__block block = {.bytes = head, .len = len};
    *what = og__container_other(head, len, size, &end);
    if (!*what || end != size) return OG_ENTRY_UNREADABLE;
    og__begun begun = og__container_prefix(head, len);
    if (begun.prefix != OG__PREFIX_STOPS && !begun.tainted) return OG_ENTRY_UNREADABLE;
    return og__container_is_npy(&block) ? OG_ENTRY_ARRAY : OG_ENTRY_OTHER;
}
