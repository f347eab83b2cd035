/* SPDX-License-Identifier: MIT */
/* Files of tensors that hold no code of Python's: safetensors, GGUF, ONNX. */
#include "codec/container/other.h"

#include <onggi/json.h>

/* ---- safetensors ---- */

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
uint64_t og__container_safetensors(const og__other *f)
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

/* ---- GGUF ---- */

enum { GGUF_U32 = 4, GGUF_STR = 8, GGUF_LIST = 9, GGUF_ALIGNMENT = 32, DIMENSIONS = 8 };

/* Bytes of a value of each type; strings and lists say theirs. */
static const uint8_t gguf_sizes[] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};

/* Numbers in a block of each type of tensor, and its bytes. */
static const struct {
    uint16_t numbers;
    uint16_t bytes;
} gguf_blocks[] = {
    [0] = {1, 4},      [1] = {1, 2},      [2] = {32, 18},    [3] = {32, 20},    [6] = {32, 22},
    [7] = {32, 24},    [8] = {32, 34},    [9] = {32, 36},    [10] = {256, 84},  [11] = {256, 110},
    [12] = {256, 144}, [13] = {256, 176}, [14] = {256, 210}, [15] = {256, 292}, [16] = {256, 66},
    [17] = {256, 74},  [18] = {256, 98},  [19] = {256, 50},  [20] = {32, 18},   [21] = {256, 110},
    [22] = {256, 82},  [23] = {256, 136}, [24] = {1, 1},     [25] = {1, 2},     [26] = {1, 4},
    [27] = {1, 8},     [28] = {1, 8},     [29] = {256, 56},  [30] = {1, 2},     [34] = {256, 54},
    [35] = {256, 66},  [39] = {32, 17},
};

/* False when the file ends before. */
static bool read_number(const og__other *f, uint64_t *at, size_t size, uint64_t *value)
{
    if (!og__other_has(f, *at, size)) return false;
    *value = og__container_le(f->bytes + *at, size);
    *at += size;
    return true;
}

static bool skip_string(const og__other *f, uint64_t *at)
{
    uint64_t size;
    return read_number(f, at, 8, &size) && og__other_skip(f, at, size);
}

/* Values of one type, one after the other. Lists in lists are not written. */
static bool skip_values(const og__other *f, uint64_t *at, uint64_t type, uint64_t count)
{
    if (type == GGUF_STR) {
        for (; count > 0; count--) {
            if (!skip_string(f, at)) return false;
        }
        return true;
    }
    if (type >= sizeof gguf_sizes || gguf_sizes[type] == 0 || count > f->len) return false;
    return og__other_skip(f, at, count * gguf_sizes[type]);
}

/* A key and its value; one of them says to what the numbers are aligned. */
static bool skip_pair(const og__other *f, uint64_t *at, uint64_t *alignment)
{
    static const char key[] = "general.alignment";
    uint64_t start = *at + 8;
    uint64_t type;
    uint64_t count = 1;
    if (!skip_string(f, at)) return false;
    bool aligns = *at - start == sizeof key - 1 && memcmp(f->bytes + start, key, sizeof key - 1) == 0;
    if (!read_number(f, at, 4, &type)) return false;
    if (type == GGUF_LIST && (!read_number(f, at, 4, &type) || !read_number(f, at, 8, &count))) return false;
    start = *at;
    if (!skip_values(f, at, type, count)) return false;
    if (aligns && type == GGUF_U32) *alignment = og__container_le(f->bytes + start, 4);
    return *alignment > 0;
}

/* Where a tensor's numbers end, counted from where those of all begin. */
static bool read_gguf_tensor(const og__other *f, uint64_t *at, uint64_t *end)
{
    uint64_t dimensions;
    uint64_t numbers = 1;
    uint64_t type;
    uint64_t offset;
    if (!skip_string(f, at) || !read_number(f, at, 4, &dimensions) || dimensions > DIMENSIONS) return false;
    for (; dimensions > 0; dimensions--) {
        uint64_t length;
        if (!read_number(f, at, 8, &length) || __builtin_mul_overflow(numbers, length, &numbers))
            return false;
    }
    if (!read_number(f, at, 4, &type) || !read_number(f, at, 8, &offset)) return false;
    if (type >= sizeof gguf_blocks / sizeof gguf_blocks[0] || !gguf_blocks[type].numbers) return false;
    uint64_t blocks = numbers / gguf_blocks[type].numbers;
    return numbers % gguf_blocks[type].numbers == 0 && blocks <= f->size &&
           og__other_reach(f, offset, blocks * gguf_blocks[type].bytes, end);
}

