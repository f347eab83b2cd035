/* SPDX-License-Identifier: MIT */
/* The version of the library in use. */
#include <onggi/version.h>

const char *og_version(void)
{
    return OG_VERSION_STRING;
}

unsigned og_version_number(void)
{
    return OG_VERSION_NUMBER;
}
