/* SPDX-License-Identifier: MIT */
/* The table of options, and parsing and printing from it. */
#include "cli/cli.h"
#include "cli/suggest.h"
#include "cli/template.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

typedef enum kind {
    FLAG,
    TEXT,
    WORDS,
    POINTER,
    TEMPLATE,
    PEER,
    CODEC,
    FRAMING,
    FORM_IN,
    FORM_OUT,
    NUMBER,
    PROTOCOL,
    DEPTH, /* 0 to 8 */
    ENCODING,
    SIZE,
    TIME,
    LAYER,
    THREADS,
    WHEN_FULL,
    WHEN_CROWDED,
    EXPECT,
    POLICY, /* a name, or a file */
    REFUSAL,
    READER,
    REWRITE,
    ENDPOINT,
    LOG_FORMAT,
    LOG_LEVEL,
    COLOUR,
    POOL /* a number, and the next word */
} kind;

typedef struct option_row {
    const char *name;
    char letter; /* 0: none */
    kind kind;
    int commands;
    size_t offset;        /* of the member of cli_options; of a LAYER: its number among the layers' options */
    const char *argument; /* NULL for flags */
    const char *help;
    uint64_t most; /* of a NUMBER */
} option_row;

#define AT(member) offsetof(cli_options, member)

static const option_row rows[] = {
    {"as", 0, PEER, CLI_WIRE, AT(as), "PEER", "the kind of peer: json, logging, carbon, … (onggi help peers)",
     0},
    {"codec", 0, CODEC, CLI_WIRE, AT(codec), "NAME",
     "json, pickle, repr, text, bytes or auto (default: auto)", 0},
    {"framing", 0, FRAMING, CLI_WIRE | CLI_CONVERT | CLI_INSPECT | CLI_POLICY, AT(framing), "NAME",
     "how messages are set apart in the stream: auto, raw, line, u32be, … (onggi help framings)", 0},
    {"interface", 0, TEXT, CLI_WIRE, AT(interface), "NAME",
     "the network interface for multicast, broadcast and addresses of one link (fe80::…)", 0},
    {"echo", 0, FLAG, CLI_SERVE, AT(echo), NULL, "answer with what arrived", 0},
    {"reply", 0, TEXT, CLI_SERVE, AT(reply), "OBJECT",
     "answer with this; with --codec text {} stands for what arrived", 0},
    {"exec", 0, TEXT, CLI_SERVE, AT(exec), "COMMAND",
     "answer with what this shell command prints; it reads the object as JSON", 0},
    {"exec-pool", 0, POOL, CLI_SERVE, AT(pool), "N COMMAND",
     "answer as N running processes of this command do: a line of JSON in, a line of JSON out", 256},
    {"exec-retry", 0, FLAG, CLI_SERVE, AT(exec_retry), NULL,
     "give an object whose process of --exec-pool died to another one, three at most", 0},
    {"to", 0, ENDPOINT, CLI_SERVE, AT(to), "ENDPOINT", "pass on to this server, answer with its answer", 0},
    {"retry", 0, FLAG, CLI_CALL | CLI_SERVE, AT(retry), NULL,
     "send an object once more when its answer is lost with the connection: it may be taken twice (serve: --to)",
     0},
    {"greet", 0, TEXT, CLI_SERVE, AT(greet), "OBJECT", "send this to whoever connects", 0},
    {"count", 'n', NUMBER, CLI_SERVE | CLI_RECV | CLI_BENCH, AT(count), "N",
     "end after N messages (serve with --greet alone: after N clients)", UINT64_MAX / 2},
    {"threads", 0, THREADS, CLI_SERVERS, AT(threads), "N",
     "serve on N threads, auto: one for each processor (default: 1)", 256},
    {"busy-poll", 0, NUMBER, CLI_SERVERS, AT(busy_poll_us), "N",
     "look for N microseconds whether anything has come before sleeping: quicker answers, more load",
     OG_BUSY_POLL_MAX},
    {"skip", 0, NUMBER, CLI_SERVE | CLI_CALL | CLI_RECV, AT(skip), "N",
     "pass over the first N messages of each connection: a greeting", UINT64_MAX / 2},
    {"skip-bytes", 0, NUMBER, CLI_SERVE | CLI_CALL | CLI_RECV, AT(skip_bytes), "N",
     "pass over the first N bytes of each connection: a version, a magic number", UINT64_MAX / 2},
    {"answers", 0, NUMBER, CLI_CALL, AT(answers), "N",
     "take N answers to each object: an acknowledgement and a result (default: 1)", UINT64_MAX / 2},
    {"connections", 'c', NUMBER, CLI_BENCH, AT(connections), "N", "use so many connections (default: 1)",
     10000},
    {"in-flight", 0, NUMBER, CLI_BENCH, AT(in_flight), "N",
     "send up to N objects on a connection before their answers (default: 1; with --rate: 1000)", 1000000},
    {"rate", 0, NUMBER, CLI_BENCH, AT(rate), "N",
     "send N objects a second, whatever the server does, and count from when each was due (default: the next "
     "one when an answer has come)",
     1000000000},
    {"duration", 0, TIME, CLI_BENCH, AT(duration_ms), "TIME", "measure for so long (default: 5)", 0},
    {"warm-up", 0, TIME, CLI_BENCH, AT(warm_up_ms), "TIME", "send for so long before it (default: 0.5)", 0},
    {"size", 0, TEXT, CLI_BENCH, AT(sizes), "SIZE,...",
     "send objects whose JSON text has so many bytes, one size after the other: 16,256,8K (default: 64)", 0},
    {"svg", 0, TEXT, CLI_BENCH, AT(svg), "FILE", "draw the times in FILE", 0},
    {"input", 'i', FORM_IN, CLI_CALL | CLI_SEND | CLI_BENCH | CLI_CONVERT, AT(in), "FORM",
     "how objects are given: json, lossless, repr, pickle or text", 0},
    {"output", 'o', FORM_OUT, CLI_SERVE | CLI_CALL | CLI_RECV | CLI_BENCH | CLI_CONVERT | CLI_INSPECT,
     AT(out), "FORM",
     "how objects are printed: json, pretty, lossless, repr, pickle, canonical, text, envelope or log", 0},
    {"force", 0, FLAG, CLI_SERVE | CLI_CALL | CLI_RECV | CLI_CONVERT, AT(force), NULL,
     "print pickles on a terminal too, whatever they do to it", 0},
    {"get", 0, POINTER, CLI_SERVE | CLI_CALL | CLI_RECV | CLI_CONVERT, AT(get), "POINTER",
     "print only what this JSON Pointer names: /users/0/name", 0},
    {"format", 0, TEMPLATE, CLI_SERVE | CLI_CALL | CLI_RECV | CLI_CONVERT, AT(format), "TEMPLATE",
     "print this for each object: {time} {peer} {connection} {codec} {framing} {value[name]}", 0},
    {"protocol", 0, PROTOCOL, CLI_ALL, AT(protocol), "N",
     "the protocol of pickles that are written, 0 to 5 (default: 4)", 5},
    {"encoding", 0, ENCODING, CLI_SERVE | CLI_CALL | CLI_RECV | CLI_CONVERT, AT(encoding), "NAME",
     "how to read Python 2's str in pickles: ascii, latin1, utf-8 or bytes (default: ascii)", 0},
    {"globals", 0, FLAG, CLI_INSPECT, AT(globals), NULL,
     "print the classes that it names, where, and how it uses them", 0},
    {"verdict", 0, FLAG, CLI_INSPECT, AT(verdict), NULL,
     "judge by the policy: exit 0 harmless, 1 not harmless, 5 unreadable, 6 no pickle", 0},
    {"annotate", 'a', FLAG, CLI_INSPECT, AT(annotate), NULL, "explain each opcode in a few words", 0},
    {"exclude", 0, WORDS, CLI_INSPECT | CLI_POLICY, AT(exclude), "PATTERN",
     "in folders, pass over what matches: '*.md' (may be given again)", 0},
    {"include", 0, WORDS, CLI_INSPECT | CLI_POLICY, AT(include), "PATTERN",
     "in folders, look only at files that match (may be given again)", 0},
    {"policy", 0, POLICY, CLI_EVERY & ~CLI_SEND, AT(policy), "FILE",
     "which classes pickles may name: a file, plain-data, numpy-data, torch-data or pandas-data", 0},
    {"nested", 0, DEPTH, CLI_EVERY & ~CLI_SEND, AT(nested), "N",
     "check pickles in the bytes and strings of pickles N deep, 0 to 8; refuse deeper ones (default: what the "
     "policy says, or 3)",
     8},
    {"expect", 0, EXPECT, CLI_PROXY, AT(expect), "CODEC",
     "what clients send: pickle, json, or any codec that is declared (default: pickle)", 0},
    {"on-refuse", 0, REFUSAL, CLI_PROXY, AT(on_refuse), "WHAT",
     "after a refused message: close the connection, drop the message, or reply:JSON (default: close)", 0},
    {"reader", 0, READER, CLI_PROXY, AT(reader), "HOW",
     "how the server reads raw: stream (pickle.load), whole (to the end) or recv:N (one recv)", 0},
    {"rewrite", 0, REWRITE, CLI_PROXY, AT(rewrite), "HOW",
     "pass messages on written anew, or verbatim: as they arrived (default: anew)", 0},
    {"fresh-unpickler", 0, FLAG, CLI_PROXY, AT(fresh_unpickler), NULL,
     "with --rewrite verbatim: the server reads each pickle with a new Unpickler (pickle.loads)", 0},
    {"learn", 0, TEXT, CLI_PROXY, AT(learn), "FILE",
     "write the names of what is refused to FILE, as a policy in which each is a comment", 0},
    {"dry-run", 0, FLAG, CLI_PROXY, AT(dry_run), NULL,
     "refuse nothing, and log what would be: protects from nothing", 0},
    {"strict", 0, FLAG, CLI_ALL, AT(strict), NULL,
     "JSON by RFC 8259 alone, and no pickle that Python's readers read differently (default: as Python does)",
     0},
    {"timeout", 't', TIME, CLI_WIRE, AT(timeout_ms), "TIME",
     "wait so long for a message to leave or to arrive whole: 2.5, 500ms, 1m; 0: without end", 0},
    {"connect-timeout", 0, TIME, CLI_CLIENTS | CLI_PROXY, AT(connect_timeout_ms), "TIME",
     "wait so long for a connection (default: 10)", 0},
    {"handshake-timeout", 0, TIME, CLI_WIRE, AT(handshake_timeout_ms), "TIME",
     "wait so long for a handshake, such as that of --authkey-file (default: 10)", 0},
    {"idle-timeout", 0, TIME, CLI_SERVERS, AT(idle_timeout_ms), "TIME",
     "close connections that are silent for so long (default: never)", 0},
    {"max-message", 0, SIZE, CLI_EVERY, AT(max_message), "SIZE",
     "refuse longer messages: 512K, 2G (default: 64M; inspect: 1G for a file or member)", 0},
    {"max-growth", 0, NUMBER, CLI_ALL, AT(max_growth), "N",
     "print or send on what arrived if that takes at most N bytes for each of the message, plus 64K (default: 64)",
     1000000000},
    {"max-depth", 0, NUMBER, CLI_ALL, AT(max_depth), "N", "refuse deeper nesting (default: 1000)", 1000000},
    {"max-digits", 0, NUMBER, CLI_ALL, AT(max_digits), "N",
     "refuse ints of more digits, read as text or printed (default: 4300)", 1000000000},
    {"max-connections", 0, NUMBER, CLI_SERVERS, AT(max_connections), "N",
     "serve so many clients at a time (default: 10000)", 1000000},
    {"when-crowded", 0, WHEN_CROWDED, CLI_SERVERS, AT(when_crowded), "WHAT",
     "let further clients wait, or refuse them (default: wait)", 0},
    {"max-queued", 0, SIZE, CLI_SERVERS, AT(max_queued), "SIZE",
     "read no more from a client while so much waits for it to read (default: 1M)", 0},
    {"max-total", 0, SIZE, CLI_SERVERS, AT(max_total), "SIZE",
     "let all clients together hold so much (default: 1G, or a quarter of the memory if that is less)", 0},
    {"max-amplification", 0, NUMBER, CLI_SERVE, AT(max_amplification), "N",
     "answer a datagram with at most N times its size, since its sender may be forged (default: 2)", 1000000},
    {"max-rate", 0, NUMBER, CLI_SERVE, AT(max_rate), "N",
     "answer so many datagrams of one sender in a second (default: 10000)", 1000000000},
    {"when-full", 0, WHEN_FULL, CLI_SERVE, AT(when_full), "WHAT",
     "nobody reads standard output: wait, drop objects or stop (default: wait)", 0},
    {"answer-timeout", 0, TIME, CLI_SERVE, AT(answer_timeout_ms), "TIME",
     "give a command of --exec, or the server of --to, so long for an answer (default: 30)", 0},
    {"grace", 0, TIME, CLI_SERVERS, AT(grace_ms), "TIME",
     "when told to stop, read clients that go on sending for so long (default: 5)", 0},
    {"user", 0, TEXT, CLI_SERVERS, AT(user), "NAME", "become this user, once it listens (a name or a number)",
     0},
    {"group", 0, TEXT, CLI_SERVERS, AT(group), "NAME", "take this group as well (default: the user's)", 0},
    {"keep-privileges", 0, FLAG, CLI_SERVERS, AT(keep_privileges), NULL,
     "do not give up the system calls and files that serving does not need", 0},
    {"log", 0, TEXT, CLI_SERVERS, AT(log), "FILE",
     "append what happens to FILE, which SIGHUP opens anew (default: standard error)", 0},
    {"log-format", 0, LOG_FORMAT, CLI_SERVERS, AT(log_format), "FORM", "text or json (default: text)", 0},
    {"log-level", 0, LOG_LEVEL, CLI_SERVERS, AT(log_level), "LEVEL",
     "say no less than debug, info, warning or error (default: info)", 0},
    {"color", 0, COLOUR, CLI_EVERY, AT(colour), "WHEN", "colours: auto (on a terminal), always or never", 0},
    {"quiet", 'q', FLAG, CLI_EVERY, AT(quiet), NULL, "say nothing but warnings and errors", 0},
    {"verbose", 'v', FLAG, CLI_EVERY, AT(verbose), NULL, "say more: who connects, what is spoken", 0},
    {"help", 'h', FLAG, CLI_EVERY, AT(help), NULL, "print this", 0},
};

