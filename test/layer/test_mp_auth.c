/* SPDX-License-Identifier: MIT */
/* The handshake of multiprocessing.connection: our two ends together, and each against what Python sends. */
#include "play.h"

#include "../support/failing_alloc.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY     "secret"
#define RANDOM  "ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefgh" /* 40 bytes of a challenge */
#define FAILURE "\0\0\0\x09#FAILURE#"
#define WELCOME "\0\0\0\x09#WELCOME#"

static const og__layer *const rows[] = {&og__layer_mp_auth};

static og__layers *layers_of(og_role role, const char *key, bool no_md5, const og_allocator *alloc)
{
    const og_layer_option options[] = {{"authkey", key, 0}, {"authkey-no-md5", NULL, 0}};
    return set_of(rows, 1, role, options, no_md5 ? 2 : 1, alloc);
}

static int open_keys(end *client, end *server, const char *client_key, const char *server_key,
                     const og_allocator *alloc)
{
    og__layers *c = layers_of(OG_ROLE_CLIENT, client_key, false, alloc);
    og__layers *s = layers_of(OG_ROLE_SERVER, server_key, false, alloc);
    if (c && s) return ends_open(client, server, c, s, alloc);
    og__layer_set_unref(c);
    og__layer_set_unref(s);
    memset(client, 0, sizeof *client);
    memset(server, 0, sizeof *server);
    return OG_ENOMEM;
}

/* Bytes that wait for the socket, as a message of at most 256 bytes; they are taken. */
static size_t take_message(end *e, uint8_t *message)
{
    og_buf *wire = og__layer_stack_wire(e->stack);
    assert_true(wire->len >= 4 && wire->data[0] == 0 && wire->data[1] == 0);
    size_t len = (size_t)(wire->data[2] << 8 | wire->data[3]);
    assert_true(len <= 256 && wire->len >= 4 + len);
    memcpy(message, wire->data + 4, len);
    og_buf_drop(wire, 4 + len);
    return len;
}

static void assert_wire(end *e, const void *bytes, size_t len)
{
    og_buf *wire = og__layer_stack_wire(e->stack);
    assert_int_equal(wire->len, len);
    assert_memory_equal(wire->data, bytes, len);
    wire->len = 0;
}

static void feed_message(end *e, const void *bytes, size_t len)
{
    uint8_t message[300] = {0, 0, (uint8_t)(len >> 8), (uint8_t)len};
    memcpy(message + 4, bytes, len);
    end_feed(e, message, len + 4, 1000);
}

/* ---- Our two ends ---- */

static void agree(size_t piece, size_t cut)
{
    end client;
    end server;
    assert_int_equal(open_keys(&client, &server, KEY, KEY, NULL), OG_OK);
    assert_int_equal(play(&client, &server, piece, cut, 1), OG_OK);
    assert_true(og__layer_stack_is_over(client.stack) && og__layer_stack_is_over(server.stack));
    assert_int_equal(client.parts.bytes.len + server.parts.bytes.len, 0);
    end_close(&client);
    end_close(&server);
}

static void test_every_cut(void **state)
{
    (void)state;
    agree(0, 0);
    for (size_t piece = 1; piece <= 7; piece++)
        agree(piece, 0);
    for (size_t cut = 1; cut <= 140; cut++)
        agree(0, cut);
}

static void test_wrong_key(void **state)
{
    end client;
    end server;
    (void)state;
    assert_int_equal(open_keys(&client, &server, "other", KEY, NULL), OG_OK);
    assert_int_equal(play(&client, &server, 0, 0, 1000), OG_OK);
    /* The server says nothing until a second has passed. */
    assert_int_equal(server.next, 2000);
    assert_int_equal(og__layer_stack_tick(server.stack, 1999, &server.next, &server.err), OG_OK);
    assert_int_equal(server.next, 2000);
    assert_int_equal(og__layer_stack_wire(server.stack)->len, 0);
    assert_int_equal(og__layer_stack_hangup(server.stack, &server.err), OG_EPOLICY);
    server.status = og__layer_stack_tick(server.stack, 2000, &server.next, &server.err);
    assert_int_equal(server.status, OG_EPOLICY);
    assert_non_null(strstr(server.err.text, "another key"));
    assert_int_equal(play(&client, &server, 0, 0, 2000), OG_EPOLICY);
    assert_int_equal(client.status, OG_EPOLICY);
    assert_non_null(strstr(client.err.text, "refuses our key"));
    end_close(&client);
    end_close(&server);
}

