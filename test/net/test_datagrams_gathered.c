/* SPDX-License-Identifier: MIT */
/* Datagrams that the system gathers when they come (GRO): each is handed out alone, and a turn counts them.
 */
#include "post_office.h"

/* Every size, with a shorter last one and without, and empty ones between: each comes whole, in order. */
static void each_datagram_of_a_buffer_comes_alone(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 2, 63, 64, 65, 1000, 1472};
    for (size_t e = 0; e < ENDPOINTS; e++) {
        if (!have_endpoint(e)) continue;
        open_office(endpoints[e]);
        og_endpoint there = reach_office(e);
        og__socket client = open_client(&there);
        size_t number = 0;
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
            for (size_t last = 1; last <= sizes[i]; last += sizes[i] > 1 ? sizes[i] - 1 : 1) {
                size_t count = sizes[i] > 1000 ? 20 : 40;
                size_t start = (size_t)office.count;
                if (!cuts() || !send_cut(&client, number, sizes[i], (count - 1) * sizes[i] + last)) skip();
                send_one(&client, 0, 0);
                send_one(&client, number + count, 5);
                run_until(loop, &office.count, (int)(start + count + 2));
                for (size_t k = 0; k < count; k++) {
                    const arrived *a = &office.of[start + k];
                    assert_int_equal(a->len, k + 1 < count ? sizes[i] : last);
                    assert_bytes(a->bytes, a->len, number + k);
                }
                assert_int_equal(office.of[start + count].len, 0);
                assert_bytes(office.of[start + count + 1].bytes, 5, number + count);
                number += count + 1;
            }
        send_one(&client, 7, 65507);
        run_until(loop, &office.count, office.count + 1);
        assert_int_equal(office.of[office.count - 1].len, 65507);
        assert_bytes(office.of[office.count - 1].bytes, 65507, 7);
        assert_int_equal(office.errors, 0);
        assert_int_equal(calls.gro, 1);
        og__net_socket_close(&client);
        close_office(state);
    }
}

/* Buffers of several senders in turn: what each has sent stays in order, and has its name. */
static void senders_are_told_apart(void **state)
{
    (void)state;
    enum { CLIENTS = 5, ROUNDS = 6, EACH = 7 };
    og__socket clients[CLIENTS];
    size_t next[CLIENTS] = {0};
    open_office(endpoints[0]);
    for (int c = 0; c < CLIENTS; c++)
        clients[c] = open_client(&office.endpoint);
    for (int round = 0; round < ROUNDS; round++)
        for (size_t c = 0; c < CLIENTS; c++)
            if (!cuts() || !send_cut(&clients[c], 1000 * c + EACH * (size_t)round, 10 + c, EACH * (10 + c)))
                skip();
    run_until(loop, &office.count, CLIENTS * ROUNDS * EACH);
    for (int i = 0; i < office.count; i++) {
        const arrived *a = &office.of[i];
        size_t c = a->len - 10;
        og__address name = {.len = sizeof name.u.bytes};
        assert_true(c < CLIENTS);
        assert_bytes(a->bytes, a->len, 1000 * c + next[c]++);
        assert_int_equal(getsockname(clients[c].fd, (struct sockaddr *)(void *)name.u.bytes, &name.len), 0);
        assert_memory_equal(name.u.bytes, a->from.u.bytes, sizeof(struct sockaddr_in));
    }
    for (int c = 0; c < CLIENTS; c++)
        og__net_socket_close(&clients[c]);
}

static void odd_buffers(void **state)
{
    (void)state;
    static const struct {
        size_t len;
        int size;
        bool cut_off;
        int count; /* datagrams that come */
        size_t last;
    } rows[] = {
        {100, 0, false, 1, 100},       {100, -5, false, 1, 100},       {100, 100, false, 1, 100},
        {100, 1000, false, 1, 100},    {0, 10, false, 1, 0},           {0, 0, false, 1, 0},
        {65507, 1, false, -1, 1},      {65536, 1024, false, 64, 1024}, {65536, 1000, true, 65, 1000},
        {65536, 1024, true, 63, 1024}, {65536, 65536, true, 0, 0},     {65536, 0, true, 0, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].count < 0) continue;
        open_office(endpoints[0]);
        og__socket client = open_client(&office.endpoint);
        made.len = rows[i].len;
        made.size = rows[i].size;
        made.cut_off = rows[i].cut_off;
        calls.make = make_buffers;
        send_one(&client, 1, 3); /* wakes the loop, and comes after what is made */
        run_until(loop, &office.count, rows[i].count + 1);
        assert_int_equal(office.count, rows[i].count + 1);
        assert_int_equal(office.of[rows[i].count].len, 3);
        if (rows[i].count > 0) assert_int_equal(office.of[rows[i].count - 1].len, rows[i].last);
        for (int k = 0; k < rows[i].count; k++)
            assert_bytes(office.of[k].bytes, office.of[k].len, (size_t)k);
        assert_int_equal(office.errors, rows[i].cut_off);
        if (rows[i].cut_off) assert_int_equal(office.error.code, OG_ELIMIT);
        og__net_socket_close(&client);
        close_office(state);
    }
}

