// pond completion: the shell's part; and pond __complete, which it asks.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/command.h"
#include "cli/context.h"
#include "cli/paths.h"

namespace pond::cli {
namespace {

constexpr const char* kBash = R"(# bash completion of pond. Use: source <(pond completion bash)
_pond() {
  local IFS=$'\n'
  COMPREPLY=($(pond __complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
  [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == */ ]] && compopt -o nospace
}
complete -o default -F _pond pond
)";

void print_matching(const std::vector<std::string>& words, const std::string& start) {
  for (const std::string& word : words)
    if (word.starts_with(start)) std::cout << word << '\n';
}

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options())
    for (const std::string& name : option->get_lnames())
      names.push_back("--" + name);
  return names;
}

// `words` are those after "pond", the last being the one to complete.
void complete(const CLI::App& app, Context& context, std::vector<std::string> words) {
  const std::string current = words.empty() ? "" : words.back();
  if (!words.empty()) words.pop_back();
  const std::vector<const CLI::App*> commands = visible_commands(app);
  const CLI::App* command = nullptr;
  std::size_t position = 0;  // of the current word among the command's arguments
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--pond" && i + 1 < words.size()) {
      context.pond_option = words[++i];
    } else if (words[i] == "-d") {
      ++i;
    } else if (!words[i].starts_with('-')) {
      if (command != nullptr) {
        ++position;
      } else {
        for (const CLI::App* c : commands)
          if (c->check_name(words[i])) command = c;
        if (command == nullptr) return;
      }
    }
  }
  if (command == nullptr) {
    std::vector<std::string> names = option_names(app);
    for (const CLI::App* c : commands)
      names.push_back(c->get_name());
    if (!current.starts_with('-'))
      std::erase_if(names, [](const auto& n) { return n.starts_with('-'); });
    return print_matching(names, current);
  }
  if (current.starts_with('-')) return print_matching(option_names(*command), current);
  if (command->get_name() == "mknod" && position == 0)
    return print_matching(context.registry().names(), current);
  if (tinyfs::FS* fs = context.find_fs())
    print_matching(path_completions(fs->root(), current), current);
}

}  // namespace

void add_completion(CLI::App& app, Context& context) {
  CLI::App* command =
      add_command(app, "completion", "Prints what a shell needs to complete pond's words",
                  "source <(pond completion bash)");
  auto shell = std::make_shared<std::string>();
  command->add_option("SHELL", *shell, "bash")->required()->check(CLI::IsMember({"bash"}));
  command->callback([] { std::cout << kBash; });

  CLI::App* hidden = app.add_subcommand("__complete", "")->group("");
  auto words = std::make_shared<std::vector<std::string>>();
  hidden->add_option("WORD", *words, "");
  hidden->callback([&app, &context, words] { complete(app, context, *words); });
}

}  // namespace pond::cli
