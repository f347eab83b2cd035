/* SPDX-License-Identifier: MIT */
/* TLS between our two ends: every cut, every refusal with its sentence, properties, ends, and no memory. */
#include "certs.h"
#include "play.h"

#include "../support/failing_alloc.h"

#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MOST = 4 };

/* The options of one end: name and file (or value), NULL at the end. */
typedef struct row {
    const char *options[2 * MOST + 1];
} row;

static const char *value_of(const char *name, const char *value)
{
    bool is_file = strcmp(name, "cert") == 0 || strcmp(name, "key") == 0 || strstr(name, "ca") == name ||
                   strcmp(name, "client-ca") == 0;
    return value && is_file ? cert_path(value) : value;
}

static int layers_of(og__layers **layers, og_role role, const char *host, const row *r,
                     const og_allocator *alloc, og_error *err)
{
    og_layer_option options[MOST];
    size_t count = 0;
    for (size_t i = 0; r && r->options[i]; i += 2, count++)
        options[count] = (og_layer_option){r->options[i], value_of(r->options[i], r->options[i + 1]), 0};
    const og__layer_given given = {
        .role = role, .host = host, .options = options, .option_count = count, .alloc = alloc};
    return og__layer_set_new(layers, &given, "tls", NULL, true, err);
}

static const row server_row = {{"cert", "server.pem", "key", "server.key"}};
static const row client_row = {{"ca", "ca.pem"}};

static int open_tls(end *client, end *server, const row *c, const row *s, const char *host,
                    const og_allocator *alloc)
{
    og__layers *for_client = NULL;
    og__layers *for_server = NULL;
    og_error err = {0};
    int status = layers_of(&for_client, OG_ROLE_CLIENT, host, c, alloc, &err);
    if (status == OG_OK) status = layers_of(&for_server, OG_ROLE_SERVER, "", s, alloc, &err);
    if (status == OG_OK) return ends_open(client, server, for_client, for_server, alloc);
    if (status != OG_ENOMEM) fail_msg("%s", err.text);
    og__layer_set_unref(for_client);
    og__layer_set_unref(for_server);
    memset(client, 0, sizeof *client);
    memset(server, 0, sizeof *server);
    return status;
}

static int say(end *e, const void *bytes, size_t len)
{
    const og__part part = {bytes, len};
    return og__layer_stack_write(e->stack, &part, 1, &e->err);
}

/* ---- What should go well ---- */

static void converse(size_t piece, size_t cut)
{
    end client;
    end server;
    assert_int_equal(open_tls(&client, &server, &client_row, &server_row, "localhost", NULL), OG_OK);
    int status = play(&client, &server, piece, cut, 1);
    if (status < 0) fail_msg("%s | %s", client.err.text, server.err.text);
    assert_true(og__layer_stack_is_open(client.stack) && og__layer_stack_is_open(server.stack));
    assert_int_equal(say(&client, "question", 8), OG_OK);
    assert_int_equal(say(&server, "answer", 6), OG_OK);
    assert_int_equal(say(&client, " more", 5), OG_OK);
    assert_int_equal(play(&client, &server, piece, cut, 1), OG_OK);
    assert_came(&server, BYTES("question more"));
    assert_came(&client, BYTES("answer"));
    assert_int_equal(og__layer_stack_hangup(server.stack, &server.err), OG_ETRUNCATED);
    og__layer_stack_end(client.stack);
    assert_int_equal(play(&client, &server, piece, cut, 1), OG_OK);
    assert_true(server.parts.ended);
    assert_int_equal(og__layer_stack_hangup(server.stack, &server.err), OG_OK);
    /* We may still answer; then we end, too. */
    assert_int_equal(say(&server, "bye", 3), OG_OK);
    og__layer_stack_end(server.stack);
    og__layer_stack_end(server.stack);
    assert_int_equal(play(&client, &server, piece, cut, 1), OG_OK);
    assert_came(&client, BYTES("answerbye"));
    assert_true(client.parts.ended);
    assert_int_equal(say(&server, "more", 4), OG_ECLOSED);
    end_close(&client);
    end_close(&server);
}

