/* SPDX-License-Identifier: MIT */
/*
 * Layer mp-auth: the handshake of Python's multiprocessing.connection with authkey=.
 *
 * Each end challenges the other and answers its challenge with an HMAC of it; the server challenges first. Up
 * to Python 3.11 the digest is MD5 and unnamed. From 3.12 on challenge and answer begin with its name in
 * braces. An older client answers such a challenge with MD5 all the same. Ours are of the newer form, as
 * both understand them.
 */
#include "base/plural.h"
#include "layer/layer.h"

#include "base/alloc.h"

#include <onggi/frame.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <string.h>

enum {
    MESSAGE_MOST = 256, /* longer ones are refused by Python, too */
    KEY_MOST = 4096,
    RANDOM = 40,        /* bytes in our challenges */
    OLD_CHALLENGE = 20, /* the lengths of messages without the name of a digest */
    OLD_ANSWER = 16,
    WRONG_KEY_MS = 1000 /* so long a client waits to hear that its key was wrong */
};

static const char challenge_mark[] = "#CHALLENGE#";
static const char welcome[] = "#WELCOME#";
static const char failure[] = "#FAILURE#";
static const char our_digest[] = "{sha256}";

enum { MARK = sizeof challenge_mark - 1, OURS = sizeof our_digest - 1 + RANDOM };

typedef struct config {
    const og_allocator *alloc;
    og_buf key;
    og_framing framing;
    bool no_md5;
} config;

/* What is waited for. */
typedef enum phase { ANSWER, CHALLENGE, VERDICT, REFUSING } phase;

typedef struct state {
    const config *config;
    og_role role;
    phase phase;
    int64_t due;             /* REFUSING: when to say so, 0 until the time is known */
    uint8_t challenge[OURS]; /* that we gave */
} state;

static const struct {
    const char *name; /* as Python's hashlib has it */
    const EVP_MD *(*md)(void);
} digests[] = {
    {"md5", EVP_md5},           {"sha256", EVP_sha256},     {"sha384", EVP_sha384},
    {"sha3_256", EVP_sha3_256}, {"sha3_384", EVP_sha3_384},
};

enum { MD5, DIGESTS = sizeof digests / sizeof digests[0], UNKNOWN };

/* ---- Options ---- */

static void mp_auth_release(void *made)
{
    config *c = made;
    if (!c) return;
    og__layer_wipe(&c->key);
    og__base_free(c->alloc, c, sizeof *c);
}

/* A key file may end in a line's end, as editors write it. */
static void drop_line_end(og_buf *key)
{
    if (key->len > 0 && key->data[key->len - 1] == '\n') key->len--;
    if (key->len > 0 && key->data[key->len - 1] == '\r') key->len--;
}

static int read_key(config *c, const og__layer_given *given, og_error *err)
{
    const og_layer_option *file = og__layer_option(given, "authkey-file");
    const og_layer_option *key = og__layer_option(given, "authkey");
    if (file) {
        int status = og__layer_read_file(file->value, KEY_MOST, true, &c->key, err);
        if (status < 0) return status;
        drop_line_end(&c->key);
    } else if (key && og_buf_put(&c->key, key->value, og__layer_option_len(key)) < 0) {
        return og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "no memory for a key");
    }
    if (c->key.len > 0) return OG_OK;
    return og_error_set(err, OG_EINVAL, OG_NO_POSITION, "%s %s: give the key that the peer has as authkey=",
                        file ? "no key is in" : "expected a key, by option",
                        file ? file->value : "authkey-file");
}

static int mp_auth_configure(void **made, const og__layer_given *given, og_error *err)
{
    config *c = og__base_alloc(given->alloc, sizeof *c);
    if (!c) return og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "no memory for a key");
    *c = (config){.alloc = given->alloc, .no_md5 = og__layer_option(given, "authkey-no-md5") != NULL};
    og_buf_init(&c->key, given->alloc);
    int status = og_framing_find(&c->framing, "mp", err);
    if (status == OG_OK) status = read_key(c, given, err);
    if (status < 0) {
        mp_auth_release(c);
        return status;
    }
    *made = c;
    return OG_OK;
}

