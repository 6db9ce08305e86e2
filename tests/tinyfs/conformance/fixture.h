// The scene of the conformance suite: an empty filesystem over the backend under test.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "dynamic_nodes.h"
#include "pond/tinyfs.h"

namespace pond::tinyfs {

// Where the backend under test keeps its nodes, for one test.
class Storage {
 public:
  virtual ~Storage() = default;
  // A backend over this storage: empty the first time, later with what was committed, when
  // persistent(). The backend opened before is destroyed by then.
  virtual std::shared_ptr<Backend> open() = 0;
  virtual bool persistent() const { return false; }
  // The n-th example of what a file of this kind may hold; for a backend that checks content.
  virtual std::string content(Kind kind, int n) const {
    return std::string(to_string(kind)) + " example " + std::to_string(n);
  }
};

struct StorageMaker {
  std::string name;
  std::function<std::unique_ptr<Storage>()> make;
};

inline std::ostream& operator<<(std::ostream& out, const StorageMaker& maker) {
  return out << maker.name;
}

inline std::string storage_name(const testing::TestParamInfo<StorageMaker>& info) {
  return info.param.name;
}

// The code of the Error that `action` throws, "" when it throws none.
template <typename Action>
std::string error_code(const Action& action) {
  try {
    action();
  } catch (const Error& error) {
    return std::string(to_string(error.code()));
  }
  return "";
}

// Its message, and in brackets its hint.
template <typename Action>
std::string error_text(const Action& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.hint().empty() ? error.what()
                                : std::string(error.what()) + " [" + error.hint() + "]";
  }
  return "";
}

using Paths = std::vector<std::string>;

class Conformance : public testing::TestWithParam<StorageMaker> {
 protected:
  Conformance() : storage(GetParam().make()) { open(); }

  void open() {
    auto backend = storage->open();
    backend->set_dynamic_loader(load_test_node);
    fs.emplace(std::move(backend));
  }

  // Closes the filesystem and opens what was committed.
  void reopen() {
    fs.reset();
    open();
  }

  WD root() { return fs->root(); }

  // Does `action` in a transaction of its own.
  template <typename Action>
  void commit(const Action& action) {
    Transaction txn = fs->begin();
    action();
    txn.commit({.command = "test"});
  }

  // In the open transaction: makes the file unless it exists, and writes a version.
  NodePath write(const std::string& path, std::string_view bytes, Kind kind = Kind::Data) {
    const auto existing = root().find(path);
    NodePath file = existing ? *existing : root().create_file(path, kind);
    file.as_file().write(bytes);
    return file;
  }

  std::string read(const std::string& path, std::optional<std::uint64_t> version = {}) {
    return read_all(*root().get(path).as_file().open(version));
  }

  Paths glob(const std::string& pattern) { return glob(root(), pattern); }
  static Paths glob(const WD& wd, const std::string& pattern) {
    Paths paths;
    for (const auto& match : wd.glob(pattern))
      paths.push_back(match.node.path());
    return paths;
  }

  static Paths names(const Directory& directory) {
    Paths names;
    for (const auto& entry : directory.entries())
      names.push_back(entry.name);
    return names;
  }

  // One line for each node below the root: what a user could tell of it.
  Paths tree() {
    Paths lines;
    describe(root().get("/").as_directory(), "", lines);
    return lines;
  }

  std::unique_ptr<Storage> storage;
  std::optional<FS> fs;

 private:
  static void describe(const Directory& directory, const std::string& path, Paths& lines) {
    for (const auto& [name, node] : directory.entries()) {
      const NodeInfo info = node->info();
      std::string line = path + "/" + name + " " + std::string(to_string(info.kind));
      if (info.dynamic) line += " made by " + info.factory;
      if (const auto* link = dynamic_cast<const Symlink*>(node.get()))
        line += " to " + link->target();
      if (const auto* file = dynamic_cast<const File*>(node.get())) {
        for (const auto& version : file->versions()) {
          const std::string bytes = read_all(*file->open(version.version));
          line += " v" + std::to_string(version.version) + ":";
          line += bytes.size() > 100 ? std::to_string(bytes.size()) + " bytes" : bytes;
        }
      }
      lines.push_back(line);
      if (const auto* below = dynamic_cast<const Directory*>(node.get()))
        describe(*below, path + "/" + name, lines);
    }
  }
};

}  // namespace pond::tinyfs
