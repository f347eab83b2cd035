/* SPDX-License-Identifier: MIT */
/* Containers, class references and objects in strict and plain form; shared nodes are written again. */
#include "base/alloc.h"
#include "codec/json/sort.h"
#include "codec/json/writer.h"

#include <string.h>

/* What repeating shared nodes may cost where nobody set a limit. */
#define REPEAT_MAX ((size_t)64 << 20)

/* Memory of at least `size` bytes: what the last sorted dict left, or new. */
static og__json_block take_block(og__json_writer *w, size_t size)
{
    og__json_block block = w->spare;
    w->spare = (og__json_block){0};
    if (block.size >= size) return block;
    og__base_free(w->alloc, block.bytes, block.size);
    block.bytes = size < SIZE_MAX ? og__base_alloc(w->alloc, size) : NULL;
    block.size = size;
    return block;
}

/* Opens a dict whose pairs do not stand in order. */
static int open_sorted(og__json_writer *w, const og_value *items, size_t pairs)
{
    og__json_block block = take_block(w, og__json_sort_size(pairs));
    if (!block.bytes) return og__json_write_no_memory(w);
    int status = og__json_open(w, OG__FRAME_DICT, og__json_sort(items, pairs, block.bytes), 2 * pairs);
    if (status < 0) {
        og__base_free(w->alloc, block.bytes, block.size);
        return status;
    }
    og__json_frame *f = &w->frames[w->depth - 1];
    f->u.sorted = block;
    f->is_sorted = true;
    return OG_OK;
}

int og__json_open_dict(og__json_writer *w, og_value dict)
{
    const og__node *node = og__value_node_of(dict);
    const og_value *items = node->items;
    size_t pairs = node->count;
    bool sort = w->o.sort_keys && pairs > 1;
    if (sort && w->o.form == OG_JSON_STRICT && !og__json_sortable(items, pairs))
        return og__json_refuse(w, OG_ETYPE, "keys of different kinds have no order; leave sort_keys out");
    if (sort && !og__json_in_order(items, pairs)) return open_sorted(w, items, pairs);
    return og__json_open(w, OG__FRAME_DICT, items, 2 * pairs);
}

/* ---- Shared nodes ---- */

static int new_record(og__json_writer *w)
{
    if (w->record_count < w->record_room) return OG_OK;
    size_t room = w->record_room ? w->record_room + w->record_room / 2 : 16;
    og__json_record *records =
        og__base_realloc(w->alloc, w->records, w->record_room * sizeof *records, room * sizeof *records);
    if (!records) return og__json_write_no_memory(w);
    w->records = records;
    w->record_room = room;
    return OG_OK;
}

/* The record of a shared node, new or known. NULL without memory. */
static og__json_record *find_record(og__json_writer *w, const void *node, bool *fresh)
{
    *fresh = false;
    if (new_record(w) < 0) return NULL;
    uint64_t *index = og__value_map_put(&w->seen, node, w->record_count, fresh);
    if (!index) {
        og__json_write_no_memory(w);
        return NULL;
    }
    if (*fresh) w->records[w->record_count++] = (og__json_record){0};
    return &w->records[*index];
}

/* A node that is being written, in frame `depth`, appears within itself. */
static int cut_cycle(og__json_writer *w, size_t depth, og_value value)
{
    if (w->o.form == OG_JSON_STRICT)
        return og__json_refuse(w, OG_EVALUE,
                               "the %s holds itself, which JSON cannot carry; use plain or lossless form "
                               "or pickle",
                               og_kind_name(og_kind_of(value)));
    if (depth < w->lowest_cut) w->lowest_cut = depth;
    bool braces = og_kind_of(value) == OG_DICT || og_kind_of(value) == OG_OBJECT;
    return og__json_puts(w, braces ? "\"{...}\"" : "\"[...]\"");
}

int og__json_too_long(og__json_writer *w)
{
    if (!w->unlimited)
        return og__json_refuse(w, OG_ELIMIT, "the text would be longer than the limit of %zu bytes", w->max);
    return og__json_refuse(
        w, OG_ELIMIT,
        "writing shared values again and again would take more than %zu bytes; use lossless form, "
        "or set max_bytes",
        REPEAT_MAX);
}

/* Counts what repeating costs; where the caller set a limit, that one counts alone. */
static int charge_repeat(og__json_writer *w, size_t len)
{
    if (!w->unlimited) return OG_OK;
    if (len > REPEAT_MAX - w->repeated) return og__json_too_long(w);
    w->repeated += len;
    return OG_OK;
}

