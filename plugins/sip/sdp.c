#include "plugins/sip/sdp.h"

#include "plugins/sip/escape.h"
#include "plugins/sip/lex.h"

#define BIT HANSE_MODALITY_BIT

/* From one m= line to the next. */
struct section {
  uint32_t modality; /* its bit; 0: before the first m= line */
  bool off;          /* its port is 0: nothing flows (RFC 3264 §5.1) … */
  bool bundled;      /* … unless it shares another's port (RFC 8843 §6) */
  struct hanse_slice file;
  bool is_file, named;
};

struct scan {
  struct sip_sdp *sdp;
  struct section section;
  unsigned files;
  bool described; /* there was an m= line */
};

static struct hanse_slice behind(struct hanse_slice text, size_t n) { return hanse_slice(text.at + n, text.len - n); }

/* The next word of a line, cut off its front. */
static struct hanse_slice word(struct hanse_slice *line) {
  while (line->len && (*line->at == ' ' || *line->at == '\t')) *line = behind(*line, 1);
  size_t n = 0;
  while (n < line->len && line->at[n] != ' ' && line->at[n] != '\t') n++;
  struct hanse_slice out = hanse_slice(line->at, n);
  *line = behind(*line, n);
  return out;
}

static bool is_zero(struct hanse_slice port) {
  size_t n = 0;
  while (n < port.len && port.at[n] == '0') n++;
  return n && (n == port.len || port.at[n] == '/');
}

/* "application" is all sorts of things; BFCP is who may share (RFC 8856), RDP is what is shared. */
static enum hanse_modality of_application(struct hanse_slice rest) {
  for (; rest.len; rest = behind(rest, 1)) {
    if (hanse_begins_nocase(rest, HANSE_LIT("bfcp")) || hanse_begins_nocase(rest, HANSE_LIT("rdp")))
      return HANSE_MODALITY_SHARING;
  }
  return HANSE_MODALITY_OTHER;
}

/* `data` is the file transfer of [MS-SDPEXT], `x-ms-message` the texts of LCS 2005. */
static enum hanse_modality of_media(struct hanse_slice media, struct hanse_slice rest) {
  static const struct {
    struct hanse_slice name;
    enum hanse_modality modality;
  } known[] = {
      {{"audio", 5}, HANSE_MODALITY_AUDIO_VIDEO}, {{"video", 5}, HANSE_MODALITY_AUDIO_VIDEO},
      {{"message", 7}, HANSE_MODALITY_IM},        {{"x-ms-message", 12}, HANSE_MODALITY_IM},
      {{"text", 4}, HANSE_MODALITY_IM},           {{"data", 4}, HANSE_MODALITY_FILE},
  };
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
    if (hanse_same_nocase(media, known[i].name)) return known[i].modality;
  if (hanse_begins_nocase(media, HANSE_LIT("applicationsharing"))) return HANSE_MODALITY_SHARING;
  return hanse_same_nocase(media, HANSE_LIT("application")) ? of_application(rest) : HANSE_MODALITY_OTHER;
}

static void note_file(struct scan *scan, const struct section *section) {
  if (scan->files++ || !section->named) scan->sdp->file = hanse_slice("", 0);
  if (scan->files == 1 && section->named) scan->sdp->file = section->file;
}

static void end_section(struct scan *scan) {
  const struct section *section = &scan->section;
  if (!section->modality || (section->off && !section->bundled)) return;
  scan->sdp->modalities |= section->is_file ? BIT(HANSE_MODALITY_FILE) : section->modality;
  if (section->is_file) note_file(scan, section);
}

static void begin_section(struct scan *scan, struct hanse_slice line) {
  end_section(scan);
  struct hanse_slice media = word(&line), port = word(&line);
  scan->described = true;
  scan->section = (struct section){.modality = BIT(of_media(media, line)), .off = is_zero(port)};
}

/* a=file-selector:name:"My cool picture.jpg" type:image/jpeg size:4092 (RFC 5547 §6): a quote inside is escaped. */
static void read_selector(struct section *section, struct hanse_slice line) {
  static const struct hanse_slice name = HANSE_LIT("name:\"");
  section->is_file = true;
  while (line.len && !hanse_begins_nocase(line, name)) line = behind(line, 1);
  const char *end = line.len ? memchr(line.at + name.len, '"', line.len - name.len) : NULL;
  if (!end) return;
  section->named = true;
  section->file = hanse_slice(line.at + name.len, (size_t)(end - line.at) - name.len);
}

/* Parts of a multipart body that are not written as they are. */
static bool is_encoding(struct hanse_slice line) {
  static const struct hanse_slice transfer = HANSE_LIT("content-transfer-encoding:");
  if (hanse_begins_nocase(line, HANSE_LIT("content-encoding:"))) return true;
  if (!hanse_begins_nocase(line, transfer)) return false;
  line = behind(line, transfer.len);
  struct hanse_slice how = word(&line);
  return !hanse_same_nocase(how, HANSE_LIT("7bit")) && !hanse_same_nocase(how, HANSE_LIT("8bit")) &&
         !hanse_same_nocase(how, HANSE_LIT("binary"));
}

static void read_line(struct scan *scan, struct hanse_slice line) {
  if (line.len && line.at[line.len - 1] == '\r') line.len--;
  if (line.len < 2) return;
  if (line.at[1] == '=') {
    if ((line.at[0] | 0x20) == 'm') begin_section(scan, behind(line, 2));
    if (line.at[0] != 'a') return;
    if (hanse_begins_nocase(line, HANSE_LIT("a=file-selector"))) read_selector(&scan->section, behind(line, 15));
    if (hanse_begins_nocase(line, HANSE_LIT("a=bundle-only"))) scan->section.bundled = true;
  } else if ((line.at[0] | 0x20) == 'c' && is_encoding(line)) {
    scan->sdp->modalities |= BIT(HANSE_MODALITY_OTHER);
  }
}

void sip_sdp_read(struct hanse_slice body, struct sip_sdp *out) {
  struct scan scan = {.sdp = out};
  const char *p = body.at, *end = p + body.len;
  *out = (struct sip_sdp){0};
  while (p < end) {
    const char *eol = memchr(p, '\n', (size_t)(end - p));
    size_t len = eol ? (size_t)(eol - p) : (size_t)(end - p);
    const char *cr = memchr(p, '\r', len);
    if (cr && cr + 1 < p + len) out->modalities |= BIT(HANSE_MODALITY_OTHER); /* a line's end to some */
    read_line(&scan, hanse_slice(p, len));
    p += len + 1;
  }
  end_section(&scan);
  if (!scan.described) out->modalities |= BIT(HANSE_MODALITY_OTHER);
  out->escaped = out->file.len && memchr(out->file.at, '%', out->file.len);
}

int sip_sdp_file_name(const struct sip_sdp *sdp, struct hanse_arena *arena, struct hanse_slice *out) {
  if (sdp->escaped) return sip_unescape(arena, sdp->file, out);
  *out = sdp->file;
  return HANSE_OK;
}
