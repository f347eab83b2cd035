/* SPDX-License-Identifier: MIT */
/* A relay in C: what its options must say, what passes, what each way of refusing does, and how it ends. */
#include "server_test.h"

#include <onggi/pickle.h>
#include <onggi/relay.h>

static og_error err;

static const char denied[] = "cos\nsystem\n(S'id'\ntR.";
static const char allowed[] = "\x80\x02"
                              "ccollections\nOrderedDict\n)R.";

/* ---- A relay and what is behind it ---- */

typedef struct refusals {
    atomic_int count;
    atomic_int answers; /* those that came from behind */
    atomic_int closings;
    atomic_int passed;
    atomic_size_t at;
} refusals;

static void on_refusal(const og_refusal *refusal, void *user)
{
    refusals *r = user;
    r->count++;
    if (refusal->answer) r->answers++;
    if (refusal->closing) r->closings++;
    if (refusal->passed) r->passed++;
    r->at = refusal->why->position;
}

static og_conn_options pickles(const char *framing)
{
    return (og_conn_options){
        .size = sizeof(og_conn_options), .codec = "pickle", .framing = framing, .recv_timeout_ms = 120000};
}

static og_relay_options relaying(refusals *r, const og_server *upstream)
{
    memset(r, 0, sizeof *r);
    og_relay_options options = {.size = sizeof options, .on_refusal = on_refusal};
    options.front.size = sizeof options.front;
    options.front.user = r;
    options.front.conn = pickles("u32be");
    options.behind = pickles("u32be");
    options.upstream = upstream ? og_server_endpoint(upstream, 0) : "tcp://127.0.0.1:1";
    return options;
}

static og_server *start_relay(const og_relay_options *options)
{
    og_server *relay = og_relay_new(options, &err);
    if (!relay) fail_msg("%s", err.text);
    if (og_server_listen(relay, "tcp://127.0.0.1:0", &err) < 0) fail_msg("%s", err.text);
    if (og_server_start(relay, &err) < 0) fail_msg("%s", err.text);
    return relay;
}

/* A server that echoes whatever pickle it gets. */
static og_server *start_echo(tally *t)
{
    og_server_options options = echoing(t, 1, 0);
    options.conn = pickles("u32be");
    return start(&options, "tcp://127.0.0.1:0");
}

static void send_framed(int fd, const char *bytes, size_t len)
{
    uint8_t head[4] = {0, 0, (uint8_t)(len >> 8), (uint8_t)len};
    plain_send(fd, head, sizeof head);
    plain_send(fd, bytes, len);
}

#define SEND_FRAMED(fd, pickle) send_framed(fd, pickle, sizeof(pickle) - 1)

/* ---- Options ---- */

static void expect_none(const og_relay_options *options, const char *part)
{
    og_server *relay = og_relay_new(options, &err);
    assert_null(relay);
    if (!strstr(err.text, part)) fail_msg("'%s' has no '%s'", err.text, part);
}

static void what_must_be_said(void **state)
{
    (void)state;
    refusals r;
    og_relay_options o = relaying(&r, NULL);
    o.upstream = NULL;
    expect_none(&o, "upstream");
    o = relaying(&r, NULL);
    o.front.workers = 2;
    expect_none(&o, "workers");
    o = relaying(&r, NULL);
    o.when_refused = OG_REFUSED_REPLY;
    expect_none(&o, "reply");
    o = relaying(&r, NULL);
    o.behind.framing = NULL;
    expect_none(&o, "framing");
    o.upstream = "tcp://127.0.0.1:1?framing=u16be"; /* or by the endpoint */
    og_server_free(og_relay_new(&o, &err));
    o.behind.codec = NULL;
    expect_none(&o, "codec");
    o = relaying(&r, NULL);
    o.upstream = "udp://127.0.0.1:1";
    expect_none(&o, "datagrams");
    o.upstream = "tcp://";
    expect_none(&o, "port");
}

static void how_raw_is_read_must_be_said(void **state)
{
    (void)state;
    refusals r;
    og_relay_options o = relaying(&r, NULL);
    o.behind.framing = "raw";
    expect_none(&o, "raw_reader");
    o.raw_reader = OG_READER_RECV;
    expect_none(&o, "recv_size");
    o.recv_size = 4096;
    o.upstream = "tcp://192.0.2.1:1";
    expect_none(&o, "network");
}

static void endpoints_in_front_are_checked_too(void **state)
{
    (void)state;
    refusals r;
    og_relay_options o = relaying(&r, NULL);
    o.front.conn.framing = NULL;
    og_server *relay = og_relay_new(&o, &err);
    assert_non_null(relay);
    assert_int_equal(og_server_listen(relay, "tcp://127.0.0.1:0", &err), OG_EINVAL);
    assert_int_equal(og_server_listen(relay, "udp://127.0.0.1:0?framing=u32be", &err), OG_EINVAL);
    assert_int_equal(og_server_listen(relay, "tcp://127.0.0.1:0?framing=u32be&skip=1", &err), OG_EINVAL);
    assert_non_null(strstr(err.text, "skip is not for relays"));
    assert_int_equal(og_server_listen(relay, "tcp://127.0.0.1:0?framing=u32be", &err), OG_OK);
    og_server_free(relay);
}

