/* SPDX-License-Identifier: MIT */
/*
 * The open containers of a pass over a text, and forecasts of what comes next in them. Shared by the passes
 * that keep forecasts (pass_body.h, read_avx512.c).
 *
 *   needs  OG__HOT  what makes a function inline for the pass's processor
 *
 * Values wait on the document's stack until their container closes. An open container has its frame there,
 * below its items: a value whose kind says which bracket it is, with the position of the bracket as its
 * length and the distance to the next outer frame as its number. A dict's frame has a second value, where the
 * forecast of its keys waits while an inner container is read.
 *
 * Records of one text tend to have the same keys in the same order: while a dict is read, the keys of an
 * earlier one, its model, say what to expect. A key that is met as expected is not searched for its end, and
 * a dict that met no other keys has none twice.
 */
#ifndef ONGGI_CODEC_JSON_FRAMES_H
#define ONGGI_CODEC_JSON_FRAMES_H

#include "codec/json/reader.h"
#include "value/map.h"

enum { OG__LIST_FRAME = 1, OG__DICT_FRAME = 2 /* values */ };

/* What a step of a pass did with the innermost container. */
typedef enum og__json_step { OG__FAILED, OG__OPENED /* one within it */, OG__CLOSED } og__json_step;

/* Part of a pass's state, which is in registers. */
typedef struct og__json_frames {
    og_value *top;   /* next free place of the stack */
    og_value *frame; /* of the innermost open container; its kind is OG_INVALID when none is open */
    og_kind in;      /* that kind */
    bool surprised;  /* met a key that the model does not have, or not there */
    const og__node *model;
    const og_value *expect;     /* key that may come next, in the model's items */
    const og_value *expect_end; /* of the model's items */
} og__json_frames;

/* For what takes the reader and not the pass. */
static OG__HOT void og__json_save_frames(og__json_reader *r, const og__json_frames *f)
{
    r->top = f->top;
    r->frame = (size_t)(f->frame - r->doc->stack);
}

/* After that; the stack may have moved. */
static OG__HOT void og__json_restore_frames(const og__json_reader *r, og__json_frames *f)
{
    f->top = r->top;
    f->frame = r->doc->stack + r->frame;
}

/* ---- Forecasts ---- */

static OG__HOT void og__json_set_model(og__json_frames *f, const og__node *model)
{
    f->model = model;
    f->expect = model ? model->items : NULL;
    f->expect_end = model ? f->expect + 2 * (size_t)model->count : NULL;
    f->surprised = !model;
}

/* Before an inner container is read. */
static OG__HOT void og__json_put_model_away(og__json_frames *f)
{
    f->frame[1].meta = (uint64_t)(uintptr_t)f->expect | f->surprised;
    f->frame[1].u.p = f->model;
}

/* The key that may come next in the dict of `frame`, whose model was put away. */
static OG__HOT const og_value *og__json_expected(const og_value *frame)
{
    return og__value_map_pointer(frame[1].meta & ~UINT64_C(1));
}

/* After it was read. */
static OG__HOT void og__json_take_model_back(og__json_frames *f)
{
    og__json_set_model(f, f->frame[1].u.p);
    f->surprised = f->frame[1].meta & 1;
    f->expect = og__json_expected(f->frame);
}

/* What the value at `at`, in the container of `frame`, is likely to look like; or NULL. */
static OG__HOT const og_value *og__json_elder(const og_value *frame, const og_value *at)
{
    if (og_kind_of(*frame) == OG_LIST) return at > frame + OG__LIST_FRAME ? at - 1 : NULL;
    if (og_kind_of(*frame) != OG_DICT) return NULL;
    if (!(frame[1].meta & 1) && frame[1].u.p) return og__json_expected(frame) - 1;
    return at > frame + OG__DICT_FRAME + 1 ? at - 2 : NULL;
}

/* What a container that begins now is likely to look like, or NULL. */
static OG__HOT const og_value *og__json_likeness(const og__json_frames *f)
{
    if (f->in == OG_DICT) {
        if (!f->surprised) return f->expect - 1;
        return f->top > f->frame + OG__DICT_FRAME + 1 ? f->top - 2 : NULL;
    }
    if (f->in != OG_LIST) return NULL;
    if (f->top > f->frame + OG__LIST_FRAME) return f->top - 1;
    const og_value *list = og__json_elder(f->frame - f->frame->u.i, f->frame);
    if (!list || og_kind_of(*list) != OG_LIST || og__value_node_of(*list)->count == 0) return NULL;
    return og__value_node_of(*list)->items;
}

/* The model of a dict that begins now, or NULL. */
static OG__HOT const og__node *og__json_likely_model(const og__json_frames *f)
{
    const og_value *like = og__json_likeness(f);
    if (!like || og_kind_of(*like) != OG_DICT || og__value_node_of(*like)->count == 0) return NULL;
    return og__value_node_of(*like);
}

/* ---- Opening and closing ---- */

static OG__HOT void og__json_push_frame(og__json_frames *f, og_kind kind, size_t position)
{
    og_value *frame = f->top;
    if (f->in == OG_DICT) og__json_put_model_away(f);
    *frame = og__value_make(kind, 0, position, NULL);
    frame->u.i = frame - f->frame;
    f->frame = frame;
    f->in = kind;
    f->top = frame + (kind == OG_LIST ? OG__LIST_FRAME : OG__DICT_FRAME);
}

/* Takes the innermost frame off the stack. Returns its place, where the container goes that was made. */
static OG__HOT og_value *og__json_pop_frame(og__json_frames *f)
{
    og_value *frame = f->frame;
    f->frame = frame - frame->u.i;
    f->in = og_kind_of(*f->frame);
    f->top = frame + 1;
    if (f->in == OG_DICT) og__json_take_model_back(f);
    return frame;
}

#endif