static void test_every_cut(void **state)
{
    (void)state;
    converse(0, 0);
    for (size_t piece = 1; piece <= 7; piece++)
        converse(piece, 0);
    for (size_t cut = 1; cut <= 1600; cut += 13)
        converse(0, cut);
}

static void test_much(void **state)
{
    enum { MUCH = 300000 };
    end client;
    end server;
    uint8_t *bytes = malloc(MUCH);
    (void)state;
    for (size_t i = 0; i < MUCH; i++)
        bytes[i] = (uint8_t)(i * 7 + i / 256);
    assert_int_equal(open_tls(&client, &server, &client_row, &server_row, "127.0.0.1", NULL), OG_OK);
    assert_int_equal(play(&client, &server, 0, 0, 1), OG_OK);
    assert_int_equal(say(&client, bytes, MUCH), OG_OK);
    assert_int_equal(play(&client, &server, 5000, 0, 1), OG_OK);
    assert_came(&server, (const char *)bytes, MUCH);
    end_close(&client);
    end_close(&server);
    free(bytes);
}

static void assert_property(const end *e, const char *name, const char *expected)
{
    char text[200];
    size_t len = og__layer_stack_property(e->stack, name, text, sizeof text);
    assert_string_equal(text, expected);
    assert_int_equal(len, strlen(expected));
}

static void test_properties(void **state)
{
    static const row with_client = {{"cert", "server.pem", "key", "server.key", "client-ca", "ca.pem"}};
    static const row certified = {{"ca", "ca.pem", "cert", "client.pem", "key", "client.key"}};
    end client;
    end server;
    char text[80];
    (void)state;
    assert_int_equal(open_tls(&client, &server, &certified, &with_client, "localhost", NULL), OG_OK);
    assert_int_equal(og__layer_stack_property(client.stack, "tls.subject", text, sizeof text), 0);
    int status = play(&client, &server, 0, 0, 1);
    if (status < 0) fail_msg("%s | %s", client.err.text, server.err.text);
    assert_property(&client, "tls.protocol", "TLSv1.3");
    assert_property(&client, "tls.subject", "CN=localhost");
    assert_property(&client, "tls.issuer", "CN=Trial authority");
    assert_property(&client, "tls.names", "localhost,127.0.0.1");
    assert_property(&server, "tls.subject", "CN=reader");
    assert_property(&server, "tls.names", "");
    assert_int_equal(og__layer_stack_property(server.stack, "tls.fingerprint", text, sizeof text), 64);
    assert_int_equal(og__layer_stack_property(server.stack, "tls.subject", text, 5), 9);
    assert_string_equal(text, "CN=r");
    assert_string_equal(og__layer_stack_property_at(server.stack, 2), "tls.subject");
    end_close(&client);
    end_close(&server);
}

/* ---- What is refused, and what each end says ---- */