static int scenario(const og_allocator *alloc, void *ctx)
{
    end client;
    end server;
    (void)ctx;
    int status = open_keys(&client, &server, KEY, KEY, alloc);
    if (status == OG_OK) status = play(&client, &server, 1, 0, 1);
    end_close(&client);
    end_close(&server);
    return status;
}

static void test_no_memory(void **state)
{
    (void)state;
    assert_true(failing_alloc_run(scenario, NULL) > 5);
}

/* ---- As a client of Python's Listener ---- */

static void client_open(end *e, bool no_md5)
{
    end unused;
    og__layers *client = layers_of(OG_ROLE_CLIENT, KEY, no_md5, NULL);
    assert_int_equal(ends_open(e, &unused, client, layers_of(OG_ROLE_SERVER, KEY, false, NULL), NULL), OG_OK);
    end_close(&unused);
}

static size_t from_hex(uint8_t *out, const char *hex)
{
    size_t len = strlen(hex) / 2;
    for (size_t i = 0; i < len; i++) {
        unsigned byte;
        assert_int_equal(sscanf(hex + 2 * i, "%2x", &byte), 1);
        out[i] = (uint8_t)byte;
    }
    return len;
}

/* Made with Python's hmac module. */
static const struct {
    const char *challenge; /* after the mark */
    const char *prefix;    /* of the answer */
    const char *answer;
    const char *md5_refused; /* with authkey-no-md5 */
} challenges[] = {
    {"ABCDEFGHIJKLMNOPQRST", "", "318317a6b84405a6b5cde55b546c8c4e", "a challenge in MD5"},
    {"{md5}" RANDOM, "{md5}", "cbeab868eb22aec65d67844b88b0a675", "a challenge in MD5"},
    {"{sha256}" RANDOM, "{sha256}", "ed1429214b26e0d1c5ac472897ce8eceb618eebc3a8efe496b2b1499b444faa4", NULL},
    {"{sha384}" RANDOM, "{sha384}",
     "144ddd2e080b2ec85dd60abc2181464b99fbad7c139ac63ee5911c25e34ed8c331688cf6b5a1d0114643551aac3fd840",
     NULL},
    {"{sha3_256}" RANDOM, "{sha3_256}", "8ec3f6450dbc7deea354b2b3b90d21c443f2a0c15ccae85d408d08ffdbcf1fc2",
     NULL},
    {"{sha3_384}" RANDOM, "{sha3_384}",
     "eb0c6e7ab61dadae3d94a6365902c9fdf3c3eaa407514c20fa53695e07ee6c9fcf73715e0a70c0fe5f07e4754821727a",
     NULL},
};

enum { CHALLENGES = sizeof challenges / sizeof challenges[0] };

static void feed_challenge(end *e, const char *challenge)
{
    char message[128];
    int len = snprintf(message, sizeof message, "#CHALLENGE#%s", challenge);
    feed_message(e, message, (size_t)len);
}

static size_t hmac_of(const EVP_MD *md, const uint8_t *message, size_t len, uint8_t *out)
{
    unsigned int size = 0;
    assert_non_null(HMAC(md, KEY, sizeof KEY - 1, message, len, out, &size));
    return size;
}

