/* SPDX-License-Identifier: MIT */
/* Shared keys instead of certificates: what a file may say, what each end says when they do not fit, and an
 * end that is made to talk to itself. */
#include "play.h"

#include "../support/failing_alloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY_A "000102030405060708090a0b0c0d0e0f"
#define KEY_B "F0F1F2F3F4F5F6F7F8F9FAFBFCFDFEFFF0F1F2F3F4F5F6F7F8F9FAFBFCFDFEFF"

static char folder[64];

/* A file with this text; its path is good until the next call for the same role. */
static const char *file_of(const char *text, og_role role)
{
    static char paths[2][100];
    char *path = paths[role == OG_ROLE_SERVER];
    snprintf(path, sizeof paths[0], "%s/%s", folder, role == OG_ROLE_SERVER ? "server" : "client");
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fchmod(fileno(file), 0600);
    fputs(text, file);
    fclose(file);
    return path;
}

static int layers_of(og__layers **layers, og_role role, const char *text, const og_allocator *alloc,
                     og_error *err)
{
    const og_layer_option option = {"psk-file", file_of(text, role), 0};
    const og__layer_given given = {
        .role = role, .host = "localhost", .options = &option, .option_count = 1, .alloc = alloc};
    return og__layer_set_new(layers, &given, "tls", NULL, true, err);
}

static int open_ends(end *client, end *server, const char *c, const char *s, const og_allocator *alloc)
{
    og__layers *for_client = NULL;
    og__layers *for_server = NULL;
    og_error err = {0};
    memset(client, 0, sizeof *client);
    memset(server, 0, sizeof *server);
    int status = layers_of(&for_client, OG_ROLE_CLIENT, c, alloc, &err);
    if (status == OG_OK) status = layers_of(&for_server, OG_ROLE_SERVER, s, alloc, &err);
    if (status == OG_OK) return ends_open(client, server, for_client, for_server, alloc);
    if (status != OG_ENOMEM) fail_msg("%s", err.text);
    og__layer_set_unref(for_client);
    og__layer_set_unref(for_server);
    return status;
}

static int say(end *e, const void *bytes, size_t len)
{
    const og__part part = {bytes, len};
    return og__layer_stack_write(e->stack, &part, 1, &e->err);
}

static void assert_property(const end *e, const char *name, const char *expected)
{
    char text[80];
    og__layer_stack_property(e->stack, name, text, sizeof text);
    assert_string_equal(text, expected);
}

static const char our_file[] = "# comment\n\n  accept other " KEY_B "\r\n\tconnect  sensor-7\t" KEY_A;
static const char their_file[] =
    "accept sensor-6 00" KEY_A "\naccept sensor-7 " KEY_A "\naccept z 11" KEY_A "\n";

static void test_agree(void **state)
{
    (void)state;
    for (size_t piece = 0; piece < 4; piece++) {
        end client;
        end server;
        assert_int_equal(open_ends(&client, &server, our_file, their_file, NULL), OG_OK);
        int status = play(&client, &server, piece, 0, 1);
        if (status < 0) fail_msg("%s | %s", client.err.text, server.err.text);
        assert_int_equal(say(&client, "question", 8), OG_OK);
        assert_int_equal(say(&server, "answer", 6), OG_OK);
        assert_int_equal(play(&client, &server, piece, 0, 1), OG_OK);
        assert_came(&server, BYTES("question"));
        assert_came(&client, BYTES("answer"));
        assert_property(&server, "tls.identity", "sensor-7");
        assert_property(&client, "tls.identity", "sensor-7");
        assert_property(&server, "tls.protocol", "TLSv1.3");
        assert_property(&server, "tls.subject", "");
        end_close(&client);
        end_close(&server);
    }
}

/* What a client's hello says of how a key is used: with (EC)DHE (1), and never without (0). */
static void test_key_exchange_is_fresh(void **state)
{
    static const uint8_t modes[] = {0, 45, 0, 2, 1, 1};
    end client;
    end server;
    bool found = false;
    (void)state;
    assert_int_equal(open_ends(&client, &server, our_file, their_file, NULL), OG_OK);
    const og_buf *wire = og__layer_stack_wire(client.stack);
    for (size_t i = 0; !found && i + sizeof modes <= wire->len; i++)
        found = memcmp(wire->data + i, modes, sizeof modes) == 0;
    assert_true(found);
    end_close(&client);
    end_close(&server);
}

