/* The file that lines are added to; a disk may be slow, full, or gone. */
#include "archive.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>

void archive_file_close(struct archive_file *file) {
  if (file->fd >= 0) close(file->fd);
  file->fd = -1;
}

static bool is_there(const struct archive_file *file, const char *path) {
  struct stat named, ours;
  return file->fd >= 0 && stat(path, &named) == 0 && fstat(file->fd, &ours) == 0 && named.st_ino == ours.st_ino &&
         named.st_dev == ours.st_dev;
}

/* O_NONBLOCK: a pipe that nobody reads would wait. */
int archive_file_open(struct archive_file *file, const char *path) {
  struct stat found;
  if (is_there(file, path)) return 0;
  archive_file_close(file);
  file->fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
  if (file->fd < 0) return errno;
  int failed = fstat(file->fd, &found) == 0 ? 0 : errno;
  if (!failed && !S_ISREG(found.st_mode)) failed = EMEDIUMTYPE;
  if (failed) archive_file_close(file);
  return failed;
}

/* A new file's name is on the disk when its folder is (fsync(2)); some file systems have no such thing. */
static int sync_folder(const char *path) {
  char folder[4096];
  size_t length = (size_t)(strrchr(path, '/') - path);
  if (length >= sizeof folder) return ENAMETOOLONG;
  memcpy(folder, path, length);
  folder[length] = '\0';
  int fd = open(length ? folder : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return errno;
  int failed = fsync(fd) == 0 || errno == EINVAL ? 0 : errno;
  close(fd);
  return failed;
}

static int write_all(struct archive_file *file, struct hanse_slice text) {
  for (size_t done = 0; done < text.len;) {
    ssize_t n = write(file->fd, text.at + done, text.len - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return n < 0 ? errno : EIO;
    done += (size_t)n;
  }
  return 0;
}

/* Somebody ended in the middle of a line: that line stays by itself. */
static int end_torn_line(struct archive_file *file, off_t size) {
  char last = '\n';
  if (size && pread(file->fd, &last, 1, size - 1) < 0) return errno;
  return last == '\n' ? 0 : write_all(file, HANSE_LIT("\n"));
}

static int add_locked(struct archive_file *file, const char *path, struct hanse_slice lines, bool sync) {
  struct stat before;
  if (fstat(file->fd, &before) != 0) return errno;
  int failed = sync && !before.st_size ? sync_folder(path) : 0;
  if (!failed) failed = end_torn_line(file, before.st_size);
  if (!failed) failed = write_all(file, lines);
  if (!failed && sync && fdatasync(file->fd) != 0) failed = errno;
  if (failed && ftruncate(file->fd, before.st_size) != 0) return failed; /* then some of the lines stay */
  return failed;
}

/* Locked: after a reload our predecessor may still have lines, and what failed is taken back. */
int archive_file_add(struct archive_file *file, const char *path, struct hanse_slice lines, bool sync) {
  int failed = archive_file_open(file, path);
  if (failed) return failed;
  while (flock(file->fd, LOCK_EX) != 0)
    if (errno != EINTR) return errno;
  failed = add_locked(file, path, lines, sync);
  (void)flock(file->fd, LOCK_UN);
  return failed;
}