static void test_answers_to_listeners(void **state)
{
    uint8_t message[300];
    uint8_t expected[128];
    (void)state;
    for (size_t i = 0; i < CHALLENGES; i++) {
        end e;
        client_open(&e, false);
        feed_challenge(&e, challenges[i].challenge);
        size_t prefix = strlen(challenges[i].prefix);
        memcpy(expected, challenges[i].prefix, prefix);
        size_t len = prefix + from_hex(expected + prefix, challenges[i].answer);
        assert_int_equal(take_message(&e, message), len);
        assert_memory_equal(message, expected, len);
        end_feed(&e, BYTES(WELCOME), 1000);
        assert_int_equal(e.status, OG_OK);
        /* Now we challenge, and the listener answers: 3.11 with MD5 of all of it, 3.12 with a prefix. */
        len = take_message(&e, message);
        assert_int_equal(len, 11 + 8 + 40);
        assert_memory_equal(message, "#CHALLENGE#{sha256}", 19);
        size_t name = i == 0 ? 0 : 8;
        memcpy(expected, "{sha256}", 8);
        len = name + hmac_of(i == 0 ? EVP_md5() : EVP_sha256(), message + 11, len - 11, expected + name);
        feed_message(&e, expected, len);
        assert_int_equal(e.status, OG_OK);
        assert_wire(&e, BYTES(WELCOME));
        assert_true(og__layer_stack_is_over(e.stack));
        end_close(&e);
        client_open(&e, true);
        feed_challenge(&e, challenges[i].challenge);
        assert_int_equal(e.status, challenges[i].md5_refused ? OG_EPOLICY : OG_OK);
        if (challenges[i].md5_refused) assert_non_null(strstr(e.err.text, challenges[i].md5_refused));
        end_close(&e);
    }
}

/* What a client refuses in place of a challenge, and then in place of a verdict. */
static void test_bad_listeners(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
        int status;
        const char *text;
    } bad[] = {
        {BYTES("\0\0\0\x04oops"), OG_ESYNTAX, "expected a challenge: the peer asks for no key"},
        {BYTES("\0\0\0\x0d#CHALLENGE#ab"), OG_ESYNTAX, "expected a challenge"},
        {BYTES("\0\0\0\x23#CHALLENGE#{sha1}ABCDEFGHIJKLMNOPQR"), OG_ESYNTAX,
         "in no digest of multiprocessing's"},
        {BYTES("\0\0\0\x24#CHALLENGE#ABCDEFGHIJKLMNOPQRSTUVWXY"), OG_ESYNTAX,
         "other bytes where a handshake belongs"},
        {BYTES("\0\0\1\1"), OG_ESYNTAX, "other bytes where a handshake belongs"},
        {BYTES("{\"a\": 1}\n"), OG_ESYNTAX, "other bytes where a handshake belongs"},
        {BYTES("\xff\xff\xff\xfe"), OG_ESYNTAX, "other bytes where a handshake belongs"},
        {BYTES(""), OG_OK, NULL},
        {BYTES("\0\0\0"), OG_OK, NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        end e;
        client_open(&e, false);
        end_feed(&e, bad[i].bytes, bad[i].len, 1000);
        assert_int_equal(e.status, bad[i].status);
        if (bad[i].text) assert_non_null(strstr(e.err.text, bad[i].text));
        assert_int_equal(og__layer_stack_hangup(e.stack, &e.err), OG_ECLOSED);
        assert_non_null(strstr(e.err.text, "waiting for the peer's challenge"));
        end_close(&e);
        client_open(&e, false);
        feed_challenge(&e, "{sha256}" RANDOM);
        og__layer_stack_wire(e.stack)->len = 0;
        feed_message(&e, "#WELCOME", 8);
        assert_int_equal(e.status, OG_ESYNTAX);
        assert_non_null(strstr(e.err.text, "expected #WELCOME# or #FAILURE#"));
        end_close(&e);
    }
}

/* The listener does not know the key: a client tells it so at once. */
static void test_listener_without_key(void **state)
{
    end e;
    (void)state;
    client_open(&e, false);
    feed_challenge(&e, "{sha256}" RANDOM);
    end_feed(&e, BYTES(WELCOME), 1000);
    og__layer_stack_wire(e.stack)->len = 0;
    feed_message(&e, "{sha256}0123456789abcdef0123456789abcdef", 40);
    assert_int_equal(e.status, OG_EPOLICY);
    assert_wire(&e, BYTES(FAILURE));
    end_close(&e);
}

