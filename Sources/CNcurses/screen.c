#define _GNU_SOURCE
#define NCURSES_WIDECHAR 1
#include "CNcurses.h"

#include <curses.h>
#include <langinfo.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <unistd.h>
#include <wchar.h>

#undef columns  // <term.h> makes a macro of this word.

_Static_assert(sizeof(wchar_t) == sizeof(uint32_t), "a wchar_t holds a Unicode scalar");
_Static_assert(CN_KEY_DOWN == KEY_DOWN && CN_KEY_UP == KEY_UP && CN_KEY_LEFT == KEY_LEFT && CN_KEY_RIGHT == KEY_RIGHT, "");
_Static_assert(CN_KEY_HOME == KEY_HOME && CN_KEY_END == KEY_END && CN_KEY_PAGE_DOWN == KEY_NPAGE, "");
_Static_assert(CN_KEY_PAGE_UP == KEY_PPAGE && CN_KEY_BACKSPACE == KEY_BACKSPACE && CN_KEY_DELETE == KEY_DC, "");
_Static_assert(CN_KEY_INSERT == KEY_IC && CN_KEY_ENTER == KEY_ENTER && CN_KEY_BACK_TAB == KEY_BTAB, "");
_Static_assert(CN_KEY_F0 == KEY_F0, "");

static SCREEN *screen;

bool cn_set_locale(void) {
  bool wanted;
  if (setlocale(LC_CTYPE, "")) {
    wanted = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
  } else {  // A locale that is not installed here, as often over ssh: its name still tells the codeset.
    const char *name = getenv("LC_ALL");
    if (!name || !*name) name = getenv("LC_CTYPE");
    if (!name || !*name) name = getenv("LANG");
    wanted = name && (strcasestr(name, "utf-8") || strcasestr(name, "utf8"));
  }
  if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0) setlocale(LC_CTYPE, "C.UTF-8");
  return wanted;
}

// ---- What to write when the process dies ----

static char restore[512];
static size_t restore_length;

static int append(int byte) {
  if (restore_length < sizeof restore) restore[restore_length++] = (char)byte;
  return byte;
}

static void append_capability(const char *capability) {
  if (capability) tputs(capability, 1, append);
}

static void prepare_restore(void) {
  restore_length = 0;
  append_capability(exit_attribute_mode);
  append_capability(orig_pair);
  append_capability(cursor_normal);
  append_capability(keypad_local);
  if (key_mouse) append_capability("\033[?1000l\033[?1002l\033[?1003l\033[?1006l");
  append_capability(exit_ca_mode ? exit_ca_mode : "\r\n");
  cn_guard_set_restore(restore, restore_length);
}

// ---- Opening and closing ----

/// newterm() catches these if nobody does, and then ignores SIGTSTP in every refresh(), which loses one that is pending.
/// They are blocked and read from a descriptor instead: to newterm() they look caught.
static const int curses_signals[] = {SIGINT, SIGTERM, SIGTSTP, SIGWINCH};
enum { SIGNAL_COUNT = sizeof curses_signals / sizeof *curses_signals };

static void looks_caught(int signal) { (void)signal; }

static SCREEN *new_screen(void) {
  struct sigaction before[SIGNAL_COUNT], caught = {.sa_handler = looks_caught};
  for (int i = 0; i < SIGNAL_COUNT; i++) sigaction(curses_signals[i], &caught, &before[i]);
  SCREEN *result = newterm(NULL, stdout, stdin);
  for (int i = 0; i < SIGNAL_COUNT; i++) sigaction(curses_signals[i], &before[i], NULL);
  return result;
}

enum cn_open_result cn_open(void) {
  if (screen) return CN_ALREADY_OPEN;
  fflush(stdout);
  int found;
  if (setupterm(NULL, STDOUT_FILENO, &found) != OK) return CN_UNKNOWN_TERMINAL;
  bool capable = cursor_address && clear_screen;
  del_curterm(cur_term);
  if (!capable) return CN_NO_CURSOR_MOVEMENT;
  cn_guard_start();
  if (!(screen = new_screen())) {
    cn_guard_stop();
    return CN_OPEN_FAILED;
  }
  prepare_restore();
  cn_guard_set_active(true);
  set_escdelay(25);
  cbreak();
  noecho();
  nonl();
  keypad(stdscr, TRUE);
  nodelay(stdscr, TRUE);
  typeahead(-1);  // Keys are drained before a frame is drawn; a frame is then drawn to its end.
  start_color();
  use_default_colors();
  return CN_OPENED;
}

