/* SPDX-License-Identifier: MIT */
/* Datagrams that the system cuts out of one message when they leave (GSO), and a system that does not. */
#include "post_office.h"

/* Sends `count` datagrams of `len` bytes and has them echoed in one batch. */
static void echo(og__socket *client, size_t first, size_t count, size_t len)
{
    for (size_t i = 0; i < count; i++)
        send_one(client, first + i, len);
    run_until(loop, &office.count, office.count + (int)count);
    for (size_t i = 0; i < count; i++)
        expect(client, first + i, len);
}

/* Answers of one size to one sender leave in one message. */
static void answers_leave_together(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 64, 1400};
    if (!cuts()) skip();
    office.echo = true;
    for (size_t e = 0; e < ENDPOINTS; e++) {
        if (!have_endpoint(e)) continue;
        open_office(endpoints[e]);
        og_endpoint there = reach_office(e);
        og__socket client = open_client(&there);
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            size_t before = calls.sent;
            echo(&client, 100 * i, 16, sizes[i]);
            assert_int_equal(calls.sent, before + 1);
            assert_int_equal(calls.pieces[before], 16);
            assert_int_equal(calls.sizes[before], sizes[i]);
        }
        og__net_socket_close(&client);
        og__net_datagrams_close(office.datagrams);
        run_until(loop, &office.closes, 1);
        office.closes = 0;
    }
}

typedef struct group {
    size_t pieces;
    size_t size;
} group;

/* Answers of these sizes, and the messages that they must leave in. */
static void check_groups(og__socket *client, const size_t *sizes, size_t count, const group *groups,
                         size_t group_count)
{
    size_t before = calls.sent;
    for (size_t i = 0; i < count; i++)
        send_one(client, i, sizes[i]);
    run_until(loop, &office.count, office.count + (int)count);
    for (size_t i = 0; i < count; i++)
        expect(client, i, sizes[i]);
    assert_int_equal(calls.sent - before, group_count);
    for (size_t i = 0; i < group_count; i++) {
        assert_int_equal(calls.pieces[before + i], groups[i].pieces);
        assert_int_equal(calls.sizes[before + i], groups[i].size);
    }
}

#define SIZES(...)  (const size_t[]){__VA_ARGS__}, sizeof((const size_t[]){__VA_ARGS__}) / sizeof(size_t)
#define GROUPS(...) (const group[]){__VA_ARGS__}, sizeof((const group[]){__VA_ARGS__}) / sizeof(group)

/* The last datagram of a message may be shorter than the others, but not empty. */
static void other_sizes_leave_alone(void **state)
{
    (void)state;
    if (!cuts()) skip();
    office.echo = true;
    open_office(endpoints[0]);
    og__socket client = open_client(&office.endpoint);
    check_groups(&client, SIZES(64, 64, 64, 10, 64), GROUPS({4, 64}, {1, 0}));
    check_groups(&client, SIZES(10, 64, 64, 65), GROUPS({1, 0}, {2, 64}, {1, 0}));
    check_groups(&client, SIZES(0, 0, 5, 5, 0, 5), GROUPS({1, 0}, {1, 0}, {2, 5}, {1, 0}, {1, 0}));
    check_groups(&client, SIZES(5, 4, 4, 3, 2), GROUPS({2, 5}, {2, 4}, {1, 0}));
    check_groups(&client, SIZES(1, 1, 1), GROUPS({3, 1}));
    og__net_socket_close(&client);
}

/* As many in one message as the system cuts, and so many bytes. */
static void long_messages_are_several(void **state)
{
    (void)state;
    if (!cuts()) skip();
    open_office(endpoints[0]);
    og__socket client = open_client(&office.endpoint);
    office.echo = true;
    size_t count = 150;
    size_t before = calls.sent;
    assert_true(send_cut(&client, 0, 20, 1200));
    assert_true(send_cut(&client, 60, 20, 1200));
    assert_true(send_cut(&client, 120, 20, 600));
    run_until(loop, &office.count, (int)count);
    for (size_t i = 0; i < count; i++)
        expect(&client, i, 20);
    for (size_t i = before; i < calls.sent; i++)
        assert_true(calls.pieces[i] <= 64);
    assert_true(calls.sent - before < 10);
    before = calls.sent;
    for (size_t i = 0; i < 4; i++)
        send_one(&client, i, 30000);
    run_until(loop, &office.count, (int)count + 4);
    for (size_t i = 0; i < 4; i++)
        expect(&client, i, 30000);
    for (size_t i = before; i < calls.sent; i++)
        assert_true(calls.pieces[i] <= 2);
    og__net_socket_close(&client);
}

