/* SPDX-License-Identifier: MIT */
/* --learn: the names of refused messages as rows of a policy, each a comment until a person enables it. */
#include "cli/origin.h"
#include "cli/proxy.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_MOST = 10000, NAME_MOST = 200, WRITE_EACH_MS = 1000, SLOTS = 1 << 16 };

typedef struct row {
    char *name; /* as a policy has it */
    size_t len;
    bool kept; /* the file has had a row of it, which a person has enabled, or left */
    uint64_t count;
    unsigned uses;      /* bits by og_use_how */
    const char *unsafe; /* why only allow-unsafe would allow it, or NULL */
    char since[CLI_ORIGIN_SIZE];
    char peer[CLI_ORIGIN_SIZE]; /* of the last message */
} row;

struct cli_learn {
    const char *path;
    pthread_mutex_t lock; /* of all below */
    og_buf kept;          /* what the file had before, which stays as it is */
    row *rows;            /* ROWS_MOST that were kept, and as many that are learned */
    size_t count;
    size_t kept_count;
    uint16_t *slots; /* the number of a row, plus 1, by the hash of its name */
    size_t left_out; /* uses of names that there was no room for */
    int64_t written_ms;
    bool changed;
    bool failed; /* the log knows that it cannot be written */
};

/* ---- The file ---- */

/* 0 or an errno. A file that is not there is empty. */
static int read_kept(cli_learn *l)
{
    char piece[4096];
    size_t len;
    FILE *file = fopen(l->path, "rbe");
    if (!file) return errno == ENOENT ? 0 : errno;
    int status = 0;
    while (status == 0 && (len = fread(piece, 1, sizeof piece, file)) > 0)
        if (og_buf_put(&l->kept, piece, len) < 0) status = ENOMEM;
    if (ferror(file)) status = EIO;
    fclose(file);
    if (status == 0 && l->kept.len > 0 && l->kept.data[l->kept.len - 1] != '\n' &&
        og_buf_putc(&l->kept, '\n') < 0)
        status = ENOMEM;
    return status;
}

static void write_row(FILE *file, const row *r)
{
    fprintf(file, "# %s %s  # %llu time%s since %s, last from %s:", r->unsafe ? "allow-unsafe" : "allow",
            r->name, (unsigned long long)r->count, cli_plural(r->count), r->since, r->peer);
    const char *before = " ";
    for (unsigned how = 0; how < 8 * sizeof r->uses; how++) {
        if (!(r->uses >> how & 1)) continue;
        fprintf(file, "%s%s", before, og_use_text((og_use_how)how));
        before = ", ";
    }
    if (r->unsafe) fprintf(file, "; dangerous, it %s", r->unsafe);
    fputc('\n', file);
}

static void write_all(const cli_learn *l, FILE *file)
{
    if (l->kept.len > 0)
        fwrite(l->kept.data, 1, l->kept.len, file);
    else
        fputs("# Names that were refused. Remove the # before what you trust, and give this to --policy.\n"
              "include plain-data\n",
              file);
    for (size_t i = 0; i < l->count; i++)
        if (!l->rows[i].kept) write_row(file, &l->rows[i]);
    if (l->left_out > 0)
        fprintf(file, "# and names for which there was no room, %zu time%s\n", l->left_out,
                cli_plural(l->left_out));
}

/* Another file takes its place, so that nobody reads half of one. 0 or an errno. */
static int replace_file(const cli_learn *l)
{
    char path[4096];
    int len = snprintf(path, sizeof path, "%s.new", l->path);
    if (len < 0 || (size_t)len >= sizeof path) return ENAMETOOLONG;
    FILE *file = fopen(path, "wbe");
    if (!file) return errno;
    write_all(l, file);
    int status = ferror(file) ? EIO : 0;
    if (fclose(file) != 0 && status == 0) status = errno;
    if (status == 0 && rename(path, l->path) != 0) status = errno;
    if (status != 0) remove(path);
    return status;
}

/* With the lock held. */
static void write_changes(cli_learn *l)
{
    if (!l->changed) return;
    int status = replace_file(l);
    l->written_ms = cli_now_ms();
    l->changed = status != 0;
    if (status != 0 && !l->failed)
        cli_log(OG_LOG_ERROR, "%s: %s; names are not written there", l->path, strerror(status));
    l->failed = status != 0;
}

/* ---- Names ---- */

/* A name that a row of a policy can have, and that can be nothing else in its file. */
static bool is_strict(const char *name, size_t len)
{
    if (len == 0 || len > NAME_MOST) return false;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)name[i];
        bool word = c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!word && c != '.' && c != ':') return false;
    }
    return true;
}

static uint16_t *slot_of(const cli_learn *l, const char *name, size_t len)
{
    uint32_t hash = 2166136261;
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)name[i]) * 16777619;
    size_t at = (hash ^ hash >> 16) % SLOTS;
    for (;; at = (at + 1) % SLOTS) {
        const row *r = l->slots[at] ? &l->rows[l->slots[at] - 1] : NULL;
        if (!r || (r->len == len && memcmp(r->name, name, len) == 0)) return &l->slots[at];
    }
}

