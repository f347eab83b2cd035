/* SPDX-License-Identifier: MIT */
/* Paths of pathlib: joined from the parts that CPython pickles, and written as str() writes them. */
#include "known/known.h"

/* The pieces of a Windows path: drive ("C:", "\\host\share"), whether a root follows, the rest. */
typedef struct windows {
    const char *drive;
    size_t drive_len;
    bool root;
    const char *rest;
    size_t rest_len;
} windows;

static bool is_slash(char c)
{
    return c == '\\' || c == '/';
}

/* The first slash at or after `at`, or `len`. */
static size_t next_slash(const char *text, size_t len, size_t at)
{
    while (at < len && !is_slash(text[at]))
        at++;
    return at;
}

static bool has_unc_prefix(const char *text, size_t len)
{
    static const char prefix[] = "\\\\?\\UNC\\";
    if (len < 8) return false;
    for (size_t i = 0; i < 8; i++) {
        char c = text[i] == '/' ? '\\' : text[i];
        if (c != prefix[i] && (i < 4 || i > 6 || (c & ~0x20) != prefix[i])) return false;
    }
    return true;
}

static windows split(const char *text, size_t len)
{
    size_t drive = 0;
    if (len >= 2 && is_slash(text[0]) && is_slash(text[1])) {
        size_t start = has_unc_prefix(text, len) ? 8 : 2;
        size_t host = next_slash(text, len, start);
        drive = host < len ? next_slash(text, len, host + 1) : len;
    } else if (len >= 2 && text[1] == ':') {
        drive = 2;
    }
    bool root = drive < len && is_slash(text[drive]);
    return (windows){text, drive, root, text + drive + root, len - drive - root};
}

static bool same_drive(const windows *a, const windows *b)
{
    if (a->drive_len != b->drive_len) return false;
    for (size_t i = 0; i < a->drive_len; i++) {
        char x = a->drive[i] == '/' ? '\\' : a->drive[i];
        char y = b->drive[i] == '/' ? '\\' : b->drive[i];
        if (x >= 'A' && x <= 'Z') x = (char)(x | 0x20);
        if (y >= 'A' && y <= 'Z') y = (char)(y | 0x20);
        if (x != y) return false;
    }
    return true;
}

/* Appends the names between slashes of `text`, without empty ones and "."; `*first` until there was one. */
static int put_names(const char *text, size_t len, char slash, bool windows_rules, bool *first, og_buf *out)
{
    int status = OG_OK;
    for (size_t at = 0; at < len && status == OG_OK;) {
        size_t end = at;
        while (end < len && text[end] != '/' && !(windows_rules && text[end] == '\\'))
            end++;
        bool skip = end == at || (end == at + 1 && text[at] == '.');
        if (!skip) {
            if (!*first) status = og_buf_putc(out, (uint8_t)slash);
            if (status == OG_OK) status = og_buf_put(out, text + at, end - at);
            *first = false;
        }
        at = end + 1;
    }
    return status;
}

/* Two slashes in front mean something of their own to POSIX, three or more are one. */
static int put_posix_root(const char *text, size_t len, og_buf *out)
{
    size_t slashes = 0;
    while (slashes < len && text[slashes] == '/')
        slashes++;
    return og_buf_puts(out, slashes == 0 ? "" : slashes == 2 ? "//" : "/");
}

static int put_posix(og_value args, og_buf *out)
{
    size_t start = 0; /* the last part that is absolute: what is before it does not count */
    for (size_t i = 0; i < og_len(args); i++) {
        const char *part = og_data(og_item(args, i), NULL);
        if (og_len(og_item(args, i)) > 0 && part[0] == '/') start = i;
    }
    size_t before = out->len;
    int status = OG_OK;
    bool first = true;
    for (size_t i = start; i < og_len(args) && status == OG_OK; i++) {
        size_t len;
        const char *part = og_data(og_item(args, i), &len);
        if (i == start) status = put_posix_root(part, len, out);
        if (status == OG_OK) status = put_names(part, len, '/', false, &first, out);
    }
    if (status == OG_OK && out->len == before) status = og_buf_putc(out, '.');
    return status;
}