/* ---- Messages of the handshake ---- */

static int put_message(const state *st, og_buf *wire, const void *head, size_t head_len, const void *rest,
                       size_t rest_len, og_error *err)
{
    size_t mark = 0;
    int status = og_frame_begin(&st->config->framing, wire, &mark, err);
    if (status < 0) return status;
    if (og_buf_put(wire, head, head_len) < 0 || og_buf_put(wire, rest, rest_len) < 0) {
        og_frame_cancel(wire, mark);
        return og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "no memory for a handshake");
    }
    return og_frame_end(&st->config->framing, wire, mark, err);
}

/* The digest that a challenge or an answer names, and the bytes after its name. */
static size_t digest_of(const uint8_t *message, size_t len, size_t *name_len)
{
    *name_len = 0;
    if (len == OLD_CHALLENGE || len == OLD_ANSWER) return MD5;
    for (size_t i = 0; i < DIGESTS; i++) {
        size_t n = strlen(digests[i].name);
        if (len < n + 2 || message[0] != '{' || message[n + 1] != '}') continue;
        if (memcmp(message + 1, digests[i].name, n) != 0) continue;
        *name_len = n + 2;
        return i;
    }
    return UNKNOWN;
}

/* No message of a handshake came. */
static int no_handshake(const state *st, og_error *err)
{
    return og_error_set(err, OG_ESYNTAX, OG_NO_POSITION,
                        "found other bytes where a handshake belongs: the peer has no key, %s",
                        st->role == OG_ROLE_SERVER ? "give it the same as authkey="
                                                   : "leave option authkey-file out or give it authkey=");
}

static int check_digest(const state *st, size_t digest, const uint8_t *message, size_t len, const char *what,
                        og_error *err)
{
    if (digest == UNKNOWN && (len == 0 || message[0] != '{')) return no_handshake(st, err);
    if (digest == UNKNOWN)
        return og_error_set(err, OG_ESYNTAX, OG_NO_POSITION,
                            "found %s in no digest of multiprocessing's, which are md5, sha256, sha384, "
                            "sha3_256 and sha3_384",
                            what);
    if (digest != MD5 || !st->config->no_md5) return OG_OK;
    return og_error_set(err, OG_EPOLICY, OG_NO_POSITION,
                        "found %s in MD5, as Python up to 3.11 has it, which option authkey-no-md5 refuses",
                        what);
}

/* The HMAC of a message with our key. Returns its length, 0 when the library refuses the digest. */
static size_t sign(const state *st, size_t digest, const uint8_t *message, size_t len, uint8_t *out)
{
    const og_buf *key = &st->config->key;
    unsigned int size = 0;
    if (!HMAC(digests[digest].md(), key->data, (int)key->len, message, len, out, &size)) return 0;
    return size;
}

static int no_digest(size_t digest, og_error *err)
{
    return og_error_set(err, OG_EIO, OG_NO_POSITION, "OpenSSL does not give HMAC-%s here",
                        digests[digest].name);
}

/* ---- Challenging ---- */

static int challenge(state *st, og_buf *wire, og_error *err)
{
    st->phase = ANSWER;
    memcpy(st->challenge, our_digest, OURS - RANDOM);
    if (RAND_bytes(st->challenge + OURS - RANDOM, RANDOM) != 1)
        return og_error_set(err, OG_EIO, OG_NO_POSITION, "OpenSSL gives no random numbers for a handshake");
    return put_message(st, wire, challenge_mark, MARK, st->challenge, OURS, err);
}

static int wrong_key(og_error *err)
{
    return og_error_set(
        err, OG_EPOLICY, OG_NO_POSITION,
        "the peer has another key: give both ends the same, there as authkey=, here by option "
        "authkey-file");
}

