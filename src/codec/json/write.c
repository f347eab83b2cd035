/* SPDX-License-Identifier: MIT */
/*
 * The JSON writer: from one value to the next, nothing recursive. What is open is in the frames; text goes
 * straight into the caller's buffer.
 */
#include "base/alloc.h"
#include "base/options.h"
#include "codec/json/writer.h"

#include <string.h>

enum { SLACK = 512, FRAMES_AT_FIRST = 16 };

static int next_of_dict(og__json_writer *w, og__json_frame *f, og_value *out)
{
    const og_value *pair = f->next;
    f->next += 2;
    int status = og__json_begin_item(w);
    if (status == OG_OK) status = og__json_write_key(w, pair[0]);
    *out = pair[1];
    return status < 0 ? status : OG__NEXT_VALUE;
}

/* What must be written next within the innermost frame; as og__json_next_step(). */
static int next_value(og__json_writer *w, og_value *out)
{
    og__json_frame *f = &w->frames[w->depth - 1];
    if (f->kind == OG__FRAME_STEPS) return og__json_next_step(w, out);
    if (f->next == f->last) return 0;
    const og_value *item = f->next;
    int status;
    switch (f->kind) {
    case OG__FRAME_LIST:
        f->next++;
        *out = *item;
        status = og__json_begin_item(w);
        return status < 0 ? status : OG__NEXT_VALUE;
    case OG__FRAME_PAIRS:
        f->next += 2;
        status = og__json_begin_item(w);
        if (status == OG_OK) status = og__json_open(w, OG__FRAME_LIST, item, 2);
        return status < 0 ? status : OG__NEXT_OPENED;
    default: return next_of_dict(w, f, out);
    }
}

/* Writes what is open, up to the last bracket. */
static int write_open(og__json_writer *w)
{
    og_value value;
    int status = OG_OK;
    while (status >= 0 && w->depth > 0) {
        const og__json_frame *f = &w->frames[w->depth - 1];
        if (f->kind <= OG__FRAME_DICT && w->depth <= w->fast_depth && f->next != f->last) {
            status = w->items(w);
            continue;
        }
        status = next_value(w, &value);
        if (status == OG__NEXT_VALUE) {
            status = og__json_write_value(w, value);
        } else if (status == 0) {
            size_t record = w->frames[w->depth - 1].record;
            status = og__json_close(w);
            if (record && status == OG_OK) og__json_leave_shared(w, record);
        }
    }
    return status;
}

/* ---- What a writer is set to ---- */

static void set_lines(og__json_writer *w)
{
    w->lines = w->o.indent != 0 || w->o.indent_text;
    w->indent_text = w->o.indent_text;
    w->indent = w->indent_text ? strlen(w->indent_text) : w->o.indent > 0 ? (size_t)w->o.indent : 0;
}

/* Sets what the fast way copies between items: the same at every depth, except for its length. */
static void set_between(og__json_writer *w)
{
    size_t len = w->item_separator_len;
    w->fast_depth = 0;
    if (len > OG__SEPARATOR_MAX || w->key_separator_len > OG__SEPARATOR_MAX) return;
    memset(w->between, ' ', sizeof w->between);
    memcpy(w->between, w->o.item_separator, len);
    memcpy(w->key_separator, w->o.key_separator, w->key_separator_len);
    w->fast_depth = SIZE_MAX;
    if (!w->lines) return;
    w->between[len++] = '\n';
    if (w->indent) w->fast_depth = (OG__BETWEEN_MAX - len) / w->indent;
    for (; w->indent_text && w->indent && w->indent <= OG__BETWEEN_MAX - len; len += w->indent)
        memcpy(w->between + len, w->indent_text, w->indent);
}

static void set_separators(og__json_writer *w)
{
    w->item_separator_len = w->o.item_separator ? strlen(w->o.item_separator) : 1;
    w->key_separator_len = w->o.key_separator ? strlen(w->o.key_separator) : w->lines ? 2 : 1;
    if (!w->o.item_separator) w->o.item_separator = ",";
    if (!w->o.key_separator) w->o.key_separator = w->lines ? ": " : ":";
    w->spaced = w->lines || w->item_separator_len != 1 || w->o.item_separator[0] != ',' ||
                w->key_separator_len != 1 || w->o.key_separator[0] != ':';
    w->fast_depth = w->o.form == OG_JSON_LOSSLESS ? 0 : SIZE_MAX;
    if (w->spaced && w->fast_depth) set_between(w);
}

/* Room is asked for in advance, a little more than is used: what counts is the length in the end. */
static void set_limits(og__json_writer *w)
{
    size_t limit = w->out->limit ? w->out->limit : SIZE_MAX;
    size_t most = og__value_most(w->value, w->o.max_growth);
    w->max = limit > w->start ? limit - w->start : 0;
    if (w->o.max_bytes && w->o.max_bytes < w->max) w->max = w->o.max_bytes;
    w->unlimited = limit == SIZE_MAX && w->o.max_bytes == 0 && most == SIZE_MAX;
    w->grows = most < w->max;
    if (w->grows) {
        w->max = most;
        w->source = og__value_home(w->value)->source;
    }
    w->limit = w->unlimited || w->max > SIZE_MAX - SLACK - w->start ? SIZE_MAX : w->start + w->max + SLACK;
}

