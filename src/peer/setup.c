/* SPDX-License-Identifier: MIT */
/* Connection options: checked, and with their defaults put in. */
#include "base/options.h"
#include "peer/core.h"

#include <stdlib.h>
#include <string.h>

enum { DEFAULT_HANDSHAKE_MS = 10000 };

/* Nothing is said. */
static const og_profile unknown_peer = {.name = "", .note = OG_CODEC_NO_NOTE};

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

/* The form of the codec, which must be known: it says nothing about another one. */
static int give_form(og__setup *setup, const char *form, og_error *err)
{
    const og_codec *codec = setup->in.codec;
    if (!form) return OG_OK;
    if (!setup->codec_given)
        return og_error_set(err, OG_EINVAL, OG_NO_POSITION,
                            "a form is said (form=%.40s) but no codec: name the codec too", form);
    if (!codec->form)
        return og_error_set(err, OG_EINVAL, OG_NO_POSITION, "%s has one form only: leave out form=%.40s",
                            codec->name, form);
    return codec->form(&setup->codecs, form, err);
}

/* What is written before anything was read: the table's first codec, unless another was given. */
static int choose_out(og__setup *setup, og_error *err)
{
    setup->out = setup->in;
    if (!setup->codec_given) setup->out.codec = og_codec_at(0);
    if (setup->framing_given) return OG_OK;
    const og_codec *codec = setup->out.codec;
    return og_framing_find(&setup->out.framing, setup->datagram ? codec->datagram : codec->stream, err);
}

static int64_t or_default(int64_t given, int64_t otherwise)
{
    return given == 0 ? otherwise : given;
}

/* Whoever feeds a connection promises the padding. */
static void limit_codecs(og__setup *setup, const og_conn_options *given)
{
    const og_codec *codec;
    const og_codec_limits limits = {
        .max_message = setup->max_message,
        .max_growth = given->max_growth,
        .padded = true,
        .policy = given->policy,
        .policy_inert = given->policy_inert,
    };
    setup->codecs = given->codecs;
    for (size_t i = 0; (codec = og_codec_at(i)); i++)
        if (codec->limit) codec->limit(&setup->codecs, &limits);
}

/* A number in an endpoint's query, whose digits were looked at; else `otherwise`. */
static size_t count_of(const char *digits, size_t otherwise)
{
    return digits[0] ? (size_t)strtoul(digits, NULL, 10) : otherwise;
}

/* What comes before the messages, and how many answer each. */
static int give_opening(og__setup *setup, const og_conn_options *given, const og_endpoint *endpoint,
                        og_error *err)
{
    bool server = setup->role == OG_ROLE_SERVER;
    setup->skip = count_of(endpoint->skip, given->skip);
    setup->skip_bytes = count_of(endpoint->skip_bytes, given->skip_bytes);
    setup->answers = given->answers ? given->answers : 1;
    if (server && given->answers)
        return og_error_set(err, OG_EINVAL, OG_NO_POSITION,
                            "answers is for connections that og_connect() makes");
    if (setup->datagram && (setup->skip_bytes || (server && setup->skip)))
        return og_error_set(
            err, OG_EINVAL, OG_NO_POSITION,
            "skip (--skip, --skip-bytes) is for streams: no datagram comes before the others");
    return OG_OK;
}

static const char *scheme_of(og_transport transport)
{
    static const char *const schemes[] = {
#define X(name, text, datagram) [name] = text,
        OG_TRANSPORT_MAP(X)
#undef X
    };
    return schemes[transport];
}

/* Which layers the connections of this endpoint have, and what they read from files. */
static int give_layers(og__setup *setup, const og_conn_options *given, const og_endpoint *endpoint,
                       og_error *err)
{
    const og__layer_given wanted = {
        .role = setup->role,
        .host = endpoint->host,
        .max_message = setup->max_message,
        .options = given->layer_options,
        .option_count = given->layer_option_count,
        .alloc = setup->alloc,
    };
    int status = og__layer_set_new(&setup->layers, &wanted, scheme_of(endpoint->transport), NULL,
                                   setup->role == OG_ROLE_CLIENT, err);
    if (status < 0 || !setup->layers || !setup->datagram) return status;
    og__peer_setup_fini(setup);
    return og_error_set(err, OG_EINVAL, OG_NO_POSITION,
                        "%s:// carries datagrams, which have no handshake: use a stream, such as tcp://",
                        scheme_of(endpoint->transport));
}

