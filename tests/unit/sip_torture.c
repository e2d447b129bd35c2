/* The codec over RFC 4475, RFC 5118 and our own attack sets: every file whole, octet by octet and cut at every offset
   has one verdict (A28), and what is forwarded reads the same after a proxy's edits. The rows A1 to A26, B1 to B5, B7
   and B12 are shown by the file of their name. The RFC sets are read from $HANSE_TEST_DATA and skipped where they are
   absent. */
#include "codec.h"
#include "roundtrip.h"

#define FILE_MAX ((size_t)1 << 20)

/* The verdicts on one stream, one word per message. */
struct verdict {
  char text[1024];
  size_t len;
};

static void say(struct verdict *v, const char *word) {
  int n = snprintf(v->text + v->len, sizeof v->text - v->len, "%s%s", v->len ? " " : "", word);
  if (n > 0 && v->len + (size_t)n < sizeof v->text) v->len += (size_t)n;
}

static const char *status_of(enum hanse_failure failure) {
  switch (failure) {
    case HANSE_F_PARSE:
      return "400";
    case HANSE_F_TOO_LARGE:
      return "513";
    case HANSE_F_URI_TOO_LONG:
      return "414";
    case HANSE_F_VERSION:
      return "505";
    case HANSE_F_SCHEME:
      return "416";
    default:
      return "?";
  }
}

/* A reply must be writable, and be a message itself. */
static void check_reply(struct hanse_arena *arena, const struct sip_message *m) {
  struct sip_reply reply = {400, {NULL, 0}, HANSE_LIT("ours"), NULL, 0, NULL};
  size_t size = sip_reply_size(m, &reply);
  char *out = malloc(size + 1);
  struct sip_frame frame = {0};
  struct sip_message parsed;
  assert_non_null(out);
  assert_true(size > 0 && sip_reply_write(m, &reply, out) == size);
  assert_int_equal(sip_frame(&frame, &test_bounds, out, size), SIP_FRAME_MESSAGE);
  assert_int_equal(frame.length, size);
  sip_message_parse(arena, hanse_slice(out, size), &parsed);
  assert_int_equal(parsed.status, 400);
  free(out);
}

/* What the codec says of one message; the proxy's own refusals (420, 483) show in what it exposes. */
static void judge(struct hanse_slice bytes, struct verdict *v) {
  struct test_arena arena;
  struct sip_message m;
  test_arena_init(&arena, SIZE_MAX);
  enum hanse_failure failure = sip_message_parse(&arena.arena, bytes, &m);
  if (failure) {
    if (m.answerable) check_reply(&arena.arena, &m);
    say(v, m.answerable ? status_of(failure) : "DROP");
  } else if (!m.request) {
    say(v, "response");
  } else {
    const char *differs = roundtrip_fits(&m) ? roundtrip(&arena.arena, &m) : NULL;
    if (differs) fail_msg("differs after the round trip: %s", differs);
    say(v, m.first[SIP_H_PROXY_REQUIRE] ? "420" : m.max_forwards == 0 ? "483" : "FWD");
  }
  test_arena_free(&arena);
}

static void judge_broken(struct hanse_slice bytes, enum hanse_failure failure, struct verdict *v) {
  struct test_arena arena;
  struct sip_message m;
  test_arena_init(&arena, SIZE_MAX);
  if (sip_message_salvage(&arena.arena, bytes, &m)) {
    char word[16];
    check_reply(&arena.arena, &m);
    snprintf(word, sizeof word, "%s+CLOSE", status_of(failure));
    say(v, word);
  } else {
    say(v, "CLOSE");
  }
  test_arena_free(&arena);
}