// With Ctrl-C the kernel throws away what the terminal has not taken yet, and that may have been the end of some bold or
// faint text: curses then thinks it is off, and would leave the terminal that way.
static void end_window(void) {
  const char *plain = tigetstr("sgr0");
  if (plain && plain != (const char *)-1) {
    putp(plain);
    fflush(stdout);
  }
  endwin();
}

void cn_close(void) {
  if (!screen) return;
  end_window();
  cn_guard_set_active(false);
  delscreen(screen);
  screen = NULL;
  cn_guard_stop();
}

void cn_suspend(void) {
  end_window();
  cn_guard_set_active(false);
}

void cn_resume(void) {
  cn_guard_set_active(true);
  reset_prog_mode();       // Also after a SIGSTOP, where no suspend came before.
  keypad(stdscr, TRUE);    // endwin() switched it off, and the next frame alone would not switch it on.
  clearok(curscr, TRUE);
}

// ---- Drawing ----

int cn_color_count(void) { return has_colors() ? COLORS : 0; }

void cn_define_pair(int pair, int foreground, int background) {
  init_pair((short)pair, (short)foreground, (short)background);
}

static attr_t curses_attributes(unsigned attributes) {
  return (attributes & CN_BOLD ? A_BOLD : 0) | (attributes & CN_DIM ? A_DIM : 0) |
         (attributes & CN_REVERSE ? A_REVERSE : 0) | (attributes & CN_UNDERLINE ? A_UNDERLINE : 0);
}

void cn_put(int row, int column, const uint32_t *scalars, size_t count, unsigned attributes, int pair) {
  attr_set(curses_attributes(attributes), (short)pair, NULL);
  mvaddnwstr(row, column, (const wchar_t *)scalars, (int)count);
}

void cn_erase(void) {
  attr_set(A_NORMAL, 0, NULL);
  erase();
}

void cn_redraw_all(void) { clearok(curscr, TRUE); }

void cn_show(int cursor_row, int cursor_column) {
  curs_set(cursor_row >= 0);
  if (cursor_row >= 0) move(cursor_row, cursor_column);
  refresh();
}

void cn_bell(void) { beep(); }

void cn_adopt_size(int *rows, int *columns) {
  struct winsize size;
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0) {
    // Not resizeterm(), which also puts a KEY_RESIZE among the keys.
    if (size.ws_row != LINES || size.ws_col != COLS) resize_term(size.ws_row, size.ws_col);
  }
  *rows = LINES;
  *columns = COLS;
}

static locale_t width_locale;
static void make_width_locale(void) { width_locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0); }

int cn_width(uint32_t scalar) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, make_width_locale);
  if (!width_locale) return scalar >= 0x20 && scalar < 0x7f ? 1 : -1;
  locale_t before = uselocale(width_locale);
  int width = wcwidth((wchar_t)scalar);
  uselocale(before);
  return width;
}

// ---- Input ----

void cn_set_mouse(bool on) {
  mouseinterval(0);  // A press counts at once, without waiting whether it becomes a double click.
  mousemask(on ? BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED : 0, NULL);
}

static struct cn_key mouse_key(void) {
  MEVENT event;
  struct cn_key key = {.kind = CN_IGNORED};
  if (getmouse(&event) != OK) return key;
  if (event.bstate & BUTTON1_PRESSED) key.kind = CN_CLICK;
  else if (event.bstate & BUTTON4_PRESSED) key.kind = CN_WHEEL_UP;
  else if (event.bstate & BUTTON5_PRESSED) key.kind = CN_WHEEL_DOWN;
  key.row = event.y;
  key.column = event.x;
  return key;
}

struct cn_key cn_read_key(void) {
  // Not get_wch(): after a byte that is no UTF-8 it swallows what follows, and it loses a character that comes in pieces.
  int value = getch();
  if (value == ERR) return (struct cn_key){.kind = CN_NO_KEY};
  if (value == KEY_MOUSE) return mouse_key();
  return (struct cn_key){.kind = value < KEY_MIN ? CN_BYTE : CN_SPECIAL, .value = value};
}