enum { ROWS = sizeof rows / sizeof rows[0], HELP_COLUMN = 29 };

static const struct {
    const char *name;
    bool in;
    bool out;
} forms[] = {
#define X(id, name, in, out) {name, in, out},
    CLI_FORM_MAP(X)
#undef X
};

/* Row `index`: of the table above, then of the layers' own, which need no row here. False from their number
 * on. */
static bool row_at(size_t index, option_row *row)
{
    if (index < ROWS) {
        *row = rows[index];
        return true;
    }
    const og_layer_option_info *info = og_layer_option_at(index - ROWS);
    if (!info) return false;
    *row = (option_row){.name = info->name,
                        .kind = LAYER,
                        .argument = info->argument,
                        .help = info->summary,
                        .offset = index - ROWS};
    if (info->secret) return true; /* others could read it: no command has it */
    if (info->roles & OG_ROLE_CLIENT) row->commands |= CLI_CLIENTS | CLI_PROXY;
    if (info->roles & OG_ROLE_SERVER) row->commands |= CLI_SERVERS;
    return true;
}

/* The words that options take, by the number each means. */
static const char *const encodings[] = {
    [OG_PICKLE_ASCII] = "ascii",
    [OG_PICKLE_LATIN1] = "latin1",
    [OG_PICKLE_UTF8] = "utf-8",
    [OG_PICKLE_BYTES] = "bytes",
    NULL,
};
static const char *const whens_full[] = {[CLI_WAIT] = "wait", [CLI_DROP] = "drop", [CLI_STOP] = "stop", NULL};
static const char *const whens_crowded[] = {[OG_CROWDED_WAIT] = "wait", [OG_CROWDED_REFUSE] = "refuse", NULL};
static const char *const whens_colour[] = {
    [CLI_COLOUR_AUTO] = "auto", [CLI_COLOUR_ALWAYS] = "always", [CLI_COLOUR_NEVER] = "never", NULL};