/* A socket that is closed in the middle of a buffer hands nothing more out. */
static void closing_within_a_buffer(void **state)
{
    (void)state;
    open_office(endpoints[0]);
    og__socket client = open_client(&office.endpoint);
    office.close = true;
    made.len = 640;
    made.size = 64;
    made.cut_off = false;
    calls.make = make_buffers;
    send_one(&client, 1, 3);
    run_until(loop, &office.closes, 1);
    assert_int_equal(office.count, 1);
    og__net_socket_close(&client);
}

enum { ENOUGH = 3000 };

/* Buffers of 64 datagrams each, until enough have come. */
static int make_many(struct mmsghdr *messages, unsigned count)
{
    if (office.count >= ENOUGH) {
        calls.make = NULL;
        return 0;
    }
    for (unsigned i = 0; i < count; i++) {
        made.len = 640;
        made.size = 10;
        made.cut_off = false;
        make_buffers(messages + i, 1);
    }
    calls.make = make_many;
    return (int)count;
}

/* Called in each turn: how many datagrams came since the last one, at most. */
static struct {
    int turns;
    int count;
    int most;
} turn;

static void on_turn(void *arg)
{
    int came = office.count - turn.count;
    turn.count = office.count;
    if (turn.turns++ > 1 && came > turn.most) turn.most = came;
    if (calls.make) og__net_loop_post(loop, on_turn, arg);
}

/* A turn is as long as it was: of so many datagrams, whatever they come in. Only at first nobody can know. */
static void a_turn_is_counted_in_datagrams(void **state)
{
    (void)state;
    enum { EACH_TURN = 64, BATCH = 16 };
    memset(&turn, 0, sizeof turn);
    open_office(endpoints[0]);
    og__socket client = open_client(&office.endpoint);
    send_one(&client, 1, 3); /* so that there is always something to read */
    calls.make = make_many;
    og__net_loop_post(loop, on_turn, NULL);
    run_until(loop, &office.count, ENOUGH);
    assert_int_equal(calls.asked[0], BATCH);
    for (unsigned i = 1; i <= (ENOUGH - BATCH * EACH_TURN) / EACH_TURN; i++)
        assert_int_equal(calls.asked[i], 1);
    assert_in_range(turn.most, 1, 2 * EACH_TURN);
    calls.make = NULL;
    run_turns(loop, 3);
    og__net_socket_close(&client);
}

static void unix_datagrams_have_no_part_in_it(void **state)
{
    (void)state;
    office.echo = true;
    open_office(temp_endpoint("unixgram", "together"));
    og__socket client = open_client(&office.endpoint);
    for (size_t i = 0; i < 5; i++)
        send_one(&client, i, 64);
    run_until(loop, &office.count, 5);
    for (size_t i = 0; i < 5; i++)
        expect(&client, i, 64);
    assert_int_equal(calls.gro, 0);
    for (size_t i = 0; i < calls.sent; i++)
        assert_int_equal(calls.pieces[i], 1);
    og__net_socket_close(&client);
}

/* A descriptor that comes along with a datagram is not let in. */
static void descriptors_stay_out(void **state)
{
    (void)state;
    open_office(temp_endpoint("unixgram", "descriptor"));
    og__socket client = open_client(&office.endpoint);
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr header;
    } control = {
        .header = {.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS}};
    memcpy(CMSG_DATA(&control.header), &client.fd, sizeof(int));
    struct iovec bytes = {"x", 1};
    struct msghdr message = {.msg_iov = &bytes,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};
    int next = dup(client.fd);
    close(next);
    assert_int_equal(sendmsg(client.fd, &message, 0), 1);
    run_until(loop, &office.count, 1);
    int after = dup(client.fd);
    assert_int_equal(after, next);
    close(after);
    og__net_socket_close(&client);
}

/* Others may receive from an inherited socket, who may not know how to cut. */
static void an_inherited_socket_stays_as_it_is(void **state)
{
    (void)state;
    og__socket socket = open_listener(endpoints[0], &office.endpoint);
    int wake[2];
    assert_int_equal(pipe(wake), 0);
    socket.wake = wake[0];
    take_on(&socket);
    assert_int_equal(calls.gro, 0);
    close(wake[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_LOOP(each_datagram_of_a_buffer_comes_alone),
        ON_A_LOOP(senders_are_told_apart),
        ON_A_LOOP(odd_buffers),
        ON_A_LOOP(closing_within_a_buffer),
        ON_A_LOOP(a_turn_is_counted_in_datagrams),
        ON_A_LOOP(unix_datagrams_have_no_part_in_it),
        ON_A_LOOP(descriptors_stay_out),
        ON_A_LOOP(an_inherited_socket_stays_as_it_is),
    };
    return cmocka_run_group_tests_name("datagrams_gathered", tests, make_dir, remove_dir);
}