/* ---- Messages ---- */

static void both_ways(void **state)
{
    (void)state;
    for (int threads = 1; threads <= 4; threads += 3) {
        tally t;
        refusals r;
        og_server *upstream = start_echo(&t);
        og_relay_options o = relaying(&r, upstream);
        o.front.threads = threads;
        og_server *relay = start_relay(&o);
        enum { CLIENTS = 5 };
        og_conn *clients[CLIENTS];
        for (int i = 0; i < CLIENTS; i++)
            clients[i] = reach(relay, "pickle", "u32be");
        for (int n = 0; n < 20; n++)
            for (int i = 0; i < CLIENTS; i++)
                ask(clients[i], n);
        for (int i = 0; i < CLIENTS; i++)
            og_close(clients[i]);
        wait_for(&t.closed, CLIENTS);
        assert_int_equal(t.failed, 0); /* an end in order is one behind, too */
        finish(relay);
        finish(upstream);
        assert_int_equal(t.messages, 20 * CLIENTS);
        assert_int_equal(r.count, 0);
    }
}

static void closing(void **state)
{
    (void)state;
    tally t;
    refusals r;
    og_server *upstream = start_echo(&t);
    og_relay_options o = relaying(&r, upstream);
    og_server *relay = start_relay(&o);
    int fd = plain(relay);
    SEND_FRAMED(fd, allowed);
    wait_for(&t.messages, 1);
    SEND_FRAMED(fd, denied);
    wait_for(&r.count, 1);
    assert_int_equal(r.at, 4 + sizeof allowed - 1 + 4);
    wait_for(&t.closed, 1);
    close(fd);
    finish(relay);
    finish(upstream);
    assert_int_equal(r.closings, 1);
    assert_int_equal(t.messages, 1);
}

static void dropping(void **state)
{
    (void)state;
    tally t;
    refusals r;
    og_server *upstream = start_echo(&t);
    og_relay_options o = relaying(&r, upstream);
    o.when_refused = OG_REFUSED_DROP;
    og_server *relay = start_relay(&o);
    int fd = plain(relay);
    SEND_FRAMED(fd, denied);
    SEND_FRAMED(fd, "N.N.");
    SEND_FRAMED(fd, "K");
    SEND_FRAMED(fd, allowed);
    wait_for(&t.messages, 1);
    close(fd);
    finish(relay);
    finish(upstream);
    assert_int_equal(t.messages, 1);
    assert_int_equal(r.count, 3);
    assert_int_equal(r.closings, 0);
}

/* As they arrived, but for what a used reader may read otherwise. */
static void verbatim(void **state)
{
    (void)state;
    static const char shared[] = "\x80\x04]\x94h\x00\x61.";
    static const char spelled[] = "\x80\x02]q\x05(h\x05K\x01\x85\x65.";
    for (int fresh = 0; fresh < 2; fresh++) {
        tally t;
        refusals r;
        og_server *upstream = start_echo(&t);
        og_relay_options o = relaying(&r, upstream);
        o.when_refused = OG_REFUSED_DROP;
        o.fresh_unpickler = fresh;
        if (fresh) expect_none(&o, "rewrite");
        o.rewrite = OG_REWRITE_VERBATIM;
        og_server *relay = start_relay(&o);
        int fd = plain(relay);
        SEND_FRAMED(fd, shared);
        SEND_FRAMED(fd, denied);
        SEND_FRAMED(fd, spelled);
        wait_for(&t.messages, 1 + fresh);
        close(fd);
        finish(relay);
        finish(upstream);
        assert_int_equal(t.messages, 1 + fresh);
        assert_int_equal(r.count, 2 - fresh);
    }
}

static void what_verbatim_is_for(void **state)
{
    (void)state;
    refusals r;
    og_relay_options o = relaying(&r, NULL);
    o.rewrite = OG_REWRITE_VERBATIM;
    o.behind.codec = "json";
    expect_none(&o, "json");
    o = relaying(&r, NULL);
    o.rewrite = OG_REWRITE_VERBATIM;
    og_policy *other = og_policy_builtin("numpy-data", &err);
    o.behind.policy = other;
    expect_none(&o, "one policy");
    og_policy_free(other);
}