static const char *const expects[] = {"pickle", "json", "any", NULL};
static const char *const log_formats[] = {[CLI_LOG_TEXT] = "text", [CLI_LOG_JSON] = "json", NULL};
static const char *const log_levels[] = {
    [OG_LOG_DEBUG] = "debug",
    [OG_LOG_INFO] = "info",
    [OG_LOG_WARNING] = "warning",
    [OG_LOG_ERROR] = "error",
    NULL,
};

static void add_choice(char *choices, size_t size, const char *word)
{
    size_t len = strlen(choices);
    snprintf(choices + len, size - len, "%s%s", len > 0 ? " " : "", word);
}

/* Names that stand for many, such as digits:N, are left out: they are no words to take as they are. */
static void list_names(kind of, char *choices, size_t size)
{
    const og_profile *peer;
    const og_codec *codec;
    const og_frame_ops *framing;
    const char *policy;
    if (of != PEER && of != POLICY) add_choice(choices, size, "auto");
    for (size_t i = 0; of == POLICY && (policy = og_policy_builtin_at(i)); i++)
        add_choice(choices, size, policy);
    for (size_t i = 0; of == PEER && (peer = og_profile_at(i)); i++)
        add_choice(choices, size, peer->name);
    for (size_t i = 0; of == CODEC && (codec = og_codec_at(i)); i++)
        add_choice(choices, size, codec->name);
    for (size_t i = 0; of == FRAMING && (framing = og_framing_at(i)); i++)
        if (!strchr(framing->name, ':')) add_choice(choices, size, framing->name);
}