/* A client with a wrong key hears of it late, so that guessing takes its time. */
static int refuse(state *st, og_buf *wire, og_error *err)
{
    if (st->role == OG_ROLE_SERVER) {
        st->phase = REFUSING;
        return OG__LAYER_WAIT;
    }
    put_message(st, wire, failure, sizeof failure - 1, NULL, 0, NULL);
    return wrong_key(err);
}

static int read_answer(state *st, const uint8_t *answer, size_t len, og_buf *wire, og_error *err)
{
    uint8_t expected[EVP_MAX_MD_SIZE];
    size_t name_len;
    size_t digest = digest_of(answer, len, &name_len);
    int status = check_digest(st, digest, answer, len, "an answer to our challenge", err);
    if (status < 0) {
        put_message(st, wire, failure, sizeof failure - 1, NULL, 0, NULL);
        return status;
    }
    size_t size = sign(st, digest, st->challenge, OURS, expected);
    if (size == 0) return no_digest(digest, err);
    bool same = len - name_len == size && CRYPTO_memcmp(answer + name_len, expected, size) == 0;
    OPENSSL_cleanse(expected, sizeof expected);
    if (!same) return refuse(st, wire, err);
    status = put_message(st, wire, welcome, sizeof welcome - 1, NULL, 0, err);
    if (status < 0) return status;
    if (st->role == OG_ROLE_CLIENT) return OG__LAYER_DONE;
    st->phase = CHALLENGE;
    return OG__LAYER_PROGRESS;
}

/* ---- Answering ---- */

static int read_challenge(state *st, const uint8_t *message, size_t len, og_buf *wire, og_error *err)
{
    uint8_t mac[EVP_MAX_MD_SIZE];
    size_t name_len;
    if (len < MARK + OLD_CHALLENGE || memcmp(message, challenge_mark, MARK) != 0)
        return og_error_set(err, OG_ESYNTAX, OG_NO_POSITION,
                            "found a message of %zu byte%s, expected a challenge: the peer asks for no key, "
                            "leave option authkey-file out or give it authkey=",
                            len, og__base_plural(len));
    message += MARK;
    len -= MARK;
    size_t digest = digest_of(message, len, &name_len);
    int status = check_digest(st, digest, message, len, "a challenge", err);
    if (status < 0) return status;
    size_t size = sign(st, digest, message, len, mac);
    if (size == 0) return no_digest(digest, err);
    status = put_message(st, wire, message, name_len, mac, size, err);
    st->phase = VERDICT;
    return status < 0 ? status : OG__LAYER_PROGRESS;
}

static int read_verdict(state *st, const uint8_t *message, size_t len, og_buf *wire, og_error *err)
{
    if (len == sizeof failure - 1 && memcmp(message, failure, len) == 0)
        return og_error_set(err, OG_EPOLICY, OG_NO_POSITION,
                            "the peer refuses our key: give option authkey-file the key that it has as "
                            "authkey=");
    if (len != sizeof welcome - 1 || memcmp(message, welcome, len) != 0)
        return og_error_set(
            err, OG_ESYNTAX, OG_NO_POSITION,
            "found a message of %zu byte%s, expected #WELCOME# or #FAILURE#: the peer seems not "
            "to be Python's multiprocessing",
            len, og__base_plural(len));
    if (st->role == OG_ROLE_SERVER) return OG__LAYER_DONE;
    int status = challenge(st, wire, err);
    return status < 0 ? status : OG__LAYER_PROGRESS;
}

/* ---- The steps ---- */

static int mp_auth_start(void *memory, const void *made, og_role role, og_buf *wire, og_error *err)
{
    state *st = memory;
    *st = (state){.config = made, .role = role, .phase = CHALLENGE};
    return role == OG_ROLE_SERVER ? challenge(st, wire, err) : OG_OK;
}