/* Answers to many senders in one flush: each gets its own, in order, and those in a row leave together. */
static void answers_to_many(void **state)
{
    (void)state;
    enum { CLIENTS = 8, ROUNDS = 2 };
    og__socket clients[CLIENTS];
    office.echo = true;
    open_office(endpoints[0]);
    for (int c = 0; c < CLIENTS; c++)
        clients[c] = open_client(&office.endpoint);
    for (size_t run = 1; run <= 3; run++) {
        size_t all = (size_t)ROUNDS * CLIENTS * run;
        int before = office.count;
        for (size_t round = 0; round < ROUNDS; round++)
            for (size_t c = 0; c < CLIENTS; c++)
                for (size_t i = 0; i < run; i++)
                    send_one(&clients[c], 100 * c + 10 * round + i, 30);
        run_until(loop, &office.count, before + (int)all);
        for (size_t c = 0; c < CLIENTS; c++)
            for (size_t round = 0; round < ROUNDS; round++)
                for (size_t i = 0; i < run; i++)
                    expect(&clients[c], 100 * c + 10 * round + i, 30);
    }
    assert_int_equal(office.errors, 0);
    for (int c = 0; c < CLIENTS; c++)
        og__net_socket_close(&clients[c]);
}

/* ---- A system that does not ---- */

static void systems_without_it(void **state)
{
    (void)state;
    office.echo = true;
    calls.refuse_gro = calls.refuse_gso = ENOPROTOOPT;
    open_office(endpoints[0]);
    og__socket client = open_client(&office.endpoint);
    echo(&client, 0, 20, 64);
    if (cuts()) {
        assert_true(send_cut(&client, 0, 64, 640));
        run_until(loop, &office.count, 30);
        for (size_t i = 0; i < 10; i++)
            expect(&client, i, 64);
    }
    for (size_t i = 0; i < calls.sent; i++)
        assert_int_equal(calls.pieces[i], 1);
    assert_int_equal(office.errors, 0);
    og__net_socket_close(&client);
}

/* Where cutting is refused all leave one by one, and it is asked for no more for so long ones. */
static void refused_ones_leave_alone(void **state)
{
    (void)state;
    static const int reasons[] = {EIO, EINVAL, EMSGSIZE, ENOPROTOOPT, EOPNOTSUPP};
    if (!cuts()) skip();
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        office.echo = true;
        open_office(endpoints[0]);
        og__socket client = open_client(&office.endpoint);
        calls.refuse_cut = reasons[i];
        calls.refuse_from = 64;
        echo(&client, 0, 10, 63);
        assert_int_equal(calls.refused, 0);
        for (int round = 0; round < 3; round++) {
            echo(&client, 0, 16, 64);
            echo(&client, 16, 16, 100);
        }
        assert_int_equal(calls.refused, 1);
        size_t before = calls.sent;
        echo(&client, 0, 16, 63);
        assert_int_equal(calls.sent, before + 1);
        check_groups(&client, SIZES(63, 63, 100, 100, 63, 63), GROUPS({2, 63}, {1, 0}, {1, 0}, {2, 63}));
        assert_int_equal(office.errors, 0);
        og__net_socket_close(&client);
        close_office(state);
    }
}

/* Nothing can be sent to port 0. Whoever sends from there costs others nothing: what goes to them arrives,
 * and leaves together as before. */
static void one_bad_address_among_others(void **state)
{
    (void)state;
    office.echo = true;
    open_office(endpoints[0]);
    og__socket client = open_client(&office.endpoint);
    made.len = 200;
    made.size = 10;
    made.cut_off = false;
    for (size_t i = 0; i < 3; i++)
        send_one(&client, i, 10);
    run_until(loop, &office.count, 3);
    calls.make = make_buffers; /* 20 datagrams from 0.0.0.0:0, of no family */
    send_one(&client, 3, 10);
    run_until(loop, &office.count, 24);
    for (size_t i = 0; i < 4; i++)
        expect(&client, i, 10);
    assert_int_equal(office.errors, 20);
    size_t before = calls.sent;
    echo(&client, 0, 16, 10);
    if (cuts()) assert_int_equal(calls.sent, before + 1);
    assert_int_equal(office.errors, 20);
    og__net_socket_close(&client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_LOOP(answers_leave_together),       ON_A_LOOP(other_sizes_leave_alone),
        ON_A_LOOP(long_messages_are_several),    ON_A_LOOP(answers_to_many),
        ON_A_LOOP(systems_without_it),           ON_A_LOOP(refused_ones_leave_alone),
        ON_A_LOOP(one_bad_address_among_others),
    };
    return cmocka_run_group_tests_name("datagrams_cut", tests, make_dir, remove_dir);
}
