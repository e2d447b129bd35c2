/* Entries of comma lists, over all header lines of one kind (RFC 3261 §7.3.1). */
#ifndef SIP_LIST_H
#define SIP_LIST_H

#include "plugins/sip/message.h"

/* A line with an empty value has no entries ("Supported:" is legal).
     struct sip_list list = sip_list(message, SIP_H_ROUTE);
     while (sip_list_next(&list)) … list.entry, list.header, list.index …
     if (list.failure) …                                                        */
struct sip_list {
  const struct sip_message *message;
  struct hanse_slice entry;   /* the entry, trimmed, never empty */
  unsigned header;            /* number of the header line that holds it */
  unsigned index;             /* its place in that line, from 0: sip_edit_drop_entries(edits, header, index) keeps it */
  unsigned count;             /* entries so far, over all lines */
  enum hanse_failure failure; /* PARSE: an empty entry, an open quote or bracket; TOO_LARGE: SIP_ENTRIES_MAX */
  const char *problem;
  struct hanse_slice rest; /* private */
  bool more;               /* private: a comma was read */
};

struct sip_list sip_list(const struct sip_message *message, enum sip_header_id id);

/* The next entry; false at the end and at an error. */
bool sip_list_next(struct sip_list *list);

/* Cuts the first entry off `rest`, at a comma outside quotes and <>, or at the end. *entry is trimmed, *more
   says that a comma followed. False: an open quote, bracket or an empty entry. Without a message, for values from
   elsewhere. */
bool sip_list_cut(struct hanse_slice *rest, struct hanse_slice *entry, bool *more);

#endif
