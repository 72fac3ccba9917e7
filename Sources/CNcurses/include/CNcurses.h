#pragma once
// Plain functions over ncurses, and the few calls around a terminal that Swift cannot make.
// <curses.h> is not included here: its macros and globals do not import into Swift.
// Everything but cn_width() and cn_new_wake() belongs to the main thread.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// ---- The screen (screen.c) ----

enum cn_open_result { CN_OPENED, CN_ALREADY_OPEN, CN_UNKNOWN_TERMINAL, CN_NO_CURSOR_MOVEMENT, CN_OPEN_FAILED };

/// Makes LC_CTYPE a UTF-8 locale, so that ncurses can draw wide characters.
/// @return whether the user's own locale asks for UTF-8; if not, C.UTF-8 is used and only ASCII should be drawn.
bool cn_set_locale(void);
/// Takes over the terminal on standard input and output. Nothing is written before the first cn_show().
enum cn_open_result cn_open(void);
/// Gives the terminal back and forgets the screen.
void cn_close(void);
/// Gives the terminal back for a while (a stop by Ctrl-Z). After cn_resume() the next cn_show() draws all of it.
void cn_suspend(void);
void cn_resume(void);

/// Colours the terminal has; 0 if it has none. The default colour is -1.
int cn_color_count(void);
void cn_define_pair(int pair, int foreground, int background);

enum { CN_BOLD = 1, CN_DIM = 2, CN_REVERSE = 4, CN_UNDERLINE = 8 };
/// Puts printable characters at a place. Characters of width 0 join the one before them.
void cn_put(int row, int column, const uint32_t *scalars, size_t count, unsigned attributes, int pair);
void cn_erase(void);
/// The next cn_show() writes every cell, whatever the terminal is thought to show.
void cn_redraw_all(void);
/// Writes what changed. A negative row hides the cursor.
void cn_show(int cursor_row, int cursor_column);
void cn_bell(void);
/// Asks the kernel for the terminal's size and takes it over; gives the size now in force.
void cn_adopt_size(int *rows, int *columns);
void cn_set_mouse(bool on);
/// Columns that glibc gives a character in UTF-8: 0, 1, 2, or -1 if it cannot be printed. Any thread.
int cn_width(uint32_t scalar);

// ---- Keys (screen.c) ----

enum cn_key_kind { CN_NO_KEY, CN_BYTE, CN_SPECIAL, CN_CLICK, CN_WHEEL_UP, CN_WHEEL_DOWN, CN_IGNORED };
struct cn_key {
  enum cn_key_kind kind;
  int value;        // a byte of UTF-8, or one of the numbers below
  int row, column;  // of the mouse
};
/// The numbers curses gives special keys; screen.c checks them against <curses.h>. F1 is CN_KEY_F0 + 1.
enum {
  CN_KEY_DOWN = 0402, CN_KEY_UP = 0403, CN_KEY_LEFT = 0404, CN_KEY_RIGHT = 0405, CN_KEY_HOME = 0406,
  CN_KEY_BACKSPACE = 0407, CN_KEY_F0 = 0410, CN_KEY_DELETE = 0512, CN_KEY_INSERT = 0513, CN_KEY_PAGE_DOWN = 0522,
  CN_KEY_PAGE_UP = 0523, CN_KEY_ENTER = 0527, CN_KEY_BACK_TAB = 0541, CN_KEY_END = 0550
};
/// The next key at hand; CN_NO_KEY at once if there is none. After an escape it waits 25 ms for a sequence.
struct cn_key cn_read_key(void);

// ---- The guard (guard.c): whatever ends the process, the terminal is usable afterwards ----

/// Catches standard error (if it is a terminal) and the signals of a crash, remembers the terminal's modes.
void cn_guard_start(void);
/// What to write to the terminal when the process dies with the screen up.
void cn_guard_set_restore(const char *bytes, size_t count);
/// True while the screen is up.
void cn_guard_set_active(bool active);
/// Prints what was caught from standard error, and leaves the signals as they were before.
void cn_guard_stop(void);

// ---- Signals and wake-ups as descriptors (events.c) ----

/// Blocks INT, TERM, HUP, TSTP, CONT and WINCH in this thread and in those it starts later; a signal that is ignored
/// (as HUP under nohup) stays so.
/// @return a descriptor for cn_next_signal(), or -1 with errno.
int cn_block_signals(void);
/// The next signal that came, or 0.
int cn_next_signal(int descriptor);
/// Stops the process as SIGTSTP does, and returns when it goes on.
void cn_stop_self(void);
/// Ends the process by a signal that is blocked until now, so that the parent sees it in the wait status.
_Noreturn void cn_die_by(int signal);
/// An eventfd that does not block, or -1 with errno.
int cn_new_wake(void);
