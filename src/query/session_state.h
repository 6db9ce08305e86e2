// What a Session keeps; session.cc runs queries with it, resolve.cc turns nodes and URLs into
// relations.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "pond/query.h"
#include "query/engine.h"
#include "query/file_format.h"
#include "query/result_reader.h"
#include "query/row_store.h"
#include "query/spool.h"
#include "query/timed_files.h"
#include "query/union_relation.h"

namespace pond::query {

struct Session::State {
  State(tinyfs::FS* fs_in, SessionOptions options_in);

  // --- relations (resolve.cc) ---
  void add_node(UnionRelation& to, Session& session, const tinyfs::NodePath& node, const Url& url,
                const AsOf& as_of);
  void add_url(UnionRelation& to, Session& session, std::string_view text, const AsOf& as_of);
  // With the time column of a series, a statement opens only those of many files that it needs.
  void add_segments(UnionRelation& to, const std::vector<tinylogfs::Segment>& segments,
                    const std::string& shown, const std::string& time_column = {});
  void add_bytes(UnionRelation& to, ByteFile file);
  void add_delta(UnionRelation& to, const Url& url, const AsOf& as_of);  // resolve_delta.cc

  // --- statements (session.cc) ---
  // A DuckDB that is not locked, started when needed.
  Engine& open_engine();

  // A statement while it is prepared. One is prepared inside another when a provider asks something
  // in order to give its relation; it then has a connection, and so temporary views, of its own.
  struct Statement {
    duckdb_connection connection = nullptr;
    std::shared_ptr<Connection> own;
    std::vector<std::string> views;
    std::map<std::string, Error> unresolved;  // of names that may be no tables at all
  };
  // Runs a statement, with its tables bound; only queries, and locked in, when `restricted`.
  Running run(Session& session, const std::string& sql,
              const std::map<std::string, std::string>& tables, bool restricted);

  tinyfs::FS* fs;
  SessionOptions options;
  std::shared_ptr<RowStore> rows = std::make_shared<RowStore>();
  std::filesystem::path temporary;  // the beginning of names of temporary files and folders
  Spool spool;
  std::shared_ptr<Engine> engine;
  TimedFiles timed_files;

  // Derived nodes being expanded, outermost first, and the time they are all read at.
  std::vector<std::pair<tinyfs::NodeId, std::string>> expanding;
  std::optional<std::int64_t> expanding_time;

  // Of the statements being prepared:
  int preparing = 0;
  using NodeKey =
      std::tuple<tinyfs::NodeId, std::optional<std::uint64_t>, std::optional<std::int64_t>>;
  std::map<NodeKey, std::string> known_nodes;  // relations already made
  std::set<std::string> files;                 // they may read
  std::vector<std::string> views;              // left on the engine's own connection

  std::set<std::string> granted;  // files of relations made before any statement
  ShownNames names;

 private:
  // Of an attached pond, when the URL begins with the name of one.
  bool add_attached(UnionRelation& to, Session& session, std::string_view text, const AsOf& as_of);
  void add_csv(UnionRelation& to, const ByteFile& file);
  void add_json(UnionRelation& to, const ByteFile& file);
  void add_arrow(UnionRelation& to, const ByteFile& file);
  void add_pond_path(UnionRelation& to, Session& session, const Url& url, const AsOf& as_of);
  void add_file_bytes(UnionRelation& to, const tinyfs::NodePath& node, const Url& url,
                      const AsOf& as_of);
  std::filesystem::path bytes_path(const tinyfs::NodePath& node,
                                   std::optional<std::uint64_t> version);
  void grant(const std::filesystem::path& path, const std::string& shown);
  void bind_tables(Statement& statement, Session& session, const std::string& sql,
                   const std::map<std::string, std::string>& tables);
  void add_view(Statement& statement, const std::string& name, const std::string& relation);
  Result start(const Statement& statement, const std::string& sql, bool queries_only);
  [[noreturn]] void fail(const Statement& statement, const std::string& sql,
                         const std::string& message);
};

}  // namespace pond::query
