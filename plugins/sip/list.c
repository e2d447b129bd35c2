#include "plugins/sip/list.h"

#include "plugins/sip/lex.h"
#include "plugins/sip/scan.h"

/* The first comma outside quotes and angle brackets, end: none, NULL: a quote or bracket stays open. Most values have
   nothing of the three. */
static const char *find_comma(const char *p, const char *end) {
  struct sip_scan scan = sip_scan(p, end);
  p = sip_scan_next(&scan, sip_scan_marks);
  while (p < end && *p != ',') {
    if (*p == '"') {
      p = sip_lex_quoted(p, end);
    } else if (*p == '<') {
      p = memchr(p, '>', (size_t)(end - p));
      if (p) p++;
    } else {
      p++;
    }
    if (!p) return NULL;
  }
  return p;
}

bool sip_list_cut(struct hanse_slice *rest, struct hanse_slice *entry, bool *more) {
  if (rest->len == 0) return false;
  const char *end = rest->at + rest->len;
  const char *comma = find_comma(rest->at, end);
  if (!comma) return false;
  struct hanse_slice found = sip_lex_trim(sip_lex_between(rest->at, comma));
  if (found.len == 0) return false;
  *entry = found;
  *more = comma < end;
  *rest = comma < end ? sip_lex_between(comma + 1, end) : hanse_slice(end, 0);
  return true;
}

/* Goes to the first line from `header` on that has a value; 0: there is none. */
static void open_line(struct sip_list *list, unsigned header) {
  while (header && sip_header(list->message, header)->value.len == 0) header = sip_header(list->message, header)->next;
  list->header = header;
  list->rest = header ? sip_header(list->message, header)->value : hanse_slice(NULL, 0);
}

struct sip_list sip_list(const struct sip_message *message, enum sip_header_id id) {
  struct sip_list list;
  memset(&list, 0, sizeof list);
  list.message = message;
  open_line(&list, message->first[id]);
  return list;
}

HANSE_RARE static bool fail(struct sip_list *list, enum hanse_failure failure, const char *problem) {
  list->failure = failure;
  list->problem = problem;
  return false;
}

bool sip_list_next(struct sip_list *list) {
  if (list->failure || list->header == 0) return false;
  if (list->count && !list->more) open_line(list, sip_header(list->message, list->header)->next);
  if (list->header == 0) return false;
  if (list->count == SIP_ENTRIES_MAX) return fail(list, HANSE_F_TOO_LARGE, "too many entries in one kind of header");
  list->index = list->more ? list->index + 1 : 0;
  if (!sip_list_cut(&list->rest, &list->entry, &list->more))
    return fail(list, HANSE_F_PARSE, "an empty entry or an open quote or bracket in a list");
  list->count++;
  return true;
}