/* ---- As a listener for Python's Client ---- */

static void server_open(end *e, bool no_md5)
{
    end unused;
    og__layers *server = layers_of(OG_ROLE_SERVER, KEY, no_md5, NULL);
    assert_int_equal(ends_open(&unused, e, layers_of(OG_ROLE_CLIENT, KEY, false, NULL), server, NULL), OG_OK);
    end_close(&unused);
}

static const struct {
    const char *prefix;
    const EVP_MD *(*md)(void);
    bool is_md5;
} answers[] = {
    {"", EVP_md5, true},
    {"{md5}", EVP_md5, true},
    {"{sha256}", EVP_sha256, false},
    {"{sha384}", EVP_sha384, false},
    {"{sha3_256}", EVP_sha3_256, false},
    {"{sha3_384}", EVP_sha3_384, false},
};

static void answer_as(end *e, size_t row, int flip)
{
    uint8_t message[300];
    uint8_t answer[128];
    size_t len = take_message(e, message);
    assert_int_equal(len, 11 + 8 + 40);
    assert_memory_equal(message, "#CHALLENGE#{sha256}", 19);
    size_t prefix = strlen(answers[row].prefix);
    memcpy(answer, answers[row].prefix, prefix);
    size_t size = prefix + hmac_of(answers[row].md(), message + 11, len - 11, answer + prefix);
    if (flip >= 0) answer[prefix + (size_t)flip] ^= 1;
    feed_message(e, answer, size);
}

static void test_answers_of_clients(void **state)
{
    uint8_t message[300];
    (void)state;
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        end e;
        server_open(&e, false);
        answer_as(&e, i, -1);
        assert_int_equal(e.status, OG_OK);
        assert_wire(&e, BYTES(WELCOME));
        feed_challenge(&e, challenges[0].challenge);
        assert_int_equal(take_message(&e, message), 16);
        /* What comes in the same bytes as the welcome is the first message. */
        end_feed(&e, BYTES(WELCOME "\0\0\0\x02hi"), 1000);
        assert_true(og__layer_stack_is_over(e.stack));
        assert_came(&e, BYTES("\0\0\0\x02hi"));
        end_close(&e);
        server_open(&e, true);
        answer_as(&e, i, -1);
        assert_int_equal(e.status, answers[i].is_md5 ? OG_EPOLICY : OG_OK);
        if (answers[i].is_md5) assert_wire(&e, BYTES(FAILURE));
        end_close(&e);
    }
}

/* Each wrong byte of an answer is seen, and costs a second. */
static void test_wrong_answers(void **state)
{
    (void)state;
    for (int flip = 0; flip < 32; flip++) {
        end e;
        server_open(&e, false);
        answer_as(&e, 2, flip);
        assert_int_equal(e.status, OG_OK);
        assert_int_equal(e.next, 2000);
        assert_wire(&e, "", 0);
        end_feed(&e, BYTES("more bytes"), 1500);
        assert_int_equal(e.next, 2000);
        assert_int_equal(og__layer_stack_tick(e.stack, 2001, &e.next, &e.err), OG_EPOLICY);
        assert_wire(&e, BYTES(FAILURE));
        end_close(&e);
    }
}

static void test_clients_without_key(void **state)
{
    end e;
    (void)state;
    server_open(&e, false);
    assert_int_equal(og__layer_stack_expired(e.stack, 10000, &e.err), OG_ETIMEOUT);
    assert_non_null(strstr(e.err.text, "waiting for the peer's answer to our challenge"));
    end_feed(&e, BYTES("\0\0\x20\0\x80\x04"), 1000);
    assert_int_equal(e.status, OG_ESYNTAX);
    assert_non_null(strstr(e.err.text, "give it the same as authkey="));
    end_close(&e);
    server_open(&e, false);
    og__layer_stack_wire(e.stack)->len = 0;
    feed_message(&e, "\x80\x04K\x01.", 5);
    assert_int_equal(e.status, OG_ESYNTAX);
    assert_non_null(strstr(e.err.text, "give it the same as authkey="));
    assert_wire(&e, BYTES(FAILURE));
    end_close(&e);
}