static void list_words(const char *const *words, char *choices, size_t size)
{
    for (; *words; words++)
        add_choice(choices, size, *words);
}

static void list_choices(kind of, char *choices, size_t size)
{
    choices[0] = '\0';
    switch (of) {
    case PEER:
    case CODEC:
    case FRAMING:
    case POLICY: list_names(of, choices, size); break;
    case FORM_IN:
    case FORM_OUT:
        for (size_t i = 1; i < sizeof forms / sizeof forms[0]; i++)
            if (of == FORM_IN ? forms[i].in : forms[i].out) add_choice(choices, size, forms[i].name);
        break;
    case PROTOCOL: add_choice(choices, size, "0 1 2 3 4 5"); break;
    case DEPTH: add_choice(choices, size, "0 1 2 3 4 5 6 7 8"); break;
    case ENCODING: list_words(encodings, choices, size); break;
    case THREADS: add_choice(choices, size, "auto"); break;
    case WHEN_FULL: list_words(whens_full, choices, size); break;
    case WHEN_CROWDED: list_words(whens_crowded, choices, size); break;
    case COLOUR: list_words(whens_colour, choices, size); break;
    case EXPECT: list_words(expects, choices, size); break;
    case REFUSAL: add_choice(choices, size, "close drop reply:"); break;
    case READER: add_choice(choices, size, "stream whole recv:"); break;
    case REWRITE: add_choice(choices, size, "anew verbatim"); break;
    case ENDPOINT: add_choice(choices, size, CLI_SCHEMES); break;
    case LOG_FORMAT: list_words(log_formats, choices, size); break;
    case LOG_LEVEL: list_words(log_levels, choices, size); break;
    default: break;
    }
}