static const struct {
    const char *what;
    const char *host;
    row client;
    row server;
    const char *client_says; /* NULL: it is content */
    const char *server_says;
} refusals[] = {
    {"unknown authority",
     "localhost",
     {{"ca", "other-ca.pem"}},
     {{"cert", "server.pem", "key", "server.key"}},
     "is from CN=Trial authority, an authority that is not trusted here: give its certificate with option ca",
     "the client does not trust the authority of our certificate"},
    {"expired",
     "localhost",
     {{"ca", "ca.pem"}},
     {{"cert", "expired.pem", "key", "expired.key"}},
     "the server's certificate has expired on 2001-02-03",
     "which has expired"},
    {"wrong name",
     "localhost",
     {{"ca", "ca.pem"}},
     {{"cert", "elsewhere.pem", "key", "elsewhere.key"}},
     "is for example.org,*.example.org, not for localhost: connect by its name, or say it with option server-name",
     "is it for the name that the client connects by?"},
    {"wrong address",
     "127.0.0.2",
     {{"ca", "ca.pem"}},
     {{"cert", "server.pem", "key", "server.key"}},
     "is for localhost,127.0.0.1, not for 127.0.0.2",
     "is it for the name"},
    {"named",
     "localhost",
     {{"ca", "ca.pem", "server-name", "a.example.org"}},
     {{"cert", "elsewhere.pem", "key", "elsewhere.key"}},
     NULL,
     NULL},
    {"insecure",
     "localhost",
     {{"insecure", NULL}},
     {{"cert", "expired.pem", "key", "expired.key"}},
     NULL,
     NULL},
    {"key in one file", "localhost", {{"ca", "ca.pem"}}, {{"cert", "both.pem"}}, NULL, NULL},
    {"no client certificate",
     "localhost",
     {{"ca", "ca.pem"}},
     {{"cert", "server.pem", "key", "server.key", "client-ca", "ca.pem"}},
     "the server requires a certificate: give option cert",
     "the client has no certificate, which option client-cert requires"},
    {"optional client certificate",
     "localhost",
     {{"ca", "ca.pem"}},
     {{"cert", "server.pem", "key", "server.key", "client-ca", "ca.pem", "client-cert", "optional"}},
     NULL,
     NULL},
    {"client from elsewhere",
     "localhost",
     {{"ca", "ca.pem", "cert", "stranger.pem", "key", "stranger.key"}},
     {{"cert", "server.pem", "key", "server.key", "client-ca", "ca.pem"}},
     "the server does not trust the authority of our certificate: give option cert one from its client-ca",
     "the client's certificate is from CN=Other authority, which is not among the authorities of option client-ca"},
};

static void assert_says(const char *what, const end *e, const char *says)
{
    if (!says && e->status < 0) fail_msg("%s: refused: %s", what, e->err.text);
    if (says && e->status >= 0) fail_msg("%s: was not refused", what);
    if (says && !strstr(e->err.text, says)) fail_msg("%s: '%s' is not in '%s'", what, says, e->err.text);
}

static void test_refusals(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        end client;
        end server;
        open_tls(&client, &server, &refusals[i].client, &refusals[i].server, refusals[i].host, NULL);
        play(&client, &server, 0, 0, 1);
        assert_says(refusals[i].what, &client, refusals[i].client_says);
        assert_says(refusals[i].what, &server, refusals[i].server_says);
        end_close(&client);
        end_close(&server);
    }
}

static void test_plain_bytes(void **state)
{
    end client;
    end server;
    (void)state;
    assert_int_equal(open_tls(&client, &server, &client_row, &server_row, "localhost", NULL), OG_OK);
    assert_int_equal(og__layer_stack_hangup(server.stack, &server.err), OG_ECLOSED);
    end_feed(&server, BYTES("{\"n\": 1}\n"), 1);
    assert_int_equal(server.status, OG_ESYNTAX);
    assert_non_null(strstr(server.err.text, "the client sent plain bytes, not TLS"));
    end_feed(&client, BYTES("HTTP/1.1 400 Bad Request\r\n"), 1);
    assert_int_equal(client.status, OG_ESYNTAX);
    assert_non_null(strstr(client.err.text, "write tcp:// instead of tls://"));
    /* The reverse: TLS where plain bytes are expected. */
    og_error err;
    const og_buf *wire = og__layer_stack_wire(client.stack);
    assert_int_equal(og__layer_foreign(wire->data, wire->len, OG_ROLE_SERVER, &err), OG_ESYNTAX);
    assert_non_null(strstr(err.text, "the client speaks TLS"));
    assert_int_equal(og__layer_foreign((const uint8_t *)"\x15\3\3\0\2\2F", 7, OG_ROLE_CLIENT, &err),
                     OG_ESYNTAX);
    assert_non_null(strstr(err.text, "write tls:// instead of tcp://"));
    assert_int_equal(og__layer_foreign((const uint8_t *)"\x15\3\3\0\2\2F", 4, OG_ROLE_CLIENT, &err), OG_OK);
    end_close(&client);
    end_close(&server);
}

