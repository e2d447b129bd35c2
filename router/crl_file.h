/* Lists of revoked certificates (RFC 5280 §5) as files: where they are read from, and where fetched ones are kept. */
#ifndef ROUTER_CRL_FILE_H
#define ROUTER_CRL_FILE_H

#include <hanse/base.h>
#include <openssl/x509.h>

#define CRL_OCTETS_MAX ((size_t)32 << 20) /* of one file */
#define CRL_FILES_MAX 256                 /* of one folder */
#define CRL_PATH 4400

struct crl_lists {
  STACK_OF(X509_CRL) * lists;
  int64_t until;      /* when the first of them ends, seconds since 1970; 0: none does */
  uint8_t digest[32]; /* over all, in whatever order */
  char trouble[240];  /* what could not be read; "": nothing */
};

/* "http://…" */
bool crl_is_url(struct hanse_slice source);
/* Whether it is a source at all: an absolute path, or a URL of HTTP. False: why is a static sentence. */
bool crl_source_fits(struct hanse_slice source, const char **why);
/* Where the list behind a URL is kept; into out, and returned. */
const char *crl_kept_path(const char *state_dir, struct hanse_slice url, char out[CRL_PATH]);
/* Writes a fetched list, DER, whole or not at all. HANSE_FAIL: it is no list, is forged (its authority is among the
   anchors, and did not sign it), is older than the one that is kept, or cannot be written; why says, and what was kept
   before stays. */
int crl_keep(const char *state_dir, struct hanse_slice url, struct hanse_slice octets, const STACK_OF(X509) * anchors,
             char *why, size_t n);

/* How long until a kept list has that age and is to be fetched anew; 0: at once, or it is not there. */
hanse_time crl_kept_due(const char *path, hanse_time refresh);

/* Reads all sources: files and folders of PEM or DER, and what is kept of URLs. What cannot be read is said in
   `trouble`; the rest counts. HANSE_OK; HANSE_NOMEM: nothing to clear. Any thread. */
int crl_read(struct crl_lists *out, const struct hanse_slice *sources, size_t count, const char *state_dir);
void crl_lists_clear(struct crl_lists *lists);

#endif