/* Copies the text of a node that has been written before. */
static int repeat_text(og__json_writer *w, const og__json_record *record)
{
    int status = charge_repeat(w, record->len);
    if (status == OG_OK) status = og__json_reserve(w, record->len);
    if (status < 0) return status;
    memcpy(w->at, w->out->data + record->start, record->len);
    w->at += record->len;
    return OG_OK;
}

/* From here on what is written is a repetition, until the frame that is opened next closes. */
static void begin_repeat(og__json_writer *w)
{
    if (w->repeats++ > 0 || !w->unlimited) return;
    w->repeat_start = og__json_length(w);
    w->limit = w->repeat_start + (REPEAT_MAX - w->repeated);
    w->out->len = w->repeat_start;
    og__json_sync(w);
}

static void end_repeat(og__json_writer *w)
{
    if (--w->repeats > 0 || !w->unlimited) return;
    w->repeated += og__json_length(w) - w->repeat_start;
    w->limit = SIZE_MAX;
    w->out->len = og__json_length(w);
    og__json_sync(w);
}

/* A text can be copied to where it would be indented alike, and be no deeper than it was. */
static bool fits_here(const og__json_writer *w, const og__json_record *record)
{
    return w->lines ? w->depth == record->depth : w->depth <= record->depth;
}

/* 1 when the node is to be written in full (then its frame is to be told `*record`, plus 1), 0 when it was
 * dealt with. */
static int enter_shared(og__json_writer *w, og_value value, size_t *index)
{
    bool fresh;
    og__json_record *record = find_record(w, value.u.p, &fresh);
    if (!record) return OG_ENOMEM;
    if (!fresh && record->state == OG__RECORD_OPEN) return cut_cycle(w, record->depth, value);
    if (!fresh && record->state == OG__RECORD_WHOLE && fits_here(w, record)) return repeat_text(w, record);
    record->repeats = !fresh;
    if (!fresh) begin_repeat(w);
    record->state = OG__RECORD_OPEN;
    record->start = og__json_length(w);
    record->depth = w->depth;
    *index = (size_t)(record - w->records) + 1;
    return 1;
}

void og__json_leave_shared(og__json_writer *w, size_t index)
{
    og__json_record *record = &w->records[index - 1];
    /* A text with "[...]" for something further out would be another one elsewhere. */
    record->state = w->lowest_cut < record->depth ? OG__RECORD_VARIES : OG__RECORD_WHOLE;
    if (w->lowest_cut >= record->depth) w->lowest_cut = SIZE_MAX;
    record->len = og__json_length(w) - record->start;
    if (record->repeats) end_repeat(w);
}

/* ---- Kinds ---- */

static int refuse_kind(og__json_writer *w, og_value value)
{
    return og__json_refuse(w, OG_ETYPE, "%s cannot be carried by JSON; use plain or lossless form or pickle",
                           og_kind_name(og_kind_of(value)));
}

static int open_node(og__json_writer *w, og_value value)
{
    const og__node *node = og__value_node_of(value);
    switch (og_kind_of(value)) {
    case OG_LIST:
    case OG_TUPLE:
    case OG_SET:
    case OG_FROZENSET: return og__json_open(w, OG__FRAME_LIST, node->items, node->count);
    case OG_DICT: return og__json_open_dict(w, value);
    default: return og__json_plain_object(w, value);
    }
}

int og__json_write_node(og__json_writer *w, og_value value)
{
    og_kind kind = og_kind_of(value);
    if (w->o.form == OG_JSON_STRICT && kind != OG_LIST && kind != OG_TUPLE && kind != OG_DICT)
        return refuse_kind(w, value);
    if (kind == OG_BYTEARRAY) return og__json_write_base64(w, value);
    if (kind == OG_CLASS) return og__json_write_class_name(w, value);
    if (value.u.p == w->root) {
        /* It is open as long as anything is written. */
        if (w->root_open) return cut_cycle(w, 0, value);
        w->root_open = true;
        return open_node(w, value);
    }
    if (!og__value_is_shared(value)) return open_node(w, value);
    size_t index = 0;
    int status = enter_shared(w, value, &index);
    if (status <= 0) return status;
    size_t depth = w->depth;
    status = open_node(w, value);
    if (status < 0) return status;
    if (w->depth > depth)
        w->frames[depth].record = index;
    else
        og__json_leave_shared(w, index);
    return OG_OK;
}
