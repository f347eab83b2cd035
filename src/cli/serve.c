/* SPDX-License-Identifier: MIT */
/* onggi serve: print every object that arrives, answer it as told. */
#include "cli/answer.h"
#include "cli/ended.h"
#include "cli/inherit.h"
#include "cli/notify.h"
#include "cli/origin.h"
#include "cli/stop.h"
#include "cli/writer.h"

#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

/* Threads for answers that take their time, --exec and --to (--exec-pool says how many), and else for long
 * messages. */
enum { WORKERS = 16, LONG_WORKERS = 2, LONG_MESSAGE = 256 << 10 };

/* Descriptors besides those of connections: standard ones, listeners, pipes of commands. */
enum { OTHER_DESCRIPTORS = 100 };

typedef struct service {
    const cli_options *options;
    bool managed; /* by a service manager, which is told */
    og_server *server;
    cli_answer answer;
    cli_output output;
    cli_writer writer;
    pthread_mutex_t lock; /* of all below */
    uint64_t taken;       /* messages that count */
    uint64_t served;      /* and were answered */
    char status[500];     /* what it does, for the service manager */
} service;

/* For the signal handler alone. */
static og_server *volatile running;

/* Begins the stop. For signal handlers too. */
static void stop(og_server *server)
{
    cli_stop_begin();
    cli_notify_stopping();
    og_server_stop(server);
}

static void on_signal(int number)
{
    (void)number;
    stop(running);
}

static void on_hangup(int number)
{
    (void)number;
    cli_log_reopen();
    og_server_reload(running);
}

/* Whether SIGHUP has something to read anew; else it ends the server, as when its terminal goes. */
static bool reloads(const service *s)
{
    const cli_options *o = s->options;
    return s->managed || o->layer_option_count > 0 || o->log || cli_rules_may_change(o);
}

/* A second signal ends at once. */
static void catch_signals(const service *s)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    running = s->server;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    if (!reloads(s)) return;
    struct sigaction reload = {.sa_handler = on_hangup, .sa_flags = SA_RESTART};
    sigaction(SIGHUP, &reload, NULL);
}

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
        og_server_stop(s->server);
    }
}

/* Nobody reads what we print. */
static void on_gone(void *ctx)
{
    service *s = ctx;
    stop(s->server);
}

/* Who has shaken hands: those with a certificate or a shared key always, others with -v. */
static void say_who(const og_conn *conn)
{
    char said[1024] = "";
    char value[CLI_PROPERTY_SIZE];
    const char *name;
    size_t len = 0;
    for (size_t i = 0; len < sizeof said && (name = cli_origin_property(conn, &i, value));)
        len += (size_t)snprintf(said + len, sizeof said - len, "%s%s %s", len ? ", " : "", name, value);
    bool known = og_conn_property(conn, "tls.subject", value, sizeof value) > 0 ||
                 og_conn_property(conn, "tls.identity", value, sizeof value) > 0;
    if (len > 0) cli_log_of(conn, known ? OG_LOG_INFO : OG_LOG_DEBUG, said);
}

static void on_open(og_conn *conn, void *user)
{
    service *s = user;
    say_who(conn);
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
    cli_notify_reload(done, s->status);
    if (!done) cli_rules_reload(s->options);
}

static void on_log(og_log_level level, const og_conn *conn, const char *text, void *user)
{
    char said[1024];
    (void)user;
    cli_put_in_words(said, sizeof said, text);
    cli_log_of(conn, level, said);
}

static og_server *make_server(service *s, og_error *err)
{
    const cli_options *o = s->options;
    bool slow = o->exec || o->pool.command || o->to;
    int workers = o->pool.command ? (int)o->pool.count : slow ? WORKERS : LONG_WORKERS;
    og_server_options options = {
        .size = sizeof options,
        .user = s,
        .threads = (int)o->threads,
        .workers = workers,
        .long_message = slow ? 0 : LONG_MESSAGE,
        .max_connections = (size_t)o->max_connections,
        .when_crowded = o->when_crowded,
        .max_queued = (size_t)o->max_queued,
        .max_total = (size_t)o->max_total,
        .max_amplification = (size_t)o->max_amplification,
        .max_rate = (size_t)o->max_rate,
        .stop_timeout_ms = o->grace_ms,
        .message_timeout_ms = o->timeout_ms,
        .idle_timeout_ms = o->idle_timeout_ms > 0 ? o->idle_timeout_ms : 0,
        .on_open = on_open,
        .on_message = on_message,
        .on_close = on_close,
        .on_reload = on_reload,
        .on_log = on_log,
    };
    cli_conn_options(&options.conn, o);
    return og_server_new(&options, err);
}

static bool is_exposed(const og_endpoint *endpoint)
{
    if (endpoint->interface[0]) return false;
    return strcmp(endpoint->host, "*") == 0 || strcmp(endpoint->host, "0.0.0.0") == 0 ||
           strcmp(endpoint->host, "::") == 0;
}

static void announce(const service *s)
{
    char shown[512];
    const char *text;
    for (size_t i = 0; (text = og_server_endpoint(s->server, i)); i++) {
        og_endpoint endpoint;
        char inherited[32] = "";
        const char *note = "";
        int fd = cli_inherit_descriptor(s->options->args[i]);
        if (fd >= 0) snprintf(inherited, sizeof inherited, " (descriptor %d)", fd);
        if (og_endpoint_parse(&endpoint, text, NULL) == 0) {
            if (is_exposed(&endpoint)) note = " (every interface: others can reach it)";
            /* No host: say what that means. */
            if (endpoint.host[0] == '\0') strcpy(endpoint.host, "localhost");
            text = og_endpoint_text(&endpoint, shown, sizeof shown);
        }
        cli_log(OG_LOG_INFO, "listening on %s%s%s", text, inherited, note);
    }
}

