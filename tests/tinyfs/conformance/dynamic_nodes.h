// Nodes implemented by code, as a factory would make them.
#pragma once

#include <string>
#include <utility>

#include "pond/tinyfs.h"

namespace pond::tinyfs {

// A file whose content is its configuration.
class TextFile : public File {
 public:
  TextFile(NodeId id, std::string text, std::uint64_t version)
      : File(id), text_(std::move(text)), version_(version) {}

  NodeInfo info() const override {
    return {.kind = Kind::Data, .dynamic = true, .factory = "text", .version = version_};
  }
  std::unique_ptr<Reader> open(std::optional<std::uint64_t> /*version*/) const override {
    return read_bytes(text_);
  }
  std::vector<VersionInfo> versions() const override { return {{version_, 0, text_.size()}}; }
  using File::write;
  void write(Reader& /*content*/) override {
    throw Error(ErrorCode::ReadOnly, "read-only: a dynamic file");
  }

 private:
  std::string text_;
  std::uint64_t version_;
};

// A directory of as many files as its configuration says, "0", "1", ..., each with its own name
// inside, and for a count above zero of a directory "below" with one file less.
class CountDirectory : public Directory {
 public:
  CountDirectory(NodeId id, int count, std::uint64_t version)
      : Directory(id), count_(count), version_(version) {}

  NodeInfo info() const override {
    return {.kind = Kind::Directory, .dynamic = true, .factory = "count", .version = version_};
  }
  NodePtr get(std::string_view name) const override {
    for (auto& entry : entries())
      if (entry.name == name) return std::move(entry.node);
    return nullptr;
  }
  std::vector<DirEntry> entries() const override {
    std::vector<DirEntry> entries;
    for (int i = 0; i < count_; ++i) {
      const std::string name = std::to_string(i);
      entries.push_back({name, std::make_shared<TextFile>(Uuid::v7(), name, version_)});
    }
    if (count_ > 0) {
      entries.push_back(
          {"below", std::make_shared<CountDirectory>(Uuid::v7(), count_ - 1, version_)});
    }
    return entries;
  }

 private:
  int count_;
  std::uint64_t version_;
};

inline NodePtr load_test_node(const DynamicSpec& spec) {
  if (spec.factory == "text") return std::make_shared<TextFile>(spec.id, spec.config, spec.version);
  if (spec.factory == "count")
    return std::make_shared<CountDirectory>(spec.id, std::stoi(spec.config), spec.version);
  throw Error(ErrorCode::Unsupported, "no factory '" + spec.factory + "'");
}

}  // namespace pond::tinyfs
