/* SPDX-License-Identifier: MIT */
/*
 * Files that no loader unpickles, known by their whole structure and not by their first bytes alone: each
 * function says where the file ends, so that what was put after it is looked at.
 */
#include "codec/container/other.h"
#include "codec/container/unpack.h"

/* ---- Images ---- */

/* A chain of chunks with checksums, the last one IEND. */
static uint64_t png(const og__other *f)
{
    size_t at = 8;
    if (!og__other_begins(f, "\x89PNG\r\n\x1a\n", 8)) return 0;
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
static size_t skip_scan(const og__other *f, size_t at)
{
    for (; at + 1 < f->len; at++) {
        if (f->bytes[at] != 0xff) continue;
        uint8_t next = f->bytes[at + 1];
        if (next != 0 && next != 0xff && (next < 0xd0 || next > 0xd7)) return at;
    }
    return f->len;
}

static uint64_t jpeg(const og__other *f)
{
    size_t at = 2;
    if (!og__other_begins(f, "\xff\xd8\xff", 3)) return 0;
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
static size_t skip_pieces(const og__other *f, size_t at)
{
    while (at < f->len && f->bytes[at])
        at += f->bytes[at] + 1u;
    return at < f->len ? at + 1 : 0;
}

static uint64_t gif(const og__other *f)
{
    if (!og__other_begins(f, "GIF87a", 6) && !og__other_begins(f, "GIF89a", 6)) return 0;
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

static uint64_t riff(const og__other *f)
{
    if (!og__other_begins(f, "RIFF", 4) || f->len < 12) return 0;
    if (memcmp(f->bytes + 8, "WEBP", 4) != 0 && memcmp(f->bytes + 8, "WAVE", 4) != 0 &&
        memcmp(f->bytes + 8, "AVI ", 4) != 0)
        return 0;
    uint64_t size = og__container_le(f->bytes + 4, 4);
    size += size & 1;
    return size <= f->size - 8 ? size + 8 : 0;
}

static uint64_t bmp(const og__other *f)
{
    if (!og__other_begins(f, "BM", 2) || f->len < 26) return 0;
    uint64_t size = og__container_le(f->bytes + 2, 4);
    uint64_t start = og__container_le(f->bytes + 10, 4);
    return size <= f->size && start >= 26 && start <= size && og__container_le(f->bytes + 6, 4) == 0 ? size
                                                                                                     : 0;
}

/* Icons: a list of images in the file. */
static uint64_t ico(const og__other *f)
{
    if (!og__other_begins(f, "\0\0\1\0", 4) || f->len < 6) return 0;
    uint64_t count = og__container_le(f->bytes + 4, 2);
    uint64_t end = 6 + count * 16;
    if (count == 0 || !og__other_has(f, 6, count * 16)) return 0;
    for (uint64_t at = 6; at < 6 + count * 16; at += 16) {
        uint64_t size = og__container_le(f->bytes + at + 8, 4);
        uint64_t start = og__container_le(f->bytes + at + 12, 4);
        if (size < 40 || start < 6 + count * 16 || !og__other_reach(f, start, size, &end)) return 0;
    }
    return end;
}

/* ---- Documents, films ---- */

static uint64_t pdf(const og__other *f)
{
    if (!og__other_begins(f, "%PDF-", 5) || f->len < f->size || f->len < 32) return 0;
    for (size_t at = f->len - 5; at > 5; at--) {
        if (memcmp(f->bytes + at, "%%EOF", 5) == 0) return at + 5;
    }
    return 0;
}

/* A chain of boxes, the first one ftyp. */
static uint64_t mp4(const og__other *f)
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

/* ---- Arrays ---- */

static uint64_t npy(const og__other *f)
{
    og__npy_header header;
    og__block block = {.bytes = f->bytes, .len = f->len};
    if (!og__container_is_npy(&block) || og__container_npy_header(f->bytes, f->len, &header)) return 0;
    return header.objects || header.size > f->size - header.data ? 0 : header.data + header.size;
}

/* ---- The table ---- */

static const struct {
    const char *what;
    uint64_t (*end)(const og__other *f); /* 0: it is no such file, or not whole */
} others[] = {
    {"a PNG image", png},
    {"a JPEG image", jpeg},
    {"a GIF image", gif},
    {"a RIFF file (WebP, WAV, AVI)", riff},
    {"a BMP image", bmp},
    {"an icon", ico},
    {"a TIFF image", og__container_tiff},
    {"a PDF document", pdf},
    {"an MP4 film", mp4},
    {"an SQLite database", og__container_sqlite},
    {"a Parquet table", og__container_parquet},
    {"an Arrow table", og__container_arrow},
    {"a Feather table", og__container_feather},
    {"a safetensors file", og__container_safetensors},
    {"a GGUF model", og__container_gguf},
    {"an ONNX model", og__container_onnx},
    {"a TFLite model", og__container_tflite},
    {"a TFRecord file", og__container_tfrecord},
    {"an Ogg file", og__container_ogg},
    {"a FLAC file", og__container_flac},
    {"an MP3 file", og__container_mp3},
    {"a Matroska film (MKV, WebM)", og__container_matroska},
    {"a font (TrueType, OpenType)", og__container_font},
    {"a WOFF font", og__container_woff},
    {"a WOFF2 font", og__container_woff2},
    {"a time zone", og__container_zone},
    {"an ELF program or library", og__container_elf},
    {"a Windows program or library", og__container_pe},
    {"a Mach-O program or library", og__container_mach_o},
    {"a WebAssembly module", og__container_wasm},
    {"a Java class", og__container_java_class},
    {"Python's byte code, which importing it runs", og__container_pyc},
    {"an array of numpy", npy},
};

const char *og__container_other(const uint8_t *bytes, size_t len, uint64_t size, uint64_t *end)
{
    og__other f = {bytes, len, size};
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
