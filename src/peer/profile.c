/* SPDX-License-Identifier: MIT */
/*
 * The table of the kinds of peer. The one place in this room where codecs and framings have names: detection,
 * the command's help, doc/peers.md and the tests are made from it or checked against it.
 */
#include "peer/profile.h"

#include <stdio.h>
#include <string.h>

#define MIB ((size_t)1 << 20)

/* The bytes that give a peer away, and where they are. */
#define OPENING(at, bytes) .opening_at = (at), .opening_len = sizeof(bytes) - 1, .opening = (bytes)

static const og_profile profiles[] = {
    {
        .name = "json",
        .summary = "JSON texts, one after the other: scripts with bare send() and recv()",
        .codec = "json",
        .framing = "raw",
        .note = OG_CODEC_NO_NOTE,
    },
    {
        .name = "jsonl",
        .summary = "JSON lines: one text a line",
        .codec = "json",
        .framing = "line",
        .note = OG_CODEC_NO_NOTE,
    },
    {
        .name = "pickle",
        .summary = "pickles, one after the other: scripts with bare send() and recv()",
        .codec = "pickle",
        .framing = "raw",
        .note = OG_CODEC_NO_NOTE,
    },
    {
        .name = "text",
        .summary = "lines of text: nc, telnet, readline()",
        .codec = "text",
        .framing = "line",
        .note = OG_CODEC_NO_NOTE,
    },
    {
        .name = "digits",
        .summary = "the length in ten characters first: f\"{len(data):<10}\" in tutorials",
        .framing = "digits:10",
        .note = OG_CODEC_NO_NOTE,
    },
    {
        .name = "logging",
        .summary = "Python's logging.handlers: SocketHandler, DatagramHandler",
        .codec = "pickle",
        .framing = "u32be",
        OPENING(4, "}q\0(X\4\0\0\0nameq\1X"),
        .note = 1,
        .one_way = true,
        .quirks = "records are pickles of protocol 1; the handler never reads, and drops records while it "
                  "waits to connect again",
    },
    {
        .name = "multiprocessing",
        .summary = "Python's multiprocessing.connection: Client, Listener",
        .codec = "pickle",
        .framing = "mp",
        OPENING(4, "#CHALLENGE#"),
        .note = OG_CODEC_NO_NOTE,
        .layers = "mp-auth",
        .quirks = "a handshake comes first where the peer has an authkey; give both sides the same one",
    },
    {
        .name = "carbon",
        .summary = "Graphite's carbon: the pickle receiver, and relays that send to it",
        .codec = "pickle",
        .framing = "u32be",
        .max_message = MIB,
        .note = 2,
        .one_way = true,
        .quirks = "a list of (path, (time, value)) of at most 1 MiB; the receiver never answers",
    },
};

enum { PROFILES = sizeof profiles / sizeof profiles[0] };

const og_profile *og_profile_at(size_t index)
{
    return index < PROFILES ? &profiles[index] : NULL;
}

const og_profile *og_profile_find(const char *name, og_error *err)
{
    char names[160];
    size_t len = 0;
    names[0] = '\0';
    for (size_t i = 0; i < PROFILES; i++) {
        if (strcmp(profiles[i].name, name) == 0) return &profiles[i];
        const char *before = i == 0 ? "" : i + 1 < PROFILES ? ", " : " or ";
        int n = snprintf(names + len, sizeof names - len, "%s%s", before, profiles[i].name);
        if (n > 0 && (size_t)n < sizeof names - len) len += (size_t)n;
    }
    const char *all[PROFILES + 1] = {NULL};
    for (size_t i = 0; i < PROFILES; i++)
        all[i] = profiles[i].name;
    const char *nearest = og_nearest(name, all);
    og_error_set(err, OG_ENOTFOUND, OG_NO_POSITION, "no kind of peer is called '%.40s': %s%s%suse %s", name,
                 nearest ? "did you mean '" : "", nearest ? nearest : "", nearest ? "'? Or " : "", names);
    return NULL;
}

const og_profile *og__peer_profile_of(const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < PROFILES; i++) {
        const og_profile *row = &profiles[i];
        if (row->opening && len >= row->opening_at + row->opening_len &&
            memcmp(data + row->opening_at, row->opening, row->opening_len) == 0)
            return row;
    }
    return NULL;
}
