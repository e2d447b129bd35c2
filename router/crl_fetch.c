#include "router/crl_fetch.h"

#include <openssl/err.h>
#include <openssl/http.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

#include "router/crl_file.h"

static bool copy(char *out, size_t n, const char *text) {
  size_t length = text ? strlen(text) : n;
  if (length >= n) return false;
  memcpy(out, text, length + 1);
  return true;
}

bool crl_place_parse(struct hanse_slice url, struct crl_place *out) {
  out->host[0] = '\0';
  char text[CRL_PATH], *host = NULL, *port = NULL, *path = NULL, *query = NULL;
  int ssl = 0;
  snprintf(text, sizeof text, "%.*s", HANSE_FMT(url));
  bool good = OSSL_HTTP_parse_url(text, &ssl, NULL, &host, &port, NULL, &path, &query, NULL) == 1 && !ssl &&
              copy(out->host, sizeof out->host, host) && copy(out->port, sizeof out->port, port);
  if (good) {
    int used = snprintf(out->path, sizeof out->path, "%s%s%s", path ? path : "/", query && *query ? "?" : "",
                        query ? query : "");
    good = used > 0 && (size_t)used < sizeof out->path;
  }
  size_t n = strlen(out->host);
  if (good && n > 2 && out->host[0] == '[') { /* an address of IPv6 stands in brackets only there */
    memmove(out->host, out->host + 1, n - 2);
    out->host[n - 2] = '\0';
  }
  OPENSSL_free(host);
  OPENSSL_free(port);
  OPENSSL_free(path);
  OPENSSL_free(query);
  ERR_clear_error();
  return good && out->host[0];
}

static int failed(char *why, size_t n) {
  const char *data = NULL;
  int flags = 0;
  unsigned long error = ERR_peek_error_data(&data, &flags); /* the first one is the cause */
  const char *reason = error ? ERR_reason_error_string(error) : NULL;
  bool more = data && (flags & ERR_TXT_STRING) && *data;
  snprintf(why, n, "%.80s%s%.70s", reason ? reason : "the server did not answer as HTTP does", more ? ": " : "",
           more ? data : "");
  ERR_clear_error();
  return HANSE_FAIL;
}

/* The whole of what is left in the BIO. */
static int take(BIO *bio, char **out, size_t *length, char *why, size_t n) {
  size_t used = 0, room = 65536;
  char *octets = malloc(room);
  for (int got; octets && (got = BIO_read(bio, octets + used, (int)(room - used))) > 0;) {
    used += (size_t)got;
    if (used < room) continue;
    room *= 2;
    char *more = room <= 2 * CRL_OCTETS_MAX ? realloc(octets, room) : NULL;
    if (!more) free(octets);
    octets = more;
  }
  if (!octets || !used) {
    snprintf(why, n, octets ? "the answer is empty" : "no memory, or the list is too large");
    free(octets);
    return HANSE_FAIL;
  }
  *out = octets;
  *length = used;
  return HANSE_OK;
}

/* The address is connected to and the name stands in the header Host: which address is asked was decided by the
   router's own resolver. */
int crl_fetch(const struct crl_place *place, const char *address, char **out, size_t *length, char *why, size_t n) {
  STACK_OF(CONF_VALUE) *headers = NULL;
  char server[80], host[300];
  bool six = strchr(address, ':') != NULL, usual = strcmp(place->port, "80") == 0;
  bool literal = strchr(place->host, ':') != NULL;
  snprintf(server, sizeof server, "%s%s%s", six ? "[" : "", address, six ? "]" : "");
  snprintf(host, sizeof host, "%s%s%s%s%s", literal ? "[" : "", place->host, literal ? "]" : "", usual ? "" : ":",
           usual ? "" : place->port);
  ERR_clear_error();
  if (X509V3_add_value("Host", host, &headers) != 1) return failed(why, n);
  BIO *bio = OSSL_HTTP_transfer(NULL, server, place->port, place->path, 0, "", NULL, NULL, NULL, NULL, NULL, 0, headers,
                                NULL, NULL, NULL, 1, CRL_OCTETS_MAX, CRL_FETCH_SECONDS, 0);
  int status = bio ? take(bio, out, length, why, n) : failed(why, n);
  BIO_free_all(bio);
  sk_CONF_VALUE_pop_free(headers, X509V3_conf_free);
  return status;
}
