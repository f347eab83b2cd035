/* SPDX-License-Identifier: MIT */
/* What the log says of a connection when it has ended. */
#include "cli/ended.h"
#include "cli/glyph.h"
#include "cli/stop.h"

#include <string.h>

enum { TEXT_SIZE = 1024 };

/* The end that nobody had a reason for. */
static const char *clean_end(const og_conn_counts *counts)
{
    if (counts->ended) return "the peer closed";
    return cli_stop_is_over(0) ? "the server stops" : "it was closed here";
}

/* A client that has sent nothing, and was there for long enough to wait for something. */
static bool has_waited(const og_conn_counts *counts)
{
    enum { LONG_MS = 1000 };
    return counts->bytes_in == 0 && counts->bytes_out == 0 && counts->age_ms >= LONG_MS &&
           !cli_stop_is_over(0);
}

/* What was spoken, as far as it was known by then. */
static const char *spoken(char *text, size_t size, const char *codec, const char *framing)
{
    bool has_codec = strcmp(codec, "auto") != 0, has_framing = strcmp(framing, "auto") != 0;
    snprintf(text, size, "%s%s%s", has_codec ? codec : "codec unknown", has_framing ? " in " : "",
             has_framing ? framing : "");
    return text;
}

void cli_log_ended(const og_conn *conn, const og_error *why)
{
    char framing[OG_FRAMING_NAME_MAX];
    char wire[2 * OG_FRAMING_NAME_MAX];
    char text[TEXT_SIZE];
    char reason[sizeof why->text * 2];
    og_conn_counts n;
    if (!cli_log_wants(OG_LOG_INFO)) return;
    og_conn_count(conn, &n);
    cli_put_in_words(reason, sizeof reason, why ? why->text : clean_end(&n));
    cli_blunt(reason);
    og_conn_framing(conn, framing, sizeof framing);
    const char *profile = og_conn_profile(conn);
    snprintf(text, sizeof text,
             "ended after %lld.%03d s: %s%s%s, %llu object%s and %llu byte%s in, %llu object%s and "
             "%llu byte%s out, %llu refused: %s%s",
             (long long)(n.age_ms / 1000), (int)(n.age_ms % 1000),
             spoken(wire, sizeof wire, og_conn_codec(conn), framing), *profile ? " as " : "", profile,
             (unsigned long long)n.messages_in, cli_plural(n.messages_in), (unsigned long long)n.bytes_in,
             cli_plural(n.bytes_in), (unsigned long long)n.messages_out, cli_plural(n.messages_out),
             (unsigned long long)n.bytes_out, cli_plural(n.bytes_out), (unsigned long long)n.refused, reason,
             has_waited(&n)
                 ? "; if it waits for the server to begin, it may want a key (--authkey-file) or a greeting "
                   "(--greet)"
                 : "");
    const cli_log_field fields[] = {
        {"event", "ended", 0},
        {"codec", og_conn_codec(conn), 0},
        {"framing", framing, 0},
        {"profile", profile, 0},
        {"bytes_in", NULL, n.bytes_in},
        {"bytes_out", NULL, n.bytes_out},
        {"objects_in", NULL, n.messages_in},
        {"objects_out", NULL, n.messages_out},
        {"refused", NULL, n.refused},
        {"milliseconds", NULL, (uint64_t)n.age_ms},
        {"why", reason, 0},
        {NULL, NULL, 0},
    };
    cli_log_line(OG_LOG_INFO, conn, text, fields);
}
