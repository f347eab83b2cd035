/* SPDX-License-Identifier: MIT */
/* Endpoints out of what people write instead of them. */
#include "cli/suggest.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { ENDPOINT_MAX = 512 };

/* What words of the command line were meant to be. */
typedef struct mended {
    char endpoint[ENDPOINT_MAX];
    size_t used;   /* the words that it takes the place of; 0: it is not known */
    bool doubtful; /* the last of them may be an object */
} mended;

static bool is_endpoint(const char *text)
{
    og_endpoint endpoint;
    return og_endpoint_parse(&endpoint, text, NULL) == 0;
}

static bool is_number(const char *text)
{
    return *text && strspn(text, "0123456789") == strlen(text);
}

static bool is_port(const char *text)
{
    long port = is_number(text) && strlen(text) <= 5 ? strtol(text, NULL, 10) : 0;
    return port > 0 && port <= UINT16_MAX;
}

static bool is_ipv6(const char *text)
{
    char bracketed[ENDPOINT_MAX];
    int n = snprintf(bracketed, sizeof bracketed, "tcp://[%s]:1", text);
    return n < ENDPOINT_MAX && is_endpoint(bracketed);
}

/* Four numbers with dots between them. */
static bool is_ipv4(const char *text)
{
    size_t dots = 0;
    for (const char *at = text; (at = strchr(at, '.')); at++)
        dots++;
    return dots == 3 && *text != '.' && strspn(text, "0123456789.") == strlen(text);
}

/* What is a host, and hardly anything else. */
static bool looks_like_host(const char *text)
{
    return strcmp(text, "localhost") == 0 || strcmp(text, "*") == 0 || is_ipv6(text) || is_ipv4(text) ||
           (*text == '[' && strchr(text, ':') && !strpbrk(text, ", "));
}

/* ---- Hosts and ports ---- */

/* False when the two are none of an endpoint. */
static bool join(const char *transport, const char *host, const char *port, char *out)
{
    bool bare = is_ipv6(host);
    int n = snprintf(out, ENDPOINT_MAX, "%s://%s%s%s:%s", transport, bare ? "[" : "", host, bare ? "]" : "",
                     port);
    return n > 0 && n < ENDPOINT_MAX && is_endpoint(out);
}

static const char *const transports[] = {"tcp", "udp", "tls"};

enum { TRANSPORTS = sizeof transports / sizeof transports[0] };

/* What follows the transport in "tcp://x", "tcp:/x" and "tcp:x". `*transport` is NULL when there is none. */
static const char *after_transport(const char *text, const char **transport)
{
    *transport = NULL;
    for (size_t i = 0; i < TRANSPORTS; i++) {
        size_t len = strlen(transports[i]);
        if (strncasecmp(text, transports[i], len) != 0 || text[len] != ':') continue;
        *transport = transports[i];
        return text + len + 1 + strspn(text + len + 1, "/");
    }
    return text;
}

/* A host whose port is in the next word, as nc takes them, with a colon or without. */
static bool mend_pair(const char *transport, const char *host, const char *port, mended *m)
{
    char name[ENDPOINT_MAX];
    size_t len = strlen(host);
    if (len > 1 && host[len - 1] == ':' && host[len - 2] != ':') len--;
    port += *port == ':';
    if (len == 0 || len >= sizeof name || !is_port(port)) return false;
    memcpy(name, host, len);
    name[len] = '\0';
    bool sure = transport || looks_like_host(name);
    m->doubtful = !port[1];
    if (!sure && (m->doubtful || is_number(name) || strpbrk(name, ":/{[\"' ") || cli_is_file(name)))
        return false;
    return join(transport ? transport : "tcp", name, port, m->endpoint);
}

