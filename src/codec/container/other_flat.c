/* SPDX-License-Identifier: MIT */
/* TFLite: a FlatBuffer, whose tables are followed so far as the model's own description names them. */
#include "codec/container/other.h"

enum { DEPTH = 8, FIELDS = 13 };

/* What a field is. */
typedef enum form {
    SCALAR, /* in the table itself */
    STRING,
    VECTOR_1, /* of so many bytes each */
    VECTOR_4,
    VECTOR_8,
    TABLE,
    TABLES
} form;

typedef enum shape_name {
    OPAQUE, /* a table whose fields are not followed */
    MODEL,
    CODE,
    GRAPH,
    TENSOR,
    QUANTIZATION,
    OPERATOR,
    BUFFER,
    METADATA,
    SIGNATURE,
    ARGUMENT
} shape_name;

typedef struct field {
    uint8_t form;
    uint8_t shape; /* of tables */
} field;

/* Those of the file's description that are not in the table itself, by their numbers. */
static const field shapes[][FIELDS] = {
    [MODEL] = {[1] = {TABLES, CODE},
               [2] = {TABLES, GRAPH},
               [3] = {STRING, 0},
               [4] = {TABLES, BUFFER},
               [5] = {VECTOR_4, 0},
               [6] = {TABLES, METADATA},
               [7] = {TABLES, SIGNATURE}},
    [CODE] = {[1] = {STRING, 0}},
    [GRAPH] = {[0] = {TABLES, TENSOR},
               [1] = {VECTOR_4, 0},
               [2] = {VECTOR_4, 0},
               [3] = {TABLES, OPERATOR},
               [4] = {STRING, 0}},
    [TENSOR] = {[0] = {VECTOR_4, 0},
                [3] = {STRING, 0},
                [4] = {TABLE, QUANTIZATION},
                [6] = {TABLE, OPAQUE},
                [7] = {VECTOR_4, 0},
                [9] = {TABLES, OPAQUE}},
    [QUANTIZATION] = {[0] = {VECTOR_4, 0},
                      [1] = {VECTOR_4, 0},
                      [2] = {VECTOR_4, 0},
                      [3] = {VECTOR_8, 0},
                      [5] = {TABLE, OPAQUE}},
    [OPERATOR] = {[1] = {VECTOR_4, 0},
                  [2] = {VECTOR_4, 0},
                  [4] = {TABLE, OPAQUE},
                  [5] = {VECTOR_1, 0},
                  [7] = {VECTOR_1, 0},
                  [8] = {VECTOR_4, 0},
                  [12] = {TABLE, OPAQUE}},
    [BUFFER] = {[0] = {VECTOR_1, 0}},
    [METADATA] = {[0] = {STRING, 0}},
    [SIGNATURE] = {[0] = {TABLES, ARGUMENT}, [1] = {TABLES, ARGUMENT}, [2] = {STRING, 0}},
    [ARGUMENT] = {[0] = {STRING, 0}},
};

/* A table in hand, and the vector of tables in it that is in hand. */
typedef struct table {
    uint64_t at;
    uint64_t layout; /* the table that says where its fields are */
    uint64_t items;  /* that are left of the vector */
    uint64_t item;
    uint8_t shape;
    uint8_t item_shape;
    uint8_t next; /* field */
} table;

typedef struct flat {
    const og__other *f;
    table open[DEPTH];
    size_t depth;
    uint64_t steps; /* that are left */
    uint64_t end;
} flat;

/* A place is said as so many bytes after where it is said. False when there are not `size` bytes there. */
static bool follow(flat *t, uint64_t at, uint64_t size, uint64_t *place)
{
    if (!og__other_has(t->f, at, 4)) return false;
    *place = at + og__container_le(t->f->bytes + at, 4);
    return *place > at && og__other_has(t->f, *place, size) && og__other_reach(t->f, *place, size, &t->end);
}

