/* SPDX-License-Identifier: MIT */
/* Lossless form: what JSON has no form for gets a tag; what appears more than once gets a number. */
#include "base/alloc.h"
#include "codec/json/writer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- Counting ---- */

/* Arguments that are looked at one by one, which many calls may have in common. */
enum { LOOKED_AT = 16 };

typedef struct run {
    const og_value *next;
    const og_value *last;
} run;

typedef struct walk {
    og__json_writer *w;
    run *runs;
    size_t depth;
    size_t room;
} walk;

static int push_run(walk *k, const og_value *items, size_t count)
{
    if (count == 0) return OG_OK;
    if (k->depth == k->room) {
        size_t room = k->room ? k->room * 2 : 32;
        run *runs = og__base_realloc(k->w->alloc, k->runs, k->room * sizeof *runs, room * sizeof *runs);
        if (!runs) return og__json_write_no_memory(k->w);
        k->runs = runs;
        k->room = room;
    }
    k->runs[k->depth++] = (run){items, items + count};
    return OG_OK;
}

/* True when an object is made from other nodes, which may not have been whole then. */
static bool takes_nodes(const og__object *object)
{
    if (og_kind_of(object->callable) == OG_OBJECT || (object->more && og_valid(object->more->kwargs)))
        return true;
    size_t count = og_len(object->args);
    for (size_t i = 0; i < count && i < LOOKED_AT; i++) {
        og_value arg = og_item(object->args, i);
        if (og__value_has_node(arg) && og_kind_of(arg) != OG_CLASS) return true;
    }
    return count > LOOKED_AT;
}

static int push_object(walk *k, og_value value)
{
    const og__object *object = og__value_node_of(value)->items;
    if (!k->w->late) k->w->late = takes_nodes(object);
    int status = push_run(k, &object->callable, 2);
    /* kwargs, items, pairs, state and next stand in a row. */
    if (status == OG_OK && object->more) status = push_run(k, &object->more->kwargs, 5);
    return status;
}

static int push_node(walk *k, og_value value)
{
    const og__node *node = og__value_node_of(value);
    switch (og_kind_of(value)) {
    case OG_LIST:
    case OG_TUPLE:
    case OG_SET:
    case OG_FROZENSET: return push_run(k, node->items, node->count);
    case OG_DICT: return push_run(k, node->items, 2 * (size_t)node->count);
    case OG_OBJECT: return push_object(k, value);
    default: return OG_OK;
    }
}

/* A node by itself is looked into once; how often it was met is counted. */
static int visit(walk *k, og_value value)
{
    if (!og__value_has_node(value) || og_kind_of(value) == OG_CLASS) return OG_OK;
    if (og__value_is_shared(value) || value.u.p == k->w->root) {
        bool fresh;
        uint64_t *count = og__value_map_put(&k->w->seen, value.u.p, 0, &fresh);
        if (!count) return og__json_write_no_memory(k->w);
        if (!fresh) {
            *count = 1;
            return OG_OK;
        }
    }
    return push_node(k, value);
}

int og__json_count_nodes(og__json_writer *w, og_value root)
{
    walk k = {.w = w};
    int status = visit(&k, root);
    while (status == OG_OK && k.depth > 0) {
        run *top = &k.runs[k.depth - 1];
        og_value value = *top->next++;
        if (top->next == top->last) k.depth--;
        status = visit(&k, value);
    }
    og__base_free(w->alloc, k.runs, k.room * sizeof *k.runs);
    return status;
}

/* ---- Tags ---- */

bool og__json_needs_tag(og_value string)
{
    if (!(string.meta & OG__F_SURROGATE)) return false;
    size_t len;
    const char *text = og_data(string, &len);
    for (size_t i = 0; i + 6 <= len; i++) {
        bool high = (uint8_t)text[i] == 0xed && ((uint8_t)text[i + 1] & 0xf0) == 0xa0;
        bool low = (uint8_t)text[i + 3] == 0xed && ((uint8_t)text[i + 4] & 0xf0) == 0xb0;
        if (high && low) return true;
    }
    return false;
}

static int write_string_tag(og__json_writer *w, og_value string)
{
    int status = og__json_open_tag(w, "py/str");
    return status < 0 ? status : og__json_write_base64(w, string);
}

/* nan, inf, -inf; a NaN with other bits than Python's own tells them. */
static int write_float_tag(og__json_writer *w, double number)
{
    char text[32];
    const char *word = text;
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    if (isinf(number))
        word = number < 0 ? "-inf" : "inf";
    else if (bits == UINT64_C(0x7ff8000000000000))
        word = "nan";
    else
        snprintf(text, sizeof text, "nan:%016llx", (unsigned long long)bits);
    int status = og__json_open_tag(w, "py/float");
    return status < 0 ? status : og__json_write_text(w, word, strlen(word), false);
}

