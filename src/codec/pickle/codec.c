/* SPDX-License-Identifier: MIT */
/* The row of pickle in the table of codecs. */
#include "codec/codec.h"
#include "codec/pickle/begins.h"
#include "codec/pickle/exact.h"
#include "codec/pickle/opcodes.h"

#include <onggi/pickle.h>

#include <string.h>

_Static_assert(sizeof(og_pickle_scan) <= OG_CODEC_SCAN_ROOM, "a scan of a pickle must fit its room");

og_pickle_options *og_pickle_of(og_codec_options *all)
{
    og_pickle_options *own = og__codec_put(all, &og__pickle_codec, sizeof *own);
    own->read.size = sizeof own->read;
    own->write.size = sizeof own->write;
    return own;
}

static int pickle_read(og_doc *doc, const uint8_t *bytes, size_t len, const og_codec_options *options,
                       og_error *err)
{
    const og_pickle_options *own = og__codec_get(options, &og__pickle_codec);
    return og_pickle_read(doc, bytes, len, NULL, own ? &own->read : NULL, err);
}

static int pickle_write(og_value value, og_buf *out, const og_codec_options *options, og_error *err)
{
    const og_pickle_options *own = og__codec_get(options, &og__pickle_codec);
    return og_pickle_write(value, out, own ? &own->write : NULL, err);
}

static int pickle_scan(og_codec_scan *scan, const og_codec_options *options, const uint8_t *data, size_t len,
                       bool ended, size_t *start, size_t *end, og_error *err)
{
    (void)options;
    *start = 0;
    return og_pickle_scan_end((og_pickle_scan *)(void *)scan, data, len, ended, end, err);
}

static void pickle_limit(og_codec_options *options, const og_codec_limits *limits)
{
    og_pickle_options *own = og_pickle_of(options);
    if (own->write.max_bytes == 0) own->write.max_bytes = limits->max_message;
    if (own->write.max_growth == 0) own->write.max_growth = limits->max_growth;
    own->read.padded = limits->padded;
    own->write.judging = NULL; /* options are for many threads */
    if (limits->self_contained) own->write.self_contained = true;
    if (limits->strict) {
        own->read.strict = true;
        own->read.allow_trailing = false;
    }
    if (!limits->policy) return;
    own->read.policy = limits->policy;
    own->read.policy_inert = limits->policy_inert;
    own->write.policy = limits->policy;
    own->write.policy_inert = limits->policy_inert;
}

static bool pickle_exact(const og_codec_options *options)
{
    const og_pickle_options *own = og__codec_get(options, &og__pickle_codec);
    return own && og__pickle_exact(&own->read);
}

/* ---- Openings: the note is the protocol ---- */

/* Text that stops is no pickle, unless it begins as no text does. */
static int pickle_begins(const og_opening *opening, int *protocol)
{
    *protocol = OG_CODEC_NO_NOTE;
    if (opening->len == 0) return opening->whole ? -1 : 0;
    bool final = opening->whole || (opening->quiet && opening->data[0] != OG__OP_PROTO);
    return og__pickle_begins(opening->data, opening->len, opening->room, final, protocol);
}

static bool pickle_claims(const uint8_t *data, size_t len, int *protocol)
{
    *protocol = OG_CODEC_NO_NOTE;
    if (len < 2 || data[0] != OG__OP_PROTO) return false;
    if (data[1] < og__pickle_opcodes[OG__OP_PROTO].protocol || data[1] > OG_PICKLE_HIGHEST_PROTOCOL)
        return false;
    *protocol = data[1];
    return true;
}

static int pickle_contained(const uint8_t *message, size_t len, bool fresh, og_error *err)
{
    return og_pickle_check_contained(message, len, fresh, err);
}

static int pickle_learn(const uint8_t *message, size_t len)
{
    int protocol = OG_CODEC_NO_NOTE;
    if (len > 1 && message[0] == OG__OP_PROTO)
        return message[1] <= OG_PICKLE_HIGHEST_PROTOCOL ? message[1] : OG_CODEC_NO_NOTE;
    if (len > 0) og__pickle_begins(message, len, len, true, &protocol);
    /* Protocol 0 is text; in 1 the first memo index is a NUL. A float as text would lose what a NaN carries.
     */
    return protocol == 0 && memchr(message, '\0', len) ? 1 : protocol;
}

/* Answers to a pickle are of no higher protocol than it had: an old Python must be able to read them. What is
 * passed on keeps its own. */
static const og_codec_options *pickle_answer(const og_codec_options *given, int protocol,
                                             og_codec_options *own)
{
    const og_pickle_options *options = og__codec_get(given, &og__pickle_codec);
    bool kept = options && options->write.self_contained;
    if (options && options->write.protocol != 0) return given;
    if (protocol == OG_PICKLE_DEFAULT_PROTOCOL || (protocol > OG_PICKLE_DEFAULT_PROTOCOL && !kept))
        return given;
    *own = *given;
    og_pickle_of(own)->write.protocol = protocol == 0 ? OG_PICKLE_PROTOCOL_0 : protocol;
    return own;
}

static const og_codec_options *pickle_judge_in(const og_codec_options *given, og_doc *doc,
                                               og_codec_options *own)
{
    const og_pickle_options *options = og__codec_get(given, &og__pickle_codec);
    if (!options || !options->write.policy) return given;
    if (own != given) *own = *given;
    og_pickle_of(own)->write.judging = doc;
    return own;
}

const og_codec og__pickle_codec = {
    .name = "pickle",
    .noun = "a pickle",
    .summary = "Python's pickles, protocols 0 to 5, read as data",
    .read = pickle_read,
    .write = pickle_write,
    .scan = pickle_scan,
    .limit = pickle_limit,
    .stream = "raw",
    .datagram = "raw",
    .blanks = OG__CODEC_SPACE | UINT64_C(1),
    .blanks_after = true,
    .exact = pickle_exact,
    .begins = pickle_begins,
    .note = "protocol",
    .claims = pickle_claims,
    .is_no_length = true,
    .contained = pickle_contained,
    .learn = pickle_learn,
    .answer = pickle_answer,
    .judge_in = pickle_judge_in,
};