bool cli_option_next(int bits, size_t *index, cli_option_info *info)
{
    option_row row;
    while (row_at((*index)++, &row)) {
        if (!(row.commands & bits)) continue;
        *info = (cli_option_info){
            .name = row.name, .letter = row.letter, .argument = row.argument, .help = row.help};
        list_choices(row.kind, info->choices, sizeof info->choices);
        return true;
    }
    return false;
}

void cli_print_options(FILE *file, int bits)
{
    option_row row;
    for (size_t i = 0; row_at(i, &row); i++) {
        if (!(row.commands & bits)) continue;
        char left[64];
        char letter[8] = "    ";
        if (row.letter) snprintf(letter, sizeof letter, "-%c, ", row.letter);
        snprintf(left, sizeof left, "  %s--%s%s%s", letter, row.name, row.argument ? " " : "",
                 row.argument ? row.argument : "");
        cli_print_row(file, HELP_COLUMN, left, row.help);
    }
}

static void *member(cli_options *options, const option_row *row)
{
    return (char *)options + row->offset;
}

static int bad_argument(const option_row *row, const char *text, const char *expected)
{
    return cli_usage("--%s takes %s, not '%s'", row->name, expected, text);
}

static bool is_known(kind of, const char *text, og_error *err)
{
    og_framing framing;
    switch (of) {
    case PEER: return og_profile_find(text, err) != NULL;
    case CODEC: return strcmp(text, "auto") == 0 || og_codec_find(text, err) != NULL;
    default: return strcmp(text, "auto") == 0 || og_framing_find(&framing, text, err) == 0;
    }
}

