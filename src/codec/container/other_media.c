/* SPDX-License-Identifier: MIT */
/* Sound and films: pages, frames and elements one after the other. */
#include "codec/container/other.h"

/* ---- Ogg ---- */

enum { PAGE_HEAD = 27, PAGE_SUM = 22 };

/* The checksum of a page, with zeros in the checksum's own place. */
static uint32_t sum_page(const uint8_t *page, uint64_t size)
{
    uint32_t sum = 0;
    for (uint64_t i = 0; i < size; i++) {
        uint32_t byte = i >= PAGE_SUM && i < PAGE_SUM + 4 ? 0 : page[i];
        sum ^= byte << 24;
        for (int bit = 0; bit < 8; bit++)
            sum = sum << 1 ^ (sum >> 31 ? 0x04c11db7u : 0);
    }
    return sum;
}

/* Bytes of a page with a right checksum, or 0. */
static uint64_t page_size(const og__other *f, uint64_t at)
{
    if (!og__other_has(f, at, PAGE_HEAD) || memcmp(f->bytes + at, "OggS\0", 5) != 0) return 0;
    uint64_t size = PAGE_HEAD + f->bytes[at + 26];
    if (!og__other_has(f, at, size)) return 0;
    for (uint64_t i = at + PAGE_HEAD, end = at + size; i < end; i++)
        size += f->bytes[i];
    if (!og__other_has(f, at, size)) return 0;
    return sum_page(f->bytes + at, size) == og__container_le(f->bytes + at + PAGE_SUM, 4) ? size : 0;
}

uint64_t og__container_ogg(const og__other *f)
{
    uint64_t at = 0;
    for (uint64_t size; (size = page_size(f, at)) > 0;)
        at += size;
    return at;
}

/* ---- FLAC ---- */

enum { FLAC_INFO = 34 };

/* Where the frame ends that begins here: its checksum over all of it is 0, and another one or nothing
 * follows. */
static uint64_t end_of_frame(const og__other *f, uint64_t start)
{
    uint32_t sum = 0;
    const uint8_t *sync = f->bytes + start;
    if (!og__other_has(f, start, 2) || sync[0] != 0xff || (sync[1] & 0xfe) != 0xf8) return 0;
    for (uint64_t at = start; at < f->len; at++) {
        sum ^= (uint32_t)f->bytes[at] << 8;
        for (int bit = 0; bit < 8; bit++)
            sum = (sum << 1 ^ (sum & 0x8000 ? 0x8005u : 0)) & 0xffff;
        const uint8_t *next = f->bytes + at + 1;
        bool last = at + 1 == f->len || (og__other_has(f, at + 1, 3) && memcmp(next, "TAG", 3) == 0);
        bool another = og__other_has(f, at + 1, 2) && memcmp(next, sync, 2) == 0;
        if (sum == 0 && at > start + 6 && (last || another)) return at + 1;
    }
    return 0;
}

uint64_t og__container_flac(const og__other *f)
{
    uint64_t at = 4;
    bool last = false;
    if (!og__other_begins(f, "fLaC", 4) || f->len < 8 || (f->bytes[4] & 0x7f) != 0) return 0;
    if (og__container_be(f->bytes + 5, 3) != FLAC_INFO) return 0;
    while (!last) {
        if (!og__other_has(f, at, 4)) return 0;
        last = f->bytes[at] & 0x80;
        uint64_t size = og__container_be(f->bytes + at + 1, 3);
        if (!og__other_has(f, at + 4, size)) return 0;
        at += 4 + size;
    }
    uint64_t end = end_of_frame(f, at);
    for (uint64_t next = end; next; next = end_of_frame(f, end))
        end = next;
    return end;
}

/* ---- MP3 ---- */

enum { FRAMES = 4, ID3_HEAD = 10, ID3_TAIL = 128 };

/* Bytes of a frame of MPEG audio, layer III, or 0. */
static uint64_t mp3_frame(const og__other *f, uint64_t at)
{
    static const uint16_t rates_1[] = {0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0};
    static const uint16_t rates_2[] = {0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0};
    static const uint16_t samples[] = {44100, 48000, 32000};
    if (!og__other_has(f, at, 4) || f->bytes[at] != 0xff || (f->bytes[at + 1] & 0xe6) != 0xe2) return 0;
    unsigned version = f->bytes[at + 1] >> 3 & 3; /* 3: MPEG 1; 2: MPEG 2; 0: MPEG 2.5 */
    unsigned rate = f->bytes[at + 2] >> 2 & 3;
    if (version == 1 || rate == 3) return 0;
    unsigned bits = (version == 3 ? rates_1 : rates_2)[f->bytes[at + 2] >> 4] * 1000u;
    unsigned per_second = samples[rate] >> (version == 3 ? 0 : version == 2 ? 1 : 2);
    uint64_t size = (version == 3 ? 144u : 72u) * bits / per_second + (f->bytes[at + 2] >> 1 & 1);
    return bits && og__other_has(f, at, size) ? size : 0;
}

uint64_t og__container_mp3(const og__other *f)
{
    uint64_t at = 0;
    unsigned frames = 0;
    if (og__other_begins(f, "ID3", 3) && f->len >= ID3_HEAD) {
        const uint8_t *size = f->bytes + 6; /* seven bits in each byte */
        at =
            ID3_HEAD + ((uint64_t)size[0] << 21 | (uint64_t)size[1] << 14 | (uint64_t)size[2] << 7 | size[3]);
    }
    for (uint64_t size; (size = mp3_frame(f, at)) > 0; frames++)
        at += size;
    if (og__other_has(f, at, ID3_TAIL) && memcmp(f->bytes + at, "TAG", 3) == 0) at += ID3_TAIL;
    return frames >= FRAMES ? at : 0;
}

/* ---- Matroska ---- */

/* A size of one to eight bytes, whose first set bit says how many. False when it is cut, or unknown. */
static bool read_size(const og__other *f, uint64_t *at, uint64_t *size)
{
    if (!og__other_has(f, *at, 1) || f->bytes[*at] == 0) return false;
    unsigned length = (unsigned)__builtin_clz(f->bytes[*at]) - 23;
    if (!og__other_has(f, *at, length)) return false;
    uint64_t unknown = (UINT64_C(1) << 7 * length) - 1;
    *size = og__container_be(f->bytes + *at, length) & unknown;
    *at += length;
    return *size != unknown;
}

uint64_t og__container_matroska(const og__other *f)
{
    uint64_t at = 4;
    uint64_t size;
    if (!og__other_begins(f, "\x1a\x45\xdf\xa3", 4) || !read_size(f, &at, &size)) return 0;
    if (!og__other_has(f, at, size) || !og__other_has(f, at + size, 4)) return 0;
    at += size;
    if (memcmp(f->bytes + at, "\x18\x53\x80\x67", 4) != 0) return 0;
    at += 4;
    return read_size(f, &at, &size) && at <= f->size && size <= f->size - at ? at + size : 0;
}
