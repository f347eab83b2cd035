/* SPDX-License-Identifier: MIT */
/*
 * OpenSSL's own memory, which is counted here: many handshakes leave nothing, and each allocation that fails,
 * in turn, ends a handshake cleanly. A program of its own, as OpenSSL takes an allocator only before its
 * first use.
 */
#include "certs.h"
#include "play.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

/* ---- The allocator ---- */

enum { HEAD = 16 }; /* before each block, which stays aligned as malloc's */

static size_t calls;
static size_t fail_at; /* the number of the call that fails; 0: none */
static bool fail_on;   /* those after it fail, too */
static size_t live_bytes;
static size_t live_blocks;

static bool refuses(void)
{
    calls++;
    return fail_at && (calls == fail_at || (fail_on && calls > fail_at));
}

static void *take(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    if (size == 0 || refuses()) return NULL;
    uint8_t *block = malloc(HEAD + size);
    if (!block) return NULL;
    memcpy(block, &size, sizeof size);
    live_bytes += size;
    live_blocks++;
    return block + HEAD;
}

static void give_back(void *bytes, const char *file, int line)
{
    (void)file;
    (void)line;
    size_t size;
    if (!bytes) return;
    uint8_t *block = (uint8_t *)bytes - HEAD;
    memcpy(&size, block, sizeof size);
    memset(bytes, 0xdd, size);
    live_bytes -= size;
    live_blocks--;
    free(block);
}

static void *resize(void *bytes, size_t size, const char *file, int line)
{
    size_t old;
    if (!bytes) return take(size, file, line);
    if (size == 0) {
        give_back(bytes, file, line);
        return NULL;
    }
    memcpy(&old, (uint8_t *)bytes - HEAD, sizeof old);
    void *moved = take(size, file, line);
    if (!moved) return NULL;
    memcpy(moved, bytes, old < size ? old : size);
    give_back(bytes, file, line);
    return moved;
}

/* ---- Conversations ---- */

static og__layers *for_client;
static og__layers *for_server;

static int make_layers(og__layers **layers, og_role role, og_error *err)
{
    const og_layer_option client[] = {{"ca", cert_path("ca.pem"), 0}};
    const og_layer_option server[] = {{"cert", cert_path("both.pem"), 0}};
    const og__layer_given given = {.role = role,
                                   .host = "localhost",
                                   .options = role == OG_ROLE_CLIENT ? client : server,
                                   .option_count = 1};
    return og__layer_set_new(layers, &given, "tls", NULL, true, err);
}

static int keep_layers(void)
{
    og_error err;
    if (make_layers(&for_client, OG_ROLE_CLIENT, &err) < 0 ||
        make_layers(&for_server, OG_ROLE_SERVER, &err) < 0)
        fail_msg("%s", err.text);
    return 0;
}

static int say(end *e, const void *bytes, size_t len)
{
    const og__part part = {bytes, len};
    return og__layer_stack_write(e->stack, &part, 1, &e->err);
}

/* Handshake, question, answer, end. Both ends are told why when one fails. */
static int converse(void)
{
    end client;
    end server;
    int status =
        ends_open(&client, &server, og__layer_set_ref(for_client), og__layer_set_ref(for_server), NULL);
    if (status == OG_OK) status = play(&client, &server, 0, 0, 1);
    if (status == OG_OK) status = say(&client, "question", 8);
    if (status == OG_OK) status = play(&client, &server, 0, 0, 1);
    if (status == OG_OK) status = say(&server, "answer", 6);
    if (status == OG_OK) status = play(&client, &server, 0, 0, 1);
    if (status == OG_OK) {
        assert_came(&server, BYTES("question"));
        assert_came(&client, BYTES("answer"));
    }
    if (client.stack) og__layer_stack_end(client.stack);
    if (server.stack) og__layer_stack_end(server.stack);
    if (client.status < 0) assert_true(client.err.text[0] != '\0');
    if (server.status < 0) assert_true(server.err.text[0] != '\0');
    end_close(&client);
    end_close(&server);
    return status;
}

