/* SPDX-License-Identifier: MIT */
/* Files, and folders with all that is in them. */
#include "cli/inspect.h"
#include "cli/suggest.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE = 1 << 16, FOLDERS_DEEP = 64, HEAD = 1 << 24, TAIL = 66000 };

/* ---- Files ---- */

static int fail(inspection *run, const char *name, const char *why)
{
    int status = inspect_unreadable(run, name, NULL, "%s", why);
    inspect_count(run, FATE_UNREADABLE);
    return status;
}

/* A file that cannot be read may be anything. */
static int fail_file(inspection *run, const char *name, int error)
{
    if (run->options->verdict || run->json) return fail(run, name, strerror(error));
    cli_log(OG_LOG_ERROR, "%s: %s", name, strerror(error));
    cli_suggest_receiving(name, " -o pickle | onggi inspect");
    run->status = CLI_UNREACHED;
    inspect_count(run, FATE_UNREADABLE);
    return 0;
}

/* All of it, as far as the limit allows: 0 or an errno. */
static int read_all(int fd, size_t limit, og_buf *into)
{
    for (;;) {
        size_t piece = into->len > PIECE ? into->len : PIECE;
        if (og_buf_reserve(into, piece) < 0) return ENOMEM;
        ssize_t got = read(fd, into->data + into->len, piece);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return errno;
        if (got == 0) return 0;
        into->len += (size_t)got;
        if (into->len > limit) return EFBIG;
    }
}

static int fail_long(inspection *run, const char *name)
{
    char why[80];
    snprintf(why, sizeof why, "it is longer than %zu byte%s; raise --max-message", run->limit,
             cli_plural(run->limit));
    return fail(run, name, why);
}

int inspect_fd(inspection *run, int fd, const char *name, bool asked_for)
{
    og_buf bytes = OG_BUF_INIT;
    int error = read_all(fd, run->limit, &bytes);
    int status;
    if (error == EFBIG) {
        status = fail_long(run, name);
    } else if (error) {
        status = fail_file(run, name, error);
    } else {
        inspect_thing thing = {.name = name, .bytes = bytes.data, .len = bytes.len, .asked_for = asked_for};
        status = inspect_bytes(run, &thing);
    }
    og_buf_free(&bytes);
    return status;
}

/* `size` bytes from `offset` on, as far as there are as many. */
static bool read_part(int fd, off_t offset, size_t size, og_buf *into)
{
    into->len = 0;
    if (og_buf_reserve(into, size) < 0) return false;
    while (into->len < size) {
        ssize_t got = pread(fd, into->data + into->len, size - into->len, offset + (off_t)into->len);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return false;
        if (got == 0) break;
        into->len += (size_t)got;
    }
    return true;
}

/* What a file is that is too long to be read, where its start, its length and its end prove that. */
static og_entry_kind know_long(int fd, off_t size, const char **what)
{
    og_entry_kind kind = OG_ENTRY_UNREADABLE;
    og_buf part = OG_BUF_INIT;
    if (read_part(fd, 0, HEAD, &part)) kind = og_entry_known(part.data, part.len, (uint64_t)size, what);
    if (!read_part(fd, size > TAIL ? size - TAIL : 0, TAIL, &part) || og_entry_ends_zip(part.data, part.len))
        kind = OG_ENTRY_UNREADABLE;
    og_buf_free(&part);
    return kind;
}

static int inspect_long(inspection *run, int fd, const char *path, off_t size, bool asked_for)
{
    const char *what;
    og_entry_kind kind = know_long(fd, size, &what);
    if (kind == OG_ENTRY_UNREADABLE) return fail_long(run, path);
    if (kind == OG_ENTRY_ARRAY) {
        inspect_count(run, FATE_HARMLESS);
    } else if (asked_for) {
        inspect_count(run, FATE_NO_PICKLE);
        return inspect_no_pickle(run, path, what);
    } else {
        inspect_pass_over(run, path, what);
    }
    return 0;
}

static int inspect_file(inspection *run, const char *path, bool asked_for)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | (asked_for ? 0 : O_NONBLOCK));
    if (fd < 0) return fail_file(run, path, errno);
    int status;
    bool plain = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    if (plain && (uint64_t)st.st_size > run->limit) {
        status = inspect_long(run, fd, path, st.st_size, asked_for);
    } else if (asked_for || plain) {
        status = inspect_fd(run, fd, path, asked_for);
    } else {
        status = fail(run, path, "it is no longer a regular file");
    }
    close(fd);
    return status;
}

/* ---- Folders ---- */

/* Names that are still to be looked at: a stack, so that nothing is recursive. */
typedef struct names {
    struct name {
        char *path;
        unsigned depth; /* of folders above it */
    } * items;
    size_t count;
    size_t cap;
    char *root;   /* the resolved path of the folder that was asked for */
    size_t asked; /* bytes of its path as it was asked for */
    dev_t device; /* of it */
} names;

static bool push_name(names *list, char *path, unsigned depth)
{
    if (path && list->count == list->cap) {
        size_t cap = list->cap ? list->cap * 2 : 64;
        struct name *items = realloc(list->items, cap * sizeof *items);
        if (items) {
            list->items = items;
            list->cap = cap;
        }
    }
    if (!path || list->count == list->cap) {
        free(path);
        cli_log(OG_LOG_ERROR, "out of memory");
        return false;
    }
    list->items[list->count++] = (struct name){path, depth};
    return true;
}

