/* SPDX-License-Identifier: MIT */
/* Giving up what serving does not need, and telling of it. */
#include "cli/privileges.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum { ENTRY_SIZE = 16384, SAID_SIZE = 1024 };

/* ---- Who ---- */

static bool find_user(const char *name, unsigned *user, unsigned *group, bool *has_group)
{
    char room[ENTRY_SIZE];
    struct passwd entry;
    struct passwd *found = NULL;
    uint64_t number = 0;
    bool is_number = cli_parse_number(name, &number) && number < UINT32_MAX;
    if (is_number)
        getpwuid_r((uid_t)number, &entry, room, sizeof room, &found);
    else
        getpwnam_r(name, &entry, room, sizeof room, &found);
    *has_group = found != NULL;
    *user = found ? found->pw_uid : (unsigned)number;
    if (found) *group = found->pw_gid;
    return found || is_number;
}

static bool find_group(const char *name, unsigned *group)
{
    char room[ENTRY_SIZE];
    struct group entry;
    struct group *found = NULL;
    uint64_t number = 0;
    bool is_number = cli_parse_number(name, &number) && number < UINT32_MAX;
    if (!is_number) getgrnam_r(name, &entry, room, sizeof room, &found);
    *group = found ? found->gr_gid : (unsigned)number;
    return found || is_number;
}

int cli_privileges_find(cli_privileges *p, const cli_options *options, const char *upstream, bool looks_up)
{
    bool has_group = true;
    *p = (cli_privileges){.options = options,
                          .upstream = upstream,
                          .looks_up = looks_up,
                          .changes = options->user || options->group,
                          .user = geteuid(),
                          .group = getegid()};
    if (options->user && !find_user(options->user, &p->user, &p->group, &has_group))
        return cli_usage("--user: there is no user '%s' here", options->user);
    if (options->group) {
        if (find_group(options->group, &p->group)) return 0;
        return cli_usage("--group: there is no group '%s' here", options->group);
    }
    if (has_group) return 0;
    return cli_usage("--user %s: nobody here has this number: say --group as well", options->user);
}

/* The groups of a user who is known by name; else the one group alone. */
static int join_groups(const cli_privileges *p)
{
    char room[ENTRY_SIZE];
    struct passwd entry;
    struct passwd *found = NULL;
    const gid_t group = p->group;
    if (p->options->user) getpwuid_r(p->user, &entry, room, sizeof room, &found);
    return found ? initgroups(found->pw_name, group) : setgroups(1, &group);
}

/* 0, or the exit status after saying why. */
static int become(const cli_privileges *p)
{
    bool is_there =
        p->user == getuid() && p->user == geteuid() && p->group == getgid() && p->group == getegid();
    if (!p->changes || (is_there && p->user != 0)) return 0;
    if (join_groups(p) == 0 && setresgid(p->group, p->group, p->group) == 0 &&
        setresuid(p->user, p->user, p->user) == 0)
        return 0;
    cli_log(OG_LOG_ERROR,
            "cannot become user %u of group %u: %s; start it as root, or leave out --user and --group",
            p->user, p->group, strerror(errno));
    return CLI_UNREACHED;
}

/* ---- What ---- */

/* A host by name, which is looked up: not in digits, and not the loopback that is meant without one. */
static bool is_name(const char *host)
{
    return host[0] && !strchr(host, ':') && host[strspn(host, "0123456789.")];
}

static unsigned needs_of(const cli_privileges *p)
{
    og_endpoint endpoint;
    const cli_options *o = p->options;
    unsigned needs = CLI_NEEDS_SERVING;
    for (size_t i = 0; i < o->arg_count; i++) {
        if (og_endpoint_parse(&endpoint, o->args[i], NULL) < 0) continue;
        if (endpoint.inherited || og_transport_is_datagram(endpoint.transport)) needs |= CLI_NEEDS_DATAGRAMS;
    }
    if (!p->upstream) return needs;
    needs |= CLI_NEEDS_CONNECT;
    if (og_endpoint_parse(&endpoint, p->upstream, NULL) < 0) return needs;
    if (endpoint.path[0] == '@') needs |= CLI_NEEDS_ABSTRACT;
    if (p->looks_up && is_name(endpoint.host)) needs |= CLI_NEEDS_LOOK_UP;
    return needs;
}

/* Why neither system calls nor files can be limited, or NULL. */
static const char *why_not(const cli_options *o)
{
#ifdef ONGGI_SANITIZED
    (void)o;
    return "a sanitizer needs more";
#else
    return o->exec || o->pool.command ? "commands of --exec and --exec-pool need more" : NULL;
#endif
}

void cli_privileges_prepare(const cli_options *options)
{
    if (!options->keep_privileges && !why_not(options)) cli_limit_rings();
}

static void limit(const cli_privileges *p, char *said, size_t size)
{
    char files[SAID_SIZE];
    char calls[128];
    unsigned needs = needs_of(p);
    cli_limited by_files = cli_limit_files(needs, p->options, files, sizeof files);
    cli_limited by_calls = cli_limit_calls(needs, calls, sizeof calls);
    if (by_files == CLI_LIMIT_FAILED) cli_log(OG_LOG_WARNING, "files cannot be limited: %s", files);
    if (by_calls == CLI_LIMIT_FAILED) cli_log(OG_LOG_WARNING, "system calls cannot be limited: %s", calls);
    int len = snprintf(said, size, "%s, ", by_calls == CLI_LIMITED ? calls : "all system calls");
    if (by_files != CLI_LIMITED)
        snprintf(said + len, size - (size_t)len, "all files, as %s", files);
    else
        snprintf(said + len, size - (size_t)len, files[0] ? "files in %s" : "no files", files);
}

int cli_privileges_drop(const cli_privileges *p, char *said, size_t size)
{
    char left[SAID_SIZE + 256];
    int status = become(p);
    if (status) return status;
    const char *root = geteuid() == 0 ? "; it runs as root, which --user NAME changes" : "";
    if (p->options->keep_privileges) {
        snprintf(said, size, "privileges are kept, as --keep-privileges says%s", root);
        return 0;
    }
    const char *why = why_not(p->options);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        cli_log(OG_LOG_WARNING, "new privileges cannot be given up: %s", strerror(errno));
    tzset(); /* which reads a file */
    if (why)
        snprintf(left, sizeof left, "all system calls and files, as %s", why);
    else
        limit(p, left, sizeof left);
    snprintf(said, size, "privileges left: none that are new, %s%s", left, root);
    return 0;
}
