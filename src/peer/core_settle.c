/* SPDX-License-Identifier: MIT */
/* The core of a connection: deciding which codec and framing its peer speaks, and how answers end. */
#include "peer/core_parts.h"

#include "peer/detect.h"

#include <string.h>

/* Detection looks at each arrival up to here, then each time the bytes have doubled. */
enum { LOOK_ALWAYS = 512 };

/* True for raw framing in which a line's end after the first value would mean lines. */
static bool may_be_lines(const og__core *core)
{
    return !core->setup->framing_given && og_framing_is_raw(core->in.framing) && core->in.codec &&
           core->in.codec->lines;
}

/* How to read what ends as `framing` writes it: lines end in "\n" whatever comes before that. */
static og_framing as_read(og_framing framing)
{
    size_t size;
    og_framing read = framing;
    const og_frame_ops *ops = framing.ops;
    if (ops && ops->ending)
        og_framing_after(&read, (const uint8_t *)ops->ending + ops->ending_len - 1, 1, &size);
    return read;
}

static bool ends_lines(og_framing framing)
{
    const og_frame_ops *ops = framing.ops;
    return ops->ending && ops->ending[ops->ending_len - 1] == '\n';
}

/* The log tells once what a connection speaks; of datagrams, each of which decides anew, it does not. */
static void note_seen(const og__core *core, const uint8_t *data, size_t len, const og__detected *found)
{
    if (core->loan && !core->setup->datagram) og__peer_detect_describe(data, len, found, core->loan->seen);
}

static void decided(og__core *core, const og__detected *found)
{
    if (!core->setup->codec_given) core->in.codec = found->codec;
    if (!core->setup->framing_given) core->in.framing = as_read(found->framing);
    core->detected = core->in.codec != NULL;
    og__peer_core_start(core);
    core->settled = !may_be_lines(core);
    if (!core->detected) return;
    bool same_codec = core->out_wire.codec == core->in.codec;
    if (!core->setup->codec_given) core->out_wire.codec = core->in.codec;
    if (core->setup->framing_given) return;
    if (core->wrote && same_codec && !core->settled)
        core->settled = true; /* our lines are as good as bare values to whoever reads these */
    else
        core->out_wire.framing = found->framing;
}

static og__look look_of(const og__core *core, const uint8_t *data, size_t len)
{
    return (og__look){
        .data = data,
        .len = len,
        .paused = core->silences > 0,
        .silent = core->silences >= OG__SILENT,
        .still = core->silences >= OG__SILENCES,
        .ended = core->ended,
        .datagram = core->setup->datagram,
        .client = core->setup->role == OG_ROLE_CLIENT,
        .codec = core->setup->codec_given ? core->in.codec : NULL,
        .bare = core->setup->framing_given,
        .max_message = core->setup->max_message,
    };
}

/* As og__peer_core_detect(). */
static int look_at(og__core *core, const uint8_t *data, size_t len, og_error *err)
{
    bool due = core->ended || core->silences > 0 || core->setup->datagram;
    bool step = core->silences <= 1 || core->silences == OG__SILENT || core->silences >= OG__SILENCES;
    if (len == core->looked && !step && !core->ended) return 0;
    if (len > LOOK_ALWAYS && len < 2 * core->looked && !due) return 0;
    core->looked = len;
    const og__look look = look_of(core, data, len);
    og__detected found;
    int status = og__peer_detect(&look, &found, err);
    if (status <= 0) return status;
    note_seen(core, data, len, &found);
    decided(core, &found);
    return status;
}

int og__peer_core_detect_codec(og__core *core, const uint8_t *message, size_t len, og_error *err)
{
    og__detected found;
    int status = og__peer_detect_codec(message, len, &found, err);
    if (status < 0) return status;
    note_seen(core, message, len, &found);
    found.framing = core->in.framing;
    bool settled = core->settled;
    og_frame_reader reader = core->reader; /* is past this message already */
    decided(core, &found);
    reader.scan = core->reader.scan;
    reader.scan_ctx = core->reader.scan_ctx;
    core->reader = reader;
    core->settled = settled || core->settled;
    return OG_OK;
}

int og__peer_core_detect(og__core *core, const uint8_t *data, size_t len, og_error *err)
{
    bool raw = og_framing_is_raw(core->in.framing);
    if (core->detected || (core->in.framing.ops && !raw)) return 1;
    return look_at(core, data, len, err);
}

/* ---- Greetings ---- */

/* True when no message begins with the bytes, as far as codec and framing are given or can be told. */
static bool is_no_message(const og__core *core, const uint8_t *data, size_t len)
{
    const og__look look = look_of(core, data, len);
    og__detected found;
    og_frame_head head = {0};
    const og_frame_ops *ops = core->in.framing.ops;
    if (!core->setup->framing_given || og_framing_is_raw(core->in.framing))
        return !core->detected && og__peer_detect(&look, &found, NULL) < 0;
    if (!ops->head) return !core->setup->codec_given && og__peer_detect_codec(data, len, &found, NULL) < 0;
    int is_head = ops->head(&core->in.framing, data, len, &head, NULL);
    return is_head < 0 || head.over || (is_head > 0 && head.body > core->setup->max_message);
}

og__greeting og__peer_core_greeting(const og__core *core, const uint8_t *data, size_t len, size_t *size)
{
    enum { LONGEST = 1024 };
    size_t at = 0;
    while (at < len && at < LONGEST && (data[at] >= ' ' || data[at] == '\t' || data[at] == '\r'))
        at++;
    bool line = at < len && data[at] == '\n';
    bool all = at == len && (core->ended || core->silences >= OG__SILENCES);
    *size = at + line;
    if (at == 0 || at == LONGEST || (at < len && !line) || core->setup->datagram) return OG__NO_GREETING;
    if (!is_no_message(core, data, len)) return OG__NO_GREETING;
    return line || all ? OG__GREETING : OG__GREETING_PART;
}

/* An answer that went without an end gets the one that it lacks. */
static void end_answer(og__core *core)
{
    size_t mark = 0;
    if (og_frame_begin(&core->out_wire.framing, &core->out, &mark, NULL) == OG_OK)
        og_frame_end(&core->out_wire.framing, &core->out, mark, NULL);
}

/* From now on answers end in the way of `framing`, and messages unless the first one held such an end itself.
 */
static void settle_on(og__core *core, og_framing framing)
{
    core->out_wire.framing = framing;
    if (core->unsettled_answers == 1) end_answer(core);
    if (core->spans_lines && ends_lines(framing)) return;
    core->in.framing = as_read(framing);
    og__peer_core_start(core);
}

size_t og__peer_core_settle(og__core *core, const uint8_t *data, size_t len)
{
    size_t size = 0;
    og_framing framing;
    if (len == 0 || core->setup->framing_given) return 0;
    const uint8_t both[2] = {core->end_begun, data[0]};
    bool begun = core->end_begun != 0;
    int found = og_framing_after(&framing, begun ? both : data, begun ? sizeof both : len, &size);
    if (found == 0) {
        core->end_begun = data[0];
        return 1;
    }
    core->settled = true;
    if (found < 0) return 0;
    settle_on(core, framing);
    return size - begun;
}

void og__peer_core_settle_line(og__core *core, const uint8_t *after, size_t len)
{
    size_t size;
    og_framing framing;
    core->settled = true;
    if (core->out_wire.framing.ops == core->in.framing.ops && len > 0 &&
        og_framing_after(&framing, after, len, &size) > 0)
        core->out_wire.framing = framing;
}
