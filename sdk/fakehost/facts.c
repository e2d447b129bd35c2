/* Facts of a message, out of a line of text; and copies of facts. */
#include <stdlib.h>

#include "contract/domain.h"
#include "contract/nearest.h"
#include "contract/unit.h"
#include "sdk/fakehost/inside.h"

/* ---- copies ---- */

static void keep(struct fake_pieces *pieces, struct hanse_slice *text) {
  if (text->len) *text = fake_pieces_keep(pieces, *text);
}

static const struct hanse_slice *keep_names(struct fake_pieces *pieces, const struct hanse_slice *names, size_t count) {
  const struct hanse_slice all = {(const char *)names, count * sizeof *names};
  if (!count) return NULL;
  struct hanse_slice *copy = (struct hanse_slice *)(void *)(uintptr_t)fake_pieces_keep(pieces, all).at;
  for (size_t i = 0; i < count; i++) keep(pieces, &copy[i]);
  return copy;
}

void fake_facts_keep(struct fake_pieces *pieces, struct hanse_facts *to, const struct hanse_facts *facts) {
  *to = *facts;
  struct hanse_slice *texts[] = {
      &to->from.user,    &to->from.domain, &to->to.user,   &to->to.domain,    &to->method,
      &to->conversation, &to->text,        &to->text_type, &to->partner_name, &to->target_name,
      &to->federation,   &to->through,     &to->file_name, &to->beyond,       &to->terms.decoration};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) keep(pieces, texts[i]);
  to->proved = keep_names(pieces, facts->proved, facts->proved_count);
}

/* ---- words ---- */

struct word {
  const char *name;
  uint32_t value;
};

static const struct word sides[] = {{"home", HANSE_SIDE_HOME}, {"partner", HANSE_SIDE_PARTNER}, {NULL, 0}};
static const struct word wire_types[] = {{"none", HANSE_WIRE_NONE},
                                         {"direct_partner", HANSE_WIRE_DIRECT_PARTNER},
                                         {"auto_federation", HANSE_WIRE_AUTO_FEDERATION},
                                         {"authorized_server", HANSE_WIRE_AUTHORIZED_SERVER},
                                         {"clearing_house", HANSE_WIRE_CLEARING_HOUSE},
                                         {NULL, 0}};
static const struct word modalities[] = {{"other", HANSE_MODALITY_OTHER},
                                         {"im", HANSE_MODALITY_IM},
                                         {"presence", HANSE_MODALITY_PRESENCE},
                                         {"audio_video", HANSE_MODALITY_AUDIO_VIDEO},
                                         {"sharing", HANSE_MODALITY_SHARING},
                                         {"conference", HANSE_MODALITY_CONFERENCE},
                                         {"probe", HANSE_MODALITY_PROBE},
                                         {"file", HANSE_MODALITY_FILE},
                                         {NULL, 0}};
static const struct word actions[] = {{"other", HANSE_ACTION_OTHER},
                                      {"message", HANSE_ACTION_MESSAGE},
                                      {"session", HANSE_ACTION_SESSION},
                                      {"end", HANSE_ACTION_END},
                                      {"subscribe", HANSE_ACTION_SUBSCRIBE},
                                      {"notify", HANSE_ACTION_NOTIFY},
                                      {"publish", HANSE_ACTION_PUBLISH},
                                      {"register", HANSE_ACTION_REGISTER},
                                      {"refer", HANSE_ACTION_REFER},
                                      {"probe", HANSE_ACTION_PROBE},
                                      {"signal", HANSE_ACTION_SIGNAL},
                                      {"acknowledge", HANSE_ACTION_ACKNOWLEDGE},
                                      {NULL, 0}};
static const struct word stated[] = {{"nothing", HANSE_STATED_NOTHING},
                                     {"verified", HANSE_STATED_VERIFIED},
                                     {"unverified", HANSE_STATED_UNVERIFIED},
                                     {NULL, 0}};
static const struct word flags[] = {{"in_dialog", HANSE_FACT_IN_DIALOG}, {"no_answer", HANSE_FACT_NO_ANSWER},
                                    {"answer", HANSE_FACT_ANSWER},       {"final", HANSE_FACT_FINAL},
                                    {"relayed", HANSE_FACT_RELAYED},     {NULL, 0}};
