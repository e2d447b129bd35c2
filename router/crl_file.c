#include "router/crl_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "router/certificate_text.h"
#include "router/clock.h"

#define SCHEME "http://"

void crl_lists_clear(struct crl_lists *lists) {
  sk_X509_CRL_pop_free(lists->lists, X509_CRL_free);
  memset(lists, 0, sizeof *lists);
}

bool crl_is_url(struct hanse_slice source) { return hanse_begins_nocase(source, HANSE_LIT(SCHEME)); }

bool crl_source_fits(struct hanse_slice source, const char **why) {
  *why = hanse_begins_nocase(source, HANSE_LIT("https://"))
             ? "a list of revoked certificates is signed and is fetched by http://, since https:// would need it itself"
             : "write the absolute path of a file or folder, or http://…";
  if (source.len >= CRL_PATH - 100 || memchr(source.at ? source.at : "", '\0', source.len)) return false;
  return crl_is_url(source) ? source.len > sizeof SCHEME - 1 : source.len > 1 && source.at[0] == '/';
}

const char *crl_kept_path(const char *state_dir, struct hanse_slice url, char out[CRL_PATH]) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned n = 0;
  char hex[33] = "";
  if (EVP_Digest(url.at, url.len, digest, &n, EVP_sha256(), NULL) == 1)
    for (size_t i = 0; i < 16; i++) snprintf(hex + 2 * i, 3, "%02x", digest[i]);
  snprintf(out, CRL_PATH, "%s/crl/%s.crl", state_dir, hex);
  return out;
}

/* ---- keeping ---- */

static int say_errno(char *why, size_t n, const char *path) {
  snprintf(why, n, "%.200s: %s", path, strerror(errno));
  return HANSE_FAIL;
}

static bool write_all(int fd, struct hanse_slice octets) {
  while (octets.len) {
    ssize_t put = write(fd, octets.at, octets.len);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    octets = hanse_slice(octets.at + put, octets.len - (size_t)put);
  }
  return true;
}

/* By one of the anchors, where its authority is among them; of others nobody can say. */
static bool may_be_signed(X509_CRL *crl, const STACK_OF(X509) * anchors) {
  bool known = false;
  for (int i = 0; i < sk_X509_num(anchors); i++) {
    X509 *anchor = sk_X509_value(anchors, i);
    if (X509_NAME_cmp(X509_get_subject_name(anchor), X509_CRL_get_issuer(crl)) != 0) continue;
    if (X509_CRL_verify(crl, X509_get0_pubkey(anchor)) == 1) return true;
    known = true;
  }
  return !known;
}

/* Dated later than clocks differ: it would stand in the way of every true one. */
static bool is_ahead(const X509_CRL *crl) {
  return certificate_time(X509_CRL_get0_lastUpdate(crl)) > clock_wall() / HANSE_SECOND + 86400;
}

/* Whether the list that is kept, if there is one, is a later one of the same authority. */
static bool is_behind(const X509_CRL *crl, const char *kept) {
  BIO *bio = BIO_new_file(kept, "rb");
  X509_CRL *before = bio ? d2i_X509_CRL_bio(bio, NULL) : NULL;
  bool behind = before && !is_ahead(before) &&
                X509_NAME_cmp(X509_CRL_get_issuer(before), X509_CRL_get_issuer(crl)) == 0 &&
                certificate_time(X509_CRL_get0_lastUpdate(crl)) < certificate_time(X509_CRL_get0_lastUpdate(before));
  X509_CRL_free(before);
  BIO_free(bio);
  return behind;
}

/* What speaks against taking it in the place of what is kept; NULL: nothing. HTTP proves nothing: whoever stands
   between could have a revoked certificate pass by a list that is none, is forged, or is an old one. */
static const char *fault_of(struct hanse_slice octets, const STACK_OF(X509) * anchors, const char *kept) {
  const unsigned char *at = (const unsigned char *)octets.at;
  X509_CRL *crl = at && octets.len <= CRL_OCTETS_MAX ? d2i_X509_CRL(NULL, &at, (long)octets.len) : NULL;
  const char *fault = !crl                           ? "the answer is no list of revoked certificates"
                      : !may_be_signed(crl, anchors) ? "the list is not signed by its authority"
                      : is_ahead(crl)                ? "the list is dated in the future"
                      : is_behind(crl, kept)         ? "the list is older than the one that is kept"
                                                     : NULL;
  X509_CRL_free(crl);
  ERR_clear_error();
  return fault;
}

