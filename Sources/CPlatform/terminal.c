#define _GNU_SOURCE
#include "CPlatform.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static struct termios saved;
static volatile bool is_taken;

int platform_take_keyboard(int terminal) {
  struct termios mode;
  if (tcgetattr(terminal, &mode) != 0) return -1;
  if (!is_taken) saved = mode;
  mode.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ECHONL);
  mode.c_cc[VMIN] = 1;
  mode.c_cc[VTIME] = 0;
  if (tcsetattr(terminal, TCSADRAIN, &mode) != 0) return -1;
  is_taken = true;
  return 0;
}

void platform_give_keyboard_back(int terminal) {
  if (!is_taken) return;
  // What was typed and not read was meant for us, not for the shell.
  tcsetattr(terminal, TCSAFLUSH, &saved);
  is_taken = false;
}

bool platform_is_in_foreground(int terminal) { return tcgetpgrp(terminal) == getpgrp(); }

// Only what is safe between fork and exec in a process with threads.
static void guard(int terminal, int pipe) {
  setsid();
  // In a session of its own no terminal stops it; were that refused, this would be the background.
  signal(SIGTTOU, SIG_IGN);
  signal(SIGHUP, SIG_IGN);
  signal(SIGINT, SIG_IGN);
  signal(SIGTERM, SIG_IGN);
  signal(SIGTSTP, SIG_IGN);
  long limit = sysconf(_SC_OPEN_MAX);
  if (limit < 0 || limit > 65536) limit = 65536;
  for (int other = 0; other < limit; other++) {
    if (other != terminal && other != pipe) close(other);
  }
  bool is_alternate = false;
  char word = 0;
  while (true) {
    ssize_t count = read(pipe, &word, 1);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    if (word == 'q') _exit(0);
    is_alternate = word == 'a';
  }
  // At once, before anything that may wait: the shell reads how the terminal is as soon as it knows that we are gone.
  tcsetattr(terminal, TCSANOW, &saved);
  // Synchronized drawing off, the normal screen, colors off, the cursor shown.
  const char back[] = "\033[?2026l\033[?1049l\033[0m\033[?25h";
  const char here[] = "\033[?2026l\033[0m\033[?25h";
  ssize_t written = is_alternate ? write(terminal, back, sizeof back - 1) : write(terminal, here, sizeof here - 1);
  (void)written;
  _exit(0);
}

int platform_guard_terminal(int terminal) {
  int ends[2];
  if (pipe(ends) != 0) return -1;
  // Two steps: macOS has no pipe2. What is started in between closes it, as all that it does not know.
  platform_close_on_exec(ends[0]);
  platform_close_on_exec(ends[1]);
  pid_t middle = fork();
  if (middle == 0) {
    close(ends[1]);
    // Twice, so that nobody has to wait for it.
    pid_t child = fork();
    if (child == 0) guard(terminal, ends[0]);
    _exit(child < 0 ? 1 : 0);
  }
  close(ends[0]);
  if (middle < 0) {
    close(ends[1]);
    return -1;
  }
  int status = 0;
  while (waitpid(middle, &status, 0) < 0 && errno == EINTR) {
  }
  return ends[1];
}
