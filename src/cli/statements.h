// SQL text that arrives line by line, cut into statements at each ';' outside quotes and comments.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pond::cli {

class StatementReader {
 public:
  void add(std::string_view text) { text_ += text; }
  // The next whole statement, without its ';'; nullopt until there is one.
  std::optional<std::string> next();
  // What is left at the end of input, if it is more than blanks.
  std::optional<std::string> rest();
  // Has a statement begun?
  bool pending() const;

 private:
  std::string text_;
};

}  // namespace pond::cli
