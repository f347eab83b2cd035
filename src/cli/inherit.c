/* SPDX-License-Identifier: MIT */
/* The sockets that a service manager has opened and passed on. */
#include "cli/inherit.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FIRST = 3, MOST = 1024 };

/* What was passed: descriptors FIRST to FIRST + count - 1. */
typedef struct passed {
    size_t count;
    bool for_another; /* they were meant for another process */
    bool used[MOST];
    char names[MOST][64]; /* cut if need be: systemd's have 255 bytes at most, and are short */
} passed;

static void read_names(passed *all, const char *names)
{
    for (size_t i = 0; i < all->count; i++) {
        size_t len = names ? strcspn(names, ":") : 0;
        snprintf(all->names[i], sizeof all->names[i], "%.*s", names ? (int)len : 7,
                 names ? names : "unknown");
        names = names && names[len] == ':' ? names + len + 1 : NULL;
    }
}

static int read_environment(passed *all)
{
    uint64_t pid;
    uint64_t count;
    const char *pid_text = getenv("LISTEN_PID");
    const char *count_text = getenv("LISTEN_FDS");
    if (!pid_text || !count_text) return 0;
    if (!cli_parse_number(pid_text, &pid))
        return cli_usage("LISTEN_PID is '%s': it must be the number of this process", pid_text);
    all->for_another = pid != (uint64_t)getpid();
    if (all->for_another) return 0;
    if (!cli_parse_number(count_text, &count) || count > MOST)
        return cli_usage("LISTEN_FDS is '%s': it must be a number of descriptors, at most %d", count_text,
                         MOST);
    all->count = (size_t)count;
    read_names(all, getenv("LISTEN_FDNAMES"));
    for (int i = 0; i < (int)count; i++)
        fcntl(FIRST + i, F_SETFD, FD_CLOEXEC);
    return 0;
}

/* ---- Endpoints of descriptors ---- */

/* What follows fd:// or tls+fd://, or NULL. */
static const char *after_scheme(const char *endpoint)
{
    static const char *const schemes[] = {"fd://", "tls+fd://"};
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++)
        if (strncmp(endpoint, schemes[i], strlen(schemes[i])) == 0) return endpoint + strlen(schemes[i]);
    return NULL;
}

int cli_inherit_descriptor(const char *endpoint)
{
    const char *at = after_scheme(endpoint);
    return at && *at >= '0' && *at <= '9' ? (int)strtol(at, NULL, 10) : -1;
}

static int out_of_memory(void)
{
    cli_log(OG_LOG_ERROR, "out of memory");
    return CLI_REFUSED;
}

/* Adds the endpoint with this descriptor in the place of its name. */
static int add_made(cli_inherited *inherited, const char *scheme, size_t scheme_len, int fd, const char *rest)
{
    char *text;
    if (asprintf(&text, "%.*s%d%s", (int)scheme_len, scheme, fd, rest) < 0) return out_of_memory();
    inherited->made[inherited->made_count++] = inherited->args[inherited->arg_count++] = text;
    return 0;
}

static int unknown_name(const passed *all, const char *endpoint, const char *name, size_t len)
{
    char names[512] = "";
    for (size_t i = 0; i < all->count; i++) {
        size_t used = strlen(names);
        snprintf(names + used, sizeof names - used, "%s%s", used ? ", " : "", all->names[i]);
    }
    if (all->count)
        return cli_usage("%s: no socket called '%.*s' was passed: try fd://NAME with one of %s", endpoint,
                         (int)len, name, names);
    return cli_usage(
        "%s: no sockets were passed%s: start it with onggi.socket, or give a number, as in fd://3", endpoint,
        all->for_another ? " to this process (LISTEN_PID names another)" : "");
}

static int add_named(cli_inherited *inherited, passed *all, const char *endpoint, const char *name)
{
    size_t len = strcspn(name, "?");
    bool found = false;
    int status = 0;
    for (size_t i = 0; i < all->count && status == 0; i++) {
        if (strlen(all->names[i]) != len || memcmp(all->names[i], name, len) != 0) continue;
        found = all->used[i] = true;
        status = add_made(inherited, endpoint, (size_t)(name - endpoint), FIRST + (int)i, name + len);
    }
    return found || status ? status : unknown_name(all, endpoint, name, len);
}

static int add_all(cli_inherited *inherited, passed *all)
{
    int status = 0;
    for (size_t i = 0; i < all->count && status == 0; i++) {
        all->used[i] = true;
        status = add_made(inherited, "fd://", 5, FIRST + (int)i, "");
    }
    return status;
}

/* Somebody connects to a socket that nobody serves, and waits. */
static void warn_of_unused(const passed *all)
{
    for (size_t i = 0; i < all->count; i++)
        if (!all->used[i])
            cli_log(OG_LOG_WARNING, "descriptor %d (%s) was passed, but no endpoint names it: add fd://%d",
                    FIRST + (int)i, all->names[i], FIRST + (int)i);
}

/* An endpoint of the command line, as it is or for each descriptor of its name. */
static int add(cli_inherited *inherited, passed *all, char *endpoint)
{
    const char *name = after_scheme(endpoint);
    int fd = cli_inherit_descriptor(endpoint);
    if (name && fd < 0) return add_named(inherited, all, endpoint, name);
    if (fd >= FIRST && (size_t)fd < FIRST + all->count) all->used[fd - FIRST] = true;
    inherited->args[inherited->arg_count++] = endpoint;
    return 0;
}

static int take(cli_inherited *inherited, const cli_options *options, passed *all)
{
    int status = read_environment(all);
    if (status) return status;
    size_t most = options->arg_count * (all->count + 1) + all->count + 1;
    inherited->args = calloc(most, sizeof *inherited->args);
    inherited->made = calloc(most, sizeof *inherited->made);
    if (!inherited->args || !inherited->made) return out_of_memory();
    for (size_t i = 0; i < options->arg_count && status == 0; i++)
        status = add(inherited, all, options->args[i]);
    if (options->arg_count == 0) status = add_all(inherited, all);
    if (status == 0) warn_of_unused(all);
    return status;
}

int cli_inherit(cli_inherited *inherited, const cli_options *options)
{
    static const char *const variables[] = {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PIDFDID"};
    *inherited = (cli_inherited){0};
    passed *all = calloc(1, sizeof *all);
    int status = all ? take(inherited, options, all) : out_of_memory();
    bool for_another = all && all->for_another;
    free(all);
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++)
        unsetenv(variables[i]);
    if (status || inherited->arg_count) return status;
    return cli_usage(
        "'onggi serve' needs an endpoint, e.g. tcp://127.0.0.1:8080, or sockets that were passed to "
        "it%s: onggi serve [OPTIONS] [ENDPOINT...]",
        for_another ? " (LISTEN_PID names another process)" : "");
}

void cli_inherit_fini(cli_inherited *inherited)
{
    for (size_t i = 0; i < inherited->made_count; i++)
        free(inherited->made[i]);
    free(inherited->made);
    free(inherited->args);
    *inherited = (cli_inherited){0};
}
