/* Lists of revoked certificates: what is a source, how they are read, and what a server may do when one is fetched
 * (R32). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "router/crl_fetch.h"
#include "router/crl_file.h"
#include "throwaway_ca.h"

static char folder[] = "/tmp/hanse-crl-XXXXXX";

static const char *in_folder(const char *name) {
  static char path[4][128];
  static unsigned next;
  char *out = path[next++ % 4];
  snprintf(out, sizeof path[0], "%s/%s", folder, name);
  return out;
}

static void write_file(const char *name, const void *at, size_t n) {
  FILE *file = fopen(in_folder(name), "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(at, 1, n, file), n);
  fclose(file);
}

/* An empty list, signed by this key, that begins and ends so many seconds from now. */
static X509_CRL *list_signed(EVP_PKEY *key, long begins, long ends) {
  X509_CRL *crl = X509_CRL_new();
  X509_NAME *name = X509_NAME_new();
  ASN1_TIME *at = ASN1_TIME_new();
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"authority", -1, -1, 0);
  X509_CRL_set_version(crl, X509_CRL_VERSION_2);
  X509_CRL_set_issuer_name(crl, name);
  X509_gmtime_adj(at, begins);
  X509_CRL_set1_lastUpdate(crl, at);
  X509_gmtime_adj(at, ends);
  X509_CRL_set1_nextUpdate(crl, at);
  assert_true(X509_CRL_sign(crl, key, EVP_sha256()) > 0);
  ASN1_TIME_free(at);
  X509_NAME_free(name);
  return crl;
}

/* By a key that nobody has. */
static X509_CRL *list_new(long ends) {
  EVP_PKEY *key = EVP_EC_gen("P-256");
  X509_CRL *crl = list_signed(key, 0, ends);
  EVP_PKEY_free(key);
  return crl;
}

static size_t write_list(const char *name, long ends, bool pem) {
  X509_CRL *crl = list_new(ends);
  BIO *bio = BIO_new(BIO_s_mem());
  char *at;
  assert_true(pem ? PEM_write_bio_X509_CRL(bio, crl) : i2d_X509_CRL_bio(bio, crl));
  long n = BIO_get_mem_data(bio, &at);
  write_file(name, at, (size_t)n);
  BIO_free(bio);
  X509_CRL_free(crl);
  return (size_t)n;
}

static struct crl_lists read_one(const char *source) {
  struct crl_lists lists;
  struct hanse_slice name = hanse_text(source);
  assert_int_equal(crl_read(&lists, &name, 1, folder), HANSE_OK);
  return lists;
}

static void sources(void **state) {
  (void)state;
  const char *why;
  static const char *const good[] = {"/etc/hanse/crl", "http://crl.test/a.crl", "HTTP://crl.test"};
  static const char *const bad[] = {"",       "/", "crl.pem", "./crl", "https://crl.test/a.crl", "ldap://crl.test/",
                                    "http://"};
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) assert_true(crl_source_fits(hanse_text(good[i]), &why));
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) assert_false(crl_source_fits(hanse_text(bad[i]), &why));
}

static void places(void **state) {
  (void)state;
  struct crl_place place;
  assert_true(crl_place_parse(HANSE_LIT("http://crl.test/a/b.crl?x=1"), &place));
  assert_string_equal(place.host, "crl.test");
  assert_string_equal(place.port, "80");
  assert_string_equal(place.path, "/a/b.crl?x=1");
  assert_true(crl_place_parse(HANSE_LIT("http://[2001:db8::1]:8080"), &place));
  assert_string_equal(place.host, "2001:db8::1");
  assert_string_equal(place.port, "8080");
  assert_string_equal(place.path, "/");
  assert_false(crl_place_parse(HANSE_LIT("http://"), &place));
  assert_false(crl_place_parse(HANSE_LIT("https://crl.test/"), &place));
  assert_false(crl_place_parse(HANSE_LIT("http://crl.test:99999999/"), &place));
}

static void files(void **state) {
  (void)state;
  write_list("one.pem", 3600, true);
  write_list("two.crl", 60, false);
  struct crl_lists pem = read_one(in_folder("one.pem")), der = read_one(in_folder("two.crl"));
  assert_int_equal(sk_X509_CRL_num(pem.lists), 1);
  assert_int_equal(sk_X509_CRL_num(der.lists), 1);
  assert_true(pem.until > time(NULL) + 3500 && der.until <= time(NULL) + 60);
  struct crl_lists all = read_one(folder);
  assert_int_equal(sk_X509_CRL_num(all.lists), 2);
  assert_int_equal(all.until, der.until);
  assert_string_equal(all.trouble, "");
  crl_lists_clear(&pem);
  crl_lists_clear(&der);
  crl_lists_clear(&all);
}