/* The reply is where the answer would be. */
static void replying(void **state)
{
    (void)state;
    tally t;
    refusals r;
    og_value got;
    og_server *upstream = start_echo(&t);
    og_relay_options o = relaying(&r, upstream);
    o.when_refused = OG_REFUSED_REPLY;
    o.reply = og_str_borrow("refused", 7);
    og_server *relay = start_relay(&o);
    og_conn *conn = reach(relay, "pickle", "u32be");
    og_doc *evil = og_pickle_loads(denied, sizeof denied - 1, NULL, &err);
    assert_non_null(evil);
    for (int round = 0; round < 3; round++) {
        assert_int_equal(og_send(conn, og_int(round), &err), OG_OK);
        assert_int_equal(og_send(conn, og_doc_root(evil), &err), OG_OK);
    }
    for (int round = 0; round < 3; round++) {
        int64_t number = -1;
        assert_int_equal(og_recv(conn, &got, &err), 1);
        assert_int_equal(og_as_int64(got, &number), OG_OK);
        assert_int_equal(number, round);
        assert_int_equal(og_recv(conn, &got, &err), 1);
        assert_int_equal(og_equal(got, o.reply), 1);
    }
    og_close(conn);
    og_doc_free(evil);
    finish(relay);
    finish(upstream);
    assert_int_equal(r.count, 3);
    assert_int_equal(t.messages, 3);
}

static void send_denied(og_conn *conn, og_value value, void *user)
{
    (void)value;
    ((tally *)user)->messages++;
    og_doc *doc = og_pickle_loads(denied, sizeof denied - 1, NULL, NULL);
    og_send(conn, og_doc_root(doc), NULL);
    og_doc_free(doc);
}

static void answers_are_judged(void **state)
{
    (void)state;
    tally t;
    refusals r;
    og_server_options serving = echoing(&t, 1, 0);
    serving.conn = pickles("u32be");
    serving.on_message = send_denied;
    og_server *upstream = start(&serving, "tcp://127.0.0.1:0");
    og_relay_options o = relaying(&r, upstream);
    og_server *relay = start_relay(&o);
    int fd = plain(relay);
    SEND_FRAMED(fd, allowed);
    wait_for(&r.answers, 1);
    plain_expect_end(fd);
    close(fd);
    finish(relay);
    finish(upstream);
    assert_int_equal(r.count, 1);
}

static void dry_runs_pass_all(void **state)
{
    (void)state;
    tally t;
    refusals r;
    og_server *upstream = start_echo(&t);
    og_relay_options o = relaying(&r, upstream);
    o.dry_run = true;
    og_server *relay = start_relay(&o);
    int fd = plain(relay);
    SEND_FRAMED(fd, denied);
    wait_for(&t.messages, 1);
    close(fd);
    finish(relay);
    finish(upstream);
    assert_true(r.passed >= 1); /* the answer, too, if the client was there for it */
    assert_int_equal(r.passed, r.count);
}

/* ---- Ends ---- */

static void nobody_is_behind(void **state)
{
    (void)state;
    refusals r;
    og_relay_options o = relaying(&r, NULL);
    og_server *relay = start_relay(&o);
    int fd = plain(relay);
    plain_expect_end(fd);
    close(fd);
    finish(relay);
}

/* Clients that come and go while the relay connects, and a relay that stops then. */
static void stopping_at_any_time(void **state)
{
    (void)state;
    for (int round = 0; round < 20; round++) {
        tally t;
        refusals r;
        og_server *upstream = start_echo(&t);
        og_relay_options o = relaying(&r, upstream);
        o.front.threads = 2;
        o.front.stop_timeout_ms = 100;
        og_server *relay = start_relay(&o);
        int fds[8];
        for (size_t i = 0; i < 8; i++)
            fds[i] = plain(relay);
        for (size_t i = 0; i < 8; i += 2)
            close(fds[i]);
        if (round % 2) SEND_FRAMED(fds[1], allowed);
        og_server_stop(relay);
        for (size_t i = 1; i < 8; i += 2)
            close(fds[i]);
        finish(relay);
        finish(upstream);
    }
}

static void never_started(void **state)
{
    (void)state;
    refusals r;
    og_relay_options o = relaying(&r, NULL);
    og_server_free(og_relay_new(&o, &err));
    o.dry_run = true;
    og_server *relay = og_relay_new(&o, &err);
    assert_non_null(relay);
    assert_int_equal(og_server_listen(relay, "tcp://127.0.0.1:0", &err), OG_OK);
    og_server_free(relay);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_must_be_said),
        cmocka_unit_test(how_raw_is_read_must_be_said),
        cmocka_unit_test(endpoints_in_front_are_checked_too),
        cmocka_unit_test(both_ways),
        cmocka_unit_test(closing),
        cmocka_unit_test(dropping),
        cmocka_unit_test(verbatim),
        cmocka_unit_test(what_verbatim_is_for),
        cmocka_unit_test(replying),
        cmocka_unit_test(answers_are_judged),
        cmocka_unit_test(dry_runs_pass_all),
        cmocka_unit_test(nobody_is_behind),
        cmocka_unit_test(stopping_at_any_time),
        cmocka_unit_test(never_started),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
