/* SPDX-License-Identifier: MIT */
/* What serve and proxy have in common: endpoints, signals, the service manager. */
#include "cli/service.h"
#include "cli/inherit.h"
#include "cli/notify.h"
#include "cli/origin.h"
#include "cli/privileges.h"
#include "cli/stop.h"

#include <malloc.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

/* Descriptors besides those of connections: standard ones, listeners, pipes of commands. */
enum { OTHER_DESCRIPTORS = 100 };

void cli_service_limits(og_server_options *server, const cli_options *o)
{
    server->threads = (int)o->threads;
    server->busy_poll_us = (unsigned)o->busy_poll_us;
    server->max_connections = (size_t)o->max_connections;
    server->when_crowded = o->when_crowded;
    server->max_queued = (size_t)o->max_queued;
    server->max_total = (size_t)o->max_total;
    server->max_amplification = (size_t)o->max_amplification;
    server->max_rate = (size_t)o->max_rate;
    server->stop_timeout_ms = o->grace_ms;
    server->message_timeout_ms = o->timeout_ms;
    server->idle_timeout_ms = o->idle_timeout_ms > 0 ? o->idle_timeout_ms : 0;
}

/* For the signal handler alone. */
static og_server *volatile running;

void cli_service_stop(og_server *server)
{
    cli_stop_begin();
    cli_notify_stopping();
    og_server_stop(server);
}

static void on_signal(int number)
{
    (void)number;
    cli_service_stop(running);
}

static void on_hangup(int number)
{
    (void)number;
    cli_log_reopen();
    og_server_reload(running);
}

/* A second signal ends at once. */
static void catch_signals(og_server *server, bool reloads)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    running = server;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    if (!reloads) return;
    struct sigaction reload = {.sa_handler = on_hangup, .sa_flags = SA_RESTART};
    sigaction(SIGHUP, &reload, NULL);
}

void cli_service_reload(const cli_service *service, bool done)
{
    cli_notify_reload(done, service->status);
    if (!done) cli_rules_reload(service->options);
}

void cli_service_log(og_log_level level, const og_conn *conn, const char *text, void *user)
{
    char said[1024];
    (void)user;
    cli_put_in_words(said, sizeof said, text);
    cli_log_of(conn, level, said);
}

void cli_service_say_who(const og_conn *conn)
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

static bool is_exposed(const og_endpoint *endpoint)
{
    if (endpoint->interface[0]) return false;
    return strcmp(endpoint->host, "*") == 0 || strcmp(endpoint->host, "0.0.0.0") == 0 ||
           strcmp(endpoint->host, "::") == 0;
}

static void announce(const cli_service *s)
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
    cli_log(OG_LOG_INFO, "%s", s->privileges);
}

static void describe(cli_service *s)
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

void cli_service_prepare(const cli_options *options)
{
    cli_privileges_prepare(options);
    mallopt(M_MMAP_THRESHOLD, 1 << 20);
    mallopt(M_TRIM_THRESHOLD, 16 << 20);
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

static bool is_of(const char *endpoint, const char *scheme)
{
    char inherited[16]; /* tls+fd:// is tls:// too */
    snprintf(inherited, sizeof inherited, "%s+fd", scheme);
    return has_scheme(endpoint, scheme) || has_scheme(endpoint, inherited);
}

/* An option that no endpoint has a use for was meant to protect one that it does not. */
static int check_layer_option(const cli_options *options, const char *upstream, const char *option)
{
    const char *scheme = scheme_for(option);
    if (!scheme || (upstream && is_of(upstream, scheme))) return 0;
    for (size_t i = 0; i < options->arg_count; i++)
        if (is_of(options->args[i], scheme)) return 0;
    const char *first = options->args[0];
    const char *where = has_scheme(first, "tcp") ? strstr(first, "://") + 3 : "127.0.0.1:8443";
    return cli_usage("--%s is for endpoints of %s://, and none is given: try: onggi %s --%s ... %s://%s",
                     option, scheme, options->command->name, option, scheme, where);
}

int cli_service_endpoints(const cli_options *options, const char *upstream, og_endpoint *first)
{
    for (size_t i = options->arg_count; i-- > 0;) {
        int status = cli_endpoint(first, options, options->args[i]);
        if (status) return status;
    }
    for (size_t i = 0; i < options->layer_option_count; i++) {
        int status = check_layer_option(options, upstream, options->layer_options[i].name);
        if (status) return status;
    }
    return 0;
}

int cli_service_open(cli_service *s)
{
    og_error err;
    cli_privileges privileges;
    int status = cli_privileges_find(&privileges, s->options, s->upstream, s->looks_up);
    for (size_t i = 0; i < s->options->arg_count && status == 0; i++) {
        if (og_server_listen(s->server, s->options->args[i], &err) < 0)
            status = cli_fail(s->options->args[i], &err);
    }
    if (status == 0) status = cli_log_open(s->options->log);
    if (status) return status;
    if (s->options->rules) cli_rules_warn(s->options->policy, s->options->rules, &s->options->rules_text);
    raise_descriptors(s->options);
    return cli_privileges_drop(&privileges, s->privileges, sizeof s->privileges);
}

int cli_service_run(cli_service *s)
{
    og_error err;
    describe(s);
    cli_notify_begin(s->server);
    catch_signals(s->server, s->reloads || s->options->layer_option_count > 0 || s->options->log ||
                                 cli_rules_may_change(s->options));
    announce(s);
    cli_notify_ready(s->status);
    int status = og_server_run(s->server, &err) < 0 ? cli_fail(NULL, &err) : CLI_DONE;
    cli_notify_end();
    return status;
}
