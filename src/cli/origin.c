/* SPDX-License-Identifier: MIT */
/* Where a value comes from. */
#include "cli/origin.h"

#include <string.h>
#include <time.h>

const char *const cli_origin_names[CLI_ORIGIN_FIELDS] = {
    [CLI_ORIGIN_TIME] = "time",   [CLI_ORIGIN_PEER] = "peer",       [CLI_ORIGIN_CONNECTION] = "connection",
    [CLI_ORIGIN_CODEC] = "codec", [CLI_ORIGIN_FRAMING] = "framing",
};

/* ISO 8601, to the microsecond. */
static void write_time(char *text)
{
    struct timespec now;
    struct tm utc;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    size_t len = strftime(text, CLI_ORIGIN_SIZE, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(text + len, CLI_ORIGIN_SIZE - len, ".%06ldZ", now.tv_nsec / 1000);
}

const char *cli_origin_property(const og_conn *conn, size_t *index, char *value)
{
    const char *name;
    while (conn && (name = og_conn_property_at(conn, (*index)++)))
        if (og_conn_property(conn, name, value, CLI_PROPERTY_SIZE) > 0) return name;
    return NULL;
}

int cli_origin_variable(const char *name, char *text, size_t size)
{
    int len = snprintf(text, size, "ONGGI_%s=", name);
    for (char *c = text + strlen("ONGGI_"); *c; c++) {
        if (*c >= 'a' && *c <= 'z') *c = (char)(*c - 'a' + 'A');
        if (*c == '.') *c = '_';
    }
    return len;
}

const char *cli_origin_text(const og_conn *conn, cli_origin_field field, char *text)
{
    text[0] = '\0';
    if (field == CLI_ORIGIN_TIME) {
        write_time(text);
    } else if (conn) {
        switch (field) {
        case CLI_ORIGIN_PEER: snprintf(text, CLI_ORIGIN_SIZE, "%s", og_conn_peer(conn)); break;
        case CLI_ORIGIN_CODEC: snprintf(text, CLI_ORIGIN_SIZE, "%s", og_conn_codec(conn)); break;
        case CLI_ORIGIN_FRAMING: og_conn_framing(conn, text, CLI_ORIGIN_SIZE); break;
        default: snprintf(text, CLI_ORIGIN_SIZE, "%llu", (unsigned long long)og_conn_id(conn)); break;
        }
    }
    return text;
}