/* Names are checked here, so that a wrong one is an error of usage. */
static int set_name(const option_row *row, const char *text, const char **out)
{
    og_error err;
    *out = text;
    if (is_known(row->kind, text, &err)) return 0;
    return cli_usage("--%s: %s", row->name, err.text);
}

/* Whether it is well-formed does not depend on what it is to reach into. */
static int set_pointer(const option_row *row, const char *text, const char **out)
{
    char what[24];
    og_error err = {.code = OG_OK};
    *out = text;
    og_json_pointer(og_none(), text, &err);
    if (err.code != OG_EINVAL) return 0;
    snprintf(what, sizeof what, "--%s", row->name);
    cli_fail_in(what, text, strlen(text), NULL, &err);
    return CLI_USAGE;
}

static int set_template(const char *text, const char **out)
{
    og_error err;
    *out = text;
    if (cli_template_check(text, &err) == 0) return 0;
    cli_fail_in("--format", text, strlen(text), NULL, &err);
    return CLI_USAGE;
}

static int set_form(const option_row *row, const char *text, cli_form *out)
{
    for (size_t i = 1; i < sizeof forms / sizeof forms[0]; i++) {
        if (strcmp(forms[i].name, text) != 0 || !(row->kind == FORM_IN ? forms[i].in : forms[i].out))
            continue;
        *out = (cli_form)i;
        return 0;
    }
    return bad_argument(row, text,
                        row->kind == FORM_IN
                            ? "json, lossless, repr, pickle or text"
                            : "json, pretty, lossless, repr, pickle, canonical, text, envelope or log");
}

static int set_number(const option_row *row, const char *text, uint64_t *out)
{
    char expected[64];
    bool from_zero = row->kind == PROTOCOL || row->kind == DEPTH;
    uint64_t least = from_zero ? 0 : 1;
    if (cli_parse_number(text, out) && *out >= least && *out <= row->most) {
        *out += from_zero; /* 0 is that it was not given */
        return 0;
    }
    if (row->most > 1000000)
        snprintf(expected, sizeof expected, "a number from 1 on");
    else
        snprintf(expected, sizeof expected, "a number from %d to %d", (int)least, (int)row->most);
    return bad_argument(row, text, expected);
}

/* A number, or as many as there are processors for us. */
static int set_threads(const option_row *row, const char *text, uint64_t *out)
{
    if (strcmp(text, "auto") != 0) return set_number(row, text, out);
    cpu_set_t set;
    *out = sched_getaffinity(0, sizeof set, &set) == 0 ? (uint64_t)CPU_COUNT(&set) : 1;
    if (*out > row->most) *out = row->most;
    return 0;
}

/* The number of the word in `names`, the last of which is NULL. */
static int set_word(const option_row *row, const char *text, const char *const *names, const char *all,
                    int *out)
{
    for (int i = 0; names[i]; i++) {
        if (strcmp(names[i], text) != 0) continue;
        *out = i;
        return 0;
    }
    return bad_argument(row, text, all);
}

static int set_when_full(const option_row *row, const char *text, cli_when_full *out)
{
    int word = 0;
    int status = set_word(row, text, whens_full, "wait, drop or stop", &word);
    *out = (cli_when_full)word;
    return status;
}

static int set_when_crowded(const option_row *row, const char *text, og_when_crowded *out)
{
    int word = 0;
    int status = set_word(row, text, whens_crowded, "wait or refuse", &word);
    *out = (og_when_crowded)word;
    return status;
}

static int set_colour(const option_row *row, const char *text, cli_when_colour *out)
{
    int word = 0;
    int status = set_word(row, text, whens_colour, "auto, always or never", &word);
    *out = (cli_when_colour)word;
    return status;
}

static int set_expect(const option_row *row, const char *text, const char **out)
{
    int word = 0;
    *out = text;
    return set_word(row, text, expects, "pickle, json or any", &word);
}

static int set_log_format(const option_row *row, const char *text, cli_log_format *out)
{
    int word = 0;
    int status = set_word(row, text, log_formats, "text or json", &word);
    *out = (cli_log_format)word;
    return status;
}

static int set_log_level(const option_row *row, const char *text, int *out)
{
    int word = 0;
    int status = set_word(row, text, log_levels, "debug, info, warning or error", &word);
    *out = word + 1;
    return status;
}