static row *find(const cli_learn *l, const char *name, size_t len)
{
    uint16_t slot = *slot_of(l, name, len);
    return slot ? &l->rows[slot - 1] : NULL;
}

/* NULL when there is no room. */
static row *add(cli_learn *l, const char *name, size_t len, bool kept)
{
    size_t count = kept ? l->kept_count : l->count - l->kept_count;
    char *copy = l->rows && count < ROWS_MOST ? malloc(len + 1) : NULL;
    if (!copy) return NULL;
    memcpy(copy, name, len);
    copy[len] = '\0';
    row *r = &l->rows[l->count++];
    *r = (row){.name = copy, .len = len, .kept = kept};
    l->kept_count += kept;
    *slot_of(l, name, len) = (uint16_t)l->count;
    return r;
}

/* "# allow NAME", "deny NAME": the row that the file has had, in use or as a comment. */
static void add_kept(cli_learn *l, const char *line, size_t len)
{
    static const char *const words[] = {"allow ", "allow-unsafe ", "deny "};
    const char *end = line + len;
    while (line < end && (*line == '#' || *line == ' '))
        line++;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t word = strlen(words[i]);
        if ((size_t)(end - line) <= word || memcmp(line, words[i], word) != 0) continue;
        const char *name = line + word;
        const char *after = name;
        while (after < end && *after != ' ')
            after++;
        size_t n = (size_t)(after - name);
        if (is_strict(name, n) && !find(l, name, n)) add(l, name, n, true);
        return;
    }
}

static void add_all_kept(cli_learn *l)
{
    if (l->kept.len == 0) return;
    const char *at = (const char *)l->kept.data;
    const char *end = at + l->kept.len;
    while (at < end) {
        const char *feed = memchr(at, '\n', (size_t)(end - at));
        size_t len = (size_t)((feed ? feed : end) - at);
        add_kept(l, at, len);
        at += len + 1;
    }
}

static void count_use(row *r, const og_refusal *refusal, const og_pickle_use *use)
{
    if (r->count == 0) {
        r->unsafe = og_policy_unsafe(use->module, use->module_len, use->qualname, use->qualname_len);
        cli_origin_text(NULL, CLI_ORIGIN_TIME, r->since);
    }
    r->count += use->count;
    r->uses |= 1U << use->how;
    cli_origin_text(refusal->conn, CLI_ORIGIN_PEER, r->peer);
}

static void take_use(cli_learn *l, const og_refusal *refusal, const og_pickle_use *use)
{
    og_buf text = OG_BUF_INIT;
    bool nameless = use->module_len == 0 || use->qualname_len == 0 || use->how == OG_USE_EXTENSION ||
                    use->how == OG_USE_PERSISTENT;
    if (use->allowed || nameless || cli_proxy_put_name(&text, use) < 0) {
        og_buf_free(&text);
        return;
    }
    const char *name = (const char *)text.data;
    row *r = is_strict(name, text.len) ? find(l, name, text.len) : NULL;
    if (is_strict(name, text.len) && (!r || !r->kept)) {
        if (!r) r = add(l, name, text.len, false);
        if (r)
            count_use(r, refusal, use);
        else
            l->left_out++;
        l->changed = true;
    }
    og_buf_free(&text);
}

void cli_learn_take(cli_learn *l, const og_refusal *refusal, const cli_judge *judge)
{
    og_pickle_report report;
    if (!l) return;
    cli_proxy_report(judge, refusal, &report);
    pthread_mutex_lock(&l->lock);
    for (size_t i = 0; i < report.use_count; i++)
        take_use(l, refusal, &report.uses[i]);
    if (cli_now_ms() - l->written_ms >= WRITE_EACH_MS) write_changes(l);
    pthread_mutex_unlock(&l->lock);
    og_pickle_report_fini(&report);
}

/* ---- Its life ---- */

void cli_learn_write(cli_learn *l)
{
    if (!l) return;
    pthread_mutex_lock(&l->lock);
    write_changes(l);
    pthread_mutex_unlock(&l->lock);
}

void cli_learn_close(cli_learn *l)
{
    if (!l) return;
    cli_learn_write(l);
    for (size_t i = 0; i < l->count; i++)
        free(l->rows[i].name);
    free(l->rows);
    free(l->slots);
    og_buf_free(&l->kept);
    pthread_mutex_destroy(&l->lock);
    free(l);
}

int cli_learn_open(cli_learn **out, const char *path)
{
    og_error err;
    cli_learn *l = calloc(1, sizeof *l);
    *out = NULL;
    int status = l ? 0 : ENOMEM;
    if (l) {
        l->path = path;
        og_buf_init(&l->kept, NULL);
        pthread_mutex_init(&l->lock, NULL);
        l->rows = calloc((size_t)2 * ROWS_MOST, sizeof *l->rows);
        l->slots = calloc(SLOTS, sizeof *l->slots);
        status = l->rows && l->slots ? read_kept(l) : ENOMEM;
        if (status == 0) add_all_kept(l);
        if (status == 0) status = replace_file(l);
        if (status == 0) {
            *out = l;
            return 0;
        }
        cli_learn_close(l);
    }
    og_error_set(&err, OG_EIO, OG_NO_POSITION, "cannot write names there: %s", strerror(status));
    return cli_fail(path, &err);
}
