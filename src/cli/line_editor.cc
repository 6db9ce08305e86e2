#include "cli/line_editor.h"

#include <editline/readline.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace pond::cli {
namespace {

constexpr int kMostEntries = 1000;

// libedit calls back without a context.
LineEditor::Completer completer_in_use;

struct FreeText {
  void operator()(char* text) const { std::free(text); }
};
using OwnedText = std::unique_ptr<char, FreeText>;

// The list that libedit takes: what all have in common, then each, then null; the caller frees.
char** matches(const char* word, int start, int /*end*/) {
  rl_attempted_completion_over = 1;  // not the files of the host
  std::vector<std::string> found;
  try {
    found =
        completer_in_use(word, std::string_view(rl_line_buffer, static_cast<std::size_t>(start)));
  } catch (const std::exception&) {
    return nullptr;  // a statement in the making may be wrong in any way
  }
  if (found.empty()) return nullptr;
  std::string common = found.front();
  for (const std::string& one : found)
    common.erase(std::mismatch(common.begin(), common.end(), one.begin(), one.end()).first,
                 common.end());
  const bool complete = found.size() == 1 && !common.ends_with('/');
  rl_completion_append_character = complete ? ' ' : '\0';
  auto** list = static_cast<char**>(std::calloc(found.size() + 2, sizeof(char*)));
  if (list == nullptr) return nullptr;
  list[0] = ::strdup(common.c_str());
  if (found.size() > 1)
    for (std::size_t i = 0; i < found.size(); ++i)
      list[i + 1] = ::strdup(found[i].c_str());
  return list;
}

}  // namespace

LineEditor::LineEditor(std::filesystem::path history, Completer completer)
    : history_(std::move(history)) {
  completer_in_use = std::move(completer);
  rl_readline_name = "pond";
  rl_initialize();
  rl_attempted_completion_function = matches;
  rl_completer_word_break_characters = const_cast<char*>(" \t\n\"'(),;=<>+*");
  using_history();
  stifle_history(kMostEntries);
  if (!history_.empty()) read_history(history_.c_str());
}

LineEditor::~LineEditor() {
  completer_in_use = nullptr;
}

std::optional<std::string> LineEditor::read(const std::string& prompt) {
  const OwnedText line(::readline(prompt.c_str()));
  if (!line) return std::nullopt;
  return std::string(line.get());
}

void LineEditor::remember(const std::string& entry) {
  std::string line = entry;
  std::replace(line.begin(), line.end(), '\n', ' ');
  while (line.ends_with(' '))
    line.pop_back();
  if (line.empty()) return;
  add_history(line.c_str());
  if (history_.empty()) return;
  // A history that cannot be kept is no reason to stop.
  std::error_code ignored;
  std::filesystem::create_directories(history_.parent_path(), ignored);
  write_history(history_.c_str());
  std::filesystem::permissions(
      history_, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write, ignored);
}

std::filesystem::path LineEditor::history_file(std::string_view name) {
  if (const char* state = std::getenv("XDG_STATE_HOME"); state != nullptr && *state != '\0')
    return std::filesystem::path(state) / "pond" / name;
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0')
    return std::filesystem::path(home) / ".local/state/pond" / name;
  return {};
}

}  // namespace pond::cli
