/* The policy `filter`, as built, against a host in memory: links and files (R111, R112). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

#include "plugins/policy/addition.h"
#include "plugins/policy/filter.h"
#include "tests/lib/policy_fixture.h"

static const struct hanse_slice prefixes[] = {{"callto:", 7}, {"file:", 5},  {"ftp.", 4}, {"href", 4},
                                              {"http:", 5},   {"https:", 6}, {"tel:", 4}, {"sip:", 4},
                                              {"sips:", 5},   {"www*", 4},   {"\\\\", 2}};
static const struct hanse_slice extensions[] = {{".exe", 4}, {".Com", 4}, {"vbs", 3}};

static struct filter_settings usual(enum filter_links links) {
  return (struct filter_settings){.where = {"f.conf", 7},
                                  .direction = FILTER_BOTH,
                                  .links = (int)links,
                                  .links_max = 1000,
                                  .prefixes = {sizeof prefixes / sizeof *prefixes, prefixes},
                                  .warning = HANSE_LIT("Beware <of> links & files."),
                                  .place = ADDITION_AFTER,
                                  .files = FILTER_FILES_LISTED,
                                  .extensions = {sizeof extensions / sizeof *extensions, extensions}};
}

static struct hanse_facts said(const char *type, const char *text) {
  return (struct hanse_facts){.size = sizeof(struct hanse_facts),
                              .side = HANSE_SIDE_PARTNER,
                              .action = HANSE_ACTION_MESSAGE,
                              .modalities = HANSE_MODALITY_BIT(HANSE_MODALITY_IM),
                              .text = hanse_text(text),
                              .text_type = hanse_text(type)};
}

static struct hanse_facts offered(const char *name) {
  return (struct hanse_facts){.size = sizeof(struct hanse_facts),
                              .side = HANSE_SIDE_PARTNER,
                              .action = HANSE_ACTION_SESSION,
                              .modalities = HANSE_MODALITY_BIT(HANSE_MODALITY_FILE),
                              .file_name = hanse_text(name)};
}

static struct fake_judgement ask(struct policy_fixture *f, struct hanse_facts facts) {
  struct fake_judgement judgement;
  fake_decide(f->policy, HANSE_STAGE_ADMIT, &facts, false, &judgement);
  return judgement;
}

/* text NULL: unchanged. */
static void becomes(struct policy_fixture *f, const char *type, const char *text, const char *wanted) {
  struct fake_judgement judgement = ask(f, said(type, text));
  bool changed = judgement.marks.set & HANSE_MARK_TEXT;
  if (judgement.verdict != HANSE_ABSTAIN) fail_msg("\"%.60s\": verdict %d", text, judgement.verdict);
  if (changed != (wanted != NULL) || (changed && !hanse_same(judgement.marks.text, hanse_text(wanted))))
    fail_msg("\"%.60s\" became \"%.*s\"", text, changed ? (int)judgement.marks.text.len : 0,
             changed ? judgement.marks.text.at : "");
}

static void is_denied(struct policy_fixture *f, struct hanse_facts facts, const char *words) {
  struct fake_judgement judgement = ask(f, facts);
  if (judgement.verdict != HANSE_DENY)
    fail_msg("\"%.*s%.*s\" passed", HANSE_FMT(facts.text), HANSE_FMT(facts.file_name));
  assert_int_equal(judgement.why.failure, HANSE_F_FILTER);
  assert_int_equal(judgement.why.where.line, 7);
  if (!strstr(judgement.why.text.at, words)) fail_msg("\"%s\" lacks \"%s\"", judgement.why.text.at, words);
}