/* A dict stays an object if its keys are strings that are no tags. */
static bool is_ordinary(const og__node *dict)
{
    const og_value *items = dict->items;
    for (size_t i = 0; i < dict->count; i++) {
        og_value key = items[2 * i];
        if (og_kind_of(key) != OG_STR || og__json_needs_tag(key)) return false;
        size_t len = og__value_len(key);
        if (len >= 3 && memcmp(key.u.p, "py/", 3) == 0) return false;
    }
    return true;
}

static int write_complex(og__json_writer *w, og_value value)
{
    const double *parts = value.u.p;
    og_value both[2] = {og_float(parts[0]), og_float(parts[1])};
    int status = og__json_open_tag(w, "py/complex");
    if (status == OG_OK) status = og__json_open(w, OG__FRAME_DEF, NULL, 0);
    for (int i = 0; status == OG_OK && i < 2; i++) {
        size_t depth = w->depth;
        status = og__json_begin_item(w);
        if (status == OG_OK) status = og__json_write_value(w, both[i]);
        while (status == OG_OK && w->depth > depth)
            status = og__json_close(w);
    }
    return status;
}

static int open_tagged(og__json_writer *w, const char *tag, og__json_frame_kind kind, const og_value *items,
                       size_t count)
{
    int status = og__json_open_tag(w, tag);
    return status < 0 ? status : og__json_open(w, kind, items, count);
}

static int open_body(og__json_writer *w, og_value value)
{
    const og__node *node = og__value_node_of(value);
    int status;
    switch (og_kind_of(value)) {
    case OG_LIST: return og__json_open(w, OG__FRAME_LIST, node->items, node->count);
    case OG_TUPLE: return open_tagged(w, "py/tuple", OG__FRAME_LIST, node->items, node->count);
    case OG_SET: return open_tagged(w, "py/set", OG__FRAME_LIST, node->items, node->count);
    case OG_FROZENSET: return open_tagged(w, "py/frozenset", OG__FRAME_LIST, node->items, node->count);
    case OG_DICT:
        if (is_ordinary(node)) return og__json_open_dict(w, value);
        return open_tagged(w, "py/dict", OG__FRAME_PAIRS, node->items, 2 * (size_t)node->count);
    case OG_BYTEARRAY:
        status = og__json_open_tag(w, "py/bytearray");
        return status < 0 ? status : og__json_write_base64(w, value);
    case OG_CLASS:
        status = og__json_open_tag(w, "py/type");
        return status < 0 ? status : og__json_write_class_name(w, value);
    default: return og__json_open_object(w, value);
    }
}

static int write_number_item(og__json_writer *w, uint64_t number)
{
    int status = og__json_begin_item(w);
    return status < 0 ? status : og__json_write_int(w, og_int((int64_t)number));
}

/* The map holds 0 for nodes that appear once, 1 for others, and their number plus 1 once they have one. */
static uint64_t *find_mark(const og__json_writer *w, og_value value)
{
    if (!og__value_is_shared(value) && value.u.p != w->root) return NULL;
    return og__value_map_find(&w->seen, value.u.p);
}

bool og__json_is_numbered(const og__json_writer *w, og_value value)
{
    const uint64_t *mark = find_mark(w, value);
    return mark && *mark > 0;
}

/* What was referred to before it was filled says so, where a call may have seen that. */
static int open_new(og__json_writer *w, og_value value)
{
    int status = OG_OK;
    if (w->late && (og__value_node_of(value)->flags & OG__N_LATE)) status = og__json_open_tag(w, "py/late");
    return status < 0 ? status : open_body(w, value);
}

static int write_node(og__json_writer *w, og_value value)
{
    uint64_t *mark = find_mark(w, value);
    if (!mark || *mark == 0) return open_new(w, value);
    int status;
    if (*mark > 1) {
        status = og__json_open_tag(w, "py/ref");
        return status < 0 ? status : og__json_write_int(w, og_int((int64_t)(*mark - 1)));
    }
    *mark = ++w->defined + 1;
    status = og__json_open_tag(w, "py/def");
    if (status == OG_OK) status = og__json_open(w, OG__FRAME_DEF, NULL, 0);
    if (status == OG_OK) status = write_number_item(w, w->defined);
    if (status == OG_OK) status = og__json_begin_item(w);
    return status < 0 ? status : open_new(w, value);
}

int og__json_write_lossless(og__json_writer *w, og_value value)
{
    int status;
    switch (og_kind_of(value)) {
    case OG_FLOAT: return write_float_tag(w, value.u.f);
    case OG_STR: return write_string_tag(w, value);
    case OG_COMPLEX: return write_complex(w, value);
    case OG_BYTES:
        status = og__json_open_tag(w, "py/b64");
        return status < 0 ? status : og__json_write_base64(w, value);
    default: return write_node(w, value);
    }
}
