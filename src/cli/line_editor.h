// Lines typed at a terminal: editing, a history that stays, completion by the tab key (libedit).
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pond::cli {

class LineEditor {
 public:
  // What could stand in place of `word`, of which `before` is the line up to it.
  using Completer =
      std::function<std::vector<std::string>(const std::string& word, std::string_view before)>;

  // `history` is read now and written by remember(); empty: none is kept. One editor at a time.
  LineEditor(std::filesystem::path history, Completer completer);
  ~LineEditor();
  LineEditor(const LineEditor&) = delete;
  LineEditor& operator=(const LineEditor&) = delete;

  // A line without its newline; nullopt at the end of input (Ctrl-D).
  std::optional<std::string> read(const std::string& prompt);
  // Adds an entry to the history; one of several lines becomes one line.
  void remember(const std::string& entry);

  // $XDG_STATE_HOME/pond/NAME, by default below ~/.local/state; empty without a home.
  static std::filesystem::path history_file(std::string_view name);

 private:
  std::filesystem::path history_;
};

}  // namespace pond::cli
