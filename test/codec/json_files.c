/* SPDX-License-Identifier: MIT */
/* Test data from folders of the project. */
#include "json_files.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *read_file(const char *folder, const char *name, size_t *len)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    if (!file) return NULL;
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    char *bytes = malloc((size_t)size + 1);
    *len = bytes ? fread(bytes, 1, (size_t)size, file) : 0;
    if (bytes) bytes[*len] = '\0';
    fclose(file);
    return bytes;
}

int each_file(const char *folder, const char *suffix, void (*each)(const char *folder, const char *name))
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    int count = 0;
    if (!dir) return 0;
    while ((entry = readdir(dir))) {
        size_t len = strlen(entry->d_name);
        if (entry->d_name[0] == '.') continue; /* the folder itself, and the one around it */
        if (len < strlen(suffix) || strcmp(entry->d_name + len - strlen(suffix), suffix) != 0) continue;
        each(folder, entry->d_name);
        count++;
    }
    closedir(dir);
    return count;
}

static const char *below_root(const char *root, const char *below)
{
    static char path[4096];
    snprintf(path, sizeof path, "%s/%s", root, below);
    return path;
}

const char *source_folder(const char *below)
{
    const char *root = getenv("ONGGI_SOURCE");
    return below_root(root ? root : ".", below);
}

const char *shared_folder(const char *below)
{
    const char *root = getenv("ONGGI_SHARED");
    return root ? below_root(root, below) : NULL;
}