static void underscores(void **state) {
  static const struct {
    const char *text, *wanted;
  } rows[] = {
      {"see http://x.test/ and www.y.test.", "see _http://x.test/ and _www.y.test."},
      {"HTTPS://x.test", "_HTTPS://x.test"},
      {"(http://x.test)", "(_http://x.test)"},
      {"a,www2.x.test", "a,_www2.x.test"},
      {"\xe4\xbd\xa0http://x.test/\xc3\xa4", "\xe4\xbd\xa0_http://x.test/\xc3\xa4"},
      {"\\\\server\\share\\x.txt", "_\\\\server\\share\\x.txt"},
      {"http://x\nhttp://y", "_http://x\n_http://y"},
      {"_http://x.test", NULL},
      {"xhttp://x.test", NULL},
      {"the hotel: nice; http: no; tel: ", NULL},
      {"www", NULL},
      {"http:", NULL},
      {"no link. None at all!", NULL},
      {"", NULL},
  };
  struct filter_settings settings = usual(FILTER_LINKS_ALLOW);
  struct policy_fixture *f = policy_fixture_new("filter", &settings);
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    becomes(f, rows[i].text[0] ? "text/plain" : "", rows[i].text, rows[i].wanted);
  assert_int_equal(fake_counter(f->world, "defused"), 7);
  becomes(f, "Text/HTML", "<a href=\"http://x\">www.x</a>", "<a _href=\"_http://x\">_www.x</a>");
  becomes(f, "text/rtf", "http://x", NULL);
  becomes(f, "application/xml", "", NULL);
  policy_fixture_free(f);
}

static void warnings(void **state) {
  struct filter_settings settings = usual(FILTER_LINKS_WARN);
  struct policy_fixture *f = policy_fixture_new("filter", &settings);
  (void)state;
  becomes(f, "text/plain", "http://x", "http://x\r\nBeware <of> links & files.");
  becomes(f, "text/html", "http://x", "http://x<br>Beware &lt;of&gt; links &amp; files.");
  becomes(f, "text/html", "<html><BODY>http://x</BODY ></html>",
          "<html><BODY>http://x<br>Beware &lt;of&gt; links &amp; files.</BODY ></html>");
  becomes(f, "text/html", "<html>http://x</html>", "<html>http://x<br>Beware &lt;of&gt; links &amp; files.</html>");
  becomes(f, "text/plain", "nothing", NULL);
  assert_int_equal(fake_counter(f->world, "warned"), 4);
  settings.place = ADDITION_BEFORE;
  becomes(f, "text/plain", "http://x", "Beware <of> links & files.\r\nhttp://x");
  becomes(f, "text/html", "<p><body class=x>http://x",
          "<p><body class=x>Beware &lt;of&gt; links &amp; files.<br>http://x");
  becomes(f, "text/html", "<body http://x", "Beware &lt;of&gt; links &amp; files.<br><body http://x");
  policy_fixture_free(f);
}

/* Texts that a policy before has changed are changed further. */
static void after_others(void **state) {
  struct filter_settings settings = usual(FILTER_LINKS_ALLOW);
  struct policy_fixture *f = policy_fixture_new("filter", &settings);
  struct hanse_facts facts = said("text/plain", "no link");
  struct hanse_marks marks = {.size = sizeof marks, .set = HANSE_MARK_TEXT, .text = HANSE_LIT("now www.x")};
  struct hanse_refusal why = {.size = sizeof why};
  char memory[256];
  struct hanse_arena arena = {sizeof arena, 0, memory, memory + sizeof memory, NULL};
  struct hanse_case c = {.size = sizeof c, .stage = HANSE_STAGE_ADMIT, .facts = &facts, .marks = &marks};
  c.arena = &arena;
  c.why = &why;
  (void)state;
  const struct hanse_offer *offer = policy_open("filter")->offers;
  const struct hanse_policy *policy = (const struct hanse_policy *)offer->slots;
  assert_int_equal(policy->decide(fake_self(f->policy), &c), HANSE_ABSTAIN);
  assert_true(hanse_same(marks.text, HANSE_LIT("now _www.x")));
  policy_fixture_free(f);
}