static const struct word trusts[] = {{"unsaid", HANSE_TRUST_UNSAID},
                                     {"always", HANSE_TRUST_ALWAYS},
                                     {"never", HANSE_TRUST_NEVER},
                                     {"source", HANSE_TRUST_SOURCE},
                                     {NULL, 0}};
static const struct word networks[] = {
    {"federation", HANSE_NETWORK_FEDERATION}, {"public", HANSE_NETWORK_PUBLIC}, {NULL, 0}};
static const struct word truths[] = {{"false", 0}, {"true", 1}, {NULL, 0}};

/* Where it ends when a line is wrong: with what it may have meant. */
static _Noreturn void no_word(const char *key, struct hanse_slice wrong, const struct word *words) {
  struct nearest nearest;
  char hint[NEAREST_LENGTH + 32];
  nearest_init(&nearest, wrong);
  for (; words->name; words++) nearest_offer(&nearest, hanse_text(words->name));
  fake_end("facts: %s=%.*s is not known%s", key, HANSE_FMT(wrong), nearest_text(&nearest, hint, sizeof hint));
}

static uint32_t word_value(const char *key, const struct word *words, struct hanse_slice text) {
  for (const struct word *word = words; word->name; word++)
    if (hanse_same(hanse_text(word->name), text)) return word->value;
  no_word(key, text, words);
}

/* The next piece up to a comma; false: none is left. */
static bool next_piece(struct hanse_slice *list, struct hanse_slice *piece) {
  if (!list->len) return false;
  const char *comma = memchr(list->at, ',', list->len);
  size_t n = comma ? (size_t)(comma - list->at) : list->len, step = n + (comma != NULL);
  *piece = hanse_slice(list->at, n);
  *list = hanse_slice(list->at + step, list->len - step);
  return true;
}

/* The bits of several words, each as it is or as the bit of that number. */
static uint32_t words_mask(const char *key, const struct word *words, struct hanse_slice list, bool numbers) {
  struct hanse_slice piece;
  uint32_t mask = 0;
  while (next_piece(&list, &piece)) {
    uint32_t value = word_value(key, words, piece);
    mask |= numbers ? (uint32_t)1 << value : value;
  }
  return mask;
}

static uint64_t number(const char *key, struct hanse_slice text, uint64_t most) {
  uint64_t value = 0;
  for (size_t i = 0; i < text.len; i++) {
    if (text.at[i] < '0' || text.at[i] > '9' || value > most / 10)
      fake_end("facts: %s=%.*s is no number that fits", key, HANSE_FMT(text));
    value = value * 10 + (uint64_t)(text.at[i] - '0');
  }
  if (!text.len || value > most) fake_end("facts: %s=%.*s is no number that fits", key, HANSE_FMT(text));
  return value;
}

static struct hanse_slice domain(struct fake_world *world, const char *key, struct hanse_slice text) {
  char buf[DOMAIN_BUFFER];
  struct hanse_slice canonical;
  bool wildcard = text.len > 2 && memcmp(text.at, "*.", 2) == 0;
  if (wildcard) return fake_pieces_keep(&world->line, text);
  if (domain_canonical(text, buf, sizeof buf, &canonical) != HANSE_OK)
    fake_end("facts: %s=%.*s is no domain: %s", key, HANSE_FMT(text), domain_fault_text(domain_fault(text)));
  return fake_pieces_keep(&world->line, canonical);
}

/* "user@domain", or a domain alone. */
static struct hanse_address_fact address(struct fake_world *world, const char *key, struct hanse_slice text) {
  const char *at = text.len ? memchr(text.at, '@', text.len) : NULL;
  struct hanse_address_fact out = {{"", 0}, {"", 0}};
  if (at) out.user = hanse_slice(text.at, (size_t)(at - text.at));
  if (at) text = hanse_slice(at + 1, text.len - (size_t)(at + 1 - text.at));
  out.domain = domain(world, key, text);
  return out;
}

