/* SPDX-License-Identifier: MIT */
/*
 * What a relay does with a message: one end reads bytes of anybody's in odd cuts, strictly and by a policy;
 * what it understood is passed on, anew or as it came. All that comes out is self-contained, harmless by the
 * policy, in the protocol that came in, and the same value; nothing of what was refused comes out, and cuts
 * change nothing. The first bytes choose the direction, the framings and the cuts.
 */
#include "peer/core.h"
#include "peer/message.h"

#include <onggi/json.h>
#include <onggi/pickle.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_MESSAGE = 1 << 16, MAX_PASSED = 1 << 22, MAX_DEPTH = 1000 };

static const char *const framings[] = {"u32be", "raw",  "digits:10", "mp",
                                       "u16le", "line", "netstring", "eof"};

static const char rules[] = "include plain-data\nallow shop.Order\nallow shop:Order.Line\nnested 2\n"
                            "allow torch.storage._load_from_bytes\nallow torch.FloatStorage\n"
                            "allow torch._utils._rebuild_tensor_v2\n";

static og_policy *policy;

static void check(bool good)
{
    if (!good) abort();
}

/* How a message is passed on, and what has come of it. */
typedef struct way {
    og__passing how;
    og__setup in_setup;
    og__setup out_setup;
    og__core in;
    og__core out;
    uint8_t *fed;     /* must stay until all of it is taken */
    og_buf protocols; /* a byte for each message passed on */
    og_buf values;    /* the canonical pickles of those that may be compared, lengths before them */
} way;

static void set_up(og__setup *setup, const char *codec, const char *framing, og_role role)
{
    og_conn_options options = {.size = sizeof options,
                               .codec = codec,
                               .framing = framing,
                               .max_message = MAX_MESSAGE,
                               .policy = policy};
    og_endpoint endpoint = {.transport = OG_TCP};
    og_json_of(&options.codecs)->write.form = OG_JSON_PLAIN;
    check(og__peer_setup_init(setup, &options, &endpoint, role, NULL) == OG_OK);
    og__peer_setup_enforce(setup);
}

static void open_way(way *w, uint8_t kind, const char *in, const char *out)
{
    static const og__passing hows[] = {OG__ANEW, OG__ANEW, OG__ANEW, OG__VERBATIM};
    bool answer = (kind & 1) != 0;
    const char *from = (kind & 6) == 2 ? "json" : "pickle";
    const char *to = (kind & 6) == 4 ? "json" : "pickle";
    memset(w, 0, sizeof *w);
    w->how = hows[kind / 2 & 3];
    if (w->how == OG__VERBATIM && (kind & 8)) w->how = OG__VERBATIM_FRESH;
    set_up(&w->in_setup, from, in, answer ? OG_ROLE_CLIENT : OG_ROLE_SERVER);
    set_up(&w->out_setup, to, out, answer ? OG_ROLE_SERVER : OG_ROLE_CLIENT);
    w->out_setup.max_written = MAX_PASSED;
    og__peer_core_init(&w->in, &w->in_setup);
    og__peer_core_init(&w->out, &w->out_setup);
}

static void close_way(way *w)
{
    og__peer_core_fini(&w->in);
    og__peer_core_fini(&w->out);
    og_buf_free(&w->protocols);
    og_buf_free(&w->values);
    free(w->fed);
}

static void put_canonical(og_value value, og_buf *out)
{
    og_pickle_write_options options = {.size = sizeof options, .max_depth = 8 * MAX_DEPTH};
    size_t mark = out->len;
    uint32_t len = 0;
    check(og_buf_put(out, &len, sizeof len) == OG_OK);
    int status = og_pickle_canonical(value, out, &options, NULL);
    check(status == OG_OK || status == OG_ELIMIT || status == OG_ENOMEM);
    len = (uint32_t)(out->len - mark - sizeof len);
    memcpy(out->data + mark, &len, sizeof len);
}

static int pass(way *w, const og__message *message, og_error *err)
{
    og_value value;
    if (og_framing_ends_stream(w->out.out_wire.framing) && w->protocols.len > 0)
        return og_error_set(err, OG_ETRAILING, OG_NO_POSITION, "a second message");
    int status = og__peer_message_read(&w->in_setup, message, w->in.doc, &value, err);
    if (status < 0) return status;
    status = og__peer_core_pass(&w->in, &w->out, w->how, message, &value, 1, err);
    if (status < 0) return status;
    uint8_t protocol = (uint8_t)atomic_load(&w->in.note);
    check(og_buf_put(&w->protocols, &protocol, 1) == OG_OK);
    put_canonical(value, &w->values);
    return OG_OK;
}

/* Takes all that is there, and passes it on. */
static void take_all(way *w)
{
    og__message message = {0};
    og_error err = {0};
    int status;
    if (!w->in.doc) w->in.doc = og_doc_new(NULL);
    check(w->in.doc != NULL);
    while (!w->in.broken && (status = og__peer_core_take(&w->in, &message, &err)) != 0) {
        size_t before = w->out.out.len;
        if (status > 0) status = pass(w, &message, &err);
        if (status >= 0) continue;
        check(err.text[0] != '\0' && w->out.out.len == before);
        og__peer_core_refused(&w->in);
    }
}