/* Two words that are one endpoint, or three. */
static bool mend_words(char **words, size_t count, mended *m)
{
    const char *transport;
    const char *host = after_transport(words[0], &transport);
    m->used = 2;
    if (count >= 2 && mend_pair(transport, host, words[1], m)) return true;
    if (count >= 2 && is_port(words[0]) && looks_like_host(words[1]) &&
        join("tcp", words[1], words[0], m->endpoint))
        return true;
    for (size_t i = 0; i < TRANSPORTS && count >= 2; i++) {
        if (strcmp(words[0], transports[i]) != 0) continue;
        m->used = 3;
        if (count >= 3 && mend_pair(transports[i], words[1], words[2], m)) return true;
        m->used = 2;
        m->doubtful = false;
        const char *port = words[1] + (*words[1] == ':');
        snprintf(m->endpoint, ENDPOINT_MAX, "%s://%s%s", transports[i], is_port(port) ? "127.0.0.1:" : "",
                 is_port(port) ? port : words[1]);
        return is_endpoint(m->endpoint);
    }
    return false;
}

/* ---- One word ---- */

/* Schemes of other protocols, over the transport that they use. */
static const struct {
    const char *scheme;
    const char *transport;
    const char *port;
} foreign[] = {{"http://", "tcp", ":80"}, {"https://", "tls", ":443"}, {"ws://", "tcp", ":80"},
               {"wss://", "tls", ":443"}, {"ssl://", "tls", ":443"},   {"socket://", "tcp", ""},
               {"tcp4://", "tcp", ""},    {"tcp6://", "tcp", ""},      {"udp4://", "udp", ""},
               {"udp6://", "udp", ""},    {"telnet://", "tcp", ":23"}};

/* HOST[:PORT] of a URL, with the port that its scheme means. */
static bool mend_url(const char *text, char *better)
{
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
        size_t len = strlen(foreign[i].scheme);
        if (strncmp(text, foreign[i].scheme, len) != 0) continue;
        const char *host = text + len;
        int n = (int)strcspn(host, "/?#");
        const char *colon = memchr(host, ':', (size_t)n);
        snprintf(better, ENDPOINT_MAX, "%s://%.*s%s", foreign[i].transport, n, host,
                 colon ? "" : foreign[i].port);
        return is_endpoint(better);
    }
    return false;
}

/* "unix:/path" and "unix:path". */
static bool mend_unix(const char *text, char *better)
{
    const char *path = strchr(text, ':');
    if (strncmp(text, "unix", 4) != 0 || !path) return false;
    int len = (int)(path - text);
    snprintf(better, ENDPOINT_MAX, "%.*s://%s", len, text, path + 1);
    return is_endpoint(better);
}

/* The last part of a host with something else than one ':' before its port: "host/80", "host,80", "::1:80".
 */
static bool mend_separator(const char *transport, const char *text, char *better)
{
    char host[ENDPOINT_MAX];
    const char *mark = text + strlen(text);
    while (mark > text && mark[-1] >= '0' && mark[-1] <= '9')
        mark--;
    size_t len = (size_t)(mark - text);
    if (len < 2 || len > sizeof host || !is_port(mark) || !strchr("/,;: ", mark[-1])) return false;
    memcpy(host, text, len - 1);
    host[len - 1] = '\0';
    bool colon = mark[-1] == ':';
    if (colon && (strlen(mark) < 2 || !is_ipv6(host))) return false; /* "::1" is an address as it is */
    return (transport || looks_like_host(host)) && join(transport ? transport : "tcp", host, mark, better);
}

/* "tcp://host:80/path": what follows the port is no part of it. */
static bool mend_tail(const char *transport, const char *text, char *better)
{
    if (!transport) return false;
    snprintf(better, ENDPOINT_MAX, "%s://%.*s", transport, (int)strcspn(text, "/,; "), text);
    return is_endpoint(better);
}

static bool mend_transport(const char *transport, const char *text, char *better)
{
    if (!transport) return false;
    snprintf(better, ENDPOINT_MAX, "%s://%s%s", transport, is_port(text) ? "127.0.0.1:" : "", text);
    return is_endpoint(better);
}