static int mp_auth_read(void *memory, const uint8_t *in, size_t len, size_t *used, og__layer_parts *parts,
                        og_buf *wire, og_error *err)
{
    state *st = memory;
    og_frame_reader reader;
    og_frame frame;
    (void)parts;
    if (st->phase == REFUSING) return OG__LAYER_WAIT;
    og_frame_reader_init(&reader, st->config->framing, MESSAGE_MOST, NULL, NULL);
    int status = og_frame_next(&reader, in, len, false, &frame, err);
    if (status < 0) return status == OG_ELIMIT || status == OG_ESYNTAX ? no_handshake(st, err) : status;
    if (status == 0) return OG__LAYER_WAIT;
    *used = frame.size;
    switch (st->phase) {
    case ANSWER: return read_answer(st, in + frame.body, frame.body_len, wire, err);
    case CHALLENGE: return read_challenge(st, in + frame.body, frame.body_len, wire, err);
    case VERDICT:
    case REFUSING: break;
    }
    return read_verdict(st, in + frame.body, frame.body_len, wire, err);
}

static int mp_auth_tick(void *memory, int64_t now, int64_t *next, og_buf *wire, og_error *err)
{
    state *st = memory;
    if (st->phase != REFUSING) return OG_OK;
    if (st->due == 0) st->due = now + WRONG_KEY_MS;
    *next = st->due;
    if (now < st->due) return OG_OK;
    put_message(st, wire, failure, sizeof failure - 1, NULL, 0, NULL);
    return wrong_key(err);
}

static const char *mp_auth_awaits(const void *memory)
{
    const state *st = memory;
    switch (st->phase) {
    case ANSWER: return "the peer's answer to our challenge: one without a key gives none";
    case CHALLENGE:
        return "the peer's challenge: one without a key sends none (leave option authkey-file out)";
    case VERDICT: return "the peer's verdict on our answer";
    case REFUSING: break;
    }
    return "the time that a wrong key costs to pass";
}

static int mp_auth_hangup(const void *memory, og_error *err)
{
    const state *st = memory;
    if (st->phase == REFUSING) return wrong_key(err);
    return og_error_set(err, OG_ECLOSED, OG_NO_POSITION,
                        "the peer closed the connection during the handshake, which was waiting for %s",
                        mp_auth_awaits(memory));
}

static int mp_auth_foreign(const uint8_t *data, size_t len, og_role role, og_error *err)
{
    enum { LENGTH = 4 };
    (void)role;
    if (len < LENGTH + MARK || data[0] || data[1] || memcmp(data + LENGTH, challenge_mark, MARK) != 0)
        return OG_OK;
    return og_error_set(err, OG_EPOLICY, OG_NO_POSITION,
                        "the peer asks for a key (authkey= in Python): give it with option authkey-file");
}

static const og_layer_option_info options[] = {
    {"authkey-file", "FILE", "the key of multiprocessing's handshake (authkey=) is in this file",
     OG_ROLE_CLIENT | OG_ROLE_SERVER, true, false, NULL, NULL},
    {"authkey", "KEY", "the key of multiprocessing's handshake", OG_ROLE_CLIENT | OG_ROLE_SERVER, true, true,
     NULL, NULL},
    {"authkey-no-md5", NULL, "refuse peers that prove the key with MD5 (Python up to 3.11)",
     OG_ROLE_CLIENT | OG_ROLE_SERVER, false, false, NULL, NULL},
};

const og__layer og__layer_mp_auth = {
    .name = "mp-auth",
    .summary = "the handshake of Python's multiprocessing.connection with authkey=",
    .codec = "pickle",
    .framing = "mp",
    .state_size = sizeof(state),
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .configure = mp_auth_configure,
    .release = mp_auth_release,
    .start = mp_auth_start,
    .read = mp_auth_read,
    .tick = mp_auth_tick,
    .awaits = mp_auth_awaits,
    .hangup = mp_auth_hangup,
    .foreign = mp_auth_foreign,
    .silence = "a client with authkey= waits for a challenge: give the key with option authkey-file",
};