static int set_encoding(const option_row *row, const char *text, og_pickle_encoding *out)
{
    int word = 0;
    int status = set_word(row, text, encodings, "ascii, latin1, utf-8 or bytes", &word);
    *out = (og_pickle_encoding)word;
    return status;
}

static int set_layer_option(cli_options *options, const option_row *row, const char *text)
{
    if (options->layer_option_count == CLI_LAYER_OPTIONS)
        return cli_usage("--%s: too many options", row->name);
    const char *warning = og_layer_option_at(row->offset)->warning;
    if (warning) cli_log(OG_LOG_WARNING, "%s", warning);
    options->layer_options[options->layer_option_count++] =
        (og_layer_option){.name = row->name, .value = text};
    return 0;
}

static int add_word(const option_row *row, const char *text, cli_words *out)
{
    if (out->count == CLI_WORDS_MAX)
        return cli_usage("--%s can be given %d times at most", row->name, CLI_WORDS_MAX);
    out->items[out->count++] = text;
    return 0;
}

static int set_option(cli_options *options, const option_row *row, const char *text)
{
    void *out = member(options, row);
    if (!text && row->kind != FLAG && row->kind != LAYER) text = ""; /* the others have an argument */
    switch (row->kind) {
    case FLAG: *(bool *)out = true; return 0;
    case TEXT:
    case POLICY:
    case REFUSAL:
    case READER:
    case REWRITE:
    case ENDPOINT: *(const char **)out = text; return 0;
    case WORDS: return add_word(row, text, out);
    case POINTER: return set_pointer(row, text, out);
    case TEMPLATE: return set_template(text, out);
    case PEER:
    case CODEC:
    case FRAMING: return set_name(row, text, out);
    case FORM_IN:
    case FORM_OUT: return set_form(row, text, out);
    case NUMBER:
    case PROTOCOL:
    case DEPTH: return set_number(row, text, out);
    case ENCODING: return set_encoding(row, text, out);
    case THREADS: return set_threads(row, text, out);
    case POOL: return set_number(row, text, &((cli_pool_words *)out)->count);
    case WHEN_FULL: return set_when_full(row, text, out);
    case COLOUR: return set_colour(row, text, out);
    case EXPECT: return set_expect(row, text, out);
    case LOG_FORMAT: return set_log_format(row, text, out);
    case LOG_LEVEL: return set_log_level(row, text, out);
    case WHEN_CROWDED: return set_when_crowded(row, text, out);
    case SIZE:
        if (cli_parse_size(text, out) && *(uint64_t *)out > 0) return 0;
        return bad_argument(row, text, "a size such as 1000, 512K, 64M or 2G");
    case TIME:
        if (cli_parse_time(text, out)) return 0;
        return bad_argument(row, text, "a time such as 10, 2.5, 500ms or 1m");
    case LAYER: return set_layer_option(options, row, text);
    }
    return 0;
}

/* What other programs have options for, and here is in the endpoint. */
static bool is_in_endpoint(const char *word)
{
    static const char *const words[] = {"--port", "--host", "--bind", "--address", "--listen", "-p", "-H"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(word, words[i]) == 0) return true;
    return false;
}

/* Says which subcommands have an option that this one has not. */
static int option_of_others(const cli_command *command, const char *word, int commands)
{
    char names[160] = "";
    size_t len = 0;
    const cli_command *other;
    for (size_t i = 0; (other = cli_command_at(i)) && len < sizeof names; i++)
        if (other->bit & commands)
            len += (size_t)snprintf(names + len, sizeof names - len, "%s%s", len ? ", " : "", other->name);
    return cli_usage("%s is no option of 'onggi %s', only of: %s; see 'onggi help %s'", word, command->name,
                     names, command->name);
}