static bool mend_bare(const char *text, char *better)
{
    if (strstr(text, "://") || cli_is_file(text)) return false;
    if (strchr(text, '/') || (strlen(text) > 5 && strcmp(text + strlen(text) - 5, ".sock") == 0))
        snprintf(better, ENDPOINT_MAX, "unix://%s", text);
    else
        snprintf(better, ENDPOINT_MAX, "tcp://%s%s",
                 is_number(text) ? "127.0.0.1:"
                 : *text == ':'  ? "127.0.0.1"
                                 : "",
                 text);
    return is_endpoint(better);
}

/* The endpoint that one word is, or was probably meant to be. */
static bool mend_word(const char *text, char *better)
{
    const char *transport;
    const char *rest = after_transport(text, &transport);
    if (is_endpoint(text)) return snprintf(better, ENDPOINT_MAX, "%s", text) < ENDPOINT_MAX;
    return mend_url(text, better) || mend_unix(text, better) || mend_transport(transport, rest, better) ||
           mend_separator(transport, rest, better) || mend_tail(transport, rest, better) ||
           mend_bare(text, better);
}

/* A host without a port, or with one that is none: the port of the examples. */
static bool guess_port(const char *text, char *better)
{
    char host[ENDPOINT_MAX];
    const char *transport;
    const char *rest = after_transport(text, &transport);
    size_t len = is_ipv6(rest)  ? strlen(rest)
                 : *rest == '[' ? strcspn(rest, "]") + 1
                                : strcspn(rest, ":/,;? ");
    if (len == 0 || len >= sizeof host || len > strlen(rest)) return false;
    memcpy(host, rest, len);
    host[len] = '\0';
    return (transport || looks_like_host(host)) && join(transport ? transport : "tcp", host, "8080", better);
}

/* ---- The command ---- */

enum { PAIRS = 1, GUESS = 2 }; /* words may be joined; a port may be made up */

static void mend(char **words, size_t count, int how, mended *m)
{
    *m = (mended){.used = 1};
    if (is_endpoint(words[0])) {
        if (mend_word(words[0], m->endpoint)) return;
    } else if (how & PAIRS && mend_words(words, count, m)) {
        return;
    }
    m->used = 1;
    m->doubtful = false;
    if (mend_word(words[0], m->endpoint)) return;
    if (!(how & GUESS) || !guess_port(words[0], m->endpoint)) m->used = 0;
}

/* The command with every endpoint mended: 0 when one cannot be, 2 when a port may be an object, else 1. */
static int put_mended(const cli_options *options, int how, og_buf *command)
{
    bool everywhere = options->command->bit & CLI_SERVERS;
    bool takes_objects = options->command->bit & (CLI_CALL | CLI_SEND | CLI_BENCH);
    int found = 1;
    size_t arg = 0;  /* the next of the arguments that are no options */
    size_t gone = 0; /* those up to here are part of an endpoint */
    size_t endpoints = 0;
    og_buf_puts(command, "onggi");
    for (size_t i = 0; i < options->word_count; i++) {
        mended m = {.used = 0};
        bool is_arg = arg < options->given_count && options->words[i] == options->given[arg];
        size_t place = arg;
        if (is_arg && arg++ < gone) continue;
        if (is_arg && (everywhere || place == 0)) {
            mend(options->given + place, options->given_count - place, how, &m);
            if (!m.used) return 0;
            gone = place + m.used;
            endpoints++;
            if (m.doubtful && takes_objects && gone == options->given_count) found = 2;
        }
        cli_put_word(command, m.used ? m.endpoint : options->words[i]);
    }
    return everywhere && endpoints < options->command->min_args ? 0 : found;
}

static bool suggest_mended(const cli_options *options, int how)
{
    og_buf command = OG_BUF_INIT;
    int found = put_mended(options, how, &command);
    if (found) cli_say_command("try", &command);
    og_buf_free(&command);
    if (found == 2 && put_mended(options, GUESS, &command)) {
        char lead[64];
        snprintf(lead, sizeof lead, "or, if %s is the object", options->given[options->given_count - 1]);
        cli_say_command(lead, &command);
    }
    og_buf_free(&command);
    return found;
}

