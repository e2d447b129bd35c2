/* The verdict on texts and on files that are offered. */
#include <stdio.h>

#include "addition.h"
#include "filter.h"

#define FILTER_TEXT 400

/* What a text has in it. */
struct filter_findings {
  size_t places; /* where a prefix stands */
  int64_t links; /* the same without attributes, whose value is a link of its own */
  bool file;     /* one of them leads to a file that is not let through: */
  char room[FILTER_EXTENSION_ROOM];
  struct hanse_slice extension;
};

static enum hanse_verdict filter_deny(const struct filter *filter, const struct hanse_case *c, uint64_t *count,
                                      const char *text) {
  if (!c->dry) ++*count;
  hanse_refusal_say(c->why, c->arena, HANSE_F_FILTER, filter->settings->where, text);
  return HANSE_DENY;
}

static enum hanse_verdict filter_no_memory(const struct filter *filter, const struct hanse_case *c) {
  c->why->failure = HANSE_F_MEMORY;
  c->why->where = filter->settings->where;
  return HANSE_DENY;
}

/* Between two of ours, one of whom a provider hosts. Asked only where something would be done about it. */
static bool filter_is_local(const struct filter *filter, const struct hanse_facts *facts) {
  return hanse_home_is(filter->host, facts->from.domain) && hanse_home_is(filter->host, facts->to.domain);
}

static void filter_look(const struct filter *filter, struct hanse_slice text, struct filter_findings *found) {
  struct hanse_slice link;
  size_t from = 0;
  found->places = 0;
  found->links = 0;
  found->file = false;
  if (!filter_link_possible(&filter->prefixes, text)) return;
  while (filter_link_next(&filter->prefixes, text, from, &link)) {
    found->places++;
    found->links += link.at[link.len - 1] != '=';
    if (found->links > filter->settings->links_max && filter->settings->links != FILTER_LINKS_OFF) return;
    if (!found->file && filter->settings->files != FILTER_FILES_OFF)
      found->file = filter_file_is_blocked(filter->settings, filter_link_file(link), found->room, &found->extension);
    from = (size_t)(link.at + link.len - text.at);
  }
}

/* An underscore before each link: it is there to be read and copied, but not to be clicked on. */
static int filter_defuse(const struct filter *filter, struct hanse_arena *arena, struct hanse_slice text, size_t places,
                         struct hanse_slice *out) {
  struct hanse_slice link;
  size_t from = 0;
  char *room = (char *)hanse_alloc(arena, text.len + places), *to = room;
  if (!room) return HANSE_NOMEM;
  while (filter_link_next(&filter->prefixes, text, from, &link)) {
    size_t at = (size_t)(link.at - text.at);
    memcpy(to, text.at + from, at - from);
    to += at - from;
    *to++ = '_';
    memcpy(to, link.at, link.len);
    to += link.len;
    from = at + link.len;
  }
  memcpy(to, text.at + from, text.len - from);
  *out = hanse_slice(room, (size_t)(to - room) + text.len - from);
  return HANSE_OK;
}

static enum hanse_verdict filter_change(const struct filter *filter, const struct hanse_case *c,
                                        struct hanse_slice text, enum addition_form form, size_t places) {
  const struct filter_settings *settings = filter->settings;
  bool warn = settings->links == FILTER_LINKS_WARN;
  int status = warn ? addition_make(c->arena, text, form, settings->warning, (enum addition_place)settings->place,
                                    &c->marks->text)
                    : filter_defuse(filter, c->arena, text, places, &c->marks->text);
  if (status) return filter_no_memory(filter, c);
  c->marks->set |= HANSE_MARK_TEXT;
  if (!c->dry) ++*(warn ? filter->warned : filter->defused);
  return HANSE_ABSTAIN;
}