/* The drive and root that all parts together have, and the first part whose names count. */
static windows join_windows(og_value args, size_t *start)
{
    windows all = {"", 0, false, "", 0};
    for (size_t i = 0; i < og_len(args); i++) {
        size_t len;
        const char *part = og_data(og_item(args, i), &len);
        windows w = split(part, len);
        if (w.root) {
            if (w.drive_len == 0) w.drive = all.drive, w.drive_len = all.drive_len;
            all = w;
            *start = i;
        } else if (w.drive_len > 0) {
            bool same = same_drive(&w, &all);
            if (!same) *start = i;
            all.root = same && all.root;
            all.drive = w.drive;
            all.drive_len = w.drive_len;
        }
    }
    return all;
}

/* A drive of the form \\host\share, or \\?\UNC\host\share, has a root even where none is written. */
static bool is_share(const windows *w)
{
    size_t slashes = 0;
    for (size_t i = 0; i < w->drive_len; i++)
        slashes += is_slash(w->drive[i]);
    if (w->drive_len < 4 || !is_slash(w->drive[0]) || is_slash(w->drive[w->drive_len - 1])) return false;
    bool device = (w->drive[2] == '?' || w->drive[2] == '.') && is_slash(w->drive[3]);
    return (slashes == 3 && !device && !is_slash(w->drive[2])) || slashes == 5;
}

static int put_windows(og_value args, og_buf *out)
{
    size_t start = 0;
    size_t before = out->len;
    windows all = join_windows(args, &start);
    int status = OG_OK;
    for (size_t i = 0; i < all.drive_len && status == OG_OK; i++)
        status = og_buf_putc(out, all.drive[i] == '/' ? '\\' : (uint8_t)all.drive[i]);
    if (status == OG_OK && (all.root || is_share(&all))) status = og_buf_putc(out, '\\');
    bool first = true;
    size_t names = out->len;
    for (size_t i = start; i < og_len(args) && status == OG_OK; i++) {
        size_t len;
        const char *part = og_data(og_item(args, i), &len);
        windows w = split(part, len);
        status = put_names(w.rest, w.rest_len, '\\', true, &first, out);
    }
    if (status < 0) return status;
    /* "./c:x": a name that would read as a drive. */
    bool drive_like = names == before && out->len > names + 1 && out->data[names + 1] == ':';
    if (drive_like) {
        status = og_buf_put(out, "..", 2);
        if (status < 0) return status;
        memmove(out->data + names + 2, out->data + names, out->len - 2 - names);
        memcpy(out->data + names, ".\\", 2);
    }
    return out->len == before ? og_buf_putc(out, '.') : OG_OK;
}

bool og__known_is_windows_path(og_value object)
{
    og_value name = og_class_qualname(og_object_class(object));
    return og_str_is(name, "PureWindowsPath") || og_str_is(name, "WindowsPath");
}

og_value og_path(og_doc *doc, og_path_class cls, const char *text, size_t len, og_error *err)
{
    static const char *const names[] = {[OG_PATH] = "Path",
                                        [OG_PATH_PURE] = "PurePath",
                                        [OG_PATH_PURE_POSIX] = "PurePosixPath",
                                        [OG_PATH_PURE_WINDOWS] = "PureWindowsPath"};
    if ((unsigned)cls >= sizeof names / sizeof names[0])
        return og__known_no_value(err, OG_TYPE_PATH, "there is no such class of pathlib");
    if (!og_valid(og_str_borrow(text, len)))
        return og__known_no_value(err, OG_TYPE_PATH, "its text is not UTF-8");
    const og_value args[] = {og_strn(doc, text, len)};
    return og__known_made(doc, OG_MAKE_CALL, OG__KNOWN_LITERAL("pathlib"),
                          og_str_borrow(names[cls], strlen(names[cls])), args, 1, err);
}

int og_as_path(og_value value, og_buf *out, og_error *err)
{
    int status = og__known_expect_type(value, OG_TYPE_PATH, err);
    if (status < 0) return status;
    og_value args = og_object_args(value);
    for (size_t i = 0; i < og_len(args); i++) {
        if (og_kind_of(og_item(args, i)) != OG_STR)
            return og__known_refuse_content(err, OG_TYPE_PATH, "expected str as its parts");
    }
    size_t before = out->len;
    status = og__known_is_windows_path(value) ? put_windows(args, out) : put_posix(args, out);
    if (status == OG_OK) return OG_OK;
    out->len = before;
    return og_error_set(err, (og_status)status, OG_NO_POSITION, "no room for the text of a path");
}
