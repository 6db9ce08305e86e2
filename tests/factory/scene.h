// A pond on disk with the factories, and what its queries say.
#pragma once

#include <arrow/record_batch.h>
#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <filesystem>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "pond/error.h"
#include "pond/factory.h"
#include "pond/query.h"
#include "pond/tinylogfs.h"

namespace pond::factory {

// "InvalidArgument: message | hint" of what `act` throws.
inline std::string error_from(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& error) {
    std::string text = std::string(to_string(error.code())) + ": " + error.what();
    if (!error.hint().empty()) text += " | " + error.hint();
    return text;
  }
  return "no error";
}

inline Registry all_factories() {
  Registry registry;
  add_factories(registry);
  return registry;
}

// The canonical configuration, or the error.
inline std::string validated(const std::string& factory, const std::string& yaml) {
  std::string json;
  const std::string error =
      error_from([&] { json = all_factories().validate(factory, YAML::Load(yaml), "test.yaml"); });
  return json.empty() ? error : json;
}

class SilentProgress : public Progress {
 public:
  void say(const std::string&) override {}
  void step(std::uint64_t, std::uint64_t, std::string_view) override {}
};

class Pond {
 public:
  Pond()
      : directory_(std::filesystem::temp_directory_path() /
                   ("pond-test-" + Uuid::v7().to_string())),
        backend_(tinylogfs::OpLogBackend::create(directory_, {}, {.command = "test"})),
        fs(backend_),
        registry(all_factories()) {
    environment_ = {.fs = &fs, .registry = &registry};
    backend_->set_dynamic_loader(
        [this](const tinyfs::DynamicSpec& spec) { return registry.load(spec, environment_); });
  }
  ~Pond() {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  Pond(const Pond&) = delete;
  Pond& operator=(const Pond&) = delete;

  // Appends the rows of a query (a new version) to a series, or replaces a table by them.
  void write(const std::string& path, const std::string& sql,
             tinyfs::Kind kind = tinyfs::Kind::Series) {
    query::Session session(&fs, {.restricted = false});
    const auto rows = session.query(sql);
    auto transaction = fs.begin();
    fs.root().create_directories(path.substr(0, path.rfind('/') + 1));
    const auto existing = fs.root().find(path);
    const auto file = existing ? *existing : fs.root().create_file(path, kind);
    tinylogfs::as_oplog_file(*file.node())->append(*rows);
    transaction.commit();
  }

  // Makes a node, or gives it another configuration.
  void make(const std::string& path, const std::string& factory, const std::string& yaml) {
    const std::string config = registry.validate(factory, YAML::Load(yaml), "test.yaml");
    auto transaction = fs.begin();
    if (const auto existing = fs.root().find(path))
      backend_->update_dynamic(*existing->node(), factory, config);
    else
      fs.root().create_dynamic(path, factory, config);
    transaction.commit();
  }

  RunReport run(const std::string& path) {
    const auto node = fs.root().get(path);
    const auto spec = spec_of(*backend_, *node.node());
    query::Session session(&fs, {.restricted = false});
    SilentProgress progress;
    RunContext context{.fs = fs,
                       .session = session,
                       .progress = progress,
                       .command = "pond run " + path,
                       .arguments = {},
                       .registry = &registry};
    return registry.get(spec->factory).run(*spec, context);
  }

  std::string ask(const std::string& sql) {
    query::Session session(&fs, {});
    std::ostringstream out;
    query::write_result(*session.query(sql), query::Output::Csv, out);
    return out.str();
  }

  // All paths that a pattern matches.
  std::vector<std::string> paths(const std::string& pattern) {
    std::vector<std::string> found;
    for (const auto& match : fs.root().glob(pattern))
      found.push_back(match.node.path());
    return found;
  }

 private:
  std::filesystem::path directory_;
  std::shared_ptr<tinylogfs::OpLogBackend> backend_;
  Environment environment_;

 public:
  tinyfs::FS fs;
  Registry registry;
};

}  // namespace pond::factory
