/* SPDX-License-Identifier: MIT */
/*
 * What the files of onggi inspect share: the run as a whole, and things to look at.
 *
 * Ownership: an inspection owns its policy, output and worst verdict until its end; the bytes of a thing
 * belong to whoever looks.
 */
#ifndef ONGGI_CLI_INSPECT_H
#define ONGGI_CLI_INSPECT_H

#include "cli/cli.h"

typedef struct inspection {
    const cli_options *options;
    const og_policy *policy;
    og_policy *plain; /* of its own, where none was asked for */
    bool json;
    bool colour;
    size_t limit;       /* of the bytes of one file or member */
    size_t shown;       /* listings so far */
    bool many;          /* more than one thing is looked at: say which */
    og_verdict verdict; /* the worst so far */
    int status;         /* the exit status so far, of all but verdicts */
    og_buf out;
} inspection;

/* Something to look at. */
typedef struct inspect_thing {
    const char *name; /* for people: of the file, and of the member in brackets */
    const uint8_t *bytes;
    size_t len;
    size_t start;   /* before which there is something else than pickles */
    bool asked_for; /* by name; else what is no pickle is passed over */
    unsigned depth; /* of archives in one another */
} inspect_thing;

/* Looks at a file's or member's bytes, whatever they are. 0, or CLI_OUTPUT_GONE or CLI_UNREACHED when there
 * is no use in going on. */
int inspect_bytes(inspection *run, const inspect_thing *thing);

/* One or several pickles, one after the other. */
int inspect_pickles(inspection *run, const inspect_thing *thing);

/* Archives and arrays: true when the bytes are such. */
bool inspect_is_zip(const uint8_t *bytes, size_t len);
bool inspect_is_npy(const uint8_t *bytes, size_t len);
int inspect_zip(inspection *run, const inspect_thing *thing);
int inspect_npy(inspection *run, const inspect_thing *thing);

/* What kind of archive or packed file it is that is not looked into; NULL: none that is known. */
const char *inspect_packed(const uint8_t *bytes, size_t len);

/* Whether they begin as zlib packs; so does some text. */
bool inspect_is_deflated(const uint8_t *bytes, size_t len);

/* Whether bytes are, or may be, a pickle: by how they begin, by their name's ending, or because they can be
 * read as one that uses something. */
bool inspect_looks_like_pickle(const char *name, const uint8_t *bytes, size_t len);

/* Whether they may turn out to be one when more bytes follow these. */
bool inspect_may_be_pickle(const char *name, const uint8_t *bytes, size_t len);

/* Says that a thing, or a part of it, cannot be looked at, which is a verdict too. */
int inspect_unreadable(inspection *run, const char *name, const char *format, ...) OG_PRINTF(3, 4);

/* Prints. */
int inspect_list(inspection *run, const char *name, const uint8_t *bytes, size_t len, size_t number,
                 size_t at, size_t *size);
int inspect_report(inspection *run, const char *name, const og_pickle_report *report, size_t number,
                   size_t at);
int inspect_flush(inspection *run);

#endif