static enum hanse_verdict filter_judge_text(const struct filter *filter, const struct hanse_case *c) {
  const struct filter_settings *settings = filter->settings;
  struct hanse_slice text = addition_text(c->facts, c->marks);
  enum addition_form form = addition_form(c->facts->text_type);
  struct filter_findings found;
  char why[FILTER_TEXT];
  if (form == ADDITION_NONE || (settings->links == FILTER_LINKS_OFF && settings->files == FILTER_FILES_OFF))
    return HANSE_ABSTAIN;
  if (!text.len)
    return filter_is_local(filter, c->facts)
               ? HANSE_ABSTAIN
               : filter_deny(filter, c, filter->unreadable, "the text is not in UTF-8, and cannot be read");
  filter_look(filter, text, &found);
  if (!found.places || filter_is_local(filter, c->facts)) return HANSE_ABSTAIN;
  if (found.file) {
    snprintf(why, sizeof why,
             "a link leads to a file \".%.*s\"; to let such links pass, change `files` or `extensions`",
             HANSE_FMT(found.extension));
    return filter_deny(filter, c, filter->blocked_files, why);
  }
  if (settings->links == FILTER_LINKS_OFF) return HANSE_ABSTAIN;
  if (found.links > settings->links_max) {
    snprintf(why, sizeof why, "the text has more than %lld links; `links_max` is the bound",
             (long long)settings->links_max);
    return filter_deny(filter, c, filter->blocked_links, why);
  }
  if (settings->links == FILTER_LINKS_BLOCK)
    return filter_deny(filter, c, filter->blocked_links, "the text has a link; to let links pass, change `links`");
  return filter_change(filter, c, text, form, found.places);
}

/* A file whose name cannot be read may be any; the answer to an offer need not repeat the name. */
static enum hanse_verdict filter_judge_file(const struct filter *filter, const struct hanse_case *c) {
  char room[FILTER_EXTENSION_ROOM], why[FILTER_TEXT];
  struct hanse_slice extension, name = c->facts->file_name;
  if (filter->settings->files == FILTER_FILES_ALL)
    return filter_deny(filter, c, filter->blocked_files,
                       "no files are let through; to let some pass, set `files` to \"listed\"");
  if (!name.len && c->stage == HANSE_STAGE_ANSWER) return HANSE_ABSTAIN;
  if (!name.len)
    return filter_deny(filter, c, filter->blocked_files,
                       "the offered file has no name that can be read; to let such files pass, set `files` to \"off\"");
  if (!filter_file_is_blocked(filter->settings, name, room, &extension)) return HANSE_ABSTAIN;
  snprintf(why, sizeof why, "files \".%.*s\" are not let through; to let them pass, take that out of `extensions`",
           HANSE_FMT(extension));
  return filter_deny(filter, c, filter->blocked_files, why);
}

/* Does it offer a file? */
static bool filter_offers(const struct hanse_case *c) {
  const struct hanse_facts *facts = c->facts;
  if (!(facts->modalities & HANSE_MODALITY_BIT(HANSE_MODALITY_FILE))) return false;
  if (c->stage == HANSE_STAGE_ANSWER) return facts->action == HANSE_ACTION_SESSION && facts->status < 300;
  return facts->action == HANSE_ACTION_SESSION || facts->action == HANSE_ACTION_MESSAGE;
}

enum hanse_verdict filter_decide(void *self, const struct hanse_case *c) {
  const struct filter *filter = (const struct filter *)self;
  bool out = (c->facts->side == HANSE_SIDE_HOME) != ((c->facts->flags & HANSE_FACT_ANSWER) != 0);
  if (!(filter->settings->direction & (out ? FILTER_OUT : FILTER_IN))) return HANSE_ABSTAIN;
  if (filter->settings->files != FILTER_FILES_OFF && filter_offers(c) && !filter_is_local(filter, c->facts)) {
    enum hanse_verdict verdict = filter_judge_file(filter, c);
    if (verdict != HANSE_ABSTAIN) return verdict;
  }
  return c->stage == HANSE_STAGE_ANSWER || !c->facts->text_type.len ? HANSE_ABSTAIN : filter_judge_text(filter, c);
}
