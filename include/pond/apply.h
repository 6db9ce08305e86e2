// Apply: brings a pond to the state that YAML documents describe, all of them or none.
//
//   version: v1
//   kind: mknod                      # or mkdir, copy, or a factory's own name
//   metadata: {path: /reduced}
//   spec: {factory: temporal-reduce, config: {…}}   # with a factory's name as kind: the config
//   itself
//
// "${NAME}" in a value is replaced by a variable of that name; "${env:NAME}" is left for when the
// node runs.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pond/factory.h"

namespace pond::factory {

struct ApplyFile {
  std::string name;  // for messages: "station.yaml"
  std::string text;
};

// What a document of kind `copy` asks for: {source: host URL, overwrite}.
struct CopyRequest {
  std::string source;
  std::string path;
  bool overwrite = false;
  bool exists = false;  // something is at `path` already (then overwrite is true: without it
                        // nothing is asked)
};

// One document, checked; nothing of the pond was looked at.
struct ApplyDocument {
  enum class Kind { Mkdir, Mknod, Copy };
  std::string origin;    // "station.yaml: document 2"
  std::size_t line = 0;  // where it begins
  Kind kind = Kind::Mkdir;
  std::string path;     // normalised, absolute
  std::string factory;  // of Mknod
  std::string config;   // its canonical JSON
  CopyRequest copy;     // of Copy
};

struct ApplyOptions {
  std::map<std::string, std::string> variables;  // -v NAME=VALUE
  bool dry_run = false;  // everything is done, and then restored; copies are not made
  std::string command;   // for CommitNote
  // Copies within the open transaction; true when that changed something. Unset: `copy` documents
  // are refused.
  std::function<bool(const CopyRequest&, tinyfs::FS&)> copy;
};

enum class ApplyStatus { Created, Updated, Unchanged };
std::string_view to_string(ApplyStatus status);  // "created", "updated", "unchanged"

struct ApplyItem {
  ApplyStatus status = ApplyStatus::Unchanged;
  std::string path;
  // Of an updated node: the lines of its configuration that differ, each beginning with "- " (old)
  // or "+ " (new).
  std::vector<std::string> difference;
};

struct ApplyReport {
  std::vector<ApplyItem> items;              // in the order of the documents
  std::optional<std::uint64_t> transaction;  // nullopt when nothing changed, and for a dry run
};

// Reads and checks all documents. InvalidArgument begins with file and document, then line and key:
// "station.yaml: document 2: line 14, spec.query: is required".
std::vector<ApplyDocument> read_documents(const std::vector<ApplyFile>& files,
                                          const Registry& registry,
                                          const std::map<std::string, std::string>& variables);

// One transaction; missing parent directories are created. The first bad document throws and leaves
// the pond as it was. AlreadyExists when something of another kind is at a path.
ApplyReport apply(tinyfs::FS& fs, const Registry& registry, const std::vector<ApplyFile>& files,
                  const ApplyOptions& options);

}  // namespace pond::factory
