/* SPDX-License-Identifier: MIT */
/* onggi serve: print every object that arrives, answer it as told. */
#include "cli/answer.h"
#include "cli/ended.h"
#include "cli/inherit.h"
#include "cli/notify.h"
#include "cli/service.h"
#include "cli/writer.h"

#include <pthread.h>
#include <string.h>

/* Threads for answers that take their time, --exec and --to (--exec-pool says how many), and else for long
 * messages. Of --to there are as many as clients wait for the other server. */
enum { WORKERS = 16, LONG_WORKERS = 2, LONG_MESSAGE = 256 << 10 };

typedef struct service {
    const cli_options *options;
    cli_service run;
    cli_answer answer;
    cli_output output;
    cli_writer writer;
    pthread_mutex_t lock; /* of all below */
    uint64_t taken;       /* messages that count */
    uint64_t served;      /* and were answered */
} service;

/* Takes one of the --count messages: false when there are none left. */
static bool take_turn(service *s)
{
    if (!s->options->count) return true;
    pthread_mutex_lock(&s->lock);
    bool taken = s->taken < s->options->count;
    s->taken += taken;
    pthread_mutex_unlock(&s->lock);
    return taken;
}

static void end_turn(service *s)
{
    if (!s->options->count) return;
    pthread_mutex_lock(&s->lock);
    bool last = ++s->served == s->options->count;
    pthread_mutex_unlock(&s->lock);
    if (last) {
        cli_notify_stopping();
        og_server_stop(s->run.server);
    }
}

/* Nobody reads what we print. */
static void on_gone(void *ctx)
{
    service *s = ctx;
    cli_service_stop(s->run.server);
}

static void on_open(og_conn *conn, void *user)
{
    service *s = user;
    cli_service_say_who(conn);
    cli_answer_open(&s->answer, conn);
    if (!s->options->greet) return;
    bool counts = !cli_answers(s->options);
    if (counts && !take_turn(s)) return;
    cli_answer_greet(&s->answer, conn);
    if (counts) end_turn(s);
}

static void on_message(og_conn *conn, og_value value, void *user)
{
    service *s = user;
    bool counts = cli_answers(s->options) || !s->options->greet;
    if (counts && !take_turn(s)) return;
    cli_writer_print(&s->writer, value, conn);
    cli_answer_message(&s->answer, conn, value);
    if (counts) end_turn(s);
}

static void on_close(og_conn *conn, const og_error *why, void *user)
{
    service *s = user;
    cli_answer_close(&s->answer, conn);
    cli_log_ended(conn, why);
}

static void on_reload(bool done, void *user)
{
    const service *s = user;
    cli_service_reload(&s->run, done);
}

static og_server *make_server(service *s, og_error *err)
{
    const cli_options *o = s->options;
    bool slow = o->exec || o->pool.command || o->to;
    int workers = o->pool.command ? (int)o->pool.count : slow ? WORKERS : LONG_WORKERS;
    og_server_options options = {
        .size = sizeof options,
        .user = s,
        .workers = workers,
        .more_workers = o->to ? SIZE_MAX : 0, /* a connection is with one of them at a time */
        .long_message = slow ? 0 : LONG_MESSAGE,
        .on_open = on_open,
        .on_message = on_message,
        .on_close = on_close,
        .on_reload = on_reload,
        .on_log = cli_service_log,
    };
    cli_service_limits(&options, o);
    cli_conn_options(&options.conn, o);
    return og_server_new(&options, err);
}

static int serve_and_print(service *s)
{
    cli_writer_open(&s->writer, s->options, &s->output, on_gone, s);
    int status = cli_service_open(&s->run);
    if (status == 0) status = cli_answer_start(&s->answer);
    if (status == 0) status = cli_writer_start(&s->writer);
    if (status) {
        cli_writer_close(&s->writer);
        return status;
    }
    status = cli_service_run(&s->run);
    int written = cli_writer_finish(&s->writer);
    return written && written != CLI_OUTPUT_GONE ? written : status;
}

/* Serves on endpoints that are known: the exit status. */
static int run_here(const cli_options *options, bool managed)
{
    og_error err;
    og_endpoint first;
    service s = {.options = options,
                 .run = {.options = options, .upstream = options->to, .looks_up = true, .reloads = managed}};
    int status = cli_service_endpoints(options, NULL, &first);
    if (status) return status;
    const char *codec = cli_codec(options, &first);
    status = cli_output_check(options, cli_output_form(options, codec));
    if (status) return status;
    status = cli_answer_init(&s.answer, options, codec);
    if (status) return status;
    pthread_mutex_init(&s.lock, NULL);
    cli_output_init(&s.output, options, cli_output_form(options, codec));
    s.run.server = make_server(&s, &err);
    status = s.run.server ? serve_and_print(&s) : cli_fail(NULL, &err);
    og_server_free(s.run.server);
    cli_output_fini(&s.output);
    cli_answer_fini(&s.answer);
    pthread_mutex_destroy(&s.lock);
    return status;
}

static int run(const cli_options *options)
{
    cli_inherited inherited;
    cli_options own = *options;
    cli_service_prepare(options);
    cli_log_may_drop();
    bool managed = cli_notify_init();
    int status = cli_inherit(&inherited, options);
    own.args = inherited.args;
    own.arg_count = inherited.arg_count;
    if (status == 0) status = run_here(&own, managed);
    cli_inherit_fini(&inherited);
    return status;
}

const cli_command cli_serve = {
    .name = "serve",
    .bit = CLI_SERVE,
    .synopsis = "[ENDPOINT...]",
    .summary = "print every object that arrives, answer it",
    .description =
        "Listens on each endpoint and prints what arrives, whatever speaks: JSON or pickle, framed or not, is told "
        "from the first bytes. Answers with --echo, --reply, --exec or --to, or not at all. Ctrl-C ends it. Without an "
        "endpoint it listens on the sockets that a service manager has passed to it.",
    .example = "  onggi serve tcp://127.0.0.1:8080 --reply '{\"message\": \"Hello from server\"}'\n"
               "  onggi serve tcp://127.0.0.1:1234 --codec pickle --greet '{\"name\": \"John\"}'\n"
               "  onggi serve udp://127.0.0.1:12345 --codec text --reply 'You said: {}'\n",
    .min_args = 0,
    .max_args = SIZE_MAX,
    .run = run,
};
