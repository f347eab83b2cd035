/* SPDX-License-Identifier: MIT */
/* Pickles for the tests: each reads, and between them they have every opcode. */
#ifndef TEST_CODEC_PICKLE_SAMPLES_H
#define TEST_CODEC_PICKLE_SAMPLES_H

#include <stddef.h>

typedef struct pickle_sample {
    const char *bytes;
    size_t len;
} pickle_sample;

#define SAMPLE(text)               \
    {                              \
        text, sizeof(text "") - 1, \
    }

static const pickle_sample pickle_samples[] = {
    SAMPLE("N."),
    SAMPLE("\x80\x04\x88."),
    SAMPLE("\x80\x05\x89."),
    SAMPLE("\x80\x04\x95\x03\0\0\0\0\0\0\0K\x01."),
    SAMPLE("I12\n."),
    SAMPLE("I01\n."),
    SAMPLE("J\xff\xff\xff\xff."),
    SAMPLE("M\x01\x02."),
    SAMPLE("L123456789012345678901234567890L\n."),
    SAMPLE("\x8a\x09\x01\x02\x03\x04\x05\x06\x07\x08\x09."),
    SAMPLE("\x8b\x02\0\0\0\xff\x80."),
    SAMPLE("F-1.5e3\n."),
    SAMPLE("G@\x09!\xfbTD-\x18."),
    SAMPLE("](G@\x09!\xfbTD-\x18GA\0\0\0\0\0\0\0e."),
    SAMPLE("]\x94(G@\x09!\xfbTD-\x18GA\0\0\0\0\0\0\0eh\0\x86."),
    SAMPLE("]\x94(G@\x09!\xfbTD-\x18N\x88K\1M\1\2J\1\2\3\xff\x8a\2\1\377e."),
    SAMPLE("S'it\\'s \\x41\\n'\n."),
    SAMPLE("T\x02\0\0\0ab."),
    SAMPLE("U\x02"
           "ab."),
    SAMPLE("Vab\\u00e9\\\\\n."),
    SAMPLE("X\x03\0\0\0a\xc3\xa9."),
    SAMPLE("\x8c\x01"
           "a."),
    SAMPLE("\x8d\x01\0\0\0\0\0\0\0a."),
    SAMPLE("B\x02\0\0\0\xff\0."),
    SAMPLE("C\x02\xff\0."),
    SAMPLE("\x8e\x01\0\0\0\0\0\0\0\xff."),
    SAMPLE("\x96\x02\0\0\0\0\0\0\0ab."),
    SAMPLE("\x97."),
    SAMPLE("\x97\x98."),
    SAMPLE("](K\x01K\x02"
           "e(lNa\x85."),
    SAMPLE("]q\0h\0a."),
    SAMPLE("(K\x01K\x02K\x03K\x04t."),
    SAMPLE(")K\x01\x85K\x01K\x02\x86K\x01K\x02K\x03\x87\x87."),
    SAMPLE("}K\x01Ns(K\x02NK\x03Nu."),
    SAMPLE("(K\x01Nd."),
    SAMPLE("\x8f(K\x01K\x02\x90."),
    SAMPLE("(K\x01K\x02\x91."),
    SAMPLE("((NN1N0(0N2\x86."),
    SAMPLE("]p0\n]q\x01]r\x02\0\0\0]\x94g0\nh\x01j\x02\0\0\0h\x03(h\0t."),
    SAMPLE("]r\0\0\xff\xffj\0\0\xff\xff\x86."),
    SAMPLE("ccollections\nOrderedDict\n)R}\x8c\x01xNs\x86."),
    SAMPLE("\x80\x04\x8c\x01m\x8c\x03"
           "A.B\x93)\x81}\x8c\x01xK\x01sb."),
    SAMPLE("\x80\x04\x8c\x01m\x8c\x01"
           "C\x93K\x01\x85}\x8c\x01kNs\x92(NNe(K\x01Nu]b}b."),
    SAMPLE("(K\x01im\nC\nNb."),
    SAMPLE("(cm\nC\nK\x01o."),
    SAMPLE("\x82\x07\x83\x07\x01\x84\x07\0\x01\0\x87."),
    SAMPLE("Pid7\nK\x07Q\x86."),
    SAMPLE("c__builtin__\nset\n](K\x01K\x02"
           "e\x85R."),
    SAMPLE("c__builtin__\nbytearray\n(Vab\nVlatin-1\ntR."),
    SAMPLE("c_codecs\nencode\n(V\xe9\nVlatin1\ntR."),
    SAMPLE("c__builtin__\ncomplex\nG?\xf0\0\0\0\0\0\0G@\0\0\0\0\0\0\0\x86R."),
    SAMPLE("ccopy_reg\n_reconstructor\n(cm\nC\nc__builtin__\nobject\nNtR}b."),
};

enum { PICKLE_SAMPLES = sizeof pickle_samples / sizeof *pickle_samples };

#endif