/* Says what an unknown option may have been meant to be. */
static int unknown_option(const cli_command *command, const char *arg, size_t len)
{
    char word[40];
    const char *names[ROWS + CLI_LAYER_OPTIONS + 1];
    size_t count = 0;
    option_row row;
    snprintf(word, sizeof word, "%.*s", (int)(len < 39 ? len : 39), arg);
    for (size_t i = 0; row_at(i, &row) && count < ROWS + CLI_LAYER_OPTIONS; i++) {
        if (!(row.commands & command->bit)) {
            if (arg[1] == '-' && strcmp(row.name, word + 2) == 0)
                return option_of_others(command, word, row.commands);
            continue;
        }
        names[count++] = row.name;
    }
    names[count] = NULL;
    if (is_in_endpoint(word) && command->bit & (CLI_CLIENTS | CLI_SERVE))
        return cli_usage("there is no option %s: host and port are in the endpoint, as in 'onggi %s "
                         "tcp://127.0.0.1:8080'",
                         word, command->name);
    const char *nearest = arg[1] == '-' ? og_nearest(word + 2, names) : NULL;
    if (nearest) return cli_usage("there is no option %s: did you mean --%s?", word, nearest);
    return cli_usage("there is no option %s: see 'onggi %s --help'", word, command->name);
}

/* The option that `arg` names; `*value` is what is in the same word, or NULL. False when there is none. */
static bool find_option(const cli_command *command, const char *arg, size_t *len, const char **value,
                        option_row *row)
{
    *value = NULL;
    *len = strcspn(arg, "=");
    if (arg[1] == '-' && arg[*len] == '=') *value = arg + *len + 1;
    for (size_t i = 0; row_at(i, row); i++) {
        if (!(row->commands & command->bit)) continue;
        if (arg[1] == '-') {
            if (strlen(row->name) == *len - 2 && memcmp(arg + 2, row->name, *len - 2) == 0) return true;
        } else if (row->letter == arg[1]) {
            if (arg[2]) *value = arg + 2;
            return true;
        }
    }
    return false;
}

/* One option at argv[*index]; moves on past its argument. 0 or CLI_USAGE. */
static int parse_option(cli_options *options, const cli_command *command, int argc, char **argv, int *index)
{
    size_t len;
    const char *value;
    option_row row;
    const char *arg = argv[*index];
    if (!find_option(command, arg, &len, &value, &row)) return unknown_option(command, arg, len);
    if (!row.argument && value) return cli_usage("--%s takes no argument", row.name);
    if (row.argument && !value) {
        if (*index + 1 >= argc) return cli_usage("--%s needs an argument: %s", row.name, row.argument);
        value = argv[++*index];
    }
    int status = set_option(options, &row, value);
    if (status || row.kind != POOL) return status;
    if (*index + 1 >= argc) return cli_usage("--%s needs two arguments: %s", row.name, row.argument);
    options->pool.command = argv[++*index];
    return 0;
}

/* "-" is standard input, "-5" an object. */
static bool is_option(const char *arg)
{
    return arg[0] == '-' && arg[1] != '\0' && !(arg[1] >= '0' && arg[1] <= '9');
}

static int check_args(const cli_options *options, const cli_command *command)
{
    if (options->arg_count < command->min_args)
        return cli_usage("'onggi %s' needs %s: onggi %s [OPTIONS] %s", command->name,
                         command->bit & CLI_WIRE ? "an endpoint, e.g. tcp://127.0.0.1:8080" : "more",
                         command->name, command->synopsis);
    if (options->arg_count <= command->max_args) return 0;
    cli_usage("'%s' is one argument too many: onggi %s [OPTIONS] %s", options->args[command->max_args],
              command->name, command->synopsis);
    cli_suggest_fewer(options);
    return CLI_USAGE;
}

int cli_parse(cli_options *options, const cli_command *command, int argc, char **argv)
{
    bool only_args = false;
    *options = (cli_options){.command = command, .words = argv, .word_count = (size_t)argc};
    options->args = calloc((size_t)argc, sizeof *options->args);
    if (!options->args) {
        cli_log(OG_LOG_ERROR, "out of memory");
        return CLI_REFUSED;
    }
    for (int i = 1; i < argc; i++) {
        if (only_args || !is_option(argv[i])) {
            options->args[options->arg_count++] = argv[i];
        } else if (strcmp(argv[i], "--") == 0) {
            only_args = true;
        } else {
            int status = parse_option(options, command, argc, argv, &i);
            if (status) return status;
        }
    }
    options->given = options->args;
    options->given_count = options->arg_count;
    return options->help ? 0 : check_args(options, command);
}

void cli_options_fini(cli_options *options)
{
    og_policy_free(options->rules);
    og_buf_free(&options->rules_text);
    free(options->args);
}
