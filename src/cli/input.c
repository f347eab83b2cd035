/* SPDX-License-Identifier: MIT */
/* Reading objects from words and streams. */
#include "cli/input.h"
#include "cli/frames.h"
#include "cli/pairs.h"
#include "cli/progress.h"
#include "cli/suggest.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { PIECE = 65536 };

cli_form cli_input_form(const cli_options *options, const char *codec)
{
    if (options->in != CLI_FORM_NONE) return options->in;
    return cli_is_text(codec) ? CLI_FORM_TEXT : CLI_FORM_JSON;
}

int cli_input_init(cli_input *input, const cli_options *options, cli_form form, char **words, size_t count)
{
    *input = (cli_input){
        .options = options,
        .given = form,
        .form = form,
        .doc = og_doc_new(NULL),
        .words = count ? words : NULL,
        .word_count = count,
    };
    og_buf_init(&input->buf, NULL);
    if (!input->doc) {
        cli_log(OG_LOG_ERROR, "out of memory");
        return CLI_REFUSED;
    }
    if (!count) cli_input_open(input, STDIN_FILENO, "standard input");
    return 0;
}

int cli_input_init_typed(cli_input *input, const cli_options *options, cli_form form, char **words,
                         size_t count)
{
    int status = cli_input_init(input, options, form, words, count);
    if (status || count || form == CLI_FORM_PICKLE || !cli_prompt_wanted()) return status;
    cli_progress_stop(); /* a line that is typed has the terminal to itself */
    input->prompt = cli_prompt_new();
    input->name = "the object";
    return 0;
}

void cli_input_fini(cli_input *input)
{
    cli_prompt_free(input->prompt);
    og_doc_free(input->doc);
    og_buf_free(&input->buf);
}

/* ---- Words ---- */

/* How many words from the next on are members of one object: name=John age:=30. */
static size_t count_pairs(const cli_input *input)
{
    size_t count = 0;
    if (!cli_takes_pairs(input->form)) return 0;
    for (size_t i = input->word; i < input->word_count; i++, count++)
        if (!cli_is_pair(input->words[i], strlen(input->words[i]))) break;
    return count;
}

static int next_word(cli_input *input, og_value *value)
{
    char what[32];
    if (input->word == input->word_count) return 0;
    char **words = input->words + input->word;
    size_t pairs = count_pairs(input);
    snprintf(what, sizeof what, "object %zu", input->word + 1);
    if (input->word_count == 1 || pairs == input->word_count) snprintf(what, sizeof what, "the object");
    input->word += pairs ? pairs : 1;
    const char *text = *words;
    size_t len = strlen(text);
    int status = 0;
    input->buf.len = 0;
    if (pairs) {
        status = cli_pairs_of_words(words, pairs, input->form, input->options, &input->buf);
        text = (const char *)input->buf.data;
        len = input->buf.len;
    }
    if (status == 0)
        status = cli_read_object(input->doc, text, len, input->form, input->options, what, value);
    return status ? -status : 1;
}

/* ---- Streams ---- */

static int scan_end(void *ctx, const uint8_t *data, size_t len, bool ended, size_t *start, size_t *end,
                    og_error *err)
{
    cli_input *input = ctx;
    if (input->form != CLI_FORM_PICKLE)
        return og_json_scan_end(&input->scan.json, data, len, ended, start, end, err);
    *start = 0;
    return og_pickle_scan_end(&input->scan.pickle, data, len, ended, end, err);
}

static void start_scan(cli_input *input)
{
    memset(&input->scan, 0, sizeof input->scan);
    if (input->form == CLI_FORM_PICKLE) return;
    input->scan.json.max_depth = (size_t)input->options->max_depth;
    input->scan.json.allow_bom = !input->options->strict;
}

static void start_framing(cli_input *input, og_framing framing)
{
    size_t limit = input->options->max_message ? (size_t)input->options->max_message : OG_MAX_MESSAGE_DEFAULT;
    og_frame_reader_init(&input->reader, framing, limit, scan_end, input);
    start_scan(input);
}

