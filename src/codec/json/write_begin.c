/* SPDX-License-Identifier: MIT */
/* What a JSON writer is set to, from its options and what it writes. */
#include "base/alloc.h"
#include "base/number.h"
#include "base/options.h"
#include "codec/json/writer.h"

#include <string.h>

enum { SLACK = 512 };

int og__json_take_options(og__json_writer *w)
{
    int status = og__base_options_take(&w->o, sizeof w->o, w->given, w->err);
    if (w->o.max_depth == 0) w->o.max_depth = OG_MAX_DEPTH_DEFAULT;
    if (w->o.max_digits == 0) w->o.max_digits = OG_MAX_DIGITS_DEFAULT;
    return status;
}

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
    bool slow = w->o.form == OG_JSON_LOSSLESS || w->o.max_digits < OG__INT64_DIGITS;
    w->fast_depth = slow ? 0 : SIZE_MAX;
    if (w->spaced && w->fast_depth) set_between(w);
}

/* Room is asked for in advance, a little more than is used: what counts is the length in the end. */
void og__json_set_limits(og__json_writer *w)
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
    w->sorted = w->o.sort_keys;
    w->ascii = w->o.ensure_ascii;
    w->frames_first = w->frames;
    w->room = OG__FRAMES_AT_FIRST;
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
    og__json_count_frames(w);
    og__json_set_limits(w);
    w->own_limit = out->limit;
    out->limit = 0;
    out->len = og__json_length(w);
    og__json_sync(w);
}

void og__json_end_fast(og__json_writer *w)
{
    if (!w->general && og__json_take_options(w) == OG_OK) og__json_begin_general(w);
}

void og__json_end_general(og__json_writer *w)
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