static void feed(way *w, const uint8_t *bytes, size_t len)
{
    size_t size = 0;
    uint8_t *space = og__peer_core_space(&w->in, &size);
    if (!space || size < len) {
        free(w->fed);
        w->fed = space = calloc(1, len + OG_PADDING);
        check(space != NULL);
    }
    memcpy(space, bytes, len);
    og__peer_core_feed(&w->in, space, len);
}

static void run(way *w, const uint8_t *bytes, size_t len, const uint8_t *cuts, size_t cut_count)
{
    size_t at = 0;
    for (size_t i = 0; at < len && !w->in.broken; i++) {
        size_t n = cut_count > 0 ? (size_t)cuts[i % cut_count] + 1 : len;
        if (n > len - at) n = len - at;
        feed(w, bytes + at, n);
        at += n;
        take_all(w);
        if (cut_count > 0 && cuts[i % cut_count] == 7) check(og__peer_core_hold(&w->in) == OG_OK);
    }
    og__peer_core_end(&w->in);
    take_all(w);
}

/* ---- What has come out ---- */

static void check_pickle(const way *w, const og__message *message, int protocol)
{
    const uint8_t *bytes = message->bytes;
    bool named = message->len > 1 && bytes[0] == 0x80;
    og_error err = {0};
    if (og_pickle_check(bytes, message->len, policy, NULL, &err) < 0) check(err.code == OG_ELIMIT);
    check(og_pickle_check_contained(bytes, message->len, w->how == OG__VERBATIM_FRESH, NULL) == OG_OK);
    if (w->in_setup.in.codec == w->out_setup.in.codec)
        check(named ? bytes[1] == protocol : w->how != OG__ANEW || protocol < 2);
}

/* Protocol 0 has one text for all NaNs, whatever their bits. */
static bool is_exact(const og__message *message)
{
    return !memmem(message->bytes, message->len, "Fnan\n", 5);
}

static void check_value(const og__message *message, const uint8_t *want, size_t len)
{
    og_buf got = OG_BUF_INIT;
    const og_pickle_read_options options = {
        .size = sizeof options, .max_depth = 8 * MAX_DEPTH, .max_digits = 1 << 20};
    og_doc *doc = og_pickle_loads(message->bytes, message->len, &options, NULL);
    check(doc != NULL);
    put_canonical(og_doc_root(doc), &got);
    if (len > 0 && got.len > sizeof(uint32_t) && is_exact(message))
        check(got.len == len + sizeof(uint32_t) && memcmp(got.data + sizeof(uint32_t), want, len) == 0);
    og_buf_free(&got);
    og_doc_free(doc);
}

static void check_all(way *w)
{
    og__core core;
    og__setup setup;
    og__message message = {0};
    char framing[40];
    size_t at = 0;
    og_framing_name(w->out.out_wire.framing, framing, sizeof framing);
    set_up(&setup, w->out_setup.in.codec->name, framing, OG_ROLE_SERVER);
    setup.max_message = MAX_PASSED;
    og__peer_core_init(&core, &setup);
    uint8_t *copy = calloc(1, w->out.out.len + OG_PADDING);
    check(copy != NULL);
    if (w->out.out.len > 0) memcpy(copy, w->out.out.data, w->out.out.len);
    og__peer_core_feed(&core, copy, w->out.out.len);
    og__peer_core_end(&core);
    for (size_t i = 0; i < w->protocols.len && at < w->values.len; i++) {
        uint32_t len;
        check(og__peer_core_take(&core, &message, NULL) == 1);
        memcpy(&len, w->values.data + at, sizeof len);
        at += sizeof len;
        if (w->out_setup.in.codec->contained) {
            check_pickle(w, &message, w->protocols.data[i]);
            check_value(&message, w->values.data + at, len);
        }
        at += len;
    }
    check(og__peer_core_take(&core, &message, NULL) == 0);
    og__peer_core_fini(&core);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { COUNT = sizeof framings / sizeof *framings };
    if (!policy) {
        policy = og_policy_new(NULL);
        check(policy && og_policy_parse(policy, rules, sizeof rules - 1, NULL) == OG_OK);
    }
    if (size < 4) return 0;
    const char *in = framings[data[1] % COUNT];
    const char *out = framings[data[1] / 16 % COUNT];
    size_t cut_count = data[2] & 15;
    if (size < 3 + cut_count) return 0;
    const uint8_t *bytes = data + 3 + cut_count;
    size_t len = size - 3 - cut_count;

    way cut;
    way whole;
    open_way(&cut, data[0], in, out);
    open_way(&whole, data[0], in, out);
    run(&cut, bytes, len, data + 3, cut_count);
    run(&whole, bytes, len, NULL, 0);
    check(cut.out.out.len == whole.out.out.len);
    check(cut.out.out.len == 0 || memcmp(cut.out.out.data, whole.out.out.data, cut.out.out.len) == 0);
    check_all(&cut);
    close_way(&cut);
    close_way(&whole);
    return 0;
}
