/* SPDX-License-Identifier: MIT */
/* onggi inspect: what is inside pickles, in files and folders, archives and arrays. */
#include "cli/inspect.h"
#include "cli/archive_zip.h"
#include "cli/output.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE = 1 << 16, DEFAULT_LIMIT = 1 << 30, FOLDERS_DEEP = 64, HEAD = 512, TAIL = 66000 };

/* ---- Files ---- */

int inspect_bytes(inspection *run, const inspect_thing *thing)
{
    if (inspect_is_zip(thing->bytes, thing->len)) return inspect_zip(run, thing);
    if (inspect_is_npy(thing->bytes, thing->len)) return inspect_npy(run, thing);
    const char *packed = inspect_packed(thing->bytes, thing->len);
    if (packed) return inspect_unreadable(run, thing->name, "it is %s, and not unpacked here", packed);
    if (!thing->asked_for && !inspect_looks_like_pickle(thing->name, thing->bytes, thing->len)) {
        cli_log(OG_LOG_DEBUG, "%s: no pickle", thing->name);
        return 0;
    }
    if (inspect_is_deflated(thing->bytes, thing->len))
        return inspect_unreadable(run, thing->name, "it is packed by zlib, and not unpacked here");
    return inspect_pickles(run, thing);
}

/* What holds no pickle is harmless, and is said to be when it was asked for. */
static int inspect_whole(inspection *run, const inspect_thing *thing)
{
    size_t before = run->shown;
    int status = inspect_bytes(run, thing);
    if (status || run->shown > before || !thing->asked_for || !run->options->verdict) return status;
    const og_pickle_report nothing = {.verdict = OG_HARMLESS};
    return inspect_report(run, thing->name, &nothing, 1, 0);
}

/* A file that cannot be read may be anything. */
static int fail_file(inspection *run, const char *name, int error)
{
    if (run->options->verdict || run->json) return inspect_unreadable(run, name, "%s", strerror(error));
    cli_log(OG_LOG_ERROR, "%s: %s", name, strerror(error));
    run->status = CLI_UNREACHED;
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

static int inspect_fd(inspection *run, int fd, const char *name, bool asked_for)
{
    og_buf bytes = OG_BUF_INIT;
    int error = read_all(fd, run->limit, &bytes);
    int status;
    if (error == EFBIG) {
        status =
            inspect_unreadable(run, name, "it is longer than %zu bytes; raise --max-message", run->limit);
    } else if (error) {
        status = fail_file(run, name, error);
    } else {
        inspect_thing thing = {.name = name, .bytes = bytes.data, .len = bytes.len, .asked_for = asked_for};
        status = inspect_whole(run, &thing);
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

/* Whether a file that is too long to be read is of no concern: neither its start nor its end, where archives
 * have their directory, is of what is looked at. */
static bool may_pass_over(int fd, const char *path, off_t size)
{
    og_buf part = OG_BUF_INIT;
    bool known = read_part(fd, 0, HEAD, &part) && part.len == HEAD;
    known = known && !inspect_is_zip(part.data, HEAD) && !inspect_is_npy(part.data, HEAD) &&
            !inspect_packed(part.data, HEAD) && !inspect_may_be_pickle(path, part.data, HEAD);
    known = known && read_part(fd, size > TAIL ? size - TAIL : 0, TAIL, &part) &&
            zip_find_end(part.data, part.len) == SIZE_MAX;
    og_buf_free(&part);
    if (known) cli_log(OG_LOG_DEBUG, "%s: no pickle", path);
    return known;
}

static int inspect_file(inspection *run, const char *path, bool asked_for)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) return fail_file(run, path, errno);
    int status = 0;
    bool plain = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    bool of_no_concern =
        plain && !asked_for && (uint64_t)st.st_size > run->limit && may_pass_over(fd, path, st.st_size);
    if ((asked_for || plain) && !of_no_concern) status = inspect_fd(run, fd, path, asked_for);
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
    if (depth >= FOLDERS_DEEP)
        return inspect_unreadable(run, path, "folders stand in one another more than %d deep", FOLDERS_DEEP);
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

static int inspect_name(inspection *run, names *list, const struct name *name)
{
    struct stat st;
    /* Links in folders are left alone: they may lead around in a circle. */
    int failed = name->depth ? lstat(name->path, &st) : stat(name->path, &st);
    if (failed) return fail_file(run, name->path, errno);
    if (S_ISDIR(st.st_mode)) {
        run->many = true;
        return open_folder(run, list, name->path, name->depth);
    }
    if (name->depth && !S_ISREG(st.st_mode)) {
        cli_log(OG_LOG_DEBUG, "%s: passed over, it is no plain file", name->path);
        return 0;
    }
    return inspect_file(run, name->path, name->depth == 0);
}

static int inspect_path(inspection *run, const char *path)
{
    names list = {0};
    int status = push_name(&list, strdup(path), 0) ? 0 : CLI_UNREACHED;
    while (status == 0 && list.count > 0) {
        struct name name = list.items[--list.count];
        status = inspect_name(run, &list, &name);
        free(name.path);
    }
    while (list.count > 0)
        free(list.items[--list.count].path);
    free(list.items);
    return status;
}

/* ---- The whole ---- */

static bool wants_colour(void)
{
    const char *no = getenv("NO_COLOR");
    return isatty(STDOUT_FILENO) && !(no && *no);
}

static int start(inspection *run, const cli_options *options)
{
    *run = (inspection){
        .options = options,
        .json = options->out == CLI_FORM_JSON,
        .limit = options->max_message ? (size_t)options->max_message : DEFAULT_LIMIT,
        .many = options->arg_count > 1,
    };
    og_buf_init(&run->out, NULL);
    run->colour = !run->json && wants_colour();
    if (options->out != CLI_FORM_NONE && options->out != CLI_FORM_JSON && options->out != CLI_FORM_TEXT)
        return cli_usage("'onggi inspect' prints text or json: -o text or -o json");
    run->policy = options->rules;
    if (!run->policy) run->policy = run->plain = og_policy_builtin("plain-data", NULL);
    if (run->policy) return 0;
    cli_log(OG_LOG_ERROR, "out of memory");
    return CLI_REFUSED;
}

static int finish(inspection *run, int status)
{
    if (status == 0) status = inspect_flush(run);
    og_buf_free(&run->out);
    og_policy_free(run->plain);
    if (status == CLI_OUTPUT_GONE) status = 0;
    if (status) return status;
    return run->options->verdict ? (int)run->verdict : run->status;
}

static int run(const cli_options *options)
{
    inspection run;
    int status = start(&run, options);
    if (status) return status;
    if (options->arg_count == 0) status = inspect_fd(&run, STDIN_FILENO, "standard input", true);
    for (size_t i = 0; i < options->arg_count && status == 0; i++) {
        if (strcmp(options->args[i], "-") == 0) {
            status = inspect_fd(&run, STDIN_FILENO, "standard input", true);
        } else {
            status = inspect_path(&run, options->args[i]);
        }
    }
    return finish(&run, status);
}

const cli_command cli_inspect = {
    .name = "inspect",
    .bit = CLI_INSPECT,
    .synopsis = "[FILE...]",
    .summary = "what is in a pickle: opcodes, classes, verdict",
    .description =
        "Lists the opcodes as 'python -m pickletools' does, or says which classes are named, and whether a policy allows "
        "them. Looks into folders, zip archives (torch, npz) and numpy's .npy; runs nothing.",
    .example = "  onggi inspect model.pkl\n"
               "  onggi inspect --verdict --policy plain-data downloads/\n",
    .min_args = 0,
    .max_args = SIZE_MAX,
    .run = run,
};