/* The stream arrives as first `cut` octets, then `step` at a time. */
static void run(struct hanse_slice stream, size_t cut, size_t step, struct verdict *v) {
  struct sip_frame frame = {0};
  size_t at = 0, have = cut < stream.len ? cut : stream.len;
  memset(v, 0, sizeof *v);
  for (;;) {
    enum sip_frame_result result = sip_frame(&frame, &test_bounds, stream.at + at, have - at);
    if (result == SIP_FRAME_MESSAGE) {
      struct hanse_slice bytes = exact_copy(hanse_slice(stream.at + at, frame.length));
      judge(bytes, v);
      exact_free(bytes);
      at += frame.length;
    } else if (result == SIP_FRAME_KEEPALIVE) {
      at += frame.length;
    } else if (result == SIP_FRAME_BAD) {
      judge_broken(hanse_slice(stream.at + at, frame.head), frame.failure, v);
      return;
    } else if (result == SIP_FRAME_NOT_SIP) {
      say(v, "CLOSE");
      return;
    } else if (have < stream.len) {
      have = stream.len - have < step ? stream.len : have + step;
    } else {
      if (at < have) say(v, "HOLD");
      return;
    }
  }
}

/* The same verdict however it is cut; of large files not every offset. */
static void every_way(const char *name, struct hanse_slice stream, struct verdict *whole) {
  struct verdict other;
  size_t stride = stream.len > 8192 ? 997 : 1;
  run(stream, stream.len, 1, whole);
  run(stream, 0, 1, &other);
  if (strcmp(other.text, whole->text) != 0) fail_msg("%s: '%s' by octets, '%s' whole", name, other.text, whole->text);
  for (size_t cut = 1; cut < stream.len; cut += stride) {
    run(stream, cut, stream.len, &other);
    if (strcmp(other.text, whole->text) != 0)
      fail_msg("%s: '%s' cut at %zu, '%s' whole", name, other.text, cut, whole->text);
  }
}

static bool load(const char *path, struct hanse_slice *out) {
  FILE *file = fopen(path, "rb");
  if (!file) return false;
  char *text = malloc(FILE_MAX);
  assert_non_null(text);
  size_t len = fread(text, 1, FILE_MAX, file);
  fclose(file);
  *out = exact_copy(hanse_slice(text, len));
  free(text);
  return true;
}

static const char *shared_data(void) {
  const char *root = getenv("HANSE_TEST_DATA");
  return root ? root : HANSE_SOURCE_DIR "/../shared/data";
}

/* Is `word` one of the comma list `list`? */
static bool in_list(const char *word, const char *list) {
  size_t len = strlen(word);
  for (const char *p = list; p; p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL)
    if (strncmp(p, word, len) == 0 && (p[len] == ',' || p[len] == '\0')) return true;
  return false;
}

/* Field number n (from 0) of a line with tabs, cut off in place of its end. */
static char *field(char *line, int n) {
  for (; n && line; n--) line = strchr(line, '\t') ? strchr(line, '\t') + 1 : NULL;
  if (line) line[strcspn(line, "\t\r\n")] = '\0';
  return line;
}

static FILE *open_expect(const char *root, const char *set) {
  char path[1024];
  snprintf(path, sizeof path, "%s/%s/EXPECT.tsv", root, set);
  FILE *file = fopen(path, "r");
  char line[4096];
  if (file && !fgets(line, sizeof line, file)) fail_msg("%s is empty", path);
  return file;
}

/* The first message's verdict is one that the column for streams names. Responses that parse have no transaction here,
   so the proxy would drop them; dblreq's second message is judged on its own. */
static void check_4475(const char *name, const char *allowed) {
  char path[1024], first[64];
  struct hanse_slice stream;
  struct verdict v;
  snprintf(path, sizeof path, "%s/sip/rfc4475/%s.dat", shared_data(), name);
  assert_true(load(path, &stream));
  every_way(name, stream, &v);
  snprintf(first, sizeof first, "%.*s", (int)strcspn(v.text, " "), v.text);
  if (!in_list(strcmp(first, "response") ? first : "DROP", allowed))
    fail_msg("%s: %s is none of %s", name, v.text, allowed);
  if (strcmp(name, "unreason") == 0 || strcmp(name, "noreason") == 0 || strcmp(name, "bcast") == 0)
    assert_string_equal(v.text, "response");
  if (strcmp(name, "dblreq") == 0) assert_int_equal(strncmp(v.text, "FWD FWD", 7), 0);
  exact_free(stream);
}

static void rfc4475(void **state) {
  (void)state;
  char line[4096], copy[4096];
  int count = 0;
  FILE *file = open_expect(shared_data(), "sip/rfc4475");
  if (!file) skip();
  while (fgets(line, sizeof line, file)) {
    memcpy(copy, line, sizeof copy);
    check_4475(field(copy, 0), field(line, 5));
    count++;
  }
  fclose(file);
  assert_int_equal(count, 49);
}