/* ---- Ends that do not fit ---- */

static const struct {
    const char *what;
    const char *client;
    const char *server;
    const char *client_says;
    const char *server_says;
} refusals[] = {
    {"unknown identity", "connect a " KEY_A, "accept b " KEY_A,
     "the server does not know the identity 'a': its option psk-file needs the line 'accept a KEY'",
     "the client offers the identity 'a', which is not in option psk-file: it needs the line 'accept a KEY'"},
    {"wrong key", "connect a " KEY_A, "accept a " KEY_B,
     "the server has another key for the identity 'a': both ends need the same in option psk-file",
     "the client has another key for the identity 'a': both ends need the same in option psk-file"},
    {"longer key", "connect a " KEY_A, "accept a " KEY_A "00", "another key", "another key"},
    /* Selfie: what we say as client is carried back to ourselves as server. */
    {"ourselves", "connect a " KEY_A "\naccept b " KEY_B, "connect a " KEY_A "\naccept b " KEY_B,
     "does not know the identity 'a'", "the client offers 'a', with which we connect ourselves"},
    {"ourselves, one name", "connect a " KEY_A "\naccept a " KEY_B, "connect a " KEY_A "\naccept a " KEY_B,
     "another key", "another key"},
};

static void assert_says(const char *what, const end *e, const char *says)
{
    if (e->status >= 0) fail_msg("%s: was not refused", what);
    assert_int_equal(e->status, OG_EPOLICY);
    if (!strstr(e->err.text, says)) fail_msg("%s: '%s' is not in '%s'", what, says, e->err.text);
}

static void test_refusals(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        end client;
        end server;
        open_ends(&client, &server, refusals[i].client, refusals[i].server, NULL);
        play(&client, &server, 0, 0, 1);
        assert_says(refusals[i].what, &client, refusals[i].client_says);
        assert_says(refusals[i].what, &server, refusals[i].server_says);
        assert_property(&server, "tls.identity", "");
        end_close(&client);
        end_close(&server);
    }
}

/* An end of this kind and a client that checks certificates, or one that checks none. */
static void test_certificates_and_keys(void **state)
{
    og__layers *for_client = NULL;
    og__layers *for_server = NULL;
    og_error err;
    end client;
    end server;
    const og_layer_option option = {"insecure", NULL, 0};
    const og__layer_given given = {
        .role = OG_ROLE_CLIENT, .host = "localhost", .options = &option, .option_count = 1};
    (void)state;
    assert_int_equal(og__layer_set_new(&for_client, &given, "tls", NULL, true, &err), OG_OK);
    assert_int_equal(layers_of(&for_server, OG_ROLE_SERVER, their_file, NULL, &err), OG_OK);
    assert_int_equal(ends_open(&client, &server, for_client, for_server, NULL), OG_OK);
    play(&client, &server, 0, 0, 1);
    assert_says("no key", &server, "the client offers no shared key: it needs option psk-file");
    assert_true(client.status < 0);
    assert_non_null(strstr(client.err.text, "or shared keys (option psk-file)"));
    end_close(&client);
    end_close(&server);
}

/* ---- Files ---- */

static const struct {
    og_role role;
    const char *text;
    const char *says;
} bad[] = {
    {OG_ROLE_SERVER, "", "has no line 'accept IDENTITY KEY', which a server needs"},
    {OG_ROLE_SERVER, "connect a " KEY_A, "has no line 'accept IDENTITY KEY', which a server needs"},
    {OG_ROLE_CLIENT, "accept a " KEY_A, "has no line 'connect IDENTITY KEY', which a client needs"},
    {OG_ROLE_CLIENT, "connect a " KEY_A "\nconnect b " KEY_B,
     "has 2 lines 'connect', of which a client offers one"},
    {OG_ROLE_CLIENT, "#\n\na " KEY_A, "line 3 of "},
    {OG_ROLE_CLIENT, "a " KEY_A, "is neither 'connect IDENTITY KEY' (as client) nor 'accept IDENTITY KEY'"},
    {OG_ROLE_CLIENT, "connect a b " KEY_A, "is neither 'connect IDENTITY KEY'"},
    {OG_ROLE_CLIENT, "connect " KEY_A, "is neither 'connect IDENTITY KEY'"},
    {OG_ROLE_CLIENT, "Connect a " KEY_A, "is neither 'connect IDENTITY KEY'"},
    {OG_ROLE_CLIENT, "connect a 00112233445566778899aabbccddee", "has 30 hexadecimal digits, not 32 to 128"},
    {OG_ROLE_CLIENT, "connect a 0" KEY_A, "has 33 hexadecimal digits"},
    {OG_ROLE_CLIENT, "connect a " KEY_B KEY_B "00", "has 130 hexadecimal digits"},
    {OG_ROLE_CLIENT, "connect a " KEY_B "xx", "is not hexadecimal: openssl rand -hex 32 makes one"},
    {OG_ROLE_CLIENT, "connect a\x7f " KEY_A, "is not 1 to 128 characters that print"},
    {OG_ROLE_SERVER, "accept a " KEY_A "\n#\naccept a " KEY_B, "have the same identity"},
    /* A key for both directions, which lets an end talk to itself; capital digits do not make it another. */
    {OG_ROLE_SERVER,
     "connect a f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"
     "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff\n#\naccept b " KEY_B,
     "lines 1 and 3 of "},
    {OG_ROLE_CLIENT, "connect a " KEY_A "\naccept a " KEY_A,
     "have the same key: every peer, and each direction"},
};

