// The commands. Each lives in a file of its own, cmd_<name>.cc: it parses its options, calls the
// library and prints what that gives.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace pond::cli {

class Context;

// The program's version, as `pond --version` says it.
inline constexpr const char* kVersion = "0.1.0";

// A command with its one-line summary and the example that ends its --help.
CLI::App* add_command(CLI::App& app, const std::string& name, const std::string& summary,
                      const std::string& example);

void add_init(CLI::App& app, Context& context);
void add_list(CLI::App& app, Context& context);
void add_mkdir(CLI::App& app, Context& context);
void add_ln(CLI::App& app, Context& context);
void add_rm(CLI::App& app, Context& context);
void add_mv(CLI::App& app, Context& context);
void add_copy(CLI::App& app, Context& context);
void add_cat(CLI::App& app, Context& context);
void add_sql(CLI::App& app, Context& context);
void add_describe(CLI::App& app, Context& context);
void add_export(CLI::App& app, Context& context);
void add_mknod(CLI::App& app, Context& context);
void add_apply(CLI::App& app, Context& context);
void add_run(CLI::App& app, Context& context);
void add_get(CLI::App& app, Context& context);
void add_delete(CLI::App& app, Context& context);
void add_check(CLI::App& app, Context& context);
void add_log(CLI::App& app, Context& context);
void add_show(CLI::App& app, Context& context);
void add_status(CLI::App& app, Context& context);
void add_config(CLI::App& app, Context& context);
void add_fsck(CLI::App& app, Context& context);
void add_recover(CLI::App& app, Context& context);
void add_maintain(CLI::App& app, Context& context);
void add_backup(CLI::App& app, Context& context);
void add_push(CLI::App& app, Context& context);
void add_restore(CLI::App& app, Context& context);
void add_verify(CLI::App& app, Context& context);
void add_site(CLI::App& app, Context& context);
void add_completion(CLI::App& app, Context& context);

// All of them, in the order of --help.
void add_commands(CLI::App& app, Context& context);

// Those that --help shows.
std::vector<const CLI::App*> visible_commands(const CLI::App& app);

// Runs the program on main()'s arguments; the exit code: 0, 1 for errors, 2 for wrong usage.
int run_pond(int argc, const char* const* argv);

}  // namespace pond::cli
