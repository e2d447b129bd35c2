/* A certificate (DER) to the names that it proves: each is a canonical name within bounds, and proves itself only. */
#include <openssl/err.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include "contract/domain.h"
#include "router/identity.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_name(struct hanse_slice name, const struct identity_options *options) {
  char buf[DOMAIN_BUFFER];
  struct hanse_slice canonical, plain = name;
  bool pattern = name.len > 2 && name.at[0] == '*';
  if (name.at[name.len] != '\0') abort();
  if (pattern) plain = hanse_slice(name.at + 2, name.len - 2);
  if (pattern && options->rule == HANSE_IDENTITY_SIP && !options->wildcards) abort();
  if (pattern && !memchr(plain.at, '.', plain.len)) abort();
  if (domain_canonical(plain, buf, sizeof buf, &canonical) != HANSE_OK || !hanse_same(canonical, plain)) abort();
  if (pattern && identity_matches(&name, 1, plain, options)) abort();
  if (!pattern && !identity_matches(&name, 1, plain, options)) abort();
}

static void check(const X509 *certificate, const struct identity_options *options) {
  struct hanse_slice *names = NULL;
  size_t count = 0;
  const char *why = NULL;
  if (identity_names(certificate, options, &names, &count) != HANSE_OK) return;
  if (count > IDENTITY_NAMES || (count == 0) != (names == NULL)) abort();
  for (size_t i = 0; i < count; i++) check_name(names[i], options);
  if (!identity_purpose(certificate, options->rule, &why) && !why) abort();
  if (!identity_purpose_both(certificate, &why) && !why) abort();
  free(names);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const unsigned char *at = data;
  X509 *certificate = d2i_X509(NULL, &at, (long)size);
  if (certificate) {
    for (int i = 0; i < 8; i++) {
      struct identity_options options = {
          .rule = i & 1 ? HANSE_IDENTITY_XMPP : HANSE_IDENTITY_SIP, .accept_cn = i & 2, .wildcards = i & 4};
      check(certificate, &options);
    }
  }
  X509_free(certificate);
  ERR_clear_error();
  return 0;
}