static bool open_table(flat *t, uint64_t at, uint8_t shape)
{
    uint64_t place;
    if (t->depth == DEPTH || t->steps == 0 || !follow(t, at, 4, &place)) return false;
    t->steps--;
    /* The place of its layout is signed, and counted back. */
    uint64_t layout = place - (uint64_t)(int64_t)(int32_t)(uint32_t)og__container_le(t->f->bytes + place, 4);
    if (!og__other_has(t->f, layout, 4) || layout % 2) return false;
    uint64_t layout_size = og__container_le(t->f->bytes + layout, 2);
    uint64_t size = og__container_le(t->f->bytes + layout + 2, 2);
    if (layout_size < 4 || layout_size % 2 || size < 4 || !og__other_has(t->f, layout, layout_size) ||
        !og__other_has(t->f, place, size))
        return false;
    og__other_reach(t->f, layout, layout_size, &t->end);
    og__other_reach(t->f, place, size, &t->end);
    t->open[t->depth++] = (table){.at = place, .layout = layout, .shape = shape};
    return true;
}

/* A count, and so many items of `size` bytes; `after` bytes follow. */
static bool read_vector(flat *t, uint64_t at, uint64_t size, uint64_t after, uint64_t *count, uint64_t *first)
{
    uint64_t place;
    if (!follow(t, at, 4, &place)) return false;
    *count = og__container_le(t->f->bytes + place, 4);
    *first = place + 4;
    uint64_t bytes = *count * size + after;
    return og__other_has(t->f, *first, bytes) && og__other_reach(t->f, *first, bytes, &t->end);
}

/* Where the field is in the table in hand, or 0 when it is left out. */
static uint64_t place_of(const flat *t, const table *in, uint8_t number)
{
    uint64_t entry = 4 + 2 * (uint64_t)number;
    if (entry + 2 > og__container_le(t->f->bytes + in->layout, 2)) return 0;
    uint64_t offset = og__container_le(t->f->bytes + in->layout + entry, 2);
    return offset ? in->at + offset : 0;
}

static bool read_field(flat *t, table *in, uint8_t number)
{
    static const uint8_t sizes[] = {
        [STRING] = 1, [VECTOR_1] = 1, [VECTOR_4] = 4, [VECTOR_8] = 8, [TABLES] = 4};
    const field *what = &shapes[in->shape][number];
    uint64_t place = place_of(t, in, number);
    uint64_t count;
    uint64_t first;
    if (what->form == SCALAR || place == 0) return true;
    if (what->form == TABLE) return open_table(t, place, what->shape);
    if (!read_vector(t, place, sizes[what->form], what->form == STRING, &count, &first)) return false;
    if (what->form == STRING) return t->f->bytes[first + count] == 0;
    if (what->form != TABLES) return true;
    in->items = count;
    in->item = first;
    in->item_shape = what->shape;
    return true;
}

/* Every table, one after the other. */
static bool read_all(flat *t)
{
    while (t->depth > 0) {
        table *in = &t->open[t->depth - 1];
        if (in->items > 0) {
            uint64_t at = in->item;
            in->items--;
            in->item += 4;
            if (!open_table(t, at, in->item_shape)) return false;
        } else if (in->shape == OPAQUE || in->next == FIELDS) {
            t->depth--;
        } else if (!read_field(t, in, in->next++)) {
            return false;
        }
    }
    return true;
}

/* Nothing says how long the file is: it ends with the last of what is in it. */
uint64_t og__container_tflite(const og__other *f)
{
    flat t = {.f = f, .steps = f->len};
    if (f->len < f->size || f->len < 8 || memcmp(f->bytes + 4, "TFL3", 4) != 0) return 0;
    if (!open_table(&t, 0, MODEL)) return 0;
    uint64_t version = place_of(&t, &t.open[0], 0);
    if (!version || !og__other_has(f, version, 4) || og__container_le(f->bytes + version, 4) != 3) return 0;
    return read_all(&t) ? t.end : 0;
}