static void blocks(void **state) {
  struct filter_settings settings = usual(FILTER_LINKS_BLOCK);
  struct policy_fixture *f = policy_fixture_new("filter", &settings);
  (void)state;
  is_denied(f, said("text/plain", "go to www.x"), "the text has a link");
  is_denied(f, said("text/html", "<a href=\"&#104;ttp://x\">"), "the text has a link");
  is_denied(f, said("text/plain", NULL), "UTF-8");
  becomes(f, "text/plain", "nothing", NULL);
  assert_int_equal(fake_counter(f->world, "blocked_links"), 2);
  settings.direction = FILTER_OUT;
  becomes(f, "text/plain", "go to www.x", NULL);
  struct hanse_facts out = said("text/plain", "go to www.x");
  out.side = HANSE_SIDE_HOME;
  is_denied(f, out, "link");
  settings.direction = FILTER_IN;
  assert_int_equal(ask(f, out).verdict, HANSE_ABSTAIN);
  settings.links = FILTER_LINKS_OFF;
  becomes(f, "text/plain", "go to www.x", NULL);
  is_denied(f, said("text/plain", "www.x/a.exe"), "\".exe\"");
  settings.files = FILTER_FILES_OFF;
  becomes(f, "text/plain", "www.x/a.exe", NULL);
  becomes(f, "text/plain", NULL, NULL);
  policy_fixture_free(f);
}

/* 1 000 links pass, 1 001 do not; an attribute and its value are one. */
static void too_many(void **state) {
  struct filter_settings settings = usual(FILTER_LINKS_ALLOW);
  struct policy_fixture *f = policy_fixture_new("filter", &settings);
  static char text[1002 * 16];
  (void)state;
  for (int kind = 0; kind < 2; kind++) {
    const char *link = kind ? "href=\"http:x\" " : "http:x ";
    text[0] = '\0';
    for (int i = 0; i < 1000; i++) memcpy(text + (size_t)i * strlen(link), link, strlen(link) + 1);
    assert_int_equal(ask(f, said("text/html", text)).verdict, HANSE_ABSTAIN);
    strcat(text, link);
    is_denied(f, said("text/html", text), "more than 1000 links");
  }
  policy_fixture_free(f);
}

static void links_to_files(void **state) {
  static const char *const blocked[] = {
      "http://x/setup.exe",
      "http://x/a/b/SETUP.EXE?x=1#y",
      "http://x/setup.ex%65",
      "http://x/setup.exe.",
      "(see http://x/s.vbs)",
      "www.x/setup.exe;v=1",
      "file:c:\\x\\y.com",
      "file:y.com",
      "\\\\srv\\share\\run.com",
      "ftp.x.test/pub/x.exe,",
      "http://x/setup.exe%20%2e",
      "http://x\\setup.exe",
      "http://x/\xe2\x80\x9cs.exe\xe2\x80\x9d",
      "href=setup.exe",
  };
  static const char *const fine[] = {
      "http://example.com",
      "http://example.com/",
      "www.example.com",
      "sip:bob@example.com",
      "http://x/a.exe/b",
      "http://x/?site=setup.exe",
      "http://x/setupexe",
      "http://x/.",
      "http://x/",
      "setup.exe",
      "http://x/setup.exes",
      "http://user:p@x.com:80",
      "www.example.com?a.exe",
      "http://x/100%",
  };
  struct filter_settings settings = usual(FILTER_LINKS_ALLOW);
  struct policy_fixture *f = policy_fixture_new("filter", &settings);
  (void)state;
  for (size_t i = 0; i < sizeof blocked / sizeof *blocked; i++)
    is_denied(f, said("text/plain", blocked[i]), "leads to a file");
  assert_int_equal(fake_counter(f->world, "blocked_files"), sizeof blocked / sizeof *blocked);
  for (size_t i = 0; i < sizeof fine / sizeof *fine; i++) {
    struct fake_judgement judgement = ask(f, said("text/plain", fine[i]));
    if (judgement.verdict != HANSE_ABSTAIN) fail_msg("%s", fine[i]);
  }
  settings.files = FILTER_FILES_ALL;
  is_denied(f, said("text/plain", "http://x/a.txt"), "\".txt\"");
  assert_int_equal(ask(f, said("text/plain", "http://example.com/a")).verdict, HANSE_ABSTAIN);
  policy_fixture_free(f);
}