static bool is_argument(const cli_options *options, const char *text)
{
    for (size_t i = 0; i < options->given_count; i++)
        if (options->given[i] == text) return true;
    return false;
}

/* An endpoint that an option has: --to. */
static void suggest_for_option(const cli_options *options, const char *text)
{
    char better[ENDPOINT_MAX];
    if (mend_word(text, better) || guess_port(text, better))
        cli_say_instead(options, text, better, "", false);
}

/* The word among the objects that is an endpoint, or NULL. */
static const char *misplaced(const cli_options *options)
{
    for (size_t i = 1; i < options->given_count && options->command->bit & CLI_CLIENTS; i++)
        if (is_endpoint(options->given[i])) return options->given[i];
    return NULL;
}

static void say_in_order(const cli_options *options, const char *endpoint)
{
    og_buf command = OG_BUF_INIT;
    og_buf_puts(&command, "onggi");
    cli_put_word(&command, options->words[0]);
    cli_put_word(&command, endpoint);
    for (size_t i = 1; i < options->word_count; i++)
        if (options->words[i] != endpoint) cli_put_word(&command, options->words[i]);
    cli_say_command("try", &command);
    og_buf_free(&command);
}

/* A file in the place of the endpoint: to be sent, or just to be looked at. */
static void suggest_convert(const cli_options *options, const char *path)
{
    og_buf command = OG_BUF_INIT;
    if (options->command->bit & (CLI_CALL | CLI_SEND)) {
        og_buf_puts(&command, "onggi");
        cli_put_word(&command, options->command->name);
        cli_put_word(&command, "tcp://127.0.0.1:8080");
        cli_put_redirection(&command, path);
    } else {
        og_buf_puts(&command, "onggi convert");
        cli_put_word(&command, path);
    }
    cli_say_command("try", &command);
    og_buf_free(&command);
}

void cli_suggest_endpoint(const cli_options *options, const char *text)
{
    const char *other = misplaced(options);
    if (!is_argument(options, text))
        suggest_for_option(options, text);
    else if (suggest_mended(options, PAIRS))
        return;
    else if (other)
        say_in_order(options, other);
    else if (cli_is_file(text))
        suggest_convert(options, text);
    else if (!suggest_mended(options, PAIRS | GUESS) && !suggest_mended(options, GUESS) &&
             options->command->bit & CLI_CLIENTS && *text && strchr("{[\"'", *text))
        say_in_order(options, "tcp://127.0.0.1:8080");
}

void cli_suggest_fewer(const cli_options *options)
{
    mended m;
    if (!(options->command->bit & CLI_WIRE)) return;
    mend(options->given, options->given_count, PAIRS, &m);
    if (m.used == options->given_count) suggest_mended(options, PAIRS);
}

void cli_suggest_command(int argc, char **argv)
{
    mended m;
    mend(argv, (size_t)argc, PAIRS, &m);
    bool file = !m.used && cli_is_file(argv[0]);
    if (!m.used && !file) mend(argv, (size_t)argc, PAIRS | GUESS, &m);
    if (!m.used && !file) return;
    og_buf command = OG_BUF_INIT;
    og_buf_puts(&command, "onggi");
    cli_put_word(&command, !m.used ? "convert" : argc > 1 ? "call" : "serve");
    cli_put_word(&command, m.used ? m.endpoint : argv[0]);
    for (int i = m.used ? (int)m.used : 1; i < argc; i++)
        cli_put_word(&command, argv[i]);
    cli_say_command("try", &command);
    og_buf_free(&command);
}

bool cli_suggest_receiving(const char *text, const char *more)
{
    char better[ENDPOINT_MAX];
    og_buf command = OG_BUF_INIT;
    if (strchr(text, '/') && !strstr(text, "://")) return false; /* a path of a file */
    if (!strchr(text, ':') || !mend_word(text, better)) return false;
    og_buf_puts(&command, "onggi recv");
    cli_put_word(&command, better);
    og_buf_puts(&command, more);
    cli_say_command("try", &command);
    og_buf_free(&command);
    return true;
}