static void names(struct fake_world *world, struct hanse_facts *facts, struct hanse_slice list) {
  struct hanse_slice found[32], piece;
  size_t count = 0;
  while (next_piece(&list, &piece) && count < 32) found[count++] = domain(world, "proved", piece);
  const struct hanse_slice all = {(const char *)found, count * sizeof *found};
  facts->proved = (const struct hanse_slice *)(const void *)fake_pieces_keep(&world->line, all).at;
  facts->proved_count = count;
}

/* ---- keys ---- */

static const struct word keys[] = {
    {"from", 0},         {"to", 0},         {"method", 0},       {"action", 0},      {"modality", 0}, {"modalities", 0},
    {"status", 0},       {"stated", 0},     {"hops", 0},         {"bytes", 0},       {"flags", 0},    {"text", 0},
    {"conversation", 0}, {"text_type", 0},  {"partner_name", 0}, {"target_name", 0}, {"side", 0},     {"wire_type", 0},
    {"partner", 0},      {"proved", 0},     {"decision", 0},     {"federation", 0},  {"through", 0},  {"file_name", 0},
    {"beyond", 0},       {"decoration", 0}, {"carries", 0},      {"terms.trust", 0}, {"network", 0},  {"relays", 0},
    {"rate", 0},         {NULL, 0}};

static void set_partner(const struct fake_world *world, struct hanse_facts *facts, struct hanse_slice value) {
  facts->partner = NULL;
  if (hanse_same(value, HANSE_LIT("none"))) return;
  if (!world->partner.name || !hanse_same(hanse_text(world->partner.name), value))
    fake_end("facts: partner=%.*s is not the one of fake_partner", HANSE_FMT(value));
  facts->partner = &world->partner;
}

static void set_rate(struct hanse_facts *facts, struct hanse_slice value) {
  if (unit_rate(value, &facts->terms.rate) != HANSE_OK)
    fake_end("facts: rate=%.*s is no rate; write one such as 20/s", HANSE_FMT(value));
}

/* Keys whose values are texts as they stand. */
static struct hanse_slice *text_field(struct hanse_facts *facts, struct hanse_slice key) {
  const struct {
    const char *name;
    struct hanse_slice *field;
  } fields[] = {{"method", &facts->method},
                {"conversation", &facts->conversation},
                {"text", &facts->text},
                {"text_type", &facts->text_type},
                {"partner_name", &facts->partner_name},
                {"target_name", &facts->target_name},
                {"federation", &facts->federation},
                {"through", &facts->through},
                {"file_name", &facts->file_name},
                {"beyond", &facts->beyond},
                {"decoration", &facts->terms.decoration}};
  for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
    if (hanse_same(hanse_text(fields[i].name), key)) return fields[i].field;
  return NULL;
}

#define IS(name) hanse_same(key, HANSE_LIT(name))

static bool set_word(struct hanse_facts *facts, struct hanse_slice key, struct hanse_slice value) {
  if (IS("action"))
    facts->action = (uint8_t)word_value("action", actions, value);
  else if (IS("modality"))
    facts->modality = (uint8_t)word_value("modality", modalities, value);
  else if (IS("modalities"))
    facts->modalities = words_mask("modalities", modalities, value, true);
  else if (IS("stated"))
    facts->stated = (uint8_t)word_value("stated", stated, value);
  else if (IS("flags"))
    facts->flags = words_mask("flags", flags, value, false);
  else if (IS("side"))
    facts->side = (uint8_t)word_value("side", sides, value);
  else if (IS("wire_type"))
    facts->wire_type = (uint8_t)word_value("wire_type", wire_types, value);
  else if (IS("carries"))
    facts->terms.carries = words_mask("carries", modalities, value, true);
  else if (IS("terms.trust"))
    facts->terms.trust = (uint8_t)word_value("terms.trust", trusts, value);
  else if (IS("network"))
    facts->terms.network = (uint8_t)word_value("network", networks, value);
  else if (IS("relays"))
    facts->terms.relays = word_value("relays", truths, value) != 0;
  else
    return false;
  return true;
}