static struct crl_lists read_all(const char *const *names, size_t count) {
  struct crl_lists lists;
  struct hanse_slice sources[256];
  for (size_t i = 0; i < count; i++) sources[i] = hanse_text(names[i]);
  assert_int_equal(crl_read(&lists, sources, count, folder), HANSE_OK);
  return lists;
}

static bool say_the_same(const struct crl_lists *a, const struct crl_lists *b) {
  return memcmp(a->digest, b->digest, sizeof a->digest) == 0;
}

/* The digest tells one set of lists from another, in whatever order, and however often, they are read: a folder as
   `openssl rehash` leaves it has each list twice. */
static void digests(void **state) {
  (void)state;
  static const uint8_t nothing[32];
  const char *one = in_folder("one.pem"), *two = in_folder("two.crl"), *many[256];
  struct crl_lists forth = read_all((const char *[]){one, two}, 2), back = read_all((const char *[]){two, one}, 2);
  assert_true(say_the_same(&forth, &back));
  crl_lists_clear(&back);
  crl_lists_clear(&forth);
  for (size_t i = 0; i < 256; i++) many[i] = one;
  for (size_t times = 1; times <= 256; times *= 2) {
    write_list("one.pem", 3600, true);
    struct crl_lists before = read_all(many, times);
    write_list("one.pem", 3600, true); /* another key, another list */
    struct crl_lists after = read_all(many, times);
    assert_false(say_the_same(&before, &after));
    assert_memory_not_equal(before.digest, nothing, sizeof nothing);
    crl_lists_clear(&before);
    crl_lists_clear(&after);
  }
}

/* What is wrong with one is told, and keeps none of the others from being read. */
static void troubles(void **state) {
  (void)state;
  static const char half[] = "-----BEGIN X509 CRL-----\nMIIB\n";
  struct crl_lists lists = read_one(in_folder("none.crl"));
  assert_non_null(strstr(lists.trouble, "none.crl: No such file"));
  crl_lists_clear(&lists);
  write_file("half.pem", half, sizeof half - 1);
  write_file("empty", "", 0);
  lists = read_one(folder);
  assert_int_equal(sk_X509_CRL_num(lists.lists), 2);
  assert_non_null(strstr(lists.trouble, "no list of revoked certificates"));
  crl_lists_clear(&lists);
  unlink(in_folder("half.pem"));
  unlink(in_folder("empty"));
}

/* ---- fetching ---- */

struct server {
  int fd;
  const char *answer; /* NULL: silence */
  size_t length;
  pthread_t thread;
};

static void *serve(void *argument) {
  struct server *server = argument;
  char request[2048];
  int fd = accept(server->fd, NULL, NULL);
  assert_true(fd >= 0);
  assert_true(recv(fd, request, sizeof request, 0) > 0);
  if (server->answer) (void)!send(fd, server->answer, server->length, MSG_NOSIGNAL);
  if (!server->answer) (void)!recv(fd, request, sizeof request, 0); /* until the other leaves */
  close(fd);
  return NULL;
}

/* What becomes of an answer. */
static int fetched(const char *answer, size_t length, char *why, size_t n, size_t *got) {
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof at;
  struct server server = {.answer = answer, .length = length};
  struct crl_place place = {.host = "crl.test", .path = "/a.crl"};
  char *octets = NULL;
  *got = 0;
  server.fd = socket(AF_INET, SOCK_STREAM, 0);
  assert_int_equal(bind(server.fd, (struct sockaddr *)&at, sizeof at), 0);
  assert_int_equal(listen(server.fd, 1), 0);
  assert_int_equal(getsockname(server.fd, (struct sockaddr *)&at, &size), 0);
  snprintf(place.port, sizeof place.port, "%u", ntohs(at.sin_port));
  assert_int_equal(pthread_create(&server.thread, NULL, serve, &server), 0);
  int status = crl_fetch(&place, "127.0.0.1", &octets, got, why, n);
  pthread_join(server.thread, NULL);
  close(server.fd);
  free(octets);
  return status;
}