static char *join(const char *folder, const char *name)
{
    size_t len = strlen(folder);
    size_t room = len + strlen(name) + 2;
    char *path = malloc(room);
    if (!path) return NULL;
    bool slash = len > 0 && folder[len - 1] == '/';
    snprintf(path, room, "%s%s%s", folder, slash ? "" : "/", name);
    return path;
}

static int later_first(const void *a, const void *b)
{
    const struct name *x = a;
    const struct name *y = b;
    return strcmp(y->path, x->path);
}

/* Puts what is in a folder on the stack, the first name on top. */
static int open_folder(inspection *run, names *list, const char *path, unsigned depth)
{
    if (depth >= FOLDERS_DEEP) return fail(run, path, "folders are in one another more than 64 deep");
    DIR *folder = opendir(path);
    if (!folder) return fail_file(run, path, errno);
    size_t first = list->count;
    int status = 0;
    for (struct dirent *entry; status == 0 && (entry = readdir(folder));) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        if (!push_name(list, join(path, entry->d_name), depth + 1)) status = CLI_UNREACHED;
    }
    closedir(folder);
    if (list->count > first)
        qsort(list->items + first, list->count - first, sizeof list->items[0], later_first);
    return status;
}

/* A pattern that ends with a slash is for folders. */
static bool fits(const char *pattern, const char *text, bool folder)
{
    size_t len = strlen(pattern);
    if (fnmatch(pattern, text, 0) == 0) return true;
    if (!folder || len < 2 || pattern[len - 1] != '/') return false;
    char *stem = strndup(pattern, len - 1);
    bool fit = stem && fnmatch(stem, text, 0) == 0;
    free(stem);
    return fit;
}

/* Whether a pattern matches the name of a file, its path, or its path below the folder that was asked for. */
static bool matches(const cli_words *patterns, const names *list, const char *path, bool folder)
{
    const char *slash = strrchr(path, '/');
    const char *below = path + list->asked;
    below += strspn(below, "/");
    for (size_t i = 0; i < patterns->count; i++) {
        const char *pattern = patterns->items[i];
        if (fits(pattern, slash ? slash + 1 : path, folder) || fits(pattern, path, folder) ||
            fits(pattern, below, folder))
            return true;
    }
    return false;
}

static bool is_excluded(const inspection *run, const names *list, const char *path, bool folder)
{
    const cli_options *options = run->options;
    if (matches(&options->exclude, list, path, folder)) return true;
    return !folder && options->include.count > 0 && !matches(&options->include, list, path, folder);
}

/* A link to a folder: what is below the folder that was asked for is looked at anyway. */
static int inspect_folder_link(inspection *run, const names *list, const char *path)
{
    char *target = realpath(path, NULL);
    size_t len = strlen(list->root);
    bool inside = target && strncmp(target, list->root, len) == 0 &&
                  (target[len] == '/' || target[len] == 0 || list->root[len - 1] == '/');
    free(target);
    if (inside) {
        inspect_pass_over(run, path, "links into the same folder");
        return 0;
    }
    return fail(run, path,
                "it is a link to a folder elsewhere, which is not followed; give that folder as well");
}

static int inspect_link(inspection *run, const names *list, const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return fail(run, path,
                    errno == ELOOP ? "it is a link that leads to itself" : "it is a link to nothing");
    if (S_ISDIR(st.st_mode)) return inspect_folder_link(run, list, path);
    if (!S_ISREG(st.st_mode)) return fail(run, path, "it is a link to something that is no regular file");
    if (st.st_dev != list->device)
        return fail(run, path,
                    "it is a link to another file system, which is not followed; give that file as well");
    return inspect_file(run, path, false);
}

static const char *special(mode_t mode)
{
    if (S_ISFIFO(mode)) return "it is a pipe, which is not opened";
    if (S_ISSOCK(mode)) return "it is a socket, which is not opened";
    return "it is a device, which is not opened";
}

static int inspect_in_folder(inspection *run, names *list, const struct name *name)
{
    struct stat st;
    if (lstat(name->path, &st) != 0) return fail_file(run, name->path, errno);
    if (is_excluded(run, list, name->path, S_ISDIR(st.st_mode))) {
        inspect_pass_over(run, name->path, "excluded");
        return 0;
    }
    if (S_ISDIR(st.st_mode)) return open_folder(run, list, name->path, name->depth);
    if (S_ISLNK(st.st_mode)) return inspect_link(run, list, name->path);
    if (!S_ISREG(st.st_mode)) return fail(run, name->path, special(st.st_mode));
    return inspect_file(run, name->path, false);
}

static int inspect_folder(inspection *run, names *list, const char *path)
{
    list->root = realpath(path, NULL);
    if (!list->root) return fail_file(run, path, errno);
    run->many = true;
    int status = open_folder(run, list, path, 0);
    while (status == 0 && list->count > 0) {
        struct name name = list->items[--list->count];
        status = inspect_in_folder(run, list, &name);
        free(name.path);
    }
    return status;
}

int inspect_path(inspection *run, const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0) return fail_file(run, path, errno);
    if (!S_ISDIR(st.st_mode)) return inspect_file(run, path, true);
    names list = {.device = st.st_dev, .asked = strlen(path)};
    int status = inspect_folder(run, &list, path);
    while (list.count > 0)
        free(list.items[--list.count].path);
    free(list.items);
    free(list.root);
    return status;
}