uint64_t og__container_gguf(const og__other *f)
{
    uint64_t at = 24;
    uint64_t alignment = GGUF_ALIGNMENT;
    uint64_t end = 0;
    if (!og__other_begins(f, "GGUF", 4) || f->len < 24) return 0;
    uint64_t version = og__container_le(f->bytes + 4, 4);
    if (version < 2 || version > 3) return 0;
    for (uint64_t pairs = og__container_le(f->bytes + 16, 8); pairs > 0; pairs--) {
        if (!skip_pair(f, &at, &alignment)) return 0;
    }
    uint64_t tensors = og__container_le(f->bytes + 8, 8);
    if (tensors == 0) return at;
    for (; tensors > 0; tensors--) {
        if (!read_gguf_tensor(f, &at, &end)) return 0;
    }
    uint64_t start = (at + alignment - 1) / alignment * alignment;
    return start <= f->size && end <= f->size - start ? start + end : 0;
}

/* ---- ONNX ---- */

enum { VARINT = 0, BYTES = 2, ONNX_VERSION = 1, ONNX_GRAPH = 7, ONNX_OPERATORS = 8, GRAPH_NAME = 2 };

/* The fields of a model, and of its graph, by number: those of the one kind, and of the other. */
#define FIELD(n) (UINT32_C(1) << (n))
typedef struct message_form {
    uint32_t numbers;
    uint32_t messages;
    uint32_t needed;
} message_form;

static const message_form onnx_model = {FIELD(1) | FIELD(5),
                                        FIELD(2) | FIELD(3) | FIELD(4) | FIELD(6) | FIELD(7) | FIELD(8) |
                                            FIELD(14) | FIELD(20) | FIELD(25) | FIELD(26),
                                        FIELD(ONNX_VERSION) | FIELD(ONNX_GRAPH) | FIELD(ONNX_OPERATORS)};
static const message_form onnx_graph = {0,
                                        FIELD(1) | FIELD(2) | FIELD(5) | FIELD(10) | FIELD(11) | FIELD(12) |
                                            FIELD(13) | FIELD(14) | FIELD(15) | FIELD(16),
                                        FIELD(GRAPH_NAME)};

static bool read_varint(const og__other *f, uint64_t *at, uint64_t *value)
{
    *value = 0;
    for (unsigned shift = 0; shift < 64 && og__other_has(f, *at, 1); shift += 7) {
        uint8_t byte = f->bytes[(*at)++];
        *value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) return true;
    }
    return false;
}

/* Whether all of the bytes are a message of this form. `graph`: the last field of that number, or NULL. */
static bool is_message(const og__other *f, const message_form *form, og__other *graph)
{
    uint32_t seen = 0;
    for (uint64_t at = 0; at < f->len;) {
        uint64_t key;
        uint64_t value;
        if (!read_varint(f, &at, &key) || key >> 3 > 31 || !read_varint(f, &at, &value)) return false;
        uint32_t field = FIELD(key >> 3);
        bool bytes = (key & 7) == BYTES;
        if (!((bytes ? form->messages : form->numbers) & field) || (!bytes && (key & 7) != VARINT))
            return false;
        const uint8_t *start = f->bytes + at;
        if (bytes && !og__other_skip(f, &at, value)) return false;
        if (bytes && graph && field == FIELD(ONNX_GRAPH)) *graph = (og__other){start, (size_t)value, value};
        seen |= field;
    }
    return (seen & form->needed) == form->needed;
}

uint64_t og__container_onnx(const og__other *f)
{
    og__other graph = {0};
    if (f->len < f->size || f->len < 16 || f->bytes[0] != (ONNX_VERSION << 3 | VARINT)) return 0;
    return is_message(f, &onnx_model, &graph) && is_message(&graph, &onnx_graph, NULL) ? f->size : 0;
}