void og__json_begin_general(og__json_writer *w)
{
    og_buf *out = w->out;
    w->general = true;
    w->alloc = out->alloc;
    w->root_open = w->depth > 0;
    w->seen = (og__map){.alloc = out->alloc};
    w->records = NULL;
    w->record_count = w->record_room = 0;
    w->lowest_cut = SIZE_MAX;
    w->repeats = w->repeated = w->repeat_start = 0;
    w->spare = (og__json_block){0};
    w->scratch = NULL;
    w->scratch_depth = SIZE_MAX;
    w->defined = 0;
    w->late = false;
    set_lines(w);
    set_separators(w);
    set_limits(w);
    w->own_limit = out->limit;
    out->limit = 0;
    out->len = og__json_length(w);
    og__json_sync(w);
}

static void end_general(og__json_writer *w)
{
    for (size_t i = 0; i < w->depth; i++)
        og__json_end_frame(w, &w->frames[i]);
    if (w->frames != w->frames_first) og__base_free(w->alloc, w->frames, w->room * sizeof *w->frames);
    if (w->records) og__base_free(w->alloc, w->records, w->record_room * sizeof *w->records);
    if (w->seen.slots) og__value_map_free(&w->seen);
    og__base_free(w->alloc, w->spare.bytes, w->spare.size);
    if (w->scratch) og_doc_free(w->scratch);
    w->out->limit = w->own_limit;
}

/* ---- Two ways to begin ---- */

static int write_general(og__json_writer *w, og_value value)
{
    if (w->o.indent < OG_JSON_INDENT_0)
        return og_error_set(w->err, OG_EINVAL, OG_NO_POSITION,
                            "an indent of %d; expected 0 or more spaces, or "
                            "OG_JSON_INDENT_0 for none with line breaks",
                            w->o.indent);
    og__json_begin_general(w);
    int status = w->o.form == OG_JSON_LOSSLESS ? og__json_count_nodes(w, value) : OG_OK;
    if (status == OG_OK) status = og__json_write_value(w, value);
    return status < 0 ? status : write_open(w);
}

/* True for compact text of an array or object: the usual message. */
static bool begins_fast(const og_json_write_options *o, og_value value)
{
    bool compact = o->indent == 0 && !o->indent_text && !o->item_separator && !o->key_separator;
    og_kind kind = og_kind_of(value);
    if (!compact || o->sort_keys || o->form == OG_JSON_LOSSLESS) return false;
    return (kind == OG_LIST || kind == OG_TUPLE || kind == OG_DICT) && og__value_node_of(value)->count > 0;
}

static int write_fast(og__json_writer *w, og_value value)
{
    w->end = w->at + (w->out->cap - w->out->len);
    w->depth = 1;
    og__json_set_frame(&w->frames[0], value);
    w->frames[0].any = false;
    if (w->at == w->end) {
        og__json_begin_general(w);
        int status = og__json_reserve_slow(w, 1);
        if (status < 0) return status;
    }
    *w->at++ = og_kind_of(value) == OG_DICT ? '{' : '[';
    int status = w->items(w);
    return status < 0 || w->depth == 0 ? status : write_open(w);
}

/* The length that the text has in the end. */
static int check_length(og__json_writer *w)
{
    if (!w->general) {
        bool any = w->out->limit || w->o.max_bytes;
        if (!any && w->out->len - w->start <= OG_GROWTH_FREE) return OG_OK;
        set_limits(w);
    }
    if (w->out->len - w->start <= w->max) return OG_OK;
    if (!w->general) og__json_begin_general(w);
    return og__json_too_long(w);
}

int og__json_write_by(og__json_items_fn *items, og_value value, og_buf *out,
                      const og_json_write_options *options, og_error *err)
{
    og__json_frame frames[FRAMES_AT_FIRST];
    og__json_writer w;
    int status = og__base_options_take(&w.o, sizeof w.o, options, err);
    if (status < 0) return status;
    if (w.o.max_depth == 0) w.o.max_depth = OG_MAX_DEPTH_DEFAULT;
    if (w.o.max_digits == 0) w.o.max_digits = OG_MAX_DIGITS_DEFAULT;
    w.at = out->data ? out->data + out->len : NULL;
    w.out = out;
    w.start = out->len;
    w.items = items;
    w.frames = w.frames_first = frames;
    w.depth = 0;
    w.room = FRAMES_AT_FIRST;
    w.spaced = w.general = false;
    w.root = og__value_has_node(value) ? value.u.p : NULL;
    w.value = value;
    w.err = err;

    status = begins_fast(&w.o, value) ? write_fast(&w, value) : write_general(&w, value);
    out->len = og__json_length(&w);
    if (status >= 0) status = check_length(&w);
    if (status < 0) out->len = w.start;
    if (w.general) end_general(&w);
    return status < 0 ? status : OG_OK;
}

int og_json_write(og_value value, og_buf *out, const og_json_write_options *options, og_error *err)
{
    return og__json_write_by(og__json_best_items(), value, out, options, err);
}

char *og_json_dumps(og_value value, size_t *len, const og_json_write_options *options, og_error *err)
{
    og_buf out;
    og_buf_init(&out, NULL);
    int status = og_json_write(value, &out, options, err);
    if (status == OG_OK) status = og_buf_putc(&out, '\0');
    if (status == OG_ENOMEM) og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "out of memory while writing JSON");
    if (status < 0) {
        og_buf_free(&out);
        return NULL;
    }
    if (len) *len = out.len - 1;
    return (char *)out.data;
}
