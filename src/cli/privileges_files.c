/* SPDX-License-Identifier: MIT */
/* The files that a server may open once it serves: those that options name, and those beside them, so that
 * files can be put in their place (Landlock). It also listens on no further port. */
#include "cli/privileges.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Rights that older headers lack, by the version of Landlock that has them. */
enum { ALL_OF_1 = (1 << 13) - 1, REFER_OF_2 = 1 << 13, TRUNCATE_OF_3 = 1 << 14, DEVICES_OF_5 = 1 << 15 };
enum { BIND_OF_4 = 1 << 0, CONNECT_OF_4 = 1 << 1 };
enum { ABSTRACT_OF_6 = 1 << 0, SIGNALS_OF_6 = 1 << 1 };

/* As the newest kernels know it; older ones take it where what they do not know is 0. */
typedef struct ruleset {
    uint64_t files;
    uint64_t net;
    uint64_t scoped;
} ruleset;

enum {
    READ = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR,
    WRITE = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG | TRUNCATE_OF_3,
    REMOVE = LANDLOCK_ACCESS_FS_REMOVE_FILE,
    OF_A_FILE = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | TRUNCATE_OF_3
};

typedef struct fence {
    int fd;
    ruleset handled;
    char *said;
    size_t size;
} fence;

static ruleset choose(long version, unsigned needs)
{
    ruleset r = {.files = ALL_OF_1};
    if (version >= 2) r.files |= REFER_OF_2;
    if (version >= 3) r.files |= TRUNCATE_OF_3;
    if (version >= 4) r.net = BIND_OF_4 | (needs & CLI_NEEDS_CONNECT ? 0 : CONNECT_OF_4);
    if (version >= 5) r.files |= DEVICES_OF_5;
    if (version >= 6) r.scoped = SIGNALS_OF_6 | (needs & CLI_NEEDS_ABSTRACT ? 0 : ABSTRACT_OF_6);
    return r;
}

static bool is_said(const char *said, const char *path)
{
    size_t len = strlen(path);
    for (const char *at = said; (at = strstr(at, path)) != NULL; at += len)
        if ((at == said || at[-1] == ' ') && (at[len] == ',' || at[len] == '\0')) return true;
    return false;
}

static void say(const fence *f, const char *path)
{
    size_t len = strlen(f->said);
    if (is_said(f->said, path) || len + 2 >= f->size) return;
    snprintf(f->said + len, f->size - len, "%s%s", len > 0 ? ", " : "", path);
}

/* A file or folder that is not there needs no right. */
static void allow(const fence *f, const char *path, uint64_t rights)
{
    struct landlock_path_beneath_attr rule = {.allowed_access = rights & f->handled.files};
    struct stat file;
    rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
    if (rule.parent_fd < 0) return;
    bool folder = fstat(rule.parent_fd, &file) == 0 && S_ISDIR(file.st_mode);
    if (!folder) rule.allowed_access &= OF_A_FILE;
    if (syscall(SYS_landlock_add_rule, f->fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0) say(f, path);
    close(rule.parent_fd);
}

static void allow_folder_of(const fence *f, const char *path, uint64_t rights)
{
    const char *last = strrchr(path, '/');
    char *folder = last ? strndup(path, last == path ? 1 : (size_t)(last - path)) : strdup(".");
    if (folder) allow(f, folder, rights);
    free(folder);
}

/* Its folder, and that of the file which a link leads to. What is no plain file stays what it is. */
static void allow_named(const fence *f, const char *path, uint64_t rights)
{
    struct stat file;
    if (stat(path, &file) == 0 && (S_ISCHR(file.st_mode) || S_ISBLK(file.st_mode))) {
        allow(f, path, rights);
        return;
    }
    allow_folder_of(f, path, rights);
    char *real = realpath(path, NULL);
    if (real && lstat(path, &file) == 0 && S_ISLNK(file.st_mode)) allow_folder_of(f, real, rights);
    free(real);
}

/* ---- What is named ---- */

static void allow_layers(const fence *f, const cli_options *o)
{
    const og_layer_option_info *info;
    for (size_t i = 0; i < o->layer_option_count; i++)
        for (size_t k = 0; (info = og_layer_option_at(k)) != NULL; k++)
            if (strcmp(info->name, o->layer_options[i].name) == 0 && info->argument &&
                strcmp(info->argument, "FILE") == 0)
                allow_named(f, o->layer_options[i].value, READ);
}

/* A Unix socket is removed when it is closed. */
static void allow_sockets(const fence *f, const cli_options *o)
{
    og_endpoint endpoint;
    for (size_t i = 0; i < o->arg_count; i++) {
        bool parsed = og_endpoint_parse(&endpoint, o->args[i], NULL) == 0;
        if (parsed && endpoint.path[0] && endpoint.path[0] != '@') allow_folder_of(f, endpoint.path, REMOVE);
    }
}

/* Where OpenSSL finds the authorities of the system, one by one while it shakes hands. */
static void allow_authorities(const fence *f)
{
    static const char *const places[] = {"/etc/ssl",
                                         "/etc/pki",
                                         "/etc/ca-certificates",
                                         "/usr/lib/ssl",
                                         "/usr/share/ca-certificates",
                                         "/usr/local/share/ca-certificates"};
    const char *folder = getenv("SSL_CERT_DIR");
    const char *file = getenv("SSL_CERT_FILE");
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        allow(f, places[i], READ);
    if (folder) allow(f, folder, READ);
    if (file) allow_named(f, file, READ);
}

/* What the C library reads to look up a name. */
static void allow_look_ups(const fence *f)
{
    static const char *const places[] = {"/etc", "/run", "/lib", "/lib64", "/usr/lib", "/usr/lib64"};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        allow(f, places[i], READ | LANDLOCK_ACCESS_FS_EXECUTE);
}

static void allow_all(const fence *f, unsigned needs, const cli_options *o)
{
    if (cli_rules_may_change(o)) allow_named(f, o->policy, READ);
    allow_layers(f, o);
    if (o->log && strcmp(o->log, "-") != 0) allow_named(f, o->log, WRITE);
    if (o->learn) allow_named(f, o->learn, READ | WRITE | REMOVE);
    allow_sockets(f, o);
    if (needs & CLI_NEEDS_CONNECT) allow_authorities(f);
    if (needs & CLI_NEEDS_LOOK_UP) allow_look_ups(f);
}

cli_limited cli_limit_files(unsigned needs, const cli_options *options, char *said, size_t size)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    said[0] = '\0';
    if (version < 1) {
        snprintf(said, size, "this kernel has no Landlock");
        return CLI_NOT_HERE;
    }
    fence f = {.handled = choose(version, needs), .said = said, .size = size};
    f.fd = (int)syscall(SYS_landlock_create_ruleset, &f.handled, sizeof f.handled, 0);
    if (f.fd >= 0) allow_all(&f, needs, options);
    bool done = f.fd >= 0 && syscall(SYS_landlock_restrict_self, f.fd, 0) == 0;
    if (!done) snprintf(said, size, "%s", strerror(errno));
    if (f.fd >= 0) close(f.fd);
    return done ? CLI_LIMITED : CLI_LIMIT_FAILED;
}