/* ---- Options ---- */

static int configure(const og_layer_option *options, size_t count, og_error *err)
{
    og__layers *layers;
    const og__layer_given given = {
        .role = OG_ROLE_CLIENT, .host = "", .options = options, .option_count = count};
    int status = og__layer_set_new(&layers, &given, "tcp", NULL, true, err);
    if (status == OG_OK) assert_int_equal(og__layer_set_count(layers), 1);
    if (status == OG_OK) assert_string_equal(og__layer_set_framing(layers), "mp");
    og__layer_set_unref(layers);
    return status;
}

static void test_options(void **state)
{
    static const struct {
        og_layer_option option;
        int status;
        const char *text;
    } cases[] = {
        {{"authkey", KEY, 0}, OG_OK, ""},
        {{"authkey", "\0\1", 2}, OG_OK, ""},
        {{"authkey", "", 0}, OG_EINVAL, "expected a key"},
        {{"authkey", NULL, 0}, OG_EINVAL, "option authkey needs a value"},
        {{"authkey-file", "/nowhere/key", 0}, OG_EIO, "cannot open /nowhere/key"},
        {{"authkey-no-md5", NULL, 0}, OG_EINVAL, "option authkey-no-md5 needs mp-auth"},
        {{"authkeys", KEY, 0}, OG_ENOTFOUND, "no layer has an option 'authkeys': there are "},
    };
    og_error err;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(configure(&cases[i].option, 1, &err), cases[i].status);
        if (cases[i].status < 0) assert_non_null(strstr(err.text, cases[i].text));
    }
}

static void test_key_files(void **state)
{
    static const struct {
        const char *text;
        mode_t mode;
        int status;
        const char *error;
    } cases[] = {
        {KEY, 0600, OG_OK, ""},
        {KEY "\n", 0400, OG_OK, ""},
        {"\n", 0600, OG_EINVAL, "no key is in"},
        {KEY, 0604, OG_EIO, "chmod 600"},
        {KEY, 0660, OG_EIO, "chmod 600"},
    };
    char path[] = "onggi_key_XXXXXX";
    og_error err;
    (void)state;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const og_layer_option option = {"authkey-file", path, 0};
        ssize_t len = (ssize_t)strlen(cases[i].text);
        assert_int_equal(ftruncate(fd, 0), 0);
        assert_int_equal(pwrite(fd, cases[i].text, (size_t)len, 0), len);
        assert_int_equal(fchmod(fd, cases[i].mode), 0);
        assert_int_equal(configure(&option, 1, &err), cases[i].status);
        if (cases[i].status < 0) assert_non_null(strstr(err.text, cases[i].error));
    }
    close(fd);
    unlink(path);
}

static void test_foreign(void **state)
{
    og_error err;
    static const uint8_t asks[] = "\0\0\0\x3b#CHALLENGE#{sha256}";
    (void)state;
    assert_int_equal(og__layer_foreign(asks, sizeof asks - 1, OG_ROLE_CLIENT, &err), OG_EPOLICY);
    assert_non_null(strstr(err.text, "option authkey-file"));
    for (size_t len = 0; len < 15; len++)
        assert_int_equal(og__layer_foreign(asks, len, OG_ROLE_CLIENT, &err), OG_OK);
    assert_int_equal(og__layer_foreign((const uint8_t *)"{\"#CHALLENGE#\": 1}", 18, OG_ROLE_CLIENT, &err),
                     OG_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_cut),           cmocka_unit_test(test_wrong_key),
        cmocka_unit_test(test_no_memory),           cmocka_unit_test(test_answers_to_listeners),
        cmocka_unit_test(test_bad_listeners),       cmocka_unit_test(test_listener_without_key),
        cmocka_unit_test(test_answers_of_clients),  cmocka_unit_test(test_wrong_answers),
        cmocka_unit_test(test_clients_without_key), cmocka_unit_test(test_options),
        cmocka_unit_test(test_key_files),           cmocka_unit_test(test_foreign),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
