/* SPDX-License-Identifier: MIT */
/* Connection options: checked, and with their defaults put in. */
#include "base/options.h"
#include "peer/core.h"

#include <string.h>

enum { DEFAULT_CONNECT_MS = 10000, DEFAULT_SEND_MS = 30000 };
#define DEFAULT_MAX_MESSAGE ((size_t)64 << 20)

static int give_codec(og__setup *setup, const char *name, og_error *err)
{
    if (!name || !*name || strcmp(name, "auto") == 0) return OG_OK;
    setup->in.codec = og_codec_find(name, err);
    if (!setup->in.codec) return OG_ENOTFOUND;
    setup->codec_given = true;
    return OG_OK;
}

static int give_framing(og__setup *setup, const char *name, og_error *err)
{
    if (!name || !*name || strcmp(name, "auto") == 0) return OG_OK;
    int status = og_framing_find(&setup->in.framing, name, err);
    if (status < 0) return status;
    setup->framing_given = true;
    return OG_OK;
}

/* What is written before anything was read. */
static int choose_out(og__setup *setup, og_error *err)
{
    setup->out = setup->in;
    if (!setup->codec_given) setup->out.codec = og_codec_find("json", err);
    if (setup->framing_given) return OG_OK;
    const char *codec = setup->out.codec->name;
    bool lines = strcmp(codec, "json") == 0 || strcmp(codec, "text") == 0;
    return og_framing_find(&setup->out.framing, lines && !setup->datagram ? "line" : "raw", err);
}

static int64_t or_default(int64_t given, int64_t otherwise)
{
    return given == 0 ? otherwise : given;
}

static void fill_codecs(og_codec_options *codecs, size_t max_message)
{
    codecs->size = sizeof *codecs;
    if (codecs->json_read.size == 0) codecs->json_read.size = sizeof codecs->json_read;
    if (codecs->json_write.size == 0) codecs->json_write.size = sizeof codecs->json_write;
    if (codecs->pickle_read.size == 0) codecs->pickle_read.size = sizeof codecs->pickle_read;
    if (codecs->pickle_write.size == 0) codecs->pickle_write.size = sizeof codecs->pickle_write;
    codecs->json_read.padded = true; /* whoever feeds a connection promises it */
    if (codecs->json_write.max_bytes == 0) codecs->json_write.max_bytes = max_message;
    if (codecs->pickle_write.max_bytes == 0) codecs->pickle_write.max_bytes = max_message;
}

int og__peer_setup_init(og__setup *setup, const og_conn_options *options, const og_endpoint *endpoint,
                        og_error *err)
{
    og_conn_options given;
    int status = og__base_options_take(&given, sizeof given, options, err);
    if (status < 0) return status;
    if (endpoint->profile[0])
        return og_error_set(
            err, OG_EINVAL, OG_NO_POSITION,
            "found as=%s, but profiles are not part of this version: say codec=… and framing=…",
            endpoint->profile);
    memset(setup, 0, sizeof *setup);
    setup->max_message = given.max_message ? given.max_message : DEFAULT_MAX_MESSAGE;
    setup->codecs = given.codecs;
    fill_codecs(&setup->codecs, setup->max_message);
    if (given.policy) {
        setup->codecs.pickle_read.policy = given.policy;
        setup->codecs.pickle_read.policy_inert = given.policy_inert;
    }
    setup->connect_timeout_ms = or_default(given.connect_timeout_ms, DEFAULT_CONNECT_MS);
    setup->send_timeout_ms = or_default(given.send_timeout_ms, DEFAULT_SEND_MS);
    setup->recv_timeout_ms = or_default(given.recv_timeout_ms, OG_FOREVER);
    setup->alloc = given.alloc;
    setup->datagram = og_transport_is_datagram(endpoint->transport);
    status = give_codec(setup, endpoint->codec[0] ? endpoint->codec : given.codec, err);
    if (status == OG_OK)
        status = give_framing(setup, endpoint->framing[0] ? endpoint->framing : given.framing, err);
    return status < 0 ? status : choose_out(setup, err);
}
