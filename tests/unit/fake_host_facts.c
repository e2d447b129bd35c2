/* Facts of a message, written as a line (P30). */
#include "tests/unit/toy.h"

static struct fake_world *world;

static void is(struct hanse_slice text, const char *wanted) {
  if (!hanse_same(text, hanse_text(wanted))) fail_msg("\"%.*s\" is not \"%s\"", HANSE_FMT(text), wanted);
}

static void what_is_not_written(void **state) {
  (void)state;
  const struct hanse_facts *facts = fake_facts_text(world, "from=alice@A.Test. to=b.test");
  is(facts->from.user, "alice");
  is(facts->from.domain, "a.test");
  is(facts->to.user, "");
  is(facts->to.domain, "b.test");
  is(facts->method, "MESSAGE");
  assert_int_equal(facts->modality, HANSE_MODALITY_IM);
  assert_int_equal(facts->modalities, HANSE_MODALITY_BIT(HANSE_MODALITY_IM));
  assert_int_equal(facts->action, HANSE_ACTION_MESSAGE);
  assert_int_equal(facts->side, HANSE_SIDE_PARTNER);
  assert_int_equal(facts->wire_type, HANSE_WIRE_DIRECT_PARTNER);
  assert_int_equal(facts->hops, 70);
  assert_true(facts->decision != 0);
  assert_null(facts->partner);
  fake_partner(world, "b.test");
  assert_non_null(fake_facts_text(world, "")->partner);
  assert_null(fake_facts_text(world, "partner=none")->partner);
  assert_int_equal(fake_facts_text(world, "modality=presence")->action, HANSE_ACTION_SUBSCRIBE);
  assert_int_equal(fake_facts_text(world, "modality=file side=home")->action, HANSE_ACTION_SESSION);
  assert_int_equal(fake_facts_text(world, "side=home")->wire_type, HANSE_WIRE_NONE);
}

static void what_is_written(void **state) {
  (void)state;
  const struct hanse_facts *facts = fake_facts_text(
      world,
      "side=home action=session modality=audio_video modalities=im,audio_video flags=in_dialog,no_answer status=486 "
      "stated=verified hops=3 bytes=99 conversation=c1 text_type=text/html federation=discovered through=hoster "
      "wire_type=auto_federation partner_name=b.test target_name=edge.b.test:5061 file_name=a.exe beyond=c.test "
      "proved=edge.b.test,*.b.test decision=7 decoration=d.test carries=im,file terms.trust=source network=public "
      "relays=true rate=600/m method=INVITE");
  assert_int_equal(facts->side, HANSE_SIDE_HOME);
  assert_int_equal(facts->action, HANSE_ACTION_SESSION);
  assert_int_equal(facts->modality, HANSE_MODALITY_AUDIO_VIDEO);
  assert_int_equal(facts->modalities,
                   HANSE_MODALITY_BIT(HANSE_MODALITY_IM) | HANSE_MODALITY_BIT(HANSE_MODALITY_AUDIO_VIDEO));
  assert_int_equal(facts->flags, HANSE_FACT_IN_DIALOG | HANSE_FACT_NO_ANSWER);
  assert_int_equal(facts->status, 486);
  assert_int_equal(facts->stated, HANSE_STATED_VERIFIED);
  assert_int_equal(facts->hops, 3);
  assert_int_equal(facts->bytes, 99);
  is(facts->conversation, "c1");
  is(facts->text_type, "text/html");
  is(facts->federation, "discovered");
  is(facts->through, "hoster");
  assert_int_equal(facts->wire_type, HANSE_WIRE_AUTO_FEDERATION);
  is(facts->partner_name, "b.test");
  is(facts->target_name, "edge.b.test:5061");
  is(facts->file_name, "a.exe");
  is(facts->beyond, "c.test");
  assert_int_equal(facts->proved_count, 2);
  is(facts->proved[0], "edge.b.test");
  is(facts->proved[1], "*.b.test");
  assert_int_equal(facts->decision, 7);
  is(facts->terms.decoration, "d.test");
  assert_int_equal(facts->terms.carries,
                   HANSE_MODALITY_BIT(HANSE_MODALITY_IM) | HANSE_MODALITY_BIT(HANSE_MODALITY_FILE));
  assert_int_equal(facts->terms.trust, HANSE_TRUST_SOURCE);
  assert_int_equal(facts->terms.network, HANSE_NETWORK_PUBLIC);
  assert_true(facts->terms.relays);
  assert_int_equal(facts->terms.rate.count, 600);
  assert_int_equal(facts->terms.rate.per, 60 * HANSE_SECOND);
  is(facts->method, "INVITE");
}

static void texts(void **state) {
  (void)state;
  is(fake_facts_text(world, "text=plain")->text, "plain");
  is(fake_facts_text(world, "text=plain")->text_type, "text/plain");
  assert_int_equal(fake_facts_text(world, "text=plain")->bytes, 5);
  is(fake_facts_text(world, "text=\"two words\" from=x@a.test")->text, "two words");
  is(fake_facts_text(world, "text=\"a \\\"b\\\" \\\\ c\\nd\\te\"")->text, "a \"b\" \\ c\nd\te");
  is(fake_facts_text(world, "text=\"\"")->text, "");
  is(fake_facts_text(world, "text=a=b")->text, "a=b");
  is(fake_facts_text(world,
                     "from=al@b\xc3\xbc"
                     "cher.test")
         ->from.domain,
     "xn--bcher-kva.test");
}

static void unknown_key(void) { fake_facts_text(world, "form=x@a.test"); }
static void unknown_word(void) { fake_facts_text(world, "modality=voice"); }
static void near_word(void) { fake_facts_text(world, "modality=audio_vido"); }
static void no_value(void) { fake_facts_text(world, "text"); }
static void no_domain(void) { fake_facts_text(world, "from=x@a_b.test"); }
static void no_number(void) { fake_facts_text(world, "status=700"); }
static void open_quote(void) { fake_facts_text(world, "text=\"open"); }
static void other_partner(void) { fake_facts_text(world, "partner=c.test"); }

static void wrong_lines(void **state) {
  (void)state;
  toy_ends(unknown_key, "form is not known, did you mean \"from\"?");
  toy_ends(unknown_word, "modality=voice is not known");
  toy_ends(near_word, "did you mean \"audio_video\"?");
  toy_ends(no_value, "\"text\" has no value; write text=");
  toy_ends(no_domain, "from=a_b.test is no domain");
  toy_ends(no_number, "status=700 is no number that fits");
  toy_ends(open_quote, "a quote is not closed");
  toy_ends(other_partner, "partner=c.test is not the one of fake_partner");
}

static int setup(void **state) {
  (void)state;
  world = fake_world_new();
  return 0;
}
static int teardown(void **state) {
  (void)state;
  fake_world_free(world);
  return 0;
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {TEST(what_is_not_written), TEST(what_is_written), TEST(texts), TEST(wrong_lines)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
