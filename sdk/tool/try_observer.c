/* An observer: each kind of event that it wants, of each kind of message. */
#include "sdk/tool/hostile.h"
#include "sdk/tool/try.h"

enum { FAILURES = 90 };

struct kind {
  enum hanse_event_kind kind;
  const char *name;
  bool of_link, fails;
};
static const struct kind kinds[] = {
    {HANSE_EVENT_ACCEPTED, "ACCEPTED", false, false}, {HANSE_EVENT_REFUSED, "REFUSED", false, true},
    {HANSE_EVENT_ANSWERED, "ANSWERED", false, false}, {HANSE_EVENT_LINK_UP, "LINK_UP", true, false},
    {HANSE_EVENT_LINK_DOWN, "LINK_DOWN", true, true}, {HANSE_EVENT_FAILED, "FAILED", false, true},
};

static void tell(struct bed *bed, const struct hanse_observer *observer, const struct kind *kind, unsigned turn,
                 const struct hostile_text *text, const struct hanse_link *link) {
  struct hanse_facts facts;
  const struct hanse_refusal why = {.size = sizeof why,
                                    .failure = (enum hanse_failure)(1 + turn % FAILURES),
                                    .text = text->text,
                                    .plugin = turn % 2 ? "another" : NULL};
  hostile_facts(turn, &facts);
  facts.action = (uint8_t)(turn % HOSTILE_ACTIONS);
  facts.text = text->text;
  if (kind->kind == HANSE_EVENT_ANSWERED) {
    facts.flags |= HANSE_FACT_ANSWER;
    facts.status = (uint16_t)(100 + turn % 600);
  }
  const struct hanse_event event = {.size = sizeof event,
                                    .kind = kind->kind,
                                    .facts = kind->of_link ? NULL : &facts,
                                    .link = link,
                                    .why = kind->fails ? &why : NULL};
  trial_call(bed->trial, "event (%s, %s)", kind->name, text->name);
  observer->event(fake_self(bed->instance), &event);
  trial_returned(bed->trial);
}

void try_observer(struct bed *bed, const struct hanse_observer *observer) {
  const struct hanse_link *link = fake_link(bed->world, HANSE_SIDE_PARTNER, "192.0.2.1:5061", "edge.home.test:5061");
  unsigned told = 0;
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    if (!(observer->mask & (uint32_t)kinds[i].kind)) continue;
    for (unsigned turn = 0; turn < HOSTILE_TURNS; turn++)
      for (const struct hostile_text *text = hostile_texts; text->name; text++)
        tell(bed, observer, &kinds[i], told++, text, link);
    bed_wait(bed, HANSE_SECOND);
  }
  report_add(bed->trial->report, REPORT_OK, "event", "told of %u events", told);
}
