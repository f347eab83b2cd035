/* SPDX-License-Identifier: MIT */
/* The table of options, the words that they take, and printing from it. */
#include "cli/options_table.h"

#include <string.h>

#define AT(member) offsetof(cli_options, member)

static const cli_option_row rows[] = {
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
    {"output", 'o', FORM_OUT, CLI_SERVE | CLI_CALL | CLI_RECV | CLI_CONVERT, AT(out), "FORM",
     "how objects are printed: json, pretty, lossless, repr, pickle, canonical, text, envelope or log", 0},
    {"output", 'o', FORM_SHOWN, CLI_BENCH | CLI_INSPECT, AT(out), "FORM",
     "print text for people, or a line of json for each (default: text)", 0},
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
_Static_assert(ROWS + CLI_LAYER_OPTIONS <= CLI_OPTION_ROWS_MAX, "there are more options than may be");

static const struct {
    const char *name;
    bool in;
    bool out;
} forms[] = {
#define X(id, name, in, out) {name, in, out},
    CLI_FORM_MAP(X)
#undef X
};

bool cli_option_row_at(size_t index, cli_option_row *row)
{
    if (index < ROWS) {
        *row = rows[index];
        return true;
    }
    const og_layer_option_info *info = og_layer_option_at(index - ROWS);
    if (!info) return false;
    *row = (cli_option_row){.name = info->name,
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

const char *const *cli_option_words(cli_option_kind of)
{
    switch (of) {
    case ENCODING: return encodings;
    case WHEN_FULL: return whens_full;
    case WHEN_CROWDED: return whens_crowded;
    case COLOUR: return whens_colour;
    case EXPECT: return expects;
    case LOG_FORMAT: return log_formats;
    case LOG_LEVEL: return log_levels;
    default: return NULL;
    }
}

const char *cli_option_form(cli_option_kind of, size_t form)
{
    bool taken = of == FORM_IN ? forms[form].in : forms[form].out;
    if (of == FORM_SHOWN) taken = form == CLI_FORM_TEXT || form == CLI_FORM_JSON;
    return taken ? forms[form].name : NULL;
}

/* ---- Listing ---- */

static void add_choice(char *choices, size_t size, const char *word)
{
    size_t len = strlen(choices);
    snprintf(choices + len, size - len, "%s%s", len > 0 ? " " : "", word);
}

/* Names that stand for many, such as digits:N, are left out: they are no words to take as they are. */
static void list_names(cli_option_kind of, char *choices, size_t size)
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

static void list_choices(cli_option_kind of, char *choices, size_t size)
{
    choices[0] = '\0';
    switch (of) {
    case PEER:
    case CODEC:
    case FRAMING:
    case POLICY: list_names(of, choices, size); break;
    case FORM_IN:
    case FORM_OUT:
    case FORM_SHOWN:
        for (size_t i = 1; i < CLI_FORMS; i++)
            if (cli_option_form(of, i)) add_choice(choices, size, cli_option_form(of, i));
        break;
    case PROTOCOL: add_choice(choices, size, "0 1 2 3 4 5"); break;
    case DEPTH: add_choice(choices, size, "0 1 2 3 4 5 6 7 8"); break;
    case THREADS: add_choice(choices, size, "auto"); break;
    case REFUSAL: add_choice(choices, size, "close drop reply:"); break;
    case READER: add_choice(choices, size, "stream whole recv:"); break;
    case REWRITE: add_choice(choices, size, "anew verbatim"); break;
    case ENDPOINT: add_choice(choices, size, CLI_SCHEMES); break;
    default:
        for (const char *const *words = cli_option_words(of); words && *words; words++)
            add_choice(choices, size, *words);
    }
}

bool cli_option_next(int bits, size_t *index, cli_option_info *info)
{
    cli_option_row row;
    while (cli_option_row_at((*index)++, &row)) {
        if (!(row.commands & bits)) continue;
        *info = (cli_option_info){.name = row.name,
                                  .letter = row.letter,
                                  .argument = row.argument,
                                  .help = row.help,
                                  .commands = row.commands};
        list_choices(row.kind, info->choices, sizeof info->choices);
        return true;
    }
    return false;
}

void cli_print_options(FILE *file, int bits)
{
    cli_option_row row;
    for (size_t i = 0; cli_option_row_at(i, &row); i++) {
        if (!(row.commands & bits)) continue;
        char left[64];
        char letter[8] = "    ";
        if (row.letter) snprintf(letter, sizeof letter, "-%c, ", row.letter);
        snprintf(left, sizeof left, "  %s--%s%s%s", letter, row.name, row.argument ? " " : "",
                 row.argument ? row.argument : "");
        cli_print_row(file, HELP_COLUMN, left, row.help);
    }
}
