/* SPDX-License-Identifier: MIT */
/* Filling in the templates of --format. */
#include "cli/template.h"
#include "cli/origin.h"

#include <string.h>

enum { PATH_SIZE = 512, VALUE = CLI_ORIGIN_FIELDS, PROPERTY };

/* One piece of a template. */
typedef struct template_piece {
    const char *text; /* literal bytes, when `field` is -1 */
    size_t len;
    int field;            /* a cli_origin_field, VALUE or PROPERTY */
    char path[PATH_SIZE]; /* JSON Pointer into the value; name of the property */
} template_piece;

static int bad(const char *start, const char *at, og_error *err, const char *what)
{
    return og_error_set(err, OG_EINVAL, (size_t)(at - start), "%s", what);
}

static int find_field(const char *name, size_t len)
{
    if (len == 5 && memcmp(name, "value", 5) == 0) return VALUE;
    for (int i = 0; i < CLI_ORIGIN_FIELDS; i++)
        if (strlen(cli_origin_names[i]) == len && memcmp(cli_origin_names[i], name, len) == 0) return i;
    return -1;
}

/* What a layer may know of the peer: {tls.subject}. */
static size_t property_length(const char *name)
{
    const char *layer;
    size_t len = strcspn(name, "}[:! {");
    for (size_t i = 0; len < PATH_SIZE && og_layer_at(i, &layer, NULL); i++) {
        size_t n = strlen(layer);
        if (strncmp(name, layer, n) == 0 && name[n] == '.' && len > n + 1) return len;
    }
    return 0;
}

/* A key as a step of a JSON Pointer; false when it is too long. */
static bool put_step(char *path, const char *key, size_t len)
{
    size_t used = strlen(path);
    if (used + 2 * len + 2 > PATH_SIZE) return false;
    path[used++] = '/';
    for (size_t i = 0; i < len; i++) {
        if (key[i] == '~' || key[i] == '/') path[used++] = '~';
        path[used++] = (char)(key[i] == '~' ? '0' : key[i] == '/' ? '1' : key[i]);
    }
    path[used] = '\0';
    return true;
}

/* The keys after `value`, up to the closing brace. */
static int take_keys(const char *start, const char **at, template_piece *piece, og_error *err)
{
    while (**at == '[' || **at == '.') {
        bool bracket = **at == '[';
        const char *key = *at + 1;
        size_t len = strcspn(key, bracket ? "]" : ".[}:");
        if (len == 0 || (bracket && key[len] != ']'))
            return bad(start, *at, err, "expected a key, as in {value[name]}");
        if (!put_step(piece->path, key, len)) return bad(start, *at, err, "the keys are too long");
        *at = key + len + bracket;
    }
    return 0;
}

/* The field after an opening brace at `*at`. */
static int take_field(const char *start, const char **at, template_piece *piece, og_error *err)
{
    const char *name = *at + 1;
    size_t len = strcspn(name, "}[.:! {");
    piece->field = find_field(name, len);
    if (piece->field < 0 && property_length(name) > 0) {
        len = property_length(name);
        memcpy(piece->path, name, len);
        piece->field = PROPERTY;
    }
    if (piece->field < 0)
        return bad(start, name, err,
                   "expected time, peer, connection, codec, framing, tls.subject and the like, or value "
                   "after '{'");
    *at = name + len;
    int status = piece->field == VALUE ? take_keys(start, at, piece, err) : 0;
    if (status < 0) return status;
    if (**at != '}') return bad(start, *at, err, "expected '}' after the field: {time} {peer} {value[name]}");
    ++*at;
    return 0;
}

/* The next piece: 1, 0 at the end, or a negative status. */
static int next(const char *start, const char **at, template_piece *piece, og_error *err)
{
    *piece = (template_piece){.text = *at, .field = -1};
    if (!**at) return 0;
    if (**at == '{' && (*at)[1] != '{') {
        int status = take_field(start, at, piece, err);
        return status < 0 ? status : 1;
    }
    piece->len = strcspn(*at, "{}");
    if (piece->len == 0 && (*at)[0] == (*at)[1]) {
        piece->len = 1;
        *at += 1;
    } else if (piece->len == 0) {
        return bad(start, *at, err, "a '}' stands alone: write '}}' for a brace");
    }
    *at += piece->len;
    return 1;
}

int cli_template_check(const char *text, og_error *err)
{
    template_piece piece;
    int status;
    const char *at = text;
    while ((status = next(text, &at, &piece, err)) > 0)
        continue;
    return status;
}

static int write_field(const og_json_write_options *json, const template_piece *piece, og_value value,
                       const og_conn *conn, og_buf *out, og_error *err)
{
    char text[CLI_PROPERTY_SIZE] = "";
    if (piece->field != VALUE) {
        if (piece->field != PROPERTY)
            cli_origin_text(conn, (cli_origin_field)piece->field, text);
        else if (conn)
            og_conn_property(conn, piece->path, text, sizeof text);
        int status = og_buf_puts(out, text);
        return status < 0 ? og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "out of memory") : 0;
    }
    value = og_json_pointer(value, piece->path, err);
    if (!og_valid(value)) {
        err->position = OG_NO_POSITION; /* of a pointer that nobody wrote */
        return err->code;
    }
    return cli_plain_write(json, value, out, err);
}

int cli_template_write(const char *text, const og_json_write_options *json, og_value value,
                       const og_conn *conn, og_buf *out, og_error *err)
{
    template_piece piece;
    int status;
    const char *at = text;
    while ((status = next(text, &at, &piece, err)) > 0) {
        if (piece.field >= 0)
            status = write_field(json, &piece, value, conn, out, err);
        else if (og_buf_put(out, piece.text, piece.len) < 0)
            status = og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "out of memory");
        if (status < 0) return status;
    }
    return status;
}
