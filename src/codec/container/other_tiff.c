/* SPDX-License-Identifier: MIT */
/* TIFF: directories of fields, which say where the pieces of each image are. */
#include "codec/container/other.h"

enum {
    WAITING = 64, /* directories that one directory may name */
    STRIPS = 273,
    STRIP_SIZES = 279,
    TILES = 324,
    TILE_SIZES = 325,
    THUMBNAIL = 513,
    THUMBNAIL_SIZE = 514,
    SUB_DIRECTORIES = 330,
    EXIF = 34665,
    GPS = 34853,
    INTEROPERABILITY = 40965
};

/* Bytes of a value of each type. */
static const uint8_t type_sizes[] = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8};

/* The values of a field. */
typedef struct values {
    uint64_t at;
    uint64_t count;
    size_t size; /* of one; 0: there is no such field */
} values;

typedef struct tiff {
    const og__other *f;
    bool big_endian;
    size_t word;    /* bytes of an offset: 4, or 8 in BigTIFF */
    uint64_t steps; /* that are left: what lies in no two places takes no more than the file is long */
    uint64_t end;
    uint64_t waiting[WAITING]; /* directories */
    size_t waiting_count;
    bool has_image;
} tiff;

static uint64_t number(const tiff *t, uint64_t at, size_t size)
{
    const uint8_t *bytes = t->f->bytes + at;
    return t->big_endian ? og__container_be(bytes, size) : og__container_le(bytes, size);
}

static bool take_steps(tiff *t, uint64_t count)
{
    if (count > t->steps) return false;
    t->steps -= count;
    return true;
}

/* Where the values of the field are that is in the directory at this place. False when they are not here. */
static bool read_values(tiff *t, uint64_t field, values *v)
{
    uint64_t type = number(t, field + 2, 2);
    v->size = type < sizeof type_sizes ? type_sizes[type] : 0;
    v->count = number(t, field + 4, t->word);
    if (v->size == 0 || v->count > t->f->size / v->size) return false;
    uint64_t size = v->count * v->size;
    v->at = field + 4 + t->word;
    if (size > t->word) v->at = number(t, v->at, t->word);
    return og__other_has(t->f, v->at, size) && og__other_reach(t->f, v->at, size, &t->end);
}

/* Pieces of an image, whose places are in one field and sizes in another one. */
static bool reach_pieces(tiff *t, const values *places, const values *sizes)
{
    if (places->size == 0 && sizes->size == 0) return true;
    if (places->count != sizes->count || !take_steps(t, places->count)) return false;
    for (uint64_t i = 0; i < places->count; i++) {
        uint64_t at = number(t, places->at + i * places->size, places->size);
        if (!og__other_reach(t->f, at, number(t, sizes->at + i * sizes->size, sizes->size), &t->end))
            return false;
        t->has_image = true;
    }
    return true;
}

static bool add_directory(tiff *t, uint64_t at)
{
    if (at == 0) return true;
    if (t->waiting_count == WAITING) return false;
    t->waiting[t->waiting_count++] = at;
    return true;
}

static bool add_directories(tiff *t, const values *places)
{
    if (places->count > WAITING) return false;
    for (uint64_t i = 0; i < places->count; i++) {
        if (!add_directory(t, number(t, places->at + i * places->size, places->size))) return false;
    }
    return true;
}

/* Which of the fields that say where pieces are has this tag: places are even, their sizes come next. */
static int index_of(uint64_t tag)
{
    static const uint16_t tags[] = {STRIPS, STRIP_SIZES, TILES, TILE_SIZES, THUMBNAIL, THUMBNAIL_SIZE};
    for (int i = 0; i < (int)(sizeof tags / sizeof tags[0]); i++) {
        if (tags[i] == tag) return i;
    }
    return -1;
}

static bool names_directories(uint64_t tag)
{
    return tag == SUB_DIRECTORIES || tag == EXIF || tag == GPS || tag == INTEROPERABILITY;
}

/* One directory, and the place of the next one. */
static bool read_directory(tiff *t, uint64_t at)
{
    values pieces[6] = {{0, 0, 0}};
    size_t head = t->word == 8 ? 8 : 2;
    size_t entry = 4 + 2 * t->word;
    if (!og__other_has(t->f, at, head)) return false;
    uint64_t count = number(t, at, head);
    if (count == 0 || !take_steps(t, count) || !og__other_has(t->f, at + head, count * entry + t->word))
        return false;
    uint64_t last = at + head + count * entry;
    if (!og__other_reach(t->f, last, t->word, &t->end)) return false;
    for (uint64_t field = at + head; field < last; field += entry) {
        values v;
        uint64_t tag = number(t, field, 2);
        int index = index_of(tag);
        if (!read_values(t, field, &v)) return false;
        if (index >= 0) pieces[index] = v;
        if (names_directories(tag) && !add_directories(t, &v)) return false;
    }
    for (size_t i = 0; i < 6; i += 2) {
        if (!reach_pieces(t, &pieces[i], &pieces[i + 1])) return false;
    }
    return add_directory(t, number(t, last, t->word));
}

uint64_t og__container_tiff(const og__other *f)
{
    if (f->len < 16 || f->bytes[0] != f->bytes[1] || (f->bytes[0] != 'I' && f->bytes[0] != 'M')) return 0;
    tiff t = {.f = f, .big_endian = f->bytes[0] == 'M', .word = 4, .steps = f->len};
    uint64_t version = number(&t, 2, 2);
    if (version == 43 && number(&t, 4, 4) == (t.big_endian ? 8u << 16 : 8u)) t.word = 8;
    if (version != 42 && t.word != 8) return 0;
    add_directory(&t, number(&t, t.word, t.word));
    while (t.waiting_count > 0) {
        if (!read_directory(&t, t.waiting[--t.waiting_count])) return 0;
    }
    return t.has_image ? t.end : 0;
}