static void files(void **state) {
  struct filter_settings settings = usual(FILTER_LINKS_OFF);
  struct policy_fixture *f = policy_fixture_new("filter", &settings);
  struct fake_judgement judgement;
  struct hanse_facts answer = offered(NULL), end = offered("a.exe");
  (void)state;
  is_denied(f, offered("a.exe"), "\".exe\"");
  is_denied(f, offered("invoice.pdf.COM"), "\".COM\"");
  is_denied(f, offered("a.exe. . "), "\".exe\"");
  is_denied(f, offered(NULL), "no name");
  assert_int_equal(ask(f, offered("a.pdf")).verdict, HANSE_ABSTAIN);
  assert_int_equal(ask(f, offered("exe")).verdict, HANSE_ABSTAIN);
  end.action = HANSE_ACTION_END;
  assert_int_equal(ask(f, end).verdict, HANSE_ABSTAIN);
  answer.flags = HANSE_FACT_ANSWER;
  answer.status = 200;
  fake_decide(f->policy, HANSE_STAGE_ANSWER, &answer, false, &judgement);
  assert_int_equal(judgement.verdict, HANSE_ABSTAIN);
  answer.file_name = HANSE_LIT("a.exe");
  fake_decide(f->policy, HANSE_STAGE_ANSWER, &answer, false, &judgement);
  assert_int_equal(judgement.verdict, HANSE_DENY);
  fake_decide(f->policy, HANSE_STAGE_ANSWER, &answer, true, &judgement);
  assert_int_equal(fake_counter(f->world, "blocked_files"), 5); /* dry counts nothing */
  settings.files = FILTER_FILES_ALL;
  is_denied(f, offered("a.pdf"), "no files");
  settings.files = FILTER_FILES_OFF;
  assert_int_equal(ask(f, offered("a.exe")).verdict, HANSE_ABSTAIN);
  policy_fixture_free(f);
}

/* Two of ours, one of them at a provider that shares the domain, are let alone in both directions (R111). */
static void our_own(void **state) {
  static const struct {
    const char *from, *to;
    bool alone;
  } rows[] = {{"contoso.test", "contoso.test", true},
              {"contoso.test", "branch.contoso.test", true},
              {"contoso.test", "wingtip.test", false},
              {"wingtip.test", "contoso.test", false},
              {"wingtip.test", "notcontoso.test", false}};
  struct filter_settings settings = usual(FILTER_LINKS_BLOCK);
  struct policy_fixture *f = policy_fixture_new("filter", &settings);
  (void)state;
  fake_home(f->world, "contoso.test");
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    for (int side = HANSE_SIDE_HOME; side <= HANSE_SIDE_PARTNER; side++) {
      struct hanse_facts facts[] = {said("text/plain", "www.x"), offered("a.exe")};
      for (size_t k = 0; k < 2; k++) {
        facts[k].side = (enum hanse_side)side;
        facts[k].from.domain = hanse_text(rows[i].from);
        facts[k].to.domain = hanse_text(rows[i].to);
        if (ask(f, facts[k]).verdict != (rows[i].alone ? HANSE_ABSTAIN : HANSE_DENY))
          fail_msg("%s to %s, side %d", rows[i].from, rows[i].to, side);
      }
    }
  policy_fixture_free(f);
}

static void mistakes(void **state) {
  static const struct hanse_slice blank[] = {{"http:", 5}, {"a b", 3}}, star[] = {{"*", 1}}, none[] = {{".", 1}},
                                  slash[] = {{".tar/gz", 7}};
  static struct hanse_slice many[257];
  struct filter_settings wrong = usual(FILTER_LINKS_ALLOW);
  (void)state;
  wrong.prefixes = (struct hanse_list){2, blank};
  policy_fixture_refuses("filter", &wrong, 7, "\"a b\" cannot begin a link");
  wrong.prefixes = (struct hanse_list){1, star};
  policy_fixture_refuses("filter", &wrong, 7, "cannot begin a link");
  for (size_t i = 0; i < 257; i++) many[i] = HANSE_LIT("x:");
  wrong.prefixes = (struct hanse_list){257, many};
  policy_fixture_refuses("filter", &wrong, 7, "at most 256");
  wrong = usual(FILTER_LINKS_ALLOW);
  wrong.extensions = (struct hanse_list){1, none};
  policy_fixture_refuses("filter", &wrong, 7, "is no extension");
  wrong.extensions = (struct hanse_list){1, slash};
  policy_fixture_refuses("filter", &wrong, 7, "\".tar/gz\" is no extension");
}

