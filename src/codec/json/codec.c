/* SPDX-License-Identifier: MIT */
/* JSON's row in the table of codecs. */
#include "codec/codec.h"
#include "codec/json/begins.h"

#include <onggi/json.h>
#include <onggi/pickle.h>

#include <string.h>

_Static_assert(sizeof(og_json_scan) <= OG_CODEC_SCAN_ROOM, "a scan of JSON must fit its room");

og_json_options *og_json_of(og_codec_options *all)
{
    og_json_options *own = og__codec_put(all, &og__json_codec, sizeof *own);
    own->read.size = sizeof own->read;
    own->write.size = sizeof own->write;
    return own;
}

/* Lossless form can name what a pickle can. So the policy judges the pickle that the value would be. */
static int judge(const og_json_options *own, og_value value, og_error *err)
{
    og_buf pickle = OG_BUF_INIT;
    const og_pickle_write_options options = {.size = sizeof options,
                                             .max_depth = own->write.max_depth,
                                             .max_growth = own->write.max_growth,
                                             .policy = own->policy,
                                             .policy_inert = own->policy_inert};
    int status = og_pickle_write(value, &pickle, &options, err);
    og_buf_free(&pickle);
    if (status < 0 && err) err->position = OG_NO_POSITION; /* it is one of the pickle */
    return status;
}

static int json_read(og_doc *doc, const uint8_t *bytes, size_t len, const og_codec_options *options,
                     og_error *err)
{
    const og_json_options *own = og__codec_get(options, &og__json_codec);
    int status = og_json_read(doc, (const char *)bytes, len, own ? &own->read : NULL, err);
    if (status < 0 || !own || !own->policy || !own->read.lossless) return status;
    return judge(own, og_doc_root(doc), err);
}

static int json_write(og_value value, og_buf *out, const og_codec_options *options, og_error *err)
{
    const og_json_options *own = og__codec_get(options, &og__json_codec);
    if (own && own->policy && own->write.form == OG_JSON_LOSSLESS) {
        int status = judge(own, value, err);
        if (status < 0) return status;
    }
    return og_json_write(value, out, own ? &own->write : NULL, err);
}

static int json_scan(og_codec_scan *scan, const og_codec_options *options, const uint8_t *data, size_t len,
                     bool ended, size_t *start, size_t *end, og_error *err)
{
    const og_json_options *own = og__codec_get(options, &og__json_codec);
    og_json_scan *state = (void *)scan;
    state->allow_bom = !own || own->read.allow_bom; /* detection has no options */
    if (own) {
        state->max_depth = own->read.max_depth;
        state->allow_comments = own->read.allow_comments;
    }
    return og_json_scan_end(state, data, len, ended, start, end, err);
}

static void json_limit(og_codec_options *options, const og_codec_limits *limits)
{
    og_json_options *own = og_json_of(options);
    own->read.padded = limits->padded;
    own->read.refuse_huge = true;
    if (!own->strict) {
        own->read.allow_nan = true;
        own->read.allow_bom = true;
        own->read.allow_surrogates = true;
        own->write.allow_nan = true;
        own->write.allow_surrogates = true;
    }
    if (own->write.max_bytes == 0) own->write.max_bytes = limits->max_message;
    if (own->write.max_growth == 0) own->write.max_growth = limits->max_growth;
    if (!limits->policy) return;
    own->policy = limits->policy;
    own->policy_inert = limits->policy_inert;
}

static int json_form(og_codec_options *options, const char *name, og_error *err)
{
    static const char *const names[] = {
        [OG_JSON_STRICT] = "strict", [OG_JSON_PLAIN] = "plain", [OG_JSON_LOSSLESS] = "lossless"};
    og_json_options *own = og_json_of(options);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(name, names[i]) != 0) continue;
        own->write.form = (og_json_form)i;
        own->read.lossless = i == OG_JSON_LOSSLESS;
        return OG_OK;
    }
    return og_error_set(err, OG_ENOTFOUND, OG_NO_POSITION,
                        "JSON has no form '%.40s': expected plain, lossless or strict", name);
}

/* Another digit may come after a number. */
static bool json_may_be_whole(const uint8_t *data, size_t len)
{
    return (data[0] == '-' || (data[0] >= '0' && data[0] <= '9')) && data[len - 1] >= '0' &&
           data[len - 1] <= '9';
}

static int json_separator(og_value value)
{
    og_kind kind = og_kind_of(value);
    return kind == OG_INT || kind == OG_FLOAT ? ' ' : -1;
}

const og_codec og__json_codec = {
    .name = "json",
    .noun = "JSON",
    .summary = "JSON texts, as Python's json module reads and writes them",
    .read = json_read,
    .write = json_write,
    .scan = json_scan,
    .limit = json_limit,
    .form = json_form,
    .stream = "line",
    .datagram = "raw",
    .lines = true,
    .blanks = OG__CODEC_SPACE,
    .may_be_whole = json_may_be_whole,
    .separator = json_separator,
    .begins = og__json_begins,
    .claims = og__json_claims,
    .proof = 64,
    .may_follow = og__json_may_follow,
};
