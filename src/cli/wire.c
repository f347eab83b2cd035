/* SPDX-License-Identifier: MIT */
/* From options to endpoints and connections. */
#include "cli/suggest.h"

#include <string.h>

int cli_endpoint(og_endpoint *endpoint, const cli_options *options, const char *text)
{
    og_error err;
    if (og_endpoint_parse(endpoint, text, &err) < 0) {
        cli_fail_in(text, text, strlen(text), NULL, &err);
        const char *query = strchr(text, '?');
        if (!query || err.position <= (size_t)(query - text)) cli_suggest_endpoint(options, text);
        return CLI_USAGE;
    }
    if (endpoint->codec[0] && strcmp(endpoint->codec, "auto") != 0 && !og_codec_find(endpoint->codec, &err))
        return cli_usage("%s: %s", text, err.text);
    if (endpoint->profile[0] && !og_profile_find(endpoint->profile, &err))
        return cli_usage("%s: %s", text, err.text);
    og_codec_options codecs = OG_INIT;
    const og_codec *codec = og_codec_find(cli_codec(options, endpoint), NULL);
    if (endpoint->form[0] && codec && codec->form && codec->form(&codecs, endpoint->form, &err) < 0)
        return cli_usage("%s: %s", text, err.text);
    og_framing framing;
    if (endpoint->framing[0] && strcmp(endpoint->framing, "auto") != 0 &&
        og_framing_find(&framing, endpoint->framing, &err) < 0)
        return cli_usage("%s: %s", text, err.text);
    return 0;
}

static const og_profile *profile_of(const cli_options *options, const og_endpoint *endpoint)
{
    if (endpoint && endpoint->profile[0]) return og_profile_find(endpoint->profile, NULL);
    return options->as ? og_profile_find(options->as, NULL) : NULL;
}

const char *cli_codec(const cli_options *options, const og_endpoint *endpoint)
{
    if (endpoint && endpoint->codec[0]) return endpoint->codec;
    if (options->codec) return options->codec;
    const og_profile *profile = profile_of(options, endpoint);
    return profile && profile->codec ? profile->codec : "auto";
}

const char *cli_framing(const cli_options *options, const og_endpoint *endpoint)
{
    if (endpoint && endpoint->framing[0]) return endpoint->framing;
    if (options->framing) return options->framing;
    const og_profile *profile = profile_of(options, endpoint);
    return profile && profile->framing ? profile->framing : "auto";
}

bool cli_is_text(const char *codec)
{
    return strcmp(codec, "text") == 0 || strcmp(codec, "bytes") == 0;
}

void cli_codec_options(og_codec_options *codecs, const cli_options *options)
{
    size_t depth = (size_t)options->max_depth;
    size_t digits = (size_t)options->max_digits;
    size_t growth = (size_t)options->max_growth;
    int protocol = options->protocol == 1 ? OG_PICKLE_PROTOCOL_0 : (int)options->protocol - 1;
    *codecs = (og_codec_options){0};
    og_json_options *json = og_json_of(codecs);
    og_pickle_options *pickle = og_pickle_of(codecs);
    og_repr_options *repr = og_repr_of(codecs);
    json->strict = options->strict;
    json->read.max_depth = depth;
    json->read.max_digits = digits;
    json->read.allow_nan = !options->strict;
    json->read.allow_bom = !options->strict;
    json->read.refuse_huge = true;
    json->read.allow_surrogates = !options->strict;
    json->write.max_growth = growth;
    json->write.max_depth = depth;
    json->write.max_digits = digits;
    json->write.allow_nan = !options->strict;
    json->write.allow_surrogates = !options->strict;
    repr->max_depth = depth;
    repr->max_digits = digits;
    repr->max_growth = growth;
    pickle->read.max_depth = depth;
    pickle->read.max_digits = digits;
    pickle->read.strict = options->strict;
    pickle->read.encoding = options->encoding;
    pickle->read.policy = options->rules;
    pickle->write.policy = options->rules;
    pickle->write.max_growth = growth;
    pickle->write.max_depth = depth;
    pickle->write.protocol = options->protocol ? protocol : 0;
}

void cli_conn_options(og_conn_options *conn, const cli_options *options)
{
    *conn = (og_conn_options){
        .size = sizeof *conn,
        .as = options->as,
        .codec = options->codec,
        .framing = options->framing,
        .interface = options->interface,
        .skip_bytes = (size_t)options->skip_bytes,
        .skip = (size_t)options->skip,
        .answers = (size_t)options->answers,
        .max_message = (size_t)options->max_message,
        .max_growth = (size_t)options->max_growth,
        .connect_timeout_ms = options->connect_timeout_ms,
        .send_timeout_ms = options->timeout_ms,
        .recv_timeout_ms = options->timeout_ms,
        .policy = options->rules,
        .layer_options = options->layer_options,
        .layer_option_count = options->layer_option_count,
        .handshake_timeout_ms = options->handshake_timeout_ms,
    };
    cli_codec_options(&conn->codecs, options);
}
