// What the patterns of a configuration stand for: the tables of the pond that match, what their
// wildcards matched, and their columns.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pond/factory.h"
#include "pond/query.h"
#include "pond/tinylogfs.h"
#include "pond/url.h"

namespace arrow {
class Schema;
}

namespace pond::factory {

struct InputTable {
  std::string relation;
  std::shared_ptr<arrow::Schema> schema;
};

struct InputFile {
  std::string shown;  // its path or URL, for messages
  std::string url;    // set when it is read as a URL: bytes of a format, or of the host
  std::optional<tinyfs::NodePath> node;  // unset for the host's files
  std::vector<std::string> captures;     // what each wildcard of the pattern matched

  // The stored series behind it, whose versions tell what is new; null for everything that is
  // computed or can be replaced, which is reduced when it is read.
  tinylogfs::OpLogFile* series() const;
  std::string id() const { return node->node()->id().to_string(); }
  std::string relation(query::Session& session) const;
  // That with its columns; nullopt for a stored file that was never written.
  std::optional<InputTable> table(query::Session& session) const;
};

// The tables that a path, pattern or URL of the pond names, sorted by path; directories and bytes
// that are no tables are passed over. A URL of the host is one input without captures.
std::vector<InputFile> find_inputs(const std::string& pattern, tinyfs::FS* fs);

// "$0/$1" with what the wildcards matched, as a path of names without a leading '/'. `key` and
// `pattern` are for messages: InvalidArgument when it asks for a capture that is not there.
std::string expand_captures(const std::string& text, const std::vector<std::string>& captures,
                            const std::string& key, const std::string& path);
// Does `text` ask for a capture?
bool has_captures(const std::string& text);
// How many captures a pattern gives; without those of ${env:NAME}, which is not there yet.
std::size_t count_wildcards(const std::string& pattern);
// InvalidArgument when the text of `key` asks for more captures than there are.
void check_captures(ConfigReader& reader, const std::string& key, std::size_t wildcards);

// The inputs by what `text` becomes for each: those of one output together. Two names of one file
// (a symlink beside it) are not twice its rows.
std::map<std::string, std::vector<InputFile>> group_inputs(const std::string& pattern,
                                                           const std::string& key,
                                                           const std::string& text, tinyfs::FS* fs);

// A required key that is a path, pattern or URL, made absolute: a dynamic node does not know where
// it stands (it may stand in several places), so a relative path starts at the root.
enum class From { Anywhere, Pond };
std::string read_pattern(ConfigReader& reader, const std::string& key, From from = From::Anywhere);

// A pattern that is one, at the line of its key.
Url parse_pattern(ConfigReader& reader, const std::string& key, const std::string& pattern);
// A path of the pond that is a key's, without wildcards.
std::string read_directory(ConfigReader& reader, const std::string& key,
                           const std::string& otherwise);
// A path as a pattern that matches it alone.
std::string escape_wildcards(const std::string& path);

// The columns of a relation, which only DuckDB knows.
std::shared_ptr<arrow::Schema> columns_of(query::Session& session, const std::string& relation);

// The first column of a query's result, which is text.
std::vector<std::string> query_texts(query::Session& session, const std::string& sql);

// InvalidArgument naming `input` when its time column is not there or is no time.
void require_time_column(const arrow::Schema& schema, const std::string& name,
                         const std::string& input);

// Marks a node as having the files it makes found, and the re-entry of that: a pattern may cover
// the directory it fills.
class Finding {
 public:
  explicit Finding(const tinyfs::NodeId& node);
  ~Finding();
  Finding(const Finding&) = delete;
  Finding& operator=(const Finding&) = delete;
  bool again() const { return !first_; }

 private:
  tinyfs::NodeId node_;
  bool first_;
};

}  // namespace pond::factory