/* baddn with the blank line that the archive lacks: the comma in its display name is refused. */
static void baddn_complete(void **state) {
  (void)state;
  char path[1024];
  struct hanse_slice stream;
  struct verdict v;
  snprintf(path, sizeof path, "%s/sip/rfc4475/baddn.dat", shared_data());
  if (!load(path, &stream)) skip();
  char *text = malloc(stream.len + 2);
  assert_non_null(text);
  memcpy(text, stream.at, stream.len);
  memcpy(text + stream.len, "\r\n", 2);
  every_way("baddn", hanse_slice(text, stream.len + 2), &v);
  assert_string_equal(v.text, "400");
  free(text);
  exact_free(stream);
}

/* wire-CRLF: as expected; archive-LF has lone LFs throughout and is no SIP on a stream. */
static void rfc5118(void **state) {
  (void)state;
  char line[4096], path[2048];
  int count = 0;
  FILE *file = open_expect(shared_data(), "sip/rfc5118");
  if (!file) skip();
  while (fgets(line, sizeof line, file)) {
    struct hanse_slice stream;
    struct verdict v;
    const char *name = field(line, 0);
    snprintf(path, sizeof path, "%s/sip/rfc5118/wire-CRLF/%s", shared_data(), name);
    assert_true(load(path, &stream));
    every_way(name, stream, &v);
    if (strcmp(v.text, strcmp(name, "ipv6-bad") == 0 ? "400" : "FWD") != 0) fail_msg("%s: %s", name, v.text);
    exact_free(stream);
    snprintf(path, sizeof path, "%s/sip/rfc5118/archive-LF/%s", shared_data(), name);
    assert_true(load(path, &stream));
    every_way(name, stream, &v);
    assert_string_equal(v.text, "CLOSE");
    exact_free(stream);
    count++;
  }
  fclose(file);
  assert_int_equal(count, 12);
}

struct row {
  const char *file;
  const char *verdict;
};

/* What the codec owes to the required behaviour of each file; what remains FWD is for the router to judge. */
static const struct row framing[] = {{"cl-too-small", "FWD FWD"},
                                     {"cl-dup-equal", "400+CLOSE"},
                                     {"cl-dup-compact", "400+CLOSE"},
                                     {"cl-dup-case", "400+CLOSE"},
                                     {"cl-empty", "400+CLOSE"},
                                     {"cl-word", "400+CLOSE"},
                                     {"cl-float", "400+CLOSE"},
                                     {"cl-wrap64", "513+CLOSE"},
                                     {"cl-big", "513+CLOSE"},
                                     {"cl-intmax", "513+CLOSE"},
                                     {"cl-uintmax", "513+CLOSE"},
                                     {"cl-arabic", "400+CLOSE"},
                                     {"cl-nul", "400+CLOSE"},
                                     {"cl-quoted", "400+CLOSE"},
                                     {"cl-lead0", "FWD"},
                                     {"cl-fold", "FWD"},
                                     {"cl-spcolon", "FWD"},
                                     {"cl-missing-stream", "400+CLOSE"},
                                     {"cl-short-body", "HOLD"},
                                     {"bare-lf-mix", "400+CLOSE"},
                                     {"bare-cr", "400"},
                                     {"nul-host", "400"},
                                     {"nul-from-host", "400"},
                                     {"no-colon", "400"},
                                     {"first-fold", "400"},
                                     {"only-fold-end", "400"},
                                     {"leading-crlf", "FWD"},
                                     {"crlf-flood", ""},
                                     {"two-in-one-write", "FWD FWD"},
                                     {"tls-hello-plain", "CLOSE"},
                                     {"xmpp-on-sip", "CLOSE"},
                                     {"stun-on-stream", "CLOSE"},
                                     {"headers-10k", "513+CLOSE"},
                                     {"via-comma-5000", "CLOSE"},
                                     {"route-2000", "513"},
                                     {"params-10000", "513+CLOSE"},
                                     {NULL, NULL}};