void og__peer_setup_enforce(og__setup *setup)
{
    const og_codec *codec;
    const og_codec_limits limits = {
        .max_message = setup->max_message, .padded = true, .strict = true, .self_contained = true};
    setup->enforced = true;
    for (size_t i = 0; (codec = og_codec_at(i)); i++)
        if (codec->limit) codec->limit(&setup->codecs, &limits);
}

void og__peer_setup_fini(og__setup *setup)
{
    og__layer_set_unref(setup->layers);
    setup->layers = NULL;
}

/* What was said first of those that say something. */
static const char *first_of(const char *endpoint, const char *options, const char *otherwise)
{
    if (endpoint[0]) return endpoint;
    return options ? options : otherwise;
}

/* The endpoint's own interface comes first. */
static int give_interface(og_endpoint *endpoint, const char *name, og_error *err)
{
    if (!name || endpoint->interface[0]) return OG_OK;
    size_t size = strlen(name) + 1;
    if (size > sizeof endpoint->interface)
        return og_error_set(err, OG_EADDRESS, OG_NO_POSITION,
                            "the name of the network interface is too long");
    memcpy(endpoint->interface, name, size);
    return OG_OK;
}

int og__peer_setup_init(og__setup *setup, const og_conn_options *options, og_endpoint *endpoint, og_role role,
                        og_error *err)
{
    og_conn_options given;
    int status = og__base_options_take(&given, sizeof given, options, err);
    if (status == OG_OK) status = give_interface(endpoint, given.interface, err);
    if (status < 0) return status;
    const og_profile *profile = &unknown_peer;
    const char *as = first_of(endpoint->profile, given.as, NULL);
    if (as && !(profile = og_profile_find(as, err))) return OG_ENOTFOUND;
    memset(setup, 0, sizeof *setup);
    size_t usual = profile->max_message ? profile->max_message : OG_MAX_MESSAGE_DEFAULT;
    setup->max_message = given.max_message ? given.max_message : usual;
    setup->max_written = setup->max_message;
    setup->note = profile->note;
    setup->profile = profile->name;
    limit_codecs(setup, &given);
    setup->connect_timeout_ms = or_default(given.connect_timeout_ms, OG_CONNECT_TIMEOUT_DEFAULT);
    setup->send_timeout_ms = or_default(given.send_timeout_ms, OG_SEND_TIMEOUT_DEFAULT);
    setup->recv_timeout_ms = or_default(given.recv_timeout_ms, OG_FOREVER);
    setup->handshake_timeout_ms = or_default(given.handshake_timeout_ms, DEFAULT_HANDSHAKE_MS);
    setup->role = role;
    setup->alloc = given.alloc;
    setup->datagram = og_transport_is_datagram(endpoint->transport);
    status = give_opening(setup, &given, endpoint, err);
    if (status < 0) return status;
    status = give_layers(setup, &given, endpoint, err);
    if (status < 0) return status;
    const og__layers *layers = setup->layers;
    setup->has_layers = layers != NULL;
    const char *codec = profile->codec ? profile->codec : og__layer_set_codec(layers);
    const char *framing = profile->framing ? profile->framing : og__layer_set_framing(layers);
    status = give_codec(setup, first_of(endpoint->codec, given.codec, codec), err);
    if (status == OG_OK)
        status = give_framing(setup, first_of(endpoint->framing, given.framing, framing), err);
    if (status == OG_OK) status = give_form(setup, first_of(endpoint->form, given.form, NULL), err);
    if (status == OG_OK) status = choose_out(setup, err);
    if (status < 0) og__peer_setup_fini(setup);
    return status;
}
