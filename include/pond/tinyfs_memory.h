// A tinyfs Backend that keeps everything in memory: for tests, and for filesystems that need no
// tomorrow.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "pond/tinyfs.h"

namespace pond::tinyfs {

// All versions of all files are kept. A removed node is kept too, as long as the backend or a
// handle lives: memory grows with what was ever written. A handle to a node whose creation was
// restored throws NotFound. begin() is O(1); commit() and restore() cost what the transaction
// changed.
class MemoryBackend : public Backend {
 public:
  MemoryBackend();
  ~MemoryBackend() override;

  std::shared_ptr<Directory> root() override;
  std::shared_ptr<Directory> create_directory(const Directory& parent) override;
  std::shared_ptr<File> create_file(const Directory& parent, Kind kind) override;
  std::shared_ptr<Symlink> create_symlink(const Directory& parent,
                                          const std::string& target) override;
  NodePtr create_dynamic(const Directory& parent, const std::string& factory,
                         const std::string& config) override;
  std::optional<DynamicSpec> dynamic_spec(const Node& node) const override;
  void update_dynamic(const Node& node, const std::string& factory,
                      const std::string& config) override;

  void begin() override;
  bool in_transaction() const override;
  bool has_changes() const override;
  std::optional<std::uint64_t> commit(const CommitNote& note) override;
  void restore() override;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace pond::tinyfs