/* Any changed byte ends it, before or after the handshake. */
static void test_changed_bytes(void **state)
{
    (void)state;
    end client;
    end server;
    assert_int_equal(open_tls(&client, &server, &client_row, &server_row, "localhost", NULL), OG_OK);
    assert_int_equal(play(&client, &server, 0, 0, 1), OG_OK);
    assert_int_equal(say(&client, "question", 8), OG_OK);
    og_buf *wire = og__layer_stack_wire(client.stack);
    wire->data[wire->len - 3] ^= 1;
    assert_true(play(&client, &server, 0, 0, 1) < 0);
    assert_int_equal(server.parts.bytes.len, 0);
    assert_non_null(strstr(server.err.text, "TLS failed"));
    end_close(&client);
    end_close(&server);
}

/* ---- Options ---- */

static const struct {
    og_role role;
    row options;
    const char *says;
} bad[] = {
    {OG_ROLE_SERVER, {{NULL}}, "a server on tls:// needs a certificate: give option cert"},
    {OG_ROLE_SERVER, {{"cert", "server.pem"}}, "holds no private key: give its file with option key"},
    {OG_ROLE_SERVER, {{"cert", "server.key", "key", "server.key"}}, "holds no certificate"},
    {OG_ROLE_SERVER, {{"cert", "server.pem", "key", "client.key"}}, "does not belong to the certificate in"},
    {OG_ROLE_SERVER, {{"cert", "server.pem", "key", "locked.key"}}, "has a password"},
    {OG_ROLE_SERVER, {{"cert", "nowhere.pem"}}, "cannot open"},
    {OG_ROLE_SERVER, {{"cert", "both.pem", "client-ca", "client.key"}}, "that option client-ca could use"},
    {OG_ROLE_SERVER, {{"cert", "both.pem", "client-cert", "required"}}, "give option client-ca"},
    {OG_ROLE_SERVER,
     {{"cert", "both.pem", "client-ca", "ca.pem", "client-cert", "never"}},
     "is required or optional, not 'never'"},
    {OG_ROLE_SERVER, {{"cert", "both.pem", "ca", "ca.pem"}}, "option ca is for clients, not for servers"},
    {OG_ROLE_CLIENT, {{"client-ca", "ca.pem"}}, "option client-ca is for servers, not for clients"},
    {OG_ROLE_CLIENT, {{"ca", "server.key"}}, "that option ca could use"},
    {OG_ROLE_CLIENT, {{"ca", "ca.pem", "cert", "client.pem"}}, "holds no private key"},
};

static void test_bad_options(void **state)
{
    og__layers *layers;
    og_error err;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_true(layers_of(&layers, bad[i].role, "localhost", &bad[i].options, NULL, &err) < 0);
        if (!strstr(err.text, bad[i].says)) fail_msg("'%s' is not in '%s'", bad[i].says, err.text);
        assert_null(layers);
    }
    chmod(cert_path("server.key"), 0644);
    assert_true(layers_of(&layers, OG_ROLE_SERVER, "", &server_row, NULL, &err) < 0);
    assert_non_null(strstr(err.text, "chmod 600"));
    chmod(cert_path("server.key"), 0600);
    const og_layer_option option = {"ca", cert_path("ca.pem"), 0};
    const og__layer_given given = {.role = OG_ROLE_CLIENT, .host = "", .options = &option, .option_count = 1};
    assert_int_equal(og__layer_set_new(&layers, &given, "tcp", NULL, true, &err), OG_EINVAL);
    assert_non_null(strstr(err.text, "option ca needs tls (tls://), which this endpoint does not use"));
}

/* ---- No memory ---- */

static int scenario(const og_allocator *alloc, void *ctx)
{
    end client;
    end server;
    (void)ctx;
    int status = open_tls(&client, &server, &client_row, &server_row, "localhost", alloc);
    if (status == OG_OK) status = play(&client, &server, 200, 0, 1);
    if (status == OG_OK) status = say(&client, "question", 8);
    if (status == OG_OK) status = play(&client, &server, 0, 0, 1);
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
    certs_make();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    certs_remove();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_cut),   cmocka_unit_test(test_much),
        cmocka_unit_test(test_properties),  cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_plain_bytes), cmocka_unit_test(test_changed_bytes),
        cmocka_unit_test(test_bad_options), cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
