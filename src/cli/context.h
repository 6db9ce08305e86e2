// What every command shares: which pond, and the library's parts opened when first needed.
//
// A command that only asks for root() pays for opening the log; the query engine, the factories and
// YAML start only in commands that use them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pond/factory.h"
#include "pond/query.h"
#include "pond/tinyfs.h"
#include "pond/tinylogfs.h"

namespace pond::cli {

class Progress;

class Context {
 public:
  Context();
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  // Set by the options before or after the command's name.
  std::string pond_option;               // --pond DIR
  std::string host_directory;            // -d DIR; empty: not given
  std::vector<std::string> host_mounts;  // --hostmount /PATH=host+dyndir:///FILE
  std::vector<std::string> attached;     // --attach NAME=DIR
  std::string command_line;              // "pond mkdir /a", quoted as a shell would read it

  // --pond, else $POND; InvalidArgument when neither says.
  std::filesystem::path pond_directory() const;

  // The pond's log; InvalidArgument with --hostmount, which has none.
  tinylogfs::OpLogBackend& backend();
  tinyfs::FS& fs();
  tinyfs::WD root() { return fs().root(); }
  // For commands that can do without: null when no pond is named or none is there.
  tinyfs::FS* find_fs();

  factory::Registry& registry();
  // `restricted` for SQL that the user typed.
  query::Session& session(bool restricted);
  Progress& progress();

  tinyfs::CommitNote note() const { return {command_line}; }
  // Commits with the command line as the note.
  std::optional<std::uint64_t> commit(tinyfs::Transaction& transaction);

  std::filesystem::path host_root() const;  // -d DIR, else where we are
  // A new host file: relative paths are taken from -d DIR.
  std::filesystem::path host_path(std::string_view path) const;

 private:
  void open_pond();
  void open_host_mounts();
  // The ponds of --attach by name; they stay open.
  std::map<std::string, tinyfs::FS*, std::less<>> open_attached();
  // Dynamic nodes of `backend` find each other through `fs`.
  void set_loader(tinyfs::Backend& backend, std::unique_ptr<tinyfs::FS>& fs);

  // In the order of dependence: destroyed from the last.
  std::unique_ptr<factory::Registry> registry_;
  std::shared_ptr<tinylogfs::OpLogBackend> backend_;
  std::unique_ptr<tinyfs::FS> fs_;
  std::list<std::unique_ptr<tinyfs::FS>> attached_;
  std::unique_ptr<query::Session> restricted_session_;
  std::unique_ptr<query::Session> session_;
  std::unique_ptr<Progress> progress_;
};

}  // namespace pond::cli