static void fetching(void **state) {
  (void)state;
  char list[4096], answer[8192], why[160];
  size_t length = write_list("served.crl", 3600, false), got;
  FILE *file = fopen(in_folder("served.crl"), "rb");
  assert_int_equal(fread(list, 1, sizeof list, file), length);
  fclose(file);
  int head = snprintf(answer, sizeof answer, "HTTP/1.0 200 OK\r\nContent-Length: %zu\r\n\r\n", length);
  memcpy(answer + head, list, length);
  assert_int_equal(fetched(answer, (size_t)head + length, why, sizeof why, &got), HANSE_OK);
  assert_int_equal(got, length);
  assert_int_equal(fetched(answer, (size_t)head + length / 2, why, sizeof why, &got), HANSE_FAIL); /* cut */
  static const char *const bad[] = {"HTTP/1.0 404 Not Found\r\n\r\n",
                                    "HTTP/1.0 200 OK\r\n\r\nthis is no list",
                                    "220 mail ESMTP\r\n",
                                    "",
                                    "HTTP/1.0 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n",
                                    "HTTP/1.0 200 OK\r\nContent-Length: 99999999999\r\n\r\n\x30\x84\x7f\xff\xff\xff"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    why[0] = '\0';
    assert_int_equal(fetched(bad[i], strlen(bad[i]), why, sizeof why, &got), HANSE_FAIL);
    assert_true(why[0] != '\0');
    print_message("%-24.24s %s\n", bad[i], why);
  }
}

/* A server that says nothing is given up. */
static void silence(void **state) {
  (void)state;
  char why[160] = "";
  size_t got;
  time_t begun = time(NULL);
  assert_int_equal(fetched(NULL, 0, why, sizeof why, &got), HANSE_FAIL);
  print_message("given up after %ld s: %s\n", (long)(time(NULL) - begun), why);
  assert_true(time(NULL) - begun <= CRL_FETCH_SECONDS + 2);
}

static int keep(struct hanse_slice url, const X509_CRL *crl, const STACK_OF(X509) * anchors, char why[160]) {
  unsigned char *der = NULL;
  int length = i2d_X509_CRL(crl, &der);
  assert_true(length > 0);
  int status = crl_keep(folder, url, hanse_slice((char *)der, (size_t)length), anchors, why, 160);
  OPENSSL_free(der);
  return status;
}

/* Kept whole, under a name of its own, readable by nobody else. */
static void keeping(void **state) {
  (void)state;
  char path[CRL_PATH], other[CRL_PATH], why[160];
  struct stat is;
  struct hanse_slice url = HANSE_LIT("http://crl.test/a.crl");
  X509_CRL *one = list_new(60), *two = list_new(3600);
  assert_int_equal(keep(url, one, NULL, why), HANSE_OK);
  assert_int_equal(keep(url, two, NULL, why), HANSE_OK);
  crl_kept_path(folder, url, path);
  assert_int_equal(stat(path, &is), 0);
  assert_int_equal(is.st_size, i2d_X509_CRL(two, NULL));
  assert_int_equal(is.st_mode & 0777, 0600);
  assert_string_not_equal(path, crl_kept_path(folder, HANSE_LIT("http://crl.test/b.crl"), other));
  unsigned char *der = NULL;
  int length = i2d_X509_CRL(one, &der);
  assert_int_equal(crl_keep("/nowhere", url, hanse_slice((char *)der, (size_t)length), NULL, why, sizeof why),
                   HANSE_FAIL);
  assert_non_null(strstr(why, "/nowhere"));
  OPENSSL_free(der);
  X509_CRL_free(one);
  X509_CRL_free(two);
}

/* What is no list, yet DER as lists are, takes no list's place; it does not count as fetched either. */
static void no_list_is_kept(void **state) {
  (void)state;
  char path[CRL_PATH], why[160] = "";
  unsigned char *der = NULL;
  struct stat before, after;
  const struct timespec old[2] = {{.tv_sec = 1000000000}, {.tv_sec = 1000000000}};
  struct hanse_slice url = HANSE_LIT("http://crl.test/a.crl");
  struct throwaway authority = throwaway_authority("authority");
  X509_CRL *list = list_new(3600);
  assert_int_equal(keep(url, list, NULL, why), HANSE_OK);
  assert_int_equal(utimensat(AT_FDCWD, crl_kept_path(folder, url, path), old, 0), 0);
  assert_int_equal(stat(path, &before), 0);
  int length = i2d_X509(authority.certificate, &der);
  const struct hanse_slice bad[] = {hanse_slice((char *)der, (size_t)length), HANSE_LIT("\x30\x03\x02\x01\x00"),
                                    HANSE_LIT("this is no list"), HANSE_LIT("")};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    why[0] = '\0';
    assert_int_equal(crl_keep(folder, url, bad[i], NULL, why, sizeof why), HANSE_FAIL);
    assert_non_null(strstr(why, "no list of revoked certificates"));
    assert_int_equal(stat(path, &after), 0);
    assert_int_equal(after.st_size, before.st_size);
    assert_int_equal(after.st_mtime, before.st_mtime);
  }
  OPENSSL_free(der);
  X509_CRL_free(list);
  throwaway_free(&authority);
}