/* Unless --framing says otherwise, texts and reprs have a line each, and the others tell themselves where
 * they end. */
static void start_reader(cli_input *input)
{
    og_framing framing = {0};
    bool lines = input->form == CLI_FORM_TEXT || input->form == CLI_FORM_REPR;
    bool given = input->framed && cli_framing_given(input->options, &framing);
    input->told = lines || given || !input->framed;
    if (!given) og_framing_find(&framing, lines ? "line" : "raw", NULL);
    start_framing(input, framing);
}

void cli_input_open(cli_input *input, int fd, const char *name)
{
    input->fd = fd;
    cli_progress_file(fd);
    input->name = name;
    input->ended = false;
    input->buf.len = 0;
    input->at = 0;
    input->before = (cli_place){0};
    input->form = input->given;
    start_reader(input);
}

/* What is around the messages, by the first bytes of the stream. False when more of them must come first. */
static bool tell_framing(cli_input *input)
{
    og_framing framing;
    char name[32];
    size_t len = input->buf.len - input->at;
    if (input->told || (len == 0 && input->ended)) return true;
    if (len == 0) return false;
    const uint8_t *data = input->buf.data + input->at;
    int found = cli_framing_of(data, len, input->ended, &framing);
    if (found < 0 && cli_ended_by_nul(data, len) && og_framing_find(&framing, "nul", NULL) == OG_OK)
        found = 1;
    if (found == 0) return false;
    input->told = true;
    if (found < 0) return true;
    cli_log(OG_LOG_INFO, "%s: read with --framing %s, as its first bytes show", input->name,
            og_framing_name(framing, name, sizeof name));
    start_framing(input, framing);
    return true;
}

