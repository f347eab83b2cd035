/* SPDX-License-Identifier: MIT */
/*
 * What the files of onggi inspect share: the run as a whole, and what became of each file.
 *
 * Ownership: an inspection owns its policy, output and tally until its end; the bytes of a thing belong to
 * the caller.
 */
#ifndef ONGGI_CLI_INSPECT_H
#define ONGGI_CLI_INSPECT_H

#include "cli/cli.h"

/* What became of a file, from what counts least: the worst of what is in it. */
typedef enum fate { FATE_NO_PICKLE, FATE_HARMLESS, FATE_UNREADABLE, FATE_HARMFUL, FATES } fate;

/* Why files were passed over, and how many. */
enum { REASONS_MAX = 12 };

typedef struct tally {
    size_t files[FATES];
    size_t passed_over;
    struct {
        const char *why; /* a constant text */
        size_t count;
    } reasons[REASONS_MAX];
} tally;

typedef struct inspection {
    const cli_options *options;
    const og_policy *policy;
    og_policy *plain; /* of its own, where none was asked for */
    bool json;
    bool colour;
    bool paints;  /* JSON in colours */
    bool judging; /* by --verdict or --globals, not listing */
    size_t limit; /* of the bytes of one file or member */
    bool many;    /* more than one thing is looked at: say which */
    tally tally;
    fate fate;     /* of the file in hand, so far */
    size_t column; /* where the explanation of an opcode begins */
    size_t shown;  /* lines and listings of it */
    int status;    /* the exit status so far, of all but verdicts */
    og_buf out;
} inspection;

/* Something to look at. */
typedef struct inspect_thing {
    const char *name;
    const uint8_t *bytes;
    size_t len;
    bool asked_for; /* by name; else what is no pickle is passed over */
} inspect_thing;

/* ---- Looking: 0, or CLI_OUTPUT_GONE or CLI_UNREACHED when there is no use in going on ---- */

/* A file or folder by its name. */
int inspect_path(inspection *run, const char *path);

/* What the descriptor gives. */
int inspect_fd(inspection *run, int fd, const char *name, bool asked_for);

/* Bytes, whatever they are; counts them as one file. */
int inspect_bytes(inspection *run, const inspect_thing *thing);

/* ---- Counting ---- */

/* One file is done. */
void inspect_count(inspection *run, fate what);
void inspect_pass_over(inspection *run, const char *name, const char *why);

/* Says on standard error what became of all files. */
void inspect_say_tally(const inspection *run);

/* The exit status of all verdicts. */
int inspect_verdict_status(const inspection *run);

/* ---- Printing ---- */

/* The opcodes of one pickle; its size in `*size`, 0 when it cannot be read to its end. */
int inspect_list(inspection *run, const char *name, const uint8_t *bytes, size_t len, size_t number,
                 size_t at, size_t *size);

/* The verdict on one pickle, or the classes that it names. */
int inspect_report(inspection *run, const char *name, const og_pickle_report *report, size_t number,
                   size_t at);

/* A file, or a part of it, cannot be looked at: a verdict too. `report` (may be NULL) has the names in it. */
int inspect_unreadable(inspection *run, const char *name, const og_pickle_report *report, const char *format,
                       ...) OG_PRINTF(4, 5);

/* Something that was asked for is no pickle, but `what`. */
int inspect_no_pickle(inspection *run, const char *name, const char *what);

int inspect_flush(inspection *run);

#endif
