/* The file that lines are added to; a disk may be slow, full, or gone. */
#include "archive.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

void archive_file_close(struct archive_file *file) {
  if (file->fd >= 0) close(file->fd);
  file->fd = -1;
  file->torn = false;
}

static bool is_there(const struct archive_file *file, const char *path) {
  struct stat named, ours;
  return file->fd >= 0 && stat(path, &named) == 0 && fstat(file->fd, &ours) == 0 && named.st_ino == ours.st_ino &&
         named.st_dev == ours.st_dev;
}

/* A new file's name is on the disk when its folder is (fsync(2)). */
static int sync_folder(const char *path) {
  char folder[4096];
  size_t length = (size_t)(strrchr(path, '/') - path);
  if (length >= sizeof folder) return ENAMETOOLONG;
  memcpy(folder, path, length);
  folder[length] = '\0';
  int fd = open(length ? folder : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return errno;
  int failed = fsync(fd) == 0 ? 0 : errno;
  close(fd);
  return failed;
}

/* O_NONBLOCK: a pipe that nobody reads would wait. */
int archive_file_open(struct archive_file *file, const char *path) {
  struct stat found;
  if (is_there(file, path)) return 0;
  archive_file_close(file);
  file->fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
  if (file->fd < 0) return errno;
  int failed = fstat(file->fd, &found) == 0 ? 0 : errno;
  if (!failed && !S_ISREG(found.st_mode)) failed = EMEDIUMTYPE;
  if (!failed && found.st_size == 0) failed = sync_folder(path);
  if (failed) archive_file_close(file);
  return failed;
}

static int write_all(struct archive_file *file, struct hanse_slice text) {
  for (size_t done = 0; done < text.len;) {
    ssize_t n = write(file->fd, text.at + done, text.len - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return n < 0 ? errno : EIO;
    done += (size_t)n;
    file->torn = text.at[done - 1] != '\n';
  }
  return 0;
}

int archive_file_add(struct archive_file *file, const char *path, struct hanse_slice lines, bool sync) {
  int failed = archive_file_open(file, path);
  if (!failed && file->torn) failed = write_all(file, HANSE_LIT("\n"));
  if (!failed) failed = write_all(file, lines);
  if (!failed && sync && fdatasync(file->fd) != 0) failed = errno;
  return failed;
}