int crl_keep(const char *state_dir, struct hanse_slice url, struct hanse_slice octets, const STACK_OF(X509) * anchors,
             char *why, size_t n) {
  char path[CRL_PATH], beside[CRL_PATH + 8], folder[CRL_PATH];
  const char *fault = fault_of(octets, anchors, crl_kept_path(state_dir, url, path));
  if (fault) {
    snprintf(why, n, "%s", fault);
    return HANSE_FAIL;
  }
  snprintf(folder, sizeof folder, "%s/crl", state_dir);
  if (mkdir(folder, 0700) != 0 && errno != EEXIST) return say_errno(why, n, folder);
  snprintf(beside, sizeof beside, "%s.new", path);
  int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return say_errno(why, n, beside);
  bool good = write_all(fd, octets);
  good = close(fd) == 0 && good;
  if (good && rename(beside, path) == 0) return HANSE_OK;
  say_errno(why, n, path);
  unlink(beside);
  return HANSE_FAIL;
}

hanse_time crl_kept_due(const char *path, hanse_time refresh) {
  struct stat is;
  if (stat(path, &is) != 0) return 0;
  hanse_time age = clock_wall() - (is.st_mtim.tv_sec * HANSE_SECOND + is.st_mtim.tv_nsec / 1000);
  return age >= 0 && age < refresh ? refresh - age : 0;
}

/* ---- reading ---- */

static void trouble(struct crl_lists *lists, const char *path, const char *what) {
  if (!lists->trouble[0]) snprintf(lists->trouble, sizeof lists->trouble, "%.160s: %.70s", path, what);
}

/* A sum of large numbers: the same in whatever order they come, and one that comes twice, or 256 times, does not cancel
   itself. */
static void add_digest(struct crl_lists *lists, const X509_CRL *crl) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned n = 0, carry = 0;
  if (X509_CRL_digest(crl, EVP_sha256(), digest, &n) != 1) return;
  for (size_t i = 0; i < sizeof lists->digest; i++) {
    carry += (unsigned)lists->digest[i] + digest[i];
    lists->digest[i] = (uint8_t)carry;
    carry >>= 8;
  }
}

static void add(struct crl_lists *lists, X509_CRL *crl) {
  const ASN1_TIME *next = X509_CRL_get0_nextUpdate(crl);
  int64_t until = next ? certificate_time(next) : 0;
  if (sk_X509_CRL_push(lists->lists, crl) == 0) {
    X509_CRL_free(crl);
    return;
  }
  add_digest(lists, crl);
  if (until && (!lists->until || until < lists->until)) lists->until = until;
}

/* PEM, as many as there are, else DER. */
static int add_octets(struct crl_lists *lists, BIO *bio) {
  int count = 0;
  for (X509_CRL *crl; (crl = PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL)) != NULL; count++) add(lists, crl);
  if (!count && BIO_reset(bio) == 0) {
    X509_CRL *crl = d2i_X509_CRL_bio(bio, NULL);
    if (crl) add(lists, crl), count++;
  }
  ERR_clear_error();
  return count;
}

static void read_file(struct crl_lists *lists, const char *path) {
  struct stat is;
  if (stat(path, &is) != 0) {
    trouble(lists, path, strerror(errno));
    return;
  }
  if (!S_ISREG(is.st_mode) || (size_t)is.st_size > CRL_OCTETS_MAX) {
    trouble(lists, path, "no file, or too large");
    return;
  }
  BIO *bio = BIO_new_file(path, "rb");
  if (!bio || add_octets(lists, bio) == 0) trouble(lists, path, bio ? "no list of revoked certificates" : "unreadable");
  ERR_clear_error();
  BIO_free(bio);
}

static void read_folder(struct crl_lists *lists, const char *path, DIR *folder) {
  char inner[CRL_PATH + 300];
  size_t count = 0;
  for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
    if (entry->d_name[0] == '.') continue;
    if (++count > CRL_FILES_MAX) {
      trouble(lists, path, "too many files in the folder");
      return;
    }
    snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
    read_file(lists, inner);
  }
}

int crl_read(struct crl_lists *out, const struct hanse_slice *sources, size_t count, const char *state_dir) {
  char path[CRL_PATH];
  memset(out, 0, sizeof *out);
  out->lists = sk_X509_CRL_new_null();
  if (!out->lists) return HANSE_NOMEM;
  for (size_t i = 0; i < count; i++) {
    if (crl_is_url(sources[i]))
      crl_kept_path(state_dir, sources[i], path);
    else
      snprintf(path, sizeof path, "%.*s", HANSE_FMT(sources[i]));
    DIR *folder = opendir(path);
    if (folder)
      read_folder(out, path, folder);
    else
      read_file(out, path);
    if (folder) closedir(folder);
  }
  return HANSE_OK;
}
