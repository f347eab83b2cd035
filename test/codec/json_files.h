/* SPDX-License-Identifier: MIT */
/* Test data from folders of the project. */
#ifndef TEST_CODEC_JSON_FILES_H
#define TEST_CODEC_JSON_FILES_H

#include <stddef.h>

/* A file's bytes, NUL-terminated, from malloc(); NULL when there is none. */
char *read_file(const char *folder, const char *name, size_t *len);

/* Calls `each` for every file in `folder` whose name ends in `suffix`; returns how many. */
int each_file(const char *folder, const char *suffix, void (*each)(const char *folder, const char *name));

/* The path of `below` in the sources, or in the shared data (then NULL where there is none). Static memory.
 */
const char *source_folder(const char *below);
const char *shared_folder(const char *below);

#endif
