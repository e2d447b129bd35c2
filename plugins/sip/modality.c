#include "plugins/sip/modality.h"

#include "plugins/sip/sdp.h"
#include "plugins/sip/text.h"

#define BIT HANSE_MODALITY_BIT

static uint32_t of_event(const struct sip_message *message) {
  struct hanse_slice event = sip_header_value(message, SIP_H_EVENT);
  if (hanse_begins_nocase(event, HANSE_LIT("presence"))) return BIT(HANSE_MODALITY_PRESENCE);
  if (hanse_begins_nocase(event, HANSE_LIT("conference"))) return BIT(HANSE_MODALITY_CONFERENCE);
  return BIT(HANSE_MODALITY_OTHER);
}

/* Media types that say it all, whatever carries them; 0: not one of them. */
static uint32_t of_type(struct hanse_slice type) {
  static const struct {
    struct hanse_slice begin;
    enum hanse_modality modality;
  } known[] = {
      {{"application/ms-conf-invite", 26}, HANSE_MODALITY_CONFERENCE},
      {{"application/cccp", 16}, HANSE_MODALITY_CONFERENCE},
      {{"application/conference-info", 27}, HANSE_MODALITY_CONFERENCE},
      {{"application/ms-filetransfer", 27}, HANSE_MODALITY_FILE},
      {{"application/dtmf", 16}, HANSE_MODALITY_AUDIO_VIDEO},          /* a key pressed during a call */
      {{"application/media_control", 25}, HANSE_MODALITY_AUDIO_VIDEO}, /* RFC 5168 */
  };
  if (!hanse_begins_nocase(type, HANSE_LIT("application/"))) return 0;
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
    if (hanse_begins_nocase(type, known[i].begin)) return BIT(known[i].modality);
  return 0;
}

/* An invitation to something else inside a conversation of texts, which names the file where it is one. */
static uint32_t of_text(const struct sip_message *message, struct hanse_slice type, struct hanse_slice *file) {
  static const struct hanse_slice key = HANSE_LIT("Application-File:");
  if (!hanse_begins_nocase(type, HANSE_LIT("text/x-msmsgsinvite"))) return BIT(HANSE_MODALITY_IM);
  const char *p = message->body.at, *end = p + message->body.len;
  while (p && p < end && !hanse_begins_nocase(hanse_slice(p, (size_t)(end - p)), key)) {
    p = memchr(p, '\n', (size_t)(end - p));
    if (p) p++;
  }
  if (!p || p >= end) return BIT(HANSE_MODALITY_IM);
  for (p += key.len; p < end && *p == ' '; p++) continue;
  const char *eol = p;
  while (eol < end && *eol != '\r' && *eol != '\n') eol++;
  *file = hanse_slice(p, (size_t)(eol - p));
  return BIT(HANSE_MODALITY_FILE);
}

static uint32_t of_session(const struct sip_message *message, struct hanse_slice type, struct sip_sdp *sdp) {
  if (message->body.len == 0) return 0;
  if (message->first[SIP_H_CONTENT_ENCODING]) return BIT(HANSE_MODALITY_OTHER);
  if (hanse_begins_nocase(type, HANSE_LIT("application/sdp")) || hanse_begins_nocase(type, HANSE_LIT("multipart/"))) {
    sip_sdp_read(message->body, sdp);
    return sdp->modalities;
  }
  return BIT(HANSE_MODALITY_OTHER);
}

static uint32_t of_method(const struct sip_message *message, struct hanse_slice type, struct sip_sdp *sdp) {
  switch (message->method) {
    case SIP_M_MESSAGE:
    case SIP_M_INFO:
      return of_text(message, type, &sdp->file);
    case SIP_M_SUBSCRIBE:
    case SIP_M_NOTIFY:
    case SIP_M_BENOTIFY:
    case SIP_M_PUBLISH:
      return of_event(message);
    case SIP_M_INVITE:
    case SIP_M_ACK:
    case SIP_M_UPDATE:
    case SIP_M_PRACK:
      return of_session(message, type, sdp);
    case SIP_M_OPTIONS:
      return BIT(HANSE_MODALITY_PROBE);
    case SIP_M_BYE:
    case SIP_M_CANCEL:
      return 0;
    default:
      return BIT(HANSE_MODALITY_OTHER);
  }
}

/* Focus and servers of a conference have addresses of their own: "…;gruu;opaque=app:conf:focus:id:…" ([MS-CONFBAS]). */
static bool is_conference(const struct sip_uri *uri) {
  struct hanse_slice opaque;
  return uri->params.len && sip_uri_param(uri, HANSE_LIT("opaque"), &opaque) &&
         hanse_begins_nocase(opaque, HANSE_LIT("app:conf:"));
}

static enum hanse_modality weightiest(uint32_t modalities) {
  static const unsigned char order[] = {HANSE_MODALITY_AUDIO_VIDEO, HANSE_MODALITY_CONFERENCE, HANSE_MODALITY_SHARING,
                                        HANSE_MODALITY_FILE,        HANSE_MODALITY_IM,         HANSE_MODALITY_PRESENCE,
                                        HANSE_MODALITY_PROBE};
  for (size_t i = 0; i < sizeof order; i++)
    if (modalities & BIT(order[i])) return (enum hanse_modality)order[i];
  return HANSE_MODALITY_OTHER;
}

int sip_modality_read(const struct sip_message *message, struct hanse_arena *arena, struct hanse_facts *facts) {
  struct sip_sdp sdp = {0};
  struct hanse_slice type = sip_text_media_type(message);
  uint32_t modalities = of_type(type);
  if (!modalities) modalities = of_method(message, type, &sdp);
  if (is_conference(&message->uri) || is_conference(&message->to.uri) || is_conference(&message->from.uri))
    modalities |= BIT(HANSE_MODALITY_CONFERENCE);
  facts->modalities = modalities;
  facts->modality = (uint8_t)weightiest(modalities);
  return sip_sdp_file_name(&sdp, arena, &facts->file_name);
}
