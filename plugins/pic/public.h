/* The federation type `public`: providers of instant messaging for everybody, such as those of public IM connectivity
   (lync-edge §1.10, §3.5). Each is a profile: its edge, its own domains, what it carries, and how it calls people of
   other domains. */
#ifndef PIC_PUBLIC_H
#define PIC_PUBLIC_H

#include <hanse/plugin.h>

#define PUBLIC_PORT 5061 /* RFC 3261 §19.1.2: sips and TLS */
#define PUBLIC_DOMAINS 8 /* of a preset */

/* A provider that is known by name. */
struct public_preset {
  const char *word;                        /* in the configuration */
  const char *edge;                        /* NULL: each has its own */
  const char *domains[PUBLIC_DOMAINS + 1]; /* NULL-terminated */
  const char *decoration;                  /* NULL: none */
  uint32_t carries;                        /* HANSE_MODALITY_BIT */
  bool client_eku, reads_cn;
  const char *ports; /* beside SIP's own; NULL: none */
  const char *gone;  /* what became of it; NULL: it is there */
};

enum public_preset_word { PUBLIC_NONE = 0, PUBLIC_SIP, PUBLIC_MESSENGER, PUBLIC_YAHOO, PUBLIC_AOL, PUBLIC_SKYPE };

extern const struct hanse_choice public_preset_words[];

/* Never NULL; PUBLIC_NONE's says nothing. */
const struct public_preset *public_preset(int word);

/* As it is written. */
struct public_written {
  struct hanse_where where;
  struct hanse_slice name;
  int preset;
  struct hanse_address edge;
  bool enabled;
  struct hanse_list domains; /* struct hanse_domain */
  struct hanse_domain decoration;
  struct hanse_list undecorated; /* struct hanse_domain */
  bool others;
  struct hanse_list carries; /* int, enum hanse_modality */
  int verification;          /* enum hanse_trust */
  struct hanse_rate rate;
  bool client_eku, reads_cn;
};

/* As it holds: what is not written is the preset's. Texts are those of the settings and of the presets. */
struct public_profile {
  const struct public_written *written;
  const struct public_preset *preset;
  struct hanse_slice name, edge, decoration;
  uint16_t port;
  uint32_t carries; /* HANSE_MODALITY_BIT */
  bool client_eku, reads_cn;
};

/* What holds where that is written, which must outlive it. */
struct public_profile public_profile(const struct public_written *written);

struct public_settings {
  struct hanse_list providers; /* struct public_written */
};

struct public {
  struct hanse_host *host;
  struct public_profile *profiles;
  size_t count;
  uint64_t *unproved;
};

/* Reads the profiles of what is written. HANSE_OK, HANSE_NOMEM, or HANSE_INVALID: problem says what does not fit. */
int public_profiles(struct public *public, const struct public_settings *written, struct hanse_problem *problem);

/* The longest of the profile's own domains that covers `domain`: its length; 0: none does. */
size_t public_owns(const struct public_profile *profile, struct hanse_slice domain);
/* Are addresses of that domain decorated on the way to this provider? */
bool public_decorates(const struct public_profile *profile, struct hanse_slice domain);

/* What an entry of `partners` says. */
struct public_entry {
  struct hanse_where where;
  struct hanse_slice provider;
};

/* Slots of struct hanse_federation. */
enum hanse_found public_confirm(void *self, const struct hanse_partner *partner, struct hanse_question *question);
enum hanse_found public_route(void *self, const struct hanse_partner *partner, struct hanse_question *question);

/* The command `providers`. */
enum hanse_outcome public_rows(void *self, struct hanse_rows *rows, void **cursor);

#endif
