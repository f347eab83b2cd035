/* SPDX-License-Identifier: MIT */
/*
 * Objects that people give: words of the command line, or a stream of any number of them.
 *
 * Ownership: an input owns its document and buffer until cli_input_fini(); a value lives until the next one
 * is asked for.
 */
#ifndef ONGGI_CLI_INPUT_H
#define ONGGI_CLI_INPUT_H

#include "cli/object.h"
#include "cli/prompt.h"

typedef struct cli_input {
    const cli_options *options;
    cli_form given; /* CLI_FORM_NONE: JSON or pickle, told by the first byte */
    cli_form form;
    og_doc *doc;
    char **words; /* of the command line; NULL: the stream */
    size_t word_count;
    size_t word;
    const char *name; /* of the stream, for messages */
    int fd;
    bool ended;
    bool framed; /* --framing is of these streams, and not of the wire; without it they are looked at */
    bool told;   /* what is around the messages of the stream */
    int (*before_wait)(
        void *ctx); /* called before the stream is read, which may take long; NULL, or 0 to go on */
    void *wait_ctx;
    cli_prompt *prompt; /* NULL, or a person who types what is read */
    og_buf buf;
    size_t at;        /* bytes of `buf` that were consumed */
    cli_place before; /* what of the stream came before `buf` */
    og_frame_reader reader;
    union {
        og_json_scan json;
        og_pickle_scan pickle;
    } scan;
} cli_input;

/* How objects for `codec` are given unless -i says so. */
cli_form cli_input_form(const cli_options *options, const char *codec);

/* Reads `count` words, or, when there are none, standard input. */
int cli_input_init(cli_input *input, const cli_options *options, cli_form form, char **words, size_t count);

/* As cli_input_init() for objects that may be typed at a terminal: then a prompt asks for them. */
int cli_input_init_typed(cli_input *input, const cli_options *options, cli_form form, char **words,
                         size_t count);

/* After an error at a prompt: true when the person may go on with the next line. */
bool cli_input_goes_on(cli_input *input);

/* Goes on with the stream `fd`, called `name`, from its start. */
void cli_input_open(cli_input *input, int fd, const char *name);

/* 1 and the next value, 0 after the last one, or, after saying why, minus the exit status (or what
 * before_wait said). */
int cli_input_next(cli_input *input, og_value *value);

void cli_input_fini(cli_input *input);

#endif