static void describe(service *s)
{
    snprintf(s->status, sizeof s->status, "listening on %s", og_server_endpoint(s->server, 0));
    size_t len = strlen(s->status);
    if (s->options->arg_count > 1)
        snprintf(s->status + len, sizeof s->status - len, " and %zu more", s->options->arg_count - 1);
}

/* Raises the limit of descriptors as far as we may, and says so if that is not enough. */
static void raise_descriptors(const cli_options *options)
{
    struct rlimit limit;
    rlim_t wanted = (options->max_connections ? options->max_connections : 10000) + OTHER_DESCRIPTORS;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= wanted) return;
    limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
    if (setrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur >= wanted) return;
    cli_log(
        OG_LOG_WARNING,
        "%llu descriptors are allowed, too few for %llu connections: raise the limit (ulimit -n), or say "
        "--max-connections %llu",
        (unsigned long long)limit.rlim_cur, (unsigned long long)(wanted - OTHER_DESCRIPTORS),
        (unsigned long long)(limit.rlim_cur > OTHER_DESCRIPTORS ? limit.rlim_cur - OTHER_DESCRIPTORS : 1));
}

/* Long messages come and go: their memory goes back to the system. */
static void set_allocator(void)
{
    mallopt(M_MMAP_THRESHOLD, 1 << 20);
    mallopt(M_TRIM_THRESHOLD, 16 << 20);
}

/* Listens on all endpoints and serves: the exit status. */
static int serve(service *s)
{
    og_error err;
    for (size_t i = 0; i < s->options->arg_count; i++) {
        if (og_server_listen(s->server, s->options->args[i], &err) < 0)
            return cli_fail(s->options->args[i], &err);
    }
    int status = cli_log_open(s->options->log);
    if (status) return status;
    raise_descriptors(s->options);
    describe(s);
    cli_notify_begin(s->server);
    catch_signals(s);
    announce(s);
    cli_notify_ready(s->status);
    status = og_server_run(s->server, &err) < 0 ? cli_fail(NULL, &err) : CLI_DONE;
    cli_notify_end();
    return status;
}

static int serve_and_print(service *s)
{
    int status = cli_writer_start(&s->writer, s->options, &s->output, on_gone, s);
    if (status) return status;
    status = serve(s);
    int written = cli_writer_finish(&s->writer);
    return written && written != CLI_OUTPUT_GONE ? written : status;
}

static bool has_scheme(const char *endpoint, const char *scheme)
{
    size_t len = strlen(scheme);
    return strncmp(endpoint, scheme, len) == 0 && strncmp(endpoint + len, "://", 3) == 0;
}

static const char *scheme_for(const char *option)
{
    const og_layer_option_info *info;
    for (size_t i = 0; (info = og_layer_option_at(i)) != NULL; i++)
        if (strcmp(info->name, option) == 0) return info->scheme;
    return NULL;
}

/* An option that no endpoint has a use for was meant to protect one that it does not. */
static int check_layer_option(const cli_options *options, const char *option)
{
    const char *scheme = scheme_for(option);
    if (!scheme) return 0;
    char inherited[16]; /* tls+fd:// is tls:// too */
    snprintf(inherited, sizeof inherited, "%s+fd", scheme);
    for (size_t i = 0; i < options->arg_count; i++)
        if (has_scheme(options->args[i], scheme) || has_scheme(options->args[i], inherited)) return 0;
    const char *first = options->args[0];
    const char *where = has_scheme(first, "tcp") ? strstr(first, "://") + 3 : "127.0.0.1:8443";
    return cli_usage("--%s is for endpoints of %s://, and none is given: try: onggi serve --%s ... %s://%s",
                     option, scheme, option, scheme, where);
}

/* All endpoints must make sense before any is opened; the first one's codec is how objects are given. */
static int check_endpoints(const cli_options *options, og_endpoint *first)
{
    for (size_t i = options->arg_count; i-- > 0;) {
        int status = cli_endpoint(first, options, options->args[i]);
        if (status) return status;
    }
    for (size_t i = 0; i < options->layer_option_count; i++) {
        int status = check_layer_option(options, options->layer_options[i].name);
        if (status) return status;
    }
    return 0;
}

/* Serves on endpoints that are known: the exit status. */
static int run_here(const cli_options *options, bool managed)
{
    og_error err;
    og_endpoint first;
    service s = {.options = options, .managed = managed};
    int status = check_endpoints(options, &first);
    if (status) return status;
    const char *codec = cli_codec(options, &first);
    status = cli_output_check(options, cli_output_form(options, codec));
    if (status) return status;
    status = cli_answer_init(&s.answer, options, codec);
    if (status) return status;
    pthread_mutex_init(&s.lock, NULL);
    cli_output_init(&s.output, options, cli_output_form(options, codec));
    s.server = make_server(&s, &err);
    status = s.server ? serve_and_print(&s) : cli_fail(NULL, &err);
    og_server_free(s.server);
    cli_output_fini(&s.output);
    cli_answer_fini(&s.answer);
    pthread_mutex_destroy(&s.lock);
    return status;
}

static int run(const cli_options *options)
{
    cli_inherited inherited;
    cli_options own = *options;
    set_allocator();
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
