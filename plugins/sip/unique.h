/* Texts that nobody can guess and that never come twice: tags, branches, Call-IDs (RFC 3261 §8.1.1, §19.3). */
#ifndef SIP_UNIQUE_H
#define SIP_UNIQUE_H

#include <hanse/host.h>

enum { SIP_UNIQUE_TEXT = 33 };

/* 32 hexadecimal digits and a NUL. */
void sip_unique(struct hanse_host *host, char out[SIP_UNIQUE_TEXT]);

#endif
