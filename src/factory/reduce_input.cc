#include "factory/reduce_input.h"

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "pond/error.h"
#include "pond/url.h"

namespace pond::factory {
namespace {

thread_local std::set<tinyfs::NodeId> finding;  // nodes whose outputs are being found

// Marks a node as having its outputs found, and its re-entry.
class Visit {
 public:
  explicit Visit(const tinyfs::NodeId& node) : node_(node), first_(finding.insert(node).second) {}
  ~Visit() {
    if (first_) finding.erase(node_);
  }
  Visit(const Visit&) = delete;
  Visit& operator=(const Visit&) = delete;
  bool again() const { return !first_; }

 private:
  tinyfs::NodeId node_;
  bool first_;
};

// "$0/$1" with what the wildcards matched.
std::string expand(const std::string& pattern, const std::vector<std::string>& captures,
                   const std::string& path) {
  std::string name;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '$' || i + 1 >= pattern.size() || pattern[i + 1] < '0' ||
        pattern[i + 1] > '9') {
      name += pattern[i];
      continue;
    }
    std::size_t index = 0;
    while (i + 1 < pattern.size() && pattern[i + 1] >= '0' && pattern[i + 1] <= '9')
      index =
          std::min<std::size_t>(index * 10 + static_cast<std::size_t>(pattern[++i] - '0'), 1000);
    if (index >= captures.size()) {
      throw Error(ErrorCode::InvalidArgument,
                  "out_pattern '" + pattern + "' asks for $" + std::to_string(index) +
                      ", but in_pattern has " + std::to_string(captures.size()) +
                      " wildcards (matching " + path + ")",
                  captures.empty() ? "" : "$0 is what the first wildcard matched");
    }
    name += captures[index];
  }
  // A "**" that matched nothing leaves an empty component.
  const std::string normal = tinyfs::normalise_path(name, "/");
  if (normal == "/")
    throw Error(ErrorCode::InvalidArgument, "out_pattern '" + pattern + "' is empty for " + path);
  return normal.substr(1);
}

bool has_table_extension(std::string name) {
  for (const std::string_view compression : {".gz", ".zst", ".bz2"})
    if (name.ends_with(compression)) name.resize(name.size() - compression.size());
  constexpr std::array<std::string_view, 6> kExtensions{".csv",    ".tsv",     ".json",
                                                        ".ndjson", ".parquet", ".arrow"};
  return std::any_of(kExtensions.begin(), kExtensions.end(),
                     [&](std::string_view extension) { return name.ends_with(extension); });
}

// A path as a pattern that matches it alone.
std::string escape_wildcards(const std::string& path) {
  std::string escaped;
  for (const char c : path) {
    if (std::string_view("*?[{\\").find(c) != std::string_view::npos) escaped += '\\';
    escaped += c;
  }
  return escaped;
}

// The match as an input, or nullopt when it is not a table.
std::optional<ReduceInput> as_input(const tinyfs::NodePath& match, const Url& url, tinyfs::FS& fs) {
  std::optional<tinyfs::NodePath> node = match;
  if (match.kind() == tinyfs::Kind::Symlink) node = fs.root().find(match.path());
  if (!node || node->kind() == tinyfs::Kind::Directory) return std::nullopt;
  ReduceInput input{.shown = node->path(), .url = {}, .node = node};
  const bool bytes = node->kind() == tinyfs::Kind::Data;
  if (bytes && url.format == Format::Auto && !has_table_extension(node->path()))
    return std::nullopt;
  if (bytes || url.compression != Compression::None) {
    Url one = url;
    one.path = escape_wildcards(node->path());
    input.url = one.to_string();
  }
  return input;
}

}  // namespace

tinylogfs::OpLogFile* ReduceInput::series() const {
  if (!node || !url.empty() || node->kind() != tinyfs::Kind::Series) return nullptr;
  return tinylogfs::as_oplog_file(*node->node());
}

std::vector<ReduceOutput> find_outputs(const ReduceConfig& config, const tinyfs::NodeId& node,
                                       tinyfs::FS* fs) {
  const Visit visit(node);
  if (visit.again()) return {};
  const Url url = Url::parse(config.in_pattern);
  std::map<std::string, std::vector<ReduceInput>> groups;
  if (url.host) {
    // The host's names give no captures: all its files that match are one input.
    groups[expand(config.out_pattern, {}, config.in_pattern)].push_back(
        {.shown = config.in_pattern, .url = config.in_pattern, .node = {}});
  } else if (fs != nullptr) {
    for (const auto& match : fs->root().glob(url.path)) {
      if (auto input = as_input(match.node, url, *fs))
        groups[expand(config.out_pattern, match.captures, match.node.path())].push_back(
            std::move(*input));
    }
  }
  std::vector<ReduceOutput> outputs;
  for (auto& [name, inputs] : groups) {
    // Two names of one file (a symlink beside it) are not twice its rows.
    std::vector<ReduceInput> once;
    for (auto& input : inputs) {
      const bool known = std::any_of(once.begin(), once.end(), [&](const ReduceInput& other) {
        return input.node && other.node && other.node->node()->id() == input.node->node()->id();
      });
      if (!known) once.push_back(std::move(input));
    }
    outputs.push_back({name, std::move(once)});
  }
  return outputs;
}

ReduceSource whole_source(const ReduceConfig& config, const ReduceInput& input,
                          query::Session& session) {
  std::shared_ptr<arrow::Schema> schema;
  auto* stored =
      input.node && input.url.empty() ? tinylogfs::as_oplog_file(*input.node->node()) : nullptr;
  const auto relation = [&] {
    return input.url.empty() ? session.relation(*input.node) : session.relation(input.url);
  };
  if (stored != nullptr) {
    schema = stored->schema();
    if (schema == nullptr) return {};
  } else {
    // Only DuckDB knows the columns of a computed table.
    schema = session.query("SELECT * FROM " + relation() + " LIMIT 0")->schema();
  }
  return {relation(), reduced_columns(config, *schema, input.shown)};
}

std::optional<ReduceSource> segment_source(const ReduceConfig& config, const ReduceInput& input,
                                           const std::vector<tinylogfs::Segment>& segments,
                                           query::Session& session) {
  const bool rows = std::any_of(
      segments.begin(), segments.end(),
      [](const tinylogfs::Segment& segment) { return segment.last_row > segment.first_row; });
  if (!rows) return std::nullopt;
  return ReduceSource{session.relation(segments),
                      reduced_columns(config, *input.series()->schema(), input.shown)};
}

}  // namespace pond::factory
