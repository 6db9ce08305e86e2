// The program around the commands: options, usage errors, exit codes.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <new>
#include <vector>

#include "cli/command.h"
#include "cli/context.h"
#include "cli/print.h"
#include "pond/error.h"

namespace pond::cli {
namespace {

constexpr int kFailed = 1;
constexpr int kUsage = 2;

void print_error(const std::string& message, const std::string& hint) {
  const bool colours = colours_on(STDERR_FILENO);
  std::cout.flush();
  std::cerr << (colours ? "\x1b[1;31merror:\x1b[0m " : "error: ") << one_line(message) << '\n';
  if (!hint.empty())
    std::cerr << (colours ? "\x1b[1;36mhint:\x1b[0m " : "hint: ") << one_line(hint) << '\n';
}

// Memory that runs out may do so in any thread, and in code that is not written to go on without
// it. A command is as safe to end at any moment as it is against a power cut, so it ends here.
void out_of_memory() {
  static constexpr std::string_view kWords =
      "error: out of memory\nhint: POND_MEMORY_LIMIT=512MB lowers what queries use\n";
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, kWords.data(), kWords.size());
  ::_exit(kFailed);
}

std::string quoted(std::string_view word) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=:,./@%";
  if (!word.empty() && word.find_first_not_of(kPlain) == std::string_view::npos)
    return std::string(word);
  std::string text = "'";
  for (const char c : word)
    text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

std::string command_line(int argc, const char* const* argv) {
  std::string line = "pond";
  for (int i = 1; i < argc; ++i)
    line += " " + quoted(argv[i]);
  return line;
}

// What CLI11 objects to, in our words.
int usage_error(const CLI::App& app, const CLI::ParseError& error) {
  std::vector<std::string> commands;
  for (const CLI::App* command : visible_commands(app))
    commands.push_back(command->get_name());

  const CLI::App* command = nullptr;
  for (const CLI::App* c : app.get_subcommands())
    command = c;
  if (command == nullptr) {
    for (const std::string& word : app.remaining()) {
      if (word.starts_with("-")) continue;
      const std::string near = nearest(word, commands);
      print_error("no command '" + word + "'", near.empty() ? "pond --help lists the commands"
                                                            : "did you mean 'pond " + near + "'?");
      return kUsage;
    }
    if (app.remaining().empty()) {
      std::cerr << app.help();
      return kUsage;
    }
    print_error(error.what(), "see pond --help");
    return kUsage;
  }
  print_error("pond " + command->get_name() + ": " + error.what(),
              "see pond " + command->get_name() + " --help");
  return kUsage;
}

}  // namespace

CLI::App* add_command(CLI::App& app, const std::string& name, const std::string& summary,
                      const std::string& example) {
  CLI::App* command = app.add_subcommand(name, summary);
  command->fallthrough();
  command->footer("Example:\n  " + example +
                  "\n\nEvery command takes --pond DIR and -d DIR: see pond --help.");
  return command;
}

std::vector<const CLI::App*> visible_commands(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App* command) { return !command->get_group().empty(); });
}

void add_commands(CLI::App& app, Context& context) {
  add_init(app, context);
  add_list(app, context);
  add_mkdir(app, context);
  add_ln(app, context);
  add_rm(app, context);
  add_mv(app, context);
  add_copy(app, context);
  add_cat(app, context);
  add_sql(app, context);
  add_describe(app, context);
  add_export(app, context);
  add_mknod(app, context);
  add_apply(app, context);
  add_run(app, context);
  add_get(app, context);
  add_delete(app, context);
  add_check(app, context);
  add_log(app, context);
  add_show(app, context);
  add_status(app, context);
  add_config(app, context);
  add_fsck(app, context);
  add_recover(app, context);
  add_maintain(app, context);
  add_backup(app, context);
  add_push(app, context);
  add_restore(app, context);
  add_verify(app, context);
  add_site(app, context);
  add_completion(app, context);
}

int run_pond(int argc, const char* const* argv) {
  std::set_new_handler(out_of_memory);
  std::ios::sync_with_stdio(false);
  Context context;
  context.command_line = command_line(argc, argv);

  CLI::App app("DuckPond: a very small data lake for timeseries", "pond");
  app.set_version_flag("--version", std::string("pond ") + kVersion);
  app.add_option("--pond", context.pond_option, "The pond's directory (default: $POND)")
      ->type_name("DIR");
  app.add_option("-d,--directory", context.host_directory, "Where relative host+ URLs start")
      ->type_name("DIR");
  app.add_option("--hostmount", context.host_mounts,
                 "Instead of a pond: the nodes of a dynamic-dir's YAML over files of the host")
      ->type_name("/PATH=host+dyndir:///FILE")
      ->allow_extra_args(false);
  app.require_subcommand(1);
  app.footer(
      "Example:\n  pond --pond ./station list '/**'\n\npond COMMAND --help explains a command.");
  add_commands(app, context);

  try {
    app.parse(argc, argv);
    std::cout.flush();
    if (!std::cout) throw Error(ErrorCode::Io, "cannot write the output");
    return 0;
  } catch (const CLI::CallForVersion& version) {
    std::cout << version.what() << '\n';
    return 0;
  } catch (const CLI::Success&) {  // --help
    const CLI::App* asked = &app;
    std::string above;
    while (!asked->get_subcommands().empty()) {
      above += (above.empty() ? "" : " ") + asked->get_name();
      asked = asked->get_subcommands().front();
    }
    std::cout << asked->help(above);
    return 0;
  } catch (const CLI::ParseError& error) {
    return usage_error(app, error);
  } catch (const Error& error) {
    print_error(error.what(), error.hint());
  } catch (const std::bad_alloc&) {
    out_of_memory();
  } catch (const std::exception& error) {
    print_error(error.what(), "");
  }
  return kFailed;
}

}  // namespace pond::cli