static void set(struct fake_world *world, struct hanse_facts *facts, struct hanse_slice key, struct hanse_slice value) {
  struct hanse_slice *text = text_field(facts, key);
  if (text)
    *text = value;
  else if (set_word(facts, key, value))
    return;
  else if (IS("from"))
    facts->from = address(world, "from", value);
  else if (IS("to"))
    facts->to = address(world, "to", value);
  else if (IS("status"))
    facts->status = (uint16_t)number("status", value, 699);
  else if (IS("hops"))
    facts->hops = (uint32_t)number("hops", value, UINT32_MAX);
  else if (IS("bytes"))
    facts->bytes = (uint32_t)number("bytes", value, UINT32_MAX);
  else if (IS("decision"))
    facts->decision = number("decision", value, UINT64_MAX);
  else if (IS("rate"))
    set_rate(facts, value);
  else if (IS("partner"))
    set_partner(world, facts, value);
  else if (IS("proved"))
    names(world, facts, value);
  else
    no_word("the key", key, keys);
}

/* ---- the line ---- */

/* A value runs to the next blank, or stands in quotes, where \" \\ \n \r \t are what they are in C. */
static struct hanse_slice read_value(struct fake_world *world, const char **at) {
  if (**at != '"') {
    size_t n = strcspn(*at, " ");
    *at += n;
    return fake_pieces_keep(&world->line, hanse_slice(*at - n, n));
  }
  static const char escapes[] = "n\nr\rt\t";
  struct hanse_slice kept = fake_pieces_keep(&world->line, hanse_text(*at));
  char *out = (char *)(uintptr_t)kept.at;
  const char *in = *at + 1;
  for (; *in && *in != '"'; in++) {
    const char *known = *in == '\\' && in[1] ? strchr("nrt", in[1]) : NULL;
    if (*in == '\\' && in[1]) in++;
    *out++ = known ? strchr(escapes, *in)[1] : *in;
  }
  if (*in != '"') fake_end("facts: a quote is not closed in: %s", *at);
  *at = in + 1;
  return hanse_slice(kept.at, (size_t)(out - kept.at));
}

/* What explain takes a message of this kind for, where the line does not say. */
static void complete(struct hanse_facts *facts, bool has_action) {
  uint8_t modality = facts->modality;
  if (facts->wire_type == UINT8_MAX)
    facts->wire_type = facts->side == HANSE_SIDE_PARTNER ? HANSE_WIRE_DIRECT_PARTNER : HANSE_WIRE_NONE;
  if (!facts->modalities) facts->modalities = HANSE_MODALITY_BIT(modality);
  if (!has_action)
    facts->action = modality == HANSE_MODALITY_IM         ? HANSE_ACTION_MESSAGE
                    : modality == HANSE_MODALITY_PRESENCE ? HANSE_ACTION_SUBSCRIBE
                    : modality == HANSE_MODALITY_PROBE    ? HANSE_ACTION_PROBE
                    : modality == HANSE_MODALITY_OTHER    ? HANSE_ACTION_OTHER
                                                          : HANSE_ACTION_SESSION;
  if (facts->text.len && !facts->text_type.len) facts->text_type = HANSE_LIT("text/plain");
  if (!facts->bytes) facts->bytes = (uint32_t)facts->text.len;
}

const struct hanse_facts *fake_facts_text(struct fake_world *world, const char *line) {
  bool has_action = false;
  fake_pieces_clear(&world->line);
  fake_pieces_begin(&world->line, world);
  const struct hanse_facts fresh = {.size = sizeof fresh,
                                    .method = HANSE_LIT("MESSAGE"),
                                    .modality = HANSE_MODALITY_IM,
                                    .hops = 70,
                                    .side = HANSE_SIDE_PARTNER,
                                    .wire_type = UINT8_MAX,
                                    .partner = world->partner.name ? &world->partner : NULL,
                                    .decision = ++world->ids};
  struct hanse_slice room = fake_pieces_keep(&world->line, hanse_slice((const char *)&fresh, sizeof fresh));
  struct hanse_facts *facts = (struct hanse_facts *)(void *)(uintptr_t)room.at;
  for (const char *at = line; *(at += strspn(at, " "));) {
    size_t n = strcspn(at, "= ");
    struct hanse_slice key = hanse_slice(at, n);
    if (at[n] != '=') fake_end("facts: \"%.*s\" has no value; write %.*s=…", HANSE_FMT(key), HANSE_FMT(key));
    at += n + 1;
    set(world, facts, key, read_value(world, &at));
    has_action |= IS("action");
  }
  complete(facts, has_action);
  return facts;
}
