#include "factory/input_files.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/type_traits.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <set>

#include "pond/error.h"
#include "pond/url.h"
#include "query/file_format.h"
#include "tinyfs/pattern.h"

namespace pond::factory {
namespace {

thread_local std::set<tinyfs::NodeId> finding;  // nodes whose files are being found

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// The match as an input, or nullopt when it is not a table.
std::optional<InputFile> as_input(const tinyfs::GlobMatch& match, const Url& url, tinyfs::FS& fs) {
  std::optional<tinyfs::NodePath> node = match.node;
  if (node->kind() == tinyfs::Kind::Symlink) node = fs.root().find(node->path());
  if (!node || node->kind() == tinyfs::Kind::Directory) return std::nullopt;
  InputFile input{.shown = node->path(), .url = {}, .node = node, .captures = match.captures};
  const bool bytes = node->kind() == tinyfs::Kind::Data;
  if (bytes && url.format == Format::Auto && !query::has_table_extension(node->path()))
    return std::nullopt;
  if (bytes || url.compression != Compression::None) {
    Url one = url;
    one.path = escape_wildcards(node->path());
    input.url = one.to_string();
  }
  return input;
}

Error no_capture(const std::string& subject, std::size_t index, std::size_t wildcards) {
  return Error(ErrorCode::InvalidArgument,
               subject + "asks for $" + std::to_string(index) + ", but the pattern has " +
                   std::to_string(wildcards) + (wildcards == 1 ? " wildcard" : " wildcards"),
               wildcards == 0 ? "" : "$0 is what the first wildcard matched");
}

// The number after the '$' at `at`, which moves to its last digit; nullopt for another '$'.
std::optional<std::size_t> capture_at(const std::string& text, std::size_t& at) {
  if (text[at] != '$' || at + 1 >= text.size() || !is_digit(text[at + 1])) return std::nullopt;
  std::size_t index = 0;
  while (at + 1 < text.size() && is_digit(text[at + 1]))
    index = std::min<std::size_t>(index * 10 + static_cast<std::size_t>(text[++at] - '0'), 1000);
  return index;
}

}  // namespace

std::string escape_wildcards(const std::string& path) {
  std::string escaped;
  for (const char c : path) {
    if (std::string_view("*?[{\\").find(c) != std::string_view::npos) escaped += '\\';
    escaped += c;
  }
  return escaped;
}

tinylogfs::OpLogFile* InputFile::series() const {
  if (!node || !url.empty() || node->kind() != tinyfs::Kind::Series) return nullptr;
  return tinylogfs::as_oplog_file(*node->node());
}

std::string InputFile::relation(query::Session& session) const {
  return url.empty() ? session.relation(*node) : session.relation(url);
}

std::optional<InputTable> InputFile::table(query::Session& session) const {
  InputTable table;
  if (node && url.empty()) {
    if (const auto* stored = tinylogfs::as_oplog_file(*node->node())) {
      table.schema = stored->schema();
      if (table.schema == nullptr) return std::nullopt;
    }
  }
  table.relation = relation(session);
  if (table.schema == nullptr) table.schema = columns_of(session, table.relation);
  return table;
}

std::vector<InputFile> find_inputs(const std::string& pattern, tinyfs::FS* fs) {
  const Url url = Url::parse(pattern);
  if (url.host) return {{.shown = pattern, .url = pattern, .node = {}, .captures = {}}};
  std::vector<InputFile> inputs;
  if (fs == nullptr) return inputs;
  for (const auto& match : fs->root().glob(url.path))
    if (auto input = as_input(match, url, *fs)) inputs.push_back(std::move(*input));
  return inputs;
}

bool has_captures(const std::string& text) {
  for (std::size_t i = 0; i < text.size(); ++i)
    if (capture_at(text, i)) return true;
  return false;
}

std::string expand_captures(const std::string& text, const std::vector<std::string>& captures,
                            const std::string& key, const std::string& path) {
  std::string name;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto index = capture_at(text, i);
    if (index && *index >= captures.size())
      throw no_capture(key + " '" + text + "' ", *index, captures.size());
    if (index)
      name += captures[*index];
    else
      name += text[i];
  }
  // A "**" that matched nothing leaves an empty component.
  const std::string normal = tinyfs::normalise_path(name, "/");
  if (normal == "/")
    throw Error(ErrorCode::InvalidArgument, key + " '" + text + "' is empty for " + path);
  return normal.substr(1);
}

