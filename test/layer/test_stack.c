/* SPDX-License-Identifier: MIT */
/* Layers run as one: opening in turn, stepping aside, bytes and parts both ways, however they are cut. */
#include "play.h"
#include "toys.h"

#include "../support/failing_alloc.h"

#include <string.h>

static const og__layer *const tower[] = {&toy_veil, &toy_knock, &toy_multi};
static const og__layer *const plain[] = {&toy_knock, &toy_veil};

static int open_ends(end *client, end *server, const og__layer *const *rows, size_t count,
                     const og_allocator *alloc)
{
    og__layers *c = set_of(rows, count, OG_ROLE_CLIENT, NULL, 0, alloc);
    og__layers *s = set_of(rows, count, OG_ROLE_SERVER, NULL, 0, alloc);
    if (c && s) return ends_open(client, server, c, s, alloc);
    og__layer_set_unref(c);
    og__layer_set_unref(s);
    memset(client, 0, sizeof *client);
    memset(server, 0, sizeof *server);
    return OG_ENOMEM;
}

static int say(end *e, const char *first, const char *second)
{
    const og__part parts[] = {{(const uint8_t *)first, strlen(first)},
                              {(const uint8_t *)second, second ? strlen(second) : 0}};
    return og__layer_stack_write(e->stack, parts, second ? 2 : 1, &e->err);
}

static void assert_part(const end *e, size_t index, size_t end_at, bool more)
{
    og__part_end ends[8];
    assert_true(e->parts.ends.len / sizeof *ends > index);
    memcpy(ends, e->parts.ends.data, e->parts.ends.len);
    assert_int_equal(ends[index].end, end_at);
    assert_int_equal(ends[index].more, more);
}

/* A whole conversation through three layers. */
static void converse(size_t piece, size_t cut)
{
    end client;
    end server;
    assert_int_equal(open_ends(&client, &server, tower, 3, NULL), OG_OK);
    assert_false(og__layer_stack_is_open(client.stack));
    assert_int_equal(play(&client, &server, piece, cut, 1), OG_OK);
    assert_true(og__layer_stack_is_open(client.stack) && og__layer_stack_is_open(server.stack));
    assert_true(og__layer_stack_is_whole(client.stack));
    assert_false(og__layer_stack_is_over(client.stack));
    assert_int_equal(say(&client, "one", "two"), OG_OK);
    assert_int_equal(say(&client, "three", NULL), OG_OK);
    assert_int_equal(say(&server, "back", NULL), OG_OK);
    assert_int_equal(play(&client, &server, piece, cut, 1), OG_OK);
    assert_came(&server, BYTES("onetwothree"));
    assert_part(&server, 0, 3, true);
    assert_part(&server, 1, 6, false);
    assert_part(&server, 2, 11, false);
    assert_came(&client, BYTES("back"));
    assert_false(server.parts.ended);
    og__layer_stack_end(client.stack);
    assert_int_equal(play(&client, &server, piece, cut, 1), OG_OK);
    assert_true(server.parts.ended);
    end_close(&client);
    end_close(&server);
}

static void test_every_cut(void **state)
{
    (void)state;
    converse(0, 0);
    for (size_t piece = 1; piece <= 5; piece++)
        converse(piece, 0);
    for (size_t cut = 1; cut <= 40; cut++)
        converse(0, cut);
}

/* What follows a handshake in the same bytes goes on to the next layer. */
static void test_left_over(void **state)
{
    end client;
    end server;
    (void)state;
    assert_int_equal(open_ends(&client, &server, plain, 2, NULL), OG_OK);
    end_feed(&server,
             BYTES("knock<\x57"
                   "8<"),
             1);
    assert_int_equal(server.status, OG_OK);
    assert_true(og__layer_stack_is_open(server.stack));
    assert_came(&server, BYTES("mi"));
    og_buf *wire = og__layer_stack_wire(server.stack);
    assert_int_equal(wire->len, 6);
    assert_memory_equal(wire->data, "enter>", 6);
    end_close(&client);
    end_close(&server);
}