/* Whoever stands between here and the server can forge a list, or send an old one: neither replaces a good one. */
static void forged_and_old(void **state) {
  (void)state;
  char why[160] = "";
  struct hanse_slice url = HANSE_LIT("http://crl.test/authority.crl");
  struct throwaway authority = throwaway_authority("authority"), namesake = throwaway_authority("authority"),
                   other = throwaway_authority("other");
  STACK_OF(X509) *anchors = sk_X509_new_null(), *others = sk_X509_new_null();
  sk_X509_push(anchors, other.certificate);
  sk_X509_push(anchors, namesake.certificate); /* its key was changed */
  sk_X509_push(anchors, authority.certificate);
  sk_X509_push(others, other.certificate);
  X509_CRL *old = list_signed(authority.key, -600, 3600), *present = list_signed(authority.key, -60, 3600),
           *forged = list_new(3600);
  assert_int_equal(keep(url, forged, anchors, why), HANSE_FAIL);
  assert_non_null(strstr(why, "not signed"));
  assert_int_equal(keep(url, old, anchors, why), HANSE_OK);
  assert_int_equal(keep(url, present, anchors, why), HANSE_OK);
  assert_int_equal(keep(url, present, anchors, why), HANSE_OK);
  assert_int_equal(keep(url, forged, anchors, why), HANSE_FAIL);
  assert_int_equal(keep(url, old, anchors, why), HANSE_FAIL);
  assert_non_null(strstr(why, "older"));
  assert_int_equal(keep(HANSE_LIT("http://crl.test/b.crl"), forged, others, why), HANSE_OK); /* nobody can say */
  X509_CRL *ahead = list_signed(authority.key, 10 * 86400, 11 * 86400);
  assert_int_equal(keep(url, ahead, anchors, why), HANSE_FAIL);
  assert_non_null(strstr(why, "future"));
  char path[CRL_PATH];
  FILE *kept = fopen(crl_kept_path(folder, url, path), "wb"); /* one that was taken before stands in nobody's way */
  assert_int_equal(i2d_X509_CRL_fp(kept, ahead), 1);
  fclose(kept);
  assert_int_equal(keep(url, present, anchors, why), HANSE_OK);
  X509_CRL_free(ahead);
  X509_CRL_free(old);
  X509_CRL_free(present);
  X509_CRL_free(forged);
  sk_X509_free(anchors);
  sk_X509_free(others);
  throwaway_free(&authority);
  throwaway_free(&namesake);
  throwaway_free(&other);
}

static hanse_time due_at_age(const char *path, long seconds, hanse_time refresh) {
  struct timespec at[2];
  assert_int_equal(clock_gettime(CLOCK_REALTIME, &at[0]), 0);
  at[0].tv_sec -= seconds;
  at[1] = at[0];
  assert_int_equal(utimensat(AT_FDCWD, path, at, 0), 0);
  return crl_kept_due(path, refresh);
}

/* When a kept list is to be fetched anew. */
static void ages(void **state) {
  (void)state;
  const hanse_time refresh = 3600 * HANSE_SECOND;
  char path[128];
  write_list("kept.crl", 60, false);
  snprintf(path, sizeof path, "%s", in_folder("kept.crl"));
  assert_in_range(due_at_age(path, 0, refresh), 3590 * HANSE_SECOND, 3600 * HANSE_SECOND);
  assert_in_range(due_at_age(path, 3000, refresh), 590 * HANSE_SECOND, 600 * HANSE_SECOND);
  assert_int_equal(due_at_age(path, 3600, refresh), 0);
  assert_int_equal(due_at_age(path, 100000, refresh), 0);
  assert_int_equal(due_at_age(path, -100, refresh), 0); /* the clock was put back */
  assert_int_equal(crl_kept_due(in_folder("none.crl"), refresh), 0);
}

static int setup(void **state) {
  (void)state;
  return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state) {
  char command[200];
  (void)state;
  snprintf(command, sizeof command, "rm -rf %s", folder);
  return system(command);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(sources),        cmocka_unit_test(places),   cmocka_unit_test(files),
      cmocka_unit_test(digests),        cmocka_unit_test(troubles), cmocka_unit_test(fetching),
      cmocka_unit_test(silence),        cmocka_unit_test(keeping),  cmocka_unit_test(no_list_is_kept),
      cmocka_unit_test(forged_and_old), cmocka_unit_test(ages)};
  return cmocka_run_group_tests(tests, setup, teardown);
}