std::size_t count_wildcards(const std::string& pattern) {
  std::string path = Url::parse(pattern).path;
  for (std::size_t at = 0; (at = path.find("${env:", at)) != path.npos;)
    path.replace(at, std::min(path.find('}', at), path.size() - 1) + 1 - at, "x");
  std::size_t wildcards = 0;
  const auto split = tinyfs::split_pattern(path);
  for (const auto component : split.components)
    wildcards += tinyfs::ComponentPattern::compile(component).captures();
  return wildcards;
}

void check_captures(ConfigReader& reader, const std::string& key, std::size_t wildcards) {
  const std::string text = reader.text(key);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto index = capture_at(text, i);
    if (!index || *index < wildcards) continue;
    const Error error = no_capture("", *index, wildcards);
    config_error(reader.node(key), reader.path(key), error.what(), error.hint());
  }
}

std::map<std::string, std::vector<InputFile>> group_inputs(const std::string& pattern,
                                                           const std::string& key,
                                                           const std::string& text,
                                                           tinyfs::FS* fs) {
  std::map<std::string, std::vector<InputFile>> groups;
  for (auto& input : find_inputs(pattern, fs)) {
    auto& group = groups[expand_captures(text, input.captures, key, input.shown)];
    const bool known = std::any_of(group.begin(), group.end(), [&](const InputFile& other) {
      return input.node && other.node && other.node->node()->id() == input.node->node()->id();
    });
    if (!known) group.push_back(std::move(input));
  }
  return groups;
}

Url parse_pattern(ConfigReader& reader, const std::string& key, const std::string& pattern) {
  try {
    count_wildcards(pattern);  // compiles it
    return Url::parse(pattern);
  } catch (const Error& error) {
    config_error(reader.node(key), reader.path(key), error.what(), error.hint());
  }
}

std::string read_directory(ConfigReader& reader, const std::string& key,
                           const std::string& otherwise) {
  const std::string path = reader.text(key, otherwise);
  if (!path.starts_with('/') || tinyfs::has_wildcards(path))
    config_error(reader.node(key), reader.path(key),
                 "must be a path from the root, without wildcards: " + otherwise);
  return path;
}

std::string read_pattern(ConfigReader& reader, const std::string& key, From from) {
  std::string pattern = reader.text(key);
  const auto refuse = [&](const std::string& problem, const std::string& hint = {}) {
    config_error(reader.node(key), reader.path(key), problem, hint);
  };
  if (pattern.empty()) refuse("is empty");
  if (pattern.find("://") == pattern.npos && !pattern.starts_with('/')) pattern = "/" + pattern;
  const Url url = parse_pattern(reader, key, pattern);
  if (from == From::Pond && url.host)
    refuse("must be a path or pattern of the pond: '" + pattern + "'",
           "files of the host come into the pond by an inbox, or by pond copy");
  return pattern;
}

std::shared_ptr<arrow::Schema> columns_of(query::Session& session, const std::string& relation) {
  return session.query("SELECT * FROM " + relation + " LIMIT 0")->schema();
}

std::vector<std::string> query_texts(query::Session& session, const std::string& sql) {
  std::vector<std::string> texts;
  query::for_each_batch(*session.query(sql), [&](const auto& batch) {
    const auto& column = dynamic_cast<const arrow::StringArray&>(*batch->column(0));
    for (std::int64_t row = 0; row < column.length(); ++row)
      texts.push_back(column.GetString(row));
  });
  return texts;
}

void require_time_column(const arrow::Schema& schema, const std::string& name,
                         const std::string& input) {
  const auto time = schema.GetFieldByName(name);
  if (time == nullptr) {
    std::string names;
    for (const auto& other : schema.field_names())
      names += (names.empty() ? "" : ", ") + other;
    throw Error(ErrorCode::InvalidArgument, input + " has no column '" + name + "' for its times",
                "set time_column to one of its columns: " + names);
  }
  if (time->type()->id() != arrow::Type::TIMESTAMP && !arrow::is_date(time->type()->id()))
    throw Error(ErrorCode::InvalidArgument,
                input + ": the column '" + name + "' is no time but " + time->type()->ToString());
}

Finding::Finding(const tinyfs::NodeId& node) : node_(node), first_(finding.insert(node).second) {}

Finding::~Finding() {
  if (first_) finding.erase(node_);
}

}  // namespace pond::factory