/* An end that a client leaves in the middle of its handshake. */
static void leave_half_way(void)
{
    end client;
    end server;
    assert_int_equal(
        ends_open(&client, &server, og__layer_set_ref(for_client), og__layer_set_ref(for_server), NULL),
        OG_OK);
    const og_buf *wire = og__layer_stack_wire(client.stack);
    end_feed(&server, wire->data, wire->len / 2, 1);
    assert_int_equal(og__layer_stack_hangup(server.stack, &server.err), OG_ECLOSED);
    end_close(&client);
    end_close(&server);
}

/* ---- Tests ---- */

/* OpenSSL makes some things once, when they are first needed. */
static void warm_up(void)
{
    for (int i = 0; i < 20; i++)
        assert_int_equal(converse(), OG_OK);
}

static void test_many_handshakes(void **state)
{
    (void)state;
    warm_up();
    leave_half_way();
    size_t bytes = live_bytes;
    size_t blocks = live_blocks;
    int count = getenv("ONGGI_SOAK") ? 10000 : 500;
    for (int i = 0; i < count; i++) {
        assert_int_equal(converse(), OG_OK);
        leave_half_way();
    }
    assert_int_equal(live_blocks, blocks);
    assert_int_equal(live_bytes, bytes);
}

static int converse_at(size_t at, bool on)
{
    calls = 0;
    fail_at = at;
    fail_on = on;
    int status = converse();
    fail_at = 0;
    ERR_clear_error();
    return status;
}

static int configure_at(size_t at, bool on)
{
    og_error err = {0};
    int status = OG_OK;
    calls = 0;
    fail_at = at;
    fail_on = on;
    for (og_role role = OG_ROLE_CLIENT; status == OG_OK && role <= OG_ROLE_SERVER; role++) {
        og__layers *layers = NULL;
        status = make_layers(&layers, role, &err);
        og__layer_set_unref(layers);
    }
    fail_at = 0;
    ERR_clear_error();
    assert_true(status == OG_OK || err.text[0] != '\0');
    return status;
}

/* Each call of `run` in turn fails, alone and with all after it. OpenSSL does without some, and may keep what
 * it makes once; what stays when the same fails again is a leak. */
static void fail_in_turn(int (*run)(size_t at, bool on), size_t step)
{
    size_t refused = 0;
    assert_int_equal(run(0, false), OG_OK);
    size_t count = calls;
    if (getenv("ONGGI_SOAK")) step = 1;
    for (size_t at = 1; at <= 2 * count; at += step) {
        bool on = at > count;
        size_t nth = on ? at - count : at;
        size_t blocks = live_blocks;
        refused += run(nth, on) < 0;
        if (live_blocks == blocks) continue;
        blocks = live_blocks;
        run(nth, on);
        if (live_blocks != blocks) fail_msg("failure %zu of %zu leaves memory each time", nth, count);
    }
    assert_true(refused > count / step / 2);
    assert_int_equal(run(0, false), OG_OK);
}

static void test_no_memory_in_handshakes(void **state)
{
    (void)state;
    warm_up();
    fail_in_turn(converse_at, 7);
}

static void test_no_memory_for_files(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        assert_int_equal(configure_at(0, false), OG_OK);
    fail_in_turn(configure_at, 29);
}

static int setup(void **state)
{
    (void)state;
    certs_make();
    return keep_layers();
}

static int teardown(void **state)
{
    (void)state;
    og__layer_set_unref(for_client);
    og__layer_set_unref(for_server);
    certs_remove();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_many_handshakes),
        cmocka_unit_test(test_no_memory_in_handshakes),
        cmocka_unit_test(test_no_memory_for_files),
    };
    if (CRYPTO_set_mem_functions(take, resize, give_back) != 1) return 1;
    return cmocka_run_group_tests(tests, setup, teardown);
}