static void test_bad_files(void **state)
{
    og__layers *layers;
    og_error err;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(layers_of(&layers, bad[i].role, bad[i].text, NULL, &err), OG_EINVAL);
        if (!strstr(err.text, bad[i].says)) fail_msg("'%s' is not in '%s'", bad[i].says, err.text);
        if (strstr(err.text, "0102")) fail_msg("a key is told: %s", err.text);
        assert_null(layers);
    }
}

static void test_longest(void **state)
{
    char line[400];
    char identity[130];
    og__layers *layers;
    og_error err;
    (void)state;
    memset(identity, 'i', sizeof identity);
    snprintf(line, sizeof line, "connect %.128s %s%s", identity, KEY_B, KEY_B);
    assert_int_equal(layers_of(&layers, OG_ROLE_CLIENT, line, NULL, &err), OG_OK);
    og__layer_set_unref(layers);
    snprintf(line, sizeof line, "connect %.129s %s%s", identity, KEY_B, KEY_B);
    assert_int_equal(layers_of(&layers, OG_ROLE_CLIENT, line, NULL, &err), OG_EINVAL);
}

static void test_options(void **state)
{
    static const char *const others[] = {"cert", "key", "ca", "insecure"};
    og__layers *layers;
    og_error err;
    (void)state;
    const char *path = file_of(our_file, OG_ROLE_CLIENT);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        const og_layer_option both[] = {{"psk-file", path, 0}, {others[i], "file", 0}};
        const og__layer_given given = {
            .role = OG_ROLE_CLIENT, .host = "", .options = both, .option_count = 2};
        assert_int_equal(og__layer_set_new(&layers, &given, "tls", NULL, true, &err), OG_EINVAL);
        assert_non_null(strstr(err.text, "is for ends without certificates: leave out option "));
    }
    chmod(path, 0640 | (getuid() == 0 ? 04 : 0));
    const og_layer_option option = {"psk-file", path, 0};
    const og__layer_given given = {.role = OG_ROLE_CLIENT, .host = "", .options = &option, .option_count = 1};
    assert_int_equal(og__layer_set_new(&layers, &given, "tls", NULL, true, &err), OG_EIO);
    assert_non_null(strstr(err.text, "chmod 600"));
}

/* ---- No memory ---- */

static int scenario(const og_allocator *alloc, void *ctx)
{
    end client;
    end server;
    (void)ctx;
    int status = open_ends(&client, &server, our_file, their_file, alloc);
    if (status == OG_OK) status = play(&client, &server, 200, 0, 1);
    end_close(&client);
    end_close(&server);
    return status;
}

static void test_no_memory(void **state)
{
    (void)state;
    assert_true(failing_alloc_run(scenario, NULL) > 5);
}

static int setup(void **state)
{
    (void)state;
    strcpy(folder, "onggi_psk_XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    unlink(file_of("", OG_ROLE_CLIENT));
    unlink(file_of("", OG_ROLE_SERVER));
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_agree),     cmocka_unit_test(test_key_exchange_is_fresh),
        cmocka_unit_test(test_refusals),  cmocka_unit_test(test_certificates_and_keys),
        cmocka_unit_test(test_bad_files), cmocka_unit_test(test_longest),
        cmocka_unit_test(test_options),   cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
