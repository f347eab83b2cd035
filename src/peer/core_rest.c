/* SPDX-License-Identifier: MIT */
/* The core of a connection between messages: what must be known of it until something comes. */
#include "peer/core_parts.h"

#include <string.h>

/* Longer texts than one byte are of framings that were asked for, which the setup knows. */
enum { SHORT_TEXT = 1 };

static bool is_same(const og_framing *a, const og_framing *b)
{
    return a->ops == b->ops && a->width == b->width && a->text_len == b->text_len &&
           (a->text_len == 0 || memcmp(a->text, b->text, a->text_len) == 0);
}

/* False when the framing does not fit. */
static bool shorten(const og__wire *wire, const og__wire *asked, og__short_wire *out, og__short_text *text)
{
    const og_framing *framing = &wire->framing;
    *out = (og__short_wire){.codec = wire->codec, .framing = framing->ops};
    text->asked = is_same(framing, &asked->framing);
    if (text->asked) return true;
    if (framing->width > UINT16_MAX || framing->text_len > SHORT_TEXT) return false;
    text->width = (uint16_t)framing->width;
    text->has_text = framing->text_len > 0;
    text->text = framing->text[0];
    return true;
}

static og__wire lengthen(const og__short_wire *wire, const og__short_text *text, const og__wire *asked)
{
    og__wire whole = {wire->codec, asked->framing};
    if (text->asked) return whole;
    whole.framing = (og_framing){.ops = wire->framing, .width = text->width, .text_len = text->has_text};
    whole.framing.text[0] = text->text;
    return whole;
}

/* True when nothing is there that has come, or is to go, and no message was begun. */
static bool is_empty(const og__core *core)
{
    static const unsigned char nothing[OG_CODEC_SCAN_ROOM];
    const og_frame_reader *reader = &core->reader;
    return core->pending.cap == 0 && core->fed_len == 0 && core->out.cap == 0 && !core->layered &&
           !core->judging && (core->doc_lent || !core->doc) && reader->at == 0 && reader->state == 0 &&
           reader->number == 0 && memcmp(core->scan.room.bytes, nothing, sizeof nothing) == 0;
}

/* What is passed over is counted here only until something came. */
static bool skips_as_asked(const og__core *core)
{
    return !core->skips || (core->consumed == 0 && core->skip == core->setup->skip &&
                            core->skip_bytes == core->setup->skip_bytes);
}

bool og__peer_core_note(const og__core *core, og__rested *rested)
{
    const og__setup *setup = core->setup;
    og__rested own = {
        .consumed = core->consumed,
        .note = atomic_load_explicit(&core->note, memory_order_relaxed),
        .unsettled_answers = core->unsettled_answers,
        .end_begun = core->end_begun,
        .detected = core->detected,
        .settled = core->settled,
        .ended = core->ended,
        .broken = core->broken,
        .wrote = core->wrote,
        .begun = core->begun,
        .skips = core->skips,
        .greeted = core->greeted,
        .steady = core->steady,
        .spans_lines = core->spans_lines,
    };
    if (!shorten(&core->in, &setup->in, &own.in, &own.in_text) ||
        !shorten(&core->out_wire, &setup->out, &own.out, &own.out_text))
        return false;
    *rested = own;
    return true;
}

bool og__peer_core_rest(const og__core *core, og__rested *rested)
{
    return is_empty(core) && skips_as_asked(core) && og__peer_core_note(core, rested);
}

void og__peer_core_wake(og__core *core, const og__setup *setup, const og__rested *rested)
{
    og__peer_core_init(core, setup);
    core->consumed = rested->consumed;
    atomic_store_explicit(&core->note, rested->note, memory_order_relaxed);
    core->unsettled_answers = rested->unsettled_answers;
    core->end_begun = rested->end_begun;
    core->detected = rested->detected;
    core->settled = rested->settled;
    core->ended = rested->ended;
    core->broken = rested->broken;
    core->wrote = rested->wrote;
    core->begun = rested->begun;
    core->skips = rested->skips;
    core->greeted = rested->greeted;
    core->steady = rested->steady;
    core->spans_lines = rested->spans_lines;
    core->in = lengthen(&rested->in, &rested->in_text, &setup->in);
    core->out_wire = lengthen(&rested->out, &rested->out_text, &setup->out);
    og__peer_core_start(core);
}

void og__peer_rested_init(og__rested *rested, const og__setup *setup)
{
    og__core core;
    og__peer_core_init(&core, setup);
    og__peer_core_note(&core, rested);
}

const char *og__peer_rested_codec(const og__rested *rested, const og__setup *setup)
{
    og__core core;
    og__peer_core_wake(&core, setup, rested);
    return og__peer_core_codec(&core);
}

const char *og__peer_rested_framing(const og__rested *rested, const og__setup *setup, char *text, size_t size)
{
    og__core core;
    og__peer_core_wake(&core, setup, rested);
    return og__peer_core_framing(&core, text, size);
}