static const struct row identity[] = {{"from-other-domain", "FWD"},
                                      {"from-subdomain", "FWD"},
                                      {"from-suffix", "FWD"},
                                      {"from-prefix", "FWD"},
                                      {"from-display", "FWD"},
                                      {"from-addrspec-param", "400"},
                                      {"from-pct-host", "400"},
                                      {"from-ip", "FWD"},
                                      {"from-sips", "FWD"},
                                      {"from-anonymous", "FWD"},
                                      {"from-underscore", "FWD"},
                                      {"from-same-upper", "FWD"},
                                      {"from-same-mixed", "FWD"},
                                      {"from-same-dot", "FWD"},
                                      {"from-two", "400"},
                                      {"from-compact-two", "400"},
                                      {"hdr-p-preferred-identity", "FWD"},
                                      {"hdr-remote-party-id", "FWD"},
                                      {"hdr-p-charging-vector", "FWD"},
                                      {"hdr-identity", "FWD"},
                                      {"hdr-history-info", "FWD"},
                                      {"hdr-x-forwarded-for", "FWD"},
                                      {NULL, NULL}};

static const struct row routing[] = {{"ruri-loopback", "FWD"},
                                     {"ruri-mapped", "FWD"},
                                     {"ruri-rfc1918", "FWD"},
                                     {"ruri-linklocal6", "400"},
                                     {"ruri-any", "FWD"},
                                     {"ruri-decimal", "400"},
                                     {"ruri-octal", "400"},
                                     {"ruri-hexip", "400"},
                                     {"ruri-localhost", "FWD"},
                                     {"ruri-maddr", "FWD"},
                                     {"ruri-transport", "FWD"},
                                     {"ruri-port99999", "400"},
                                     {"ruri-port22", "FWD"},
                                     {"ruri-dot", "FWD"},
                                     {"ruri-upper", "FWD"},
                                     {"ruri-pct-user", "FWD"},
                                     {"ruri-pct-nul", "FWD"},
                                     {"ruri-long-name", "400"},
                                     {"ruri-gr", "FWD"},
                                     {"ruri-empty-user", "400"},
                                     {"ruri-no-host", "400"},
                                     {"ruri-scheme", "416"},
                                     {"ruri-im", "416"},
                                     {"route-two-hop", "FWD"},
                                     {"via-own-loop", "FWD"},
                                     {"via-received-spoof", "FWD"},
                                     {"max-breadth-0", "FWD"},
                                     {"mf-missing", "FWD"},
                                     {"mf-dup", "400"},
                                     {"notify-stray", "FWD"},
                                     {"ack-stray", "FWD"},
                                     {"cancel-stray", "FWD"},
                                     {"register", "FWD"},
                                     {"invite", "FWD"},
                                     {"publish-foreign", "FWD"},
                                     {"refer", "FWD"},
                                     {NULL, NULL}};

/* Each file of the set has a row, each row a file. */
static void own_set(const char *set, const struct row *rows) {
  char line[4096], path[2048];
  const char *root = HANSE_SOURCE_DIR "/tests/data";
  int listed = 0, known = 0;
  FILE *file = open_expect(root, set);
  assert_non_null(file);
  while (fgets(line, sizeof line, file)) listed++;
  fclose(file);
  for (; rows[known].file; known++) {
    struct hanse_slice stream;
    struct verdict v;
    snprintf(path, sizeof path, "%s/%s/%s.sip", root, set, rows[known].file);
    if (!load(path, &stream)) fail_msg("no %s", path);
    every_way(rows[known].file, stream, &v);
    if (strcmp(v.text, rows[known].verdict) != 0) fail_msg("%s: %s", rows[known].file, v.text);
    exact_free(stream);
  }
  assert_int_equal(known, listed);
}

static void own_framing(void **state) {
  (void)state;
  own_set("own/sip-framing", framing);
}

static void own_identity(void **state) {
  (void)state;
  own_set("own/sip-identity", identity);
}

static void own_routing(void **state) {
  (void)state;
  own_set("own/sip-routing", routing);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(rfc4475),      cmocka_unit_test(baddn_complete),
                                     cmocka_unit_test(rfc5118),      cmocka_unit_test(own_framing),
                                     cmocka_unit_test(own_identity), cmocka_unit_test(own_routing)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