static bool is_between(const cli_input *input, uint8_t byte)
{
    if (byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r') return true;
    return byte == 0 && input->form == CLI_FORM_PICKLE;
}

/* Passes over what means nothing between bare messages. Nothing comes before a first pickle, or after one
 * that is read strictly. */
static void pass_blanks(cli_input *input)
{
    bool pickle = input->form == CLI_FORM_PICKLE;
    bool bare = og_framing_is_raw(input->reader.framing) && input->form != CLI_FORM_NONE;
    size_t at = input->at;
    if (!bare || (pickle && (input->options->strict || input->before.bytes + input->at == 0))) return;
    while (at < input->buf.len && is_between(input, input->buf.data[at]))
        at++;
    if (at == input->at) return;
    input->at = at;
    start_framing(input, input->reader.framing);
}

/* How a bare message is written. */
static void tell_form(cli_input *input)
{
    if (input->form != CLI_FORM_NONE || input->at == input->buf.len ||
        !og_framing_is_raw(input->reader.framing))
        return;
    input->form = cli_form_of(input->buf.data + input->at, input->buf.len - input->at);
    start_scan(input);
}

/* Lets go of what was consumed, but knows on which line it ended. */
static void drop_consumed(cli_input *input)
{
    size_t line;
    size_t column;
    if (input->at == 0) return;
    og_text_position((const char *)input->buf.data, input->at, input->at, &line, &column);
    input->before.columns = column - 1 + (line == 1 ? input->before.columns : 0);
    input->before.lines += line - 1;
    input->before.bytes += input->at;
    og_buf_drop(&input->buf, input->at);
    input->at = 0;
}

static bool is_pending(const cli_input *input)
{
    for (size_t i = input->at; i < input->buf.len; i++)
        if (!strchr(" \t\r\n", input->buf.data[i])) return true;
    return false;
}

/* Lets go of what was typed. */
static void start_anew(cli_input *input)
{
    input->buf.len = 0;
    input->at = 0;
    input->ended = false;
    input->before = (cli_place){0};
    start_reader(input);
}

bool cli_input_goes_on(cli_input *input)
{
    if (!input->prompt) return false;
    start_anew(input);
    return true;
}

/* A line with name=John age:=30 becomes JSON. False after saying why it cannot. */
static bool put_pairs(cli_input *input)
{
    og_buf object = OG_BUF_INIT;
    const char *line = (const char *)input->buf.data + input->at;
    size_t len = input->buf.len - input->at;
    bool made = true;
    while (len > 0 && (*line == ' ' || *line == '\t'))
        line++, len--;
    if (cli_takes_pairs(input->form) && cli_is_pair(line, len)) {
        made = cli_pairs_of_line(line, len, input->form, input->options, &object) == 0;
        input->buf.len = input->at;
        if (made)
            made =
                og_buf_put(&input->buf, object.data, object.len) == 0 && og_buf_putc(&input->buf, '\n') == 0;
        og_buf_free(&object);
    }
    return made;
}

/* The next line of a person. An empty one ends an object that is not complete, so that what is missing is
 * said. */
static void fill_by_prompt(cli_input *input)
{
    bool pending = is_pending(input);
    if (!pending) start_anew(input);
    size_t before = input->buf.len;
    cli_typed typed = cli_prompt_line(input->prompt, pending, &input->buf);
    if (typed == CLI_TYPED_CANCEL || (!pending && typed == CLI_TYPED_LINE && !put_pairs(input)))
        start_anew(input);
    else
        input->ended = typed == CLI_TYPED_END || (pending && input->buf.len == before + 1);
}

/* More bytes: 0, or minus the exit status. */
static int fill(cli_input *input)
{
    drop_consumed(input);
    if (input->prompt) {
        fill_by_prompt(input);
        return 0;
    }
    if (og_buf_reserve(&input->buf, PIECE) < 0) {
        cli_log(OG_LOG_ERROR, "%s: out of memory", input->name);
        return -CLI_REFUSED;
    }
    ssize_t got;
    do
        got = read(input->fd, input->buf.data + input->buf.len, PIECE);
    while (got < 0 && errno == EINTR);
    if (got < 0) {
        cli_log(OG_LOG_ERROR, "%s: %s", input->name, strerror(errno));
        return -CLI_UNREACHED;
    }
    input->buf.len += (size_t)got;
    cli_progress_read((size_t)got);
    input->ended = got == 0;
    return 0;
}

/* JSON as Python reads it, which --strict refuses: the message says so already. */
static bool is_json_to_python(const char *text, size_t len)
{
    og_json_read_options lenient = {.size = sizeof lenient, .allow_nan = true, .allow_surrogates = true};
    og_doc *doc = og_json_loads(text, len, &lenient, NULL);
    og_doc_free(doc);
    return doc != NULL;
}

/* Says what reads a line that is not JSON but Python's text for a value. What is over a limit is JSON. */
static void suggest_repr(const cli_input *input, og_status refused)
{
    if (refused == OG_ELIMIT) return;
    const char *text = (const char *)input->buf.data + input->at;
    const char *end = memchr(text, '\n', input->buf.len - input->at);
    size_t len = end ? (size_t)(end - text) : input->buf.len - input->at;
    if (input->form != CLI_FORM_JSON || (len > 0 && *text == '"'))
        return; /* such a text is JSON, but for its letters */
    if (og_literal_read(input->doc, text, len, NULL, NULL) == 0 && !is_json_to_python(text, len))
        cli_log(OG_LOG_ERROR, "this is Python's repr() of a value: add -i repr");
}

/* True when a line of text is there, which might hold anything. */
static bool is_text_line(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (((uint8_t)text[i] < ' ' && text[i] != '\t' && text[i] != '\r') || text[i] == 0x7f) return false;
    return len > 0 && og_valid(og_str_borrow(text, len));
}

/* Says what to leave out where JSON comes after something else. */
static void suggest_start(const cli_input *input)
{
    size_t n =
        input->before.bytes + input->at == 0 && og_framing_is_raw(input->reader.framing) && !input->prompt
            ? cli_before_json(input->buf.data, input->buf.len)
            : 0;
    if (n > 0)
        cli_log(OG_LOG_ERROR, "JSON begins after %zu byte%s, which 'tail -c +%zu' leaves out", n,
                cli_plural(n), n + 1);
}

/* What was taken for a pickle only because it begins as no JSON does: says what text it is instead, and what
 * reads that. */
static void name_text(const cli_input *input, og_error *err)
{
    const char *text = (const char *)input->buf.data;
    const char *end = input->buf.len > 0 ? memchr(text, '\n', input->buf.len) : NULL;
    size_t len = end ? (size_t)(end - text) : input->buf.len;
    const og_opening opening = {(const uint8_t *)text, input->buf.len, SIZE_MAX, input->ended, false};
    int note;
    bool guessed = input->given == CLI_FORM_NONE && input->before.bytes + input->at == 0;
    bool named = !strstr(err->text, "opcode"); /* XML and others are, by what reads pickles */
    if (!guessed || named || !is_text_line(text, len) ||
        og_codec_find("pickle", NULL)->begins(&opening, &note) > 0)
        return;
    bool repr = og_literal_read(input->doc, text, len, NULL, NULL) == 0;
    og_error_set(err, OG_ESYNTAX, 0, "this is neither JSON nor a pickle but %s",
                 repr ? "Python's repr() of a value: add -i repr"
                      : "text: add -i text to take each line as a string");
}

/* Says the JSON that a typed line was probably meant to be. */
static void suggest_line(const cli_input *input)
{
    og_buf better = OG_BUF_INIT;
    if (input->form == CLI_FORM_JSON &&
        cli_mend_json((const char *)input->buf.data + input->at, input->buf.len - input->at, &better))
        cli_log(OG_LOG_ERROR, "try: %s", (const char *)better.data);
    og_buf_free(&better);
}

/* After the first message, what is there instead of the next one may be what ends each. */
static void suggest_delim(const cli_input *input, const og_error *err)
{
    og_framing framing;
    char name[OG_FRAMING_NAME_MAX];
    bool between =
        input->before.bytes + input->at > 0 && err->position == input->at && err->code == OG_ESYNTAX;
    if (input->prompt || !between || !og_framing_is_raw(input->reader.framing)) return;
    /* A single byte ends no message that is no text. */
    bool text = input->form != CLI_FORM_PICKLE;
    if (cli_delim_of(input->buf.data + input->at, input->buf.len - input->at, &framing) &&
        (text || framing.text_len > 1))
        cli_log(OG_LOG_ERROR, "if each message ends so, add: --framing '%s'",
                og_framing_name(framing, name, sizeof name));
}

/* Something is wrong `offset` bytes and the error's position after what was consumed. */
static int refuse(cli_input *input, size_t offset, og_error *err)
{
    /* What was read before comes before what is wrong. */
    if (input->before_wait) input->before_wait(input->wait_ctx);
    if (err->position == OG_NO_POSITION) return -cli_fail(input->name, err);
    err->position += input->at + offset;
    if (input->form != CLI_FORM_PICKLE) {
        og_status code = err->code;
        int status =
            cli_fail_in(input->name, (const char *)input->buf.data, input->buf.len, &input->before, err);
        if (input->prompt)
            suggest_line(input);
        else
            suggest_repr(input, code);
        suggest_start(input);
        suggest_delim(input, err);
        return -status;
    }
    name_text(input, err);
    const og_error here = *err;
    err->position += input->before.bytes;
    int status = cli_fail(input->name, err);
    suggest_start(input);
    suggest_delim(input, &here);
    return -status;
}

/* The scanner looks for ends alone: the reader may know better what is wrong, and where it began. */
static void ask_reader(const cli_input *input, og_error *err)
{
    og_error why;
    const char *text = (const char *)input->buf.data + input->at;
    bool json = input->form == CLI_FORM_JSON || input->form == CLI_FORM_LOSSLESS;
    if (!json || (err->code != OG_ESYNTAX && err->code != OG_ETRUNCATED)) return;
    if (cli_read_form(input->doc, text, input->buf.len - input->at, input->form, input->options, &why) < 0 &&
        why.position <= err->position)
        *err = why;
}

static int read_frame(cli_input *input, const og_frame *frame, og_value *value)
{
    og_error err;
    const char *text = (const char *)input->buf.data + input->at + frame->body;
    size_t len = frame->body_len;
    cli_form form = input->form;
    if (form == CLI_FORM_NONE) form = len ? cli_form_of((const uint8_t *)text, len) : CLI_FORM_JSON;
    if (cli_read_form(input->doc, text, len, form, input->options, &err) == 0) {
        *value = og_doc_root(input->doc);
        input->at += frame->size;
        return 1;
    }
    return refuse(input, frame->body, &err);
}

static bool is_blank(const char *text, size_t len)
{
    while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t' || text[len - 1] == '\r'))
        len--;
    return len == 0;
}

/* More bytes, after telling whoever waits for what was read so far. 0, or minus the exit status. */
static int wait_for_more(cli_input *input)
{
    int status = input->before_wait ? -input->before_wait(input->wait_ctx) : 0;
    return status == 0 ? fill(input) : status;
}

/* JSON that is not UTF-8, and of which a reader would take the first digit. */
static int refuse_wide(cli_input *input)
{
    og_error err;
    bool starts = input->before.bytes + input->at == 0 && input->form != CLI_FORM_TEXT && input->buf.len > 0;
    const char *name = starts && og_framing_is_raw(input->reader.framing)
                           ? cli_wide_text(input->buf.data, input->buf.len)
                           : NULL;
    if (!name || input->given == CLI_FORM_PICKLE) return 0;
    og_error_set(&err, OG_ESYNTAX, OG_NO_POSITION,
                 "this is text in %s: recode it first, with 'iconv -f %s -t UTF-8'", name, name);
    return refuse(input, 0, &err);
}

/* A text that holds a message, of which a reader would take the first digits for a number. */
static int refuse_encoded(cli_input *input)
{
    og_error err;
    bool starts = input->before.bytes + input->at == 0 && input->form != CLI_FORM_TEXT && input->buf.len > 0;
    const og_signature *seen = starts && og_framing_is_raw(input->reader.framing)
                                   ? og_signature_of_text(input->buf.data, input->buf.len)
                                   : NULL;
    if (!seen) return 0;
    og_error_set(&err, OG_ESYNTAX, OG_NO_POSITION, "this is %s: %s", seen->what, seen->advice);
    return refuse(input, 0, &err);
}

static int next_in_stream(cli_input *input, og_value *value)
{
    int status = 0;
    while (status == 0 && !tell_framing(input))
        status = wait_for_more(input);
    if (status == 0) status = refuse_wide(input);
    if (status == 0) status = refuse_encoded(input);
    while (status == 0) {
        og_frame frame;
        og_error err;
        pass_blanks(input);
        tell_form(input);
        const uint8_t *data = input->buf.data ? input->buf.data + input->at : NULL;
        status = og_frame_next(&input->reader, data, input->buf.len - input->at, input->ended, &frame, &err);
        if (status < 0) {
            ask_reader(input, &err);
            return refuse(input, 0, &err);
        }
        if (status > 0) {
            start_scan(input);
            const char *text = (const char *)input->buf.data + input->at + frame.body;
            if (input->form != CLI_FORM_REPR || !is_blank(text, frame.body_len))
                return read_frame(input, &frame, value);
            input->at += frame.size;
            status = 0;
            continue;
        }
        if (input->ended) return 0;
        status = wait_for_more(input);
    }
    return status;
}

int cli_input_next(cli_input *input, og_value *value)
{
    return input->words ? next_word(input, value) : next_in_stream(input, value);
}