/* The last layer steps aside: the stack is over, and bytes pass as they are. */
static void test_over(void **state)
{
    end client;
    end server;
    (void)state;
    assert_int_equal(open_ends(&client, &server, plain, 1, NULL), OG_OK);
    end_feed(&server, BYTES("knockhello"), 1);
    assert_true(og__layer_stack_is_over(server.stack));
    assert_false(og__layer_stack_is_whole(server.stack));
    end_feed(&server, BYTES(" there"), 1);
    assert_came(&server, BYTES("hello there"));
    og__layer_stack_wire(server.stack)->len = 0;
    assert_int_equal(say(&server, "yes", NULL), OG_OK);
    assert_memory_equal(og__layer_stack_wire(server.stack)->data, "yes", 3);
    assert_int_equal(og__layer_stack_hangup(server.stack, NULL), OG_OK);
    assert_null(og__layer_stack_property_at(server.stack, 0));
    end_close(&client);
    end_close(&server);
}

static void test_refusals(void **state)
{
    end client;
    end server;
    (void)state;
    assert_int_equal(open_ends(&client, &server, plain, 2, NULL), OG_OK);
    assert_int_equal(og__layer_stack_expired(server.stack, 250, &server.err), OG_ETIMEOUT);
    assert_string_equal(
        server.err.text,
        "the handshake (knock) took longer than 250 ms (handshake_timeout_ms), waiting for a knock");
    end_feed(&server, BYTES("hello"), 1);
    assert_int_equal(server.status, OG_ESYNTAX);
    assert_string_equal(server.err.text, "nobody knocked");
    end_close(&client);
    end_close(&server);
}

static void test_hangup_and_properties(void **state)
{
    end client;
    end server;
    char text[8];
    (void)state;
    assert_int_equal(open_ends(&client, &server, plain, 2, NULL), OG_OK);
    assert_int_equal(og__layer_stack_property(server.stack, "toy.greeting", text, sizeof text), 0);
    assert_int_equal(play(&client, &server, 0, 0, 1), OG_OK);
    assert_int_equal(og__layer_stack_property(server.stack, "toy.greeting", text, sizeof text), 1);
    assert_string_equal(text, "<");
    assert_int_equal(og__layer_stack_property(server.stack, "toy.name", text, sizeof text), 0);
    assert_string_equal(og__layer_stack_property_at(server.stack, 0), "toy.greeting");
    assert_null(og__layer_stack_property_at(server.stack, 1));
    assert_int_equal(og__layer_stack_hangup(server.stack, &server.err), OG_ETRUNCATED);
    og__layer_stack_end(client.stack);
    assert_int_equal(play(&client, &server, 0, 0, 1), OG_OK);
    assert_int_equal(og__layer_stack_hangup(server.stack, &server.err), OG_OK);
    end_close(&client);
    end_close(&server);
}

/* New layers for those who come later; those who are there keep what they began with. */
static void test_counted(void **state)
{
    failing_alloc alloc;
    (void)state;
    failing_alloc_init(&alloc);
    og__layers *layers = set_of(plain, 2, OG_ROLE_SERVER, NULL, 0, &alloc.allocator);
    og__stack *stack = og__layer_stack_new(layers, &alloc.allocator);
    og__layer_set_unref(layers);
    assert_int_equal(og__layer_stack_start(stack, NULL), OG_OK);
    og__layer_stack_free(stack);
    assert_int_equal(alloc.live_blocks, 0);
    assert_null(og__layer_set_ref(NULL));
}

static int scenario(const og_allocator *alloc, void *ctx)
{
    end client;
    end server;
    (void)ctx;
    int status = open_ends(&client, &server, tower, 3, alloc);
    if (status == OG_OK) status = play(&client, &server, 1, 0, 1);
    if (status == OG_OK) status = say(&client, "one", "two");
    if (status == OG_OK) status = say(&server, "three", NULL);
    if (status == OG_OK) status = play(&client, &server, 0, 0, 1);
    end_close(&client);
    end_close(&server);
    return status;
}

static void test_no_memory(void **state)
{
    (void)state;
    assert_true(failing_alloc_run(scenario, NULL) > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_cut),
        cmocka_unit_test(test_left_over),
        cmocka_unit_test(test_over),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_hangup_and_properties),
        cmocka_unit_test(test_counted),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
