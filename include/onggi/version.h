/* SPDX-License-Identifier: MIT */
/* The version of the headers a program was compiled with, and of the library it runs with. */
#ifndef ONGGI_VERSION_H
#define ONGGI_VERSION_H

#include <onggi/base.h>

#ifdef __cplusplus
extern "C" {
#endif

#define OG_VERSION_MAJOR  0
#define OG_VERSION_MINOR  1
#define OG_VERSION_PATCH  0
#define OG_VERSION_STRING "0.1.0"

/* One number to compare: 0x000100 is 0.1.0. */
#define OG_VERSION_NUMBER ((OG_VERSION_MAJOR << 16) | (OG_VERSION_MINOR << 8) | OG_VERSION_PATCH)

/* The version of the library in use as text, e.g. "0.1.0". Static memory; any thread. */
OG_API const char *og_version(void);

/* The same as a number, to be compared with OG_VERSION_NUMBER. Any thread. */
OG_API unsigned og_version_number(void);

#ifdef __cplusplus
}
#endif

#endif