/* A link is found wherever it stands, in short texts and in long ones, quick look or not. */
static void everywhere(void **state) {
  static const struct hanse_slice more[] = {{"gopher.", 7}, {"%", 1}, {":x", 2}, {"a:b:", 4}};
  struct hanse_slice all[sizeof prefixes / sizeof *prefixes + 4];
  (void)state;
  memcpy(all, prefixes, sizeof prefixes);
  memcpy(all + sizeof prefixes / sizeof *prefixes, more, sizeof more);
  for (size_t count = sizeof prefixes / sizeof *prefixes; count <= sizeof all / sizeof *all; count++) {
    struct filter_settings settings = usual(FILTER_LINKS_ALLOW);
    settings.prefixes = (struct hanse_list){count, all};
    struct policy_fixture *f = policy_fixture_new("filter", &settings);
    for (size_t i = 0; i < count; i++)
      for (int before = 0; before < 40; before++)
        for (int behind = 1; behind < 40; behind++) {
          char text[160], wanted[160];
          int n = (int)all[i].len - (all[i].at[all[i].len - 1] == '*');
          const char *fill = "-----------------------------------------";
          snprintf(text, sizeof text, "%.*s%.*s%.*s", before, fill, n, all[i].at, behind, fill);
          snprintf(wanted, sizeof wanted, "%.*s_%.*s%.*s", before, fill, n, all[i].at, behind, fill);
          becomes(f, "text/plain", text, wanted);
        }
    policy_fixture_free(f);
  }
}

/* The time goes with the length of the text, whatever is in it. */
static void linear(void **state) {
  static const char *const pieces[] = {"http:",  "http:x ", "<body ", "<",   "hhhhhhhh",
                                       "x.exe/", "href=\"", "%2e",    "\\\\"};
  enum { SMALL = 50000, LARGE = 800000 };
  struct filter_settings settings = usual(FILTER_LINKS_WARN);
  struct policy_fixture *f = policy_fixture_new("filter", &settings);
  char *text = malloc(LARGE + 1);
  double worst = 0;
  (void)state;
  assert_non_null(text);
  settings.links_max = 100000;
  for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
    double cost[2];
    for (int large = 0; large < 2; large++) {
      size_t n = large ? LARGE : SMALL, m = strlen(pieces[i]);
      for (size_t k = 0; k < n; k++) text[k] = pieces[i][k % m];
      memcpy(text, "www.x ", 6);
      text[n] = '\0';
      clock_t begin = clock();
      for (int k = 0; k < 3; k++) ask(f, said("text/html", text));
      cost[large] = (double)(clock() - begin) * 1e9 / CLOCKS_PER_SEC / 3 / (double)n;
    }
    if (cost[1] > worst) worst = cost[1];
    if (cost[1] > 5 * cost[0] + 50) fail_msg("\"%s\": %.1f ns an octet, then %.1f", pieces[i], cost[0], cost[1]);
  }
  print_message("a text costs %.1f ns an octet at worst\n", worst);
  free(text);
  policy_fixture_free(f);
}

/* Without memory a text is refused, and not let through as it is. */
static void no_memory(void **state) {
  (void)state;
  for (int links = FILTER_LINKS_ALLOW; links <= FILTER_LINKS_BLOCK; links++) {
    struct filter_settings settings = usual((enum filter_links)links);
    struct policy_fixture *f = policy_fixture_new("filter", &settings);
    fake_fail_after(f->world, 0);
    struct fake_judgement judgement = ask(f, said("text/plain", "www.x"));
    fake_fail_after(f->world, -1);
    assert_int_equal(judgement.verdict, HANSE_DENY);
    assert_int_equal(judgement.why.failure, links == FILTER_LINKS_BLOCK ? HANSE_F_FILTER : HANSE_F_MEMORY);
    assert_false(judgement.marks.set & HANSE_MARK_TEXT);
    policy_fixture_free(f);
    policy_fixture_no_memory("filter", &settings);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(underscores), cmocka_unit_test(warnings),   cmocka_unit_test(after_others),
      cmocka_unit_test(blocks),      cmocka_unit_test(too_many),   cmocka_unit_test(links_to_files),
      cmocka_unit_test(files),       cmocka_unit_test(mistakes),   cmocka_unit_test(linear),
      cmocka_unit_test(no_memory),   cmocka_unit_test(everywhere), cmocka_unit_test(our_own),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
