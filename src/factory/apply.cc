#include "pond/apply.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "pond/error.h"

namespace pond::factory {
namespace {

// The canonical JSON as lines, one value each.
std::vector<std::string> pretty_lines(const std::string& config) {
  std::istringstream text(nlohmann::json::parse(config).dump(2));
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);)
    lines.push_back(line);
  return lines;
}

// The lines that differ, by the longest common subsequence: configurations are short.
std::vector<std::string> difference(const std::string& before, const std::string& after) {
  const auto a = pretty_lines(before);
  const auto b = pretty_lines(after);
  // common[i][j]: the length for a from i on and b from j on.
  std::vector<std::vector<std::size_t>> common(a.size() + 1,
                                               std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = a.size(); i-- > 0;)
    for (std::size_t j = b.size(); j-- > 0;)
      common[i][j] =
          a[i] == b[j] ? common[i + 1][j + 1] + 1 : std::max(common[i + 1][j], common[i][j + 1]);
  std::vector<std::string> lines;
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.size() || j < b.size()) {
    if (i < a.size() && j < b.size() && a[i] == b[j]) {
      ++i;
      ++j;
    } else if (j == b.size() || (i < a.size() && common[i + 1][j] >= common[i][j + 1])) {
      lines.push_back("- " + a[i++]);
    } else {
      lines.push_back("+ " + b[j++]);
    }
  }
  return lines;
}

class Application {
 public:
  Application(tinyfs::FS& fs, const ApplyOptions& options)
      : fs_(fs), root_(fs.root()), options_(options) {}

  ApplyItem perform(const ApplyDocument& document) {
    ApplyItem item{.status = ApplyStatus::Unchanged, .path = document.path, .difference = {}};
    const auto existing = root_.find_link(document.path);
    if (!existing)
      root_.create_directories(
          document.path.substr(0, std::max<std::size_t>(1, document.path.rfind('/'))));
    switch (document.kind) {
      case ApplyDocument::Kind::Mkdir:
        make_directory(document, existing, item);
        break;
      case ApplyDocument::Kind::Mknod:
        make_node(document, existing, item);
        break;
      case ApplyDocument::Kind::Copy:
        copy(document, existing.has_value(), item);
        break;
    }
    return item;
  }

 private:
  using Existing = std::optional<tinyfs::NodePath>;

  [[noreturn]] static void wrong_kind(const tinyfs::NodePath& existing, const std::string& wanted) {
    const tinyfs::NodeInfo info = existing.info();
    throw Error(ErrorCode::AlreadyExists,
                "already exists: " + existing.path() + " (" +
                    (info.dynamic ? info.factory + ", " : "") +
                    std::string(tinyfs::to_string(info.kind)) + "), and is no " + wanted,
                "move or remove it first");
  }

  void make_directory(const ApplyDocument& document, const Existing& existing, ApplyItem& item) {
    if (!existing) {
      root_.create_directory(document.path);
      item.status = ApplyStatus::Created;
    } else if (existing->kind() != tinyfs::Kind::Directory || existing->info().dynamic) {
      wrong_kind(*existing, "directory");
    }
  }

  void make_node(const ApplyDocument& document, const Existing& existing, ApplyItem& item) {
    if (!existing) {
      root_.create_dynamic(document.path, document.factory, document.config);
      item.status = ApplyStatus::Created;
      return;
    }
    const auto spec = fs_.backend().dynamic_spec(*existing->node());
    if (!spec) wrong_kind(*existing, document.factory + " node");
    if (spec->factory == document.factory && spec->config == document.config) return;
    fs_.backend().update_dynamic(*existing->node(), document.factory, document.config);
    item.status = ApplyStatus::Updated;
    if (spec->factory != document.factory) {
      item.difference.push_back("- factory: " + spec->factory);
      item.difference.push_back("+ factory: " + document.factory);
    }
    for (auto& line : difference(spec->config, document.config))
      item.difference.push_back(std::move(line));
  }

  void copy(const ApplyDocument& document, bool exists, ApplyItem& item) {
    if (!options_.copy)
      throw Error(ErrorCode::Unsupported, "documents of kind copy are not supported here");
    if (exists && !document.copy.overwrite) return;
    CopyRequest request = document.copy;
    request.exists = exists;
    // What a dry run cannot know is whether the bytes would be the same: it says that they may
    // change.
    const bool changed = options_.dry_run || options_.copy(request, fs_);
    if (changed) item.status = exists ? ApplyStatus::Updated : ApplyStatus::Created;
  }

  tinyfs::FS& fs_;
  tinyfs::WD root_;
  const ApplyOptions& options_;
};

}  // namespace

std::string_view to_string(ApplyStatus status) {
  switch (status) {
    case ApplyStatus::Created:
      return "created";
    case ApplyStatus::Updated:
      return "updated";
    case ApplyStatus::Unchanged:
      return "unchanged";
  }
  return "unknown";
}

ApplyReport apply(tinyfs::FS& fs, const Registry& registry, const std::vector<ApplyFile>& files,
                  const ApplyOptions& options) {
  const auto documents = read_documents(files, registry, options.variables);
  ApplyReport report;
  tinyfs::Transaction transaction = fs.begin();
  Application application(fs, options);
  for (const auto& document : documents) {
    try {
      report.items.push_back(application.perform(document));
    } catch (const Error& error) {
      throw Error(error.code(),
                  document.origin + ": line " + std::to_string(document.line) + ": " + error.what(),
                  error.hint());
    }
  }
  if (options.dry_run)
    transaction.restore();
  else
    report.transaction = transaction.commit({.command = options.command});
  return report;
}

}  // namespace pond::factory
