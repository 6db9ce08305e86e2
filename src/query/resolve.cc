// From nodes, paths and URLs to relations: which files and rows DuckDB reads for them.
#include <arrow/buffer.h>
#include <arrow/io/file.h>
#include <arrow/io/memory.h>
#include <arrow/ipc/reader.h>
#include <arrow/table.h>

#include <algorithm>
#include <span>

#include "base/arrow_ipc.h"
#include "base/arrow_result.h"
#include "pond/time.h"
#include "query/csv_dialect.h"
#include "query/line_formats.h"
#include "query/session_state.h"

namespace pond::query {
namespace {

// More alternations of Parquet files and rows in memory than this, and order gives way to a simple
// plan.
constexpr std::size_t kMostBranches = 32;
// Up to so many files are opened without asking whether a statement needs them.
constexpr std::size_t kFewFiles = 3;
// Rows of a CSV file from which its types are guessed.
constexpr int kCsvSample = 102400;

bool is_whole(const tinylogfs::Segment& segment) {
  if (segment.last_row == 0 && segment.first_row == 0) return segment.rows == 0;
  return segment.first_row == 0 && segment.last_row >= segment.rows;
}

std::shared_ptr<arrow::Table> read_stream(const tinylogfs::Segment& segment,
                                          const std::string& shown) {
  auto table = read_ipc_stream(std::make_shared<arrow::io::BufferReader>(segment.ipc), shown);
  if (is_whole(segment)) return table;
  if (segment.last_row < segment.first_row ||
      segment.last_row > static_cast<std::uint64_t>(table->num_rows()))
    throw Error(ErrorCode::Corrupt, shown + ": rows " + std::to_string(segment.first_row) + " to " +
                                        std::to_string(segment.last_row) + " of " +
                                        std::to_string(table->num_rows()));
  return table->Slice(static_cast<std::int64_t>(segment.first_row),
                      static_cast<std::int64_t>(segment.last_row - segment.first_row));
}

std::shared_ptr<arrow::Table> read_arrow_file(const std::filesystem::path& path,
                                              const std::string& shown) {
  const auto input =
      unwrap(arrow::io::MemoryMappedFile::Open(path.string(), arrow::io::FileMode::READ), shown);
  const auto head = unwrap(input->ReadAt(0, 6), shown);
  if (head->ToString() != "ARROW1")
    return read_ipc_stream(input, shown, ErrorCode::InvalidArgument);
  const auto reader = unwrap(arrow::ipc::RecordBatchFileReader::Open(input, ipc_read_options()),
                             shown, ErrorCode::InvalidArgument);
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
  for (int i = 0; i < reader->num_record_batches(); ++i)
    batches.push_back(unwrap(reader->ReadRecordBatch(i), shown, ErrorCode::InvalidArgument));
  auto table = unwrap(arrow::Table::FromRecordBatches(reader->schema(), batches), shown);
  pond::check(table->ValidateFull(), shown, ErrorCode::InvalidArgument);
  return table;
}

// Gathers rows in memory; neighbours of one schema become one table.
class RowGatherer {
 public:
  RowGatherer(RowStore& store, UnionRelation& to) : store_(store), to_(to) {}
  void add(std::shared_ptr<arrow::Table> table) {
    if (!tables_.empty() && !tables_.front()->schema()->Equals(*table->schema(), false)) flush();
    tables_.push_back(std::move(table));
  }
  void flush() {
    if (tables_.empty()) return;
    for (auto& table : tables_)
      table = table->ReplaceSchemaMetadata(nullptr);
    to_.add(store_.add(unwrap(arrow::ConcatenateTables(tables_), "rows")));
    tables_.clear();
  }

 private:
  RowStore& store_;
  UnionRelation& to_;
  std::vector<std::shared_ptr<arrow::Table>> tables_;
};

// How many segments from `begin` on are whole files of one schema whose times are known.
std::size_t timed_run(const std::vector<tinylogfs::Segment>& segments, std::size_t begin) {
  std::size_t end = begin;
  for (; end < segments.size(); ++end) {
    const tinylogfs::Segment& segment = segments[end];
    if (segment.parquet.empty() || !is_whole(segment) || segment.rows == 0 ||
        !segment.min_time_us || !segment.max_time_us || segment.schema == nullptr ||
        !segment.schema->Equals(*segments[begin].schema, false))
      break;
  }
  return end - begin;
}

std::size_t alternations(const std::vector<tinylogfs::Segment>& segments) {
  std::size_t count = 0;
  for (std::size_t i = 1; i < segments.size(); ++i)
    if (segments[i].parquet.empty() != segments[i - 1].parquet.empty()) ++count;
  return count;
}

bool same_kind(Format format, tinyfs::Kind kind) {
  return format == Format::Auto || format == Format::Table || format == Format::Series ||
         (format == Format::Parquet && kind != tinyfs::Kind::Data);
}

}  // namespace

void Session::State::grant(const std::filesystem::path& path, const std::string& shown) {
  const std::string text = path.string();
  auto& allowed = preparing > 0 ? files : granted;
  allowed.insert(text);
  allowed.insert(escaped_path(text));  // DuckDB asks before it expands the pattern, too
  names[text] = shown;
}

// --- stored rows
// ------------------------------------------------------------------------------------------

void Session::State::add_segments(UnionRelation& to,
                                  const std::vector<tinylogfs::Segment>& segments,
                                  const std::string& shown, const std::string& time_column) {
  const bool keep_order = alternations(segments) <= kMostBranches;
  const bool by_time = preparing <= 1 && !time_column.empty();
  RowGatherer gatherer(*rows, to);
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const tinylogfs::Segment& segment = segments[i];
    if (!is_whole(segment) && segment.first_row >= segment.last_row) continue;
    if (segment.ipc) {
      gatherer.add(read_stream(segment, shown));
      continue;
    }
    if (keep_order) gatherer.flush();
    if (const std::size_t many = by_time ? timed_run(segments, i) : 0; many > kFewFiles) {
      TimedFileList list{.shown = shown, .time_column = time_column, .files = {}};
      for (const auto& file : std::span(segments).subspan(i, many)) {
        grant(file.parquet, shown);
        list.files.push_back(
            {file.parquet.string(), *file.min_time_us, *file.max_time_us, file.fetch});
      }
      if (segment.fetch) list.empty = rows->add(unwrap(arrow::Table::MakeEmpty(segment.schema), shown));
      to.add(timed_files.add(open_engine(), std::move(list), preparing == 0));
      i += many - 1;
      continue;
    }
    grant(segment.parquet, shown);
    if (segment.fetch) segment.fetch();
    if (is_whole(segment)) {
      to.add_parquet(segment.parquet.string());
    } else {
      to.add_parquet(segment.parquet.string(), segment.first_row, segment.last_row);
    }
  }
  gatherer.flush();
}

// --- bytes
// ------------------------------------------------------------------------------------------------

void Session::State::add_csv(UnionRelation& to, const ByteFile& file) {
  const std::string beginning = beginning_of(file, std::size_t{1} << 16);
  if (beginning.find_first_not_of("\r\n") == std::string::npos)
    throw Error(ErrorCode::InvalidArgument,
                file.shown + ": line 1: expected a header, found an empty file");
  const CsvDialect dialect = csv_dialect(beginning);
  const std::string path = literal_path(file.path.string());
  std::string given = std::string("compression='") + duckdb_name(file.compression) +
                      "', delim=" + quote_literal(std::string(1, dialect.delimiter)) +
                      ", quote='\"', escape='\"', strict_mode=true";
  // One guess here, of which the result is spelt out: each use of the relation would guess again.
  const std::string sniff =
      "SELECT 'header=' || HasHeader || ', skip=' || SkipRows"
      " || coalesce(', dateformat=''' || replace(DateFormat, '''', '''''') || '''', '')"
      " || coalesce(', timestampformat=''' || replace(TimestampFormat, '''', '''''') || '''', '')"
      " || ', columns={' || array_to_string([ '''' || replace(c.name, '''', '''''') || ''': ''' || "
      "c.type || ''''"
      " for c in Columns], ', ') || '}' FROM sniff_csv(" +
      path + ", " + given + (dialect.header ? ", header=true" : "") +
      ", sample_size=" + std::to_string(kCsvSample) + ")";
  std::string found;
  try {
    Result result = open_engine().run(sniff, names);
    found = first_text(result);
  } catch (const Error&) {
    std::filesystem::path plain = file.path;
    if (file.compression != Compression::None)
      plain = spool.add_decompressed(file.path, file.compression);
    if (const auto broken = broken_csv_row(plain, dialect.delimiter))
      throw Error(ErrorCode::InvalidArgument, file.shown + ": " + *broken,
                  "correct the line and try again");
    throw;
  }
  to.add("read_csv(" + path + ", auto_detect=false, " + given + ", " + found + ")");
}

void Session::State::add_json(UnionRelation& to, const ByteFile& file) {
  to.add("read_json(" + literal_path(file.path.string()) + ", compression='" +
         duckdb_name(file.compression) + "', maximum_object_size=134217728)");
}

void Session::State::add_arrow(UnionRelation& to, const ByteFile& file) {
  to.add(rows->add(read_arrow_file(file.path, file.shown)));
}

void Session::State::add_bytes(UnionRelation& to, ByteFile file) {
  std::error_code ignored;
  if (std::filesystem::is_directory(file.path, ignored))
    throw Error(ErrorCode::InvalidArgument, "is a directory: " + file.shown,
                "name its files: " + file.shown + "/*");
  if (!std::filesystem::is_regular_file(file.path, ignored)) file.path = spool.add_copy(file.path);
  file = recognise(std::move(file));
  const bool text = file.format == Format::Csv || file.format == Format::Json ||
                    file.format == Format::Weblog || file.format == Format::OtelJson;
  if (file.compression != Compression::None && (!text || file.compression == Compression::Bzip2)) {
    file.path = spool.add_decompressed(file.path, file.compression);
    file.compression = Compression::None;
    file = recognise(std::move(file));
  }
  grant(file.path, file.shown);
  switch (file.format) {
    case Format::Csv:
      return add_csv(to, file);
    case Format::Json:
      return add_json(to, file);
    case Format::Arrow:
      return add_arrow(to, file);
    case Format::Weblog:
      return to.add(weblog_relation(file));
    case Format::OtelJson:
      return to.add(oteljson_relation(file));
    default:
      return to.add_parquet(file.path.string());
  }
}

// --- nodes
// ------------------------------------------------------------------------------------------------

// A large file of bytes lies in the pond under its hash and is read in place; others are written
// out.
std::filesystem::path Session::State::bytes_path(const tinyfs::NodePath& node,
                                                 std::optional<std::uint64_t> version) {
  const auto* file = tinylogfs::as_oplog_file(*node.node());
  const auto* backend = dynamic_cast<tinylogfs::OpLogBackend*>(&fs->backend());
  if (file && backend) {
    for (const auto& detail : file->details()) {
      if (version ? detail.version != *version : detail.version != node.info().version) continue;
      if (detail.hash.size() < 2) continue;
      auto path = backend->oplog().content_path("content/" + detail.hash.substr(0, 2) + "/" +
                                                detail.hash + ".bin");
      if (backend->oplog().is_partial()) return spool.add(*node.as_file().open(version));
      if (std::filesystem::exists(path)) return path;
    }
  }
  return spool.add(*node.as_file().open(version));
}

void Session::State::add_file_bytes(UnionRelation& to, const tinyfs::NodePath& node, const Url& url,
                                    const AsOf& as_of) {
  const auto add = [&](std::optional<std::uint64_t> version) {
    add_bytes(to, {.path = std::filesystem::absolute(bytes_path(node, version)),
                   .shown = node.path(),
                   .format = url.format,
                   .compression = url.compression});
  };
  // A series of a backend that knows only bytes: every version is a table, and all of them the
  // series.
  if (node.kind() == tinyfs::Kind::Series) {
    for (const auto& version : node.as_file().versions())
      if (!as_of.version || version.version <= *as_of.version) add(version.version);
    return;
  }
  add(as_of.version);
}

void Session::State::add_node(UnionRelation& to, Session& session, const tinyfs::NodePath& node,
                              const Url& url, const AsOf& as_of) {
  const tinyfs::Kind kind = node.kind();
  if (kind == tinyfs::Kind::Symlink && fs)
    return add_node(to, session, fs->root().get(node.path()), url, as_of);
  if (kind == tinyfs::Kind::Directory)
    throw Error(ErrorCode::InvalidArgument, "is a directory: " + node.path(),
                "name its files: " + (node.path() == "/" ? "" : node.path()) + "/*");
  if (kind != tinyfs::Kind::Data && !same_kind(url.format, kind))
    throw Error(ErrorCode::InvalidArgument,
                "is a " + std::string(tinyfs::to_string(kind)) +
                    ", not bytes to be read in another format: " + node.path(),
                "use " + node.path() + " itself");

  AsOf at = as_of;
  if (!at.version && !at.time_us && !expanding.empty()) at.time_us = expanding_time;

  if (const auto* provider = dynamic_cast<const TableProvider*>(node.node().get())) {
    if (at.version)
      throw Error(ErrorCode::InvalidArgument, "is computed and has no versions: " + node.path(),
                  "ask for a time instead");
    std::string cycle;
    for (const auto& [id, path] : expanding) {
      if (!cycle.empty() || id == node.node()->id()) cycle += path + " -> ";
    }
    if (!cycle.empty())
      throw Error(ErrorCode::InvalidArgument, "derived nodes in a cycle: " + cycle + node.path(),
                  "change one of their configurations");
    const auto outer_time = std::exchange(expanding_time, at.time_us);
    expanding.emplace_back(node.node()->id(), node.path());
    const auto leave = [&] {
      expanding.pop_back();
      expanding_time = outer_time;
    };
    try {
      to.add(provider->relation(session));
    } catch (...) {
      leave();
      throw;
    }
    leave();
    return;
  }

  const auto* stored = tinylogfs::as_oplog_file(*node.node());
  try {
    if (at.time_us && !at.version) {
      if (stored) {
        at.version = stored->version_at(*at.time_us);
      } else {
        for (const auto& version : node.as_file().versions())
          if (version.time_us <= *at.time_us) at.version = version.version;
        if (!at.version)
          throw Error(ErrorCode::NotFound, "no version at " + format_time(*at.time_us));
      }
    }
    if (kind == tinyfs::Kind::Data || !stored) return add_file_bytes(to, node, url, at);
    const auto segments = stored->segments(at.version);
    if (segments.empty() && kind == tinyfs::Kind::Series)
      return to.add("(SELECT NULL::TIMESTAMPTZ AS " + quote_identifier(stored->time_column()) +
                    " WHERE false)");
    if (segments.empty())
      throw Error(ErrorCode::InvalidArgument, "a table that was never written: " + node.path());
    add_segments(to, segments, node.path(),
                 kind == tinyfs::Kind::Series ? stored->time_column() : std::string());
  } catch (const Error& error) {
    if (std::string_view(error.what()).find(node.path()) != std::string_view::npos) throw;
    throw Error(error.code(), node.path() + ": " + error.what(), error.hint());
  }
}

// --- URLs
// -------------------------------------------------------------------------------------------------

void Session::State::add_pond_path(UnionRelation& to, Session& session, const Url& url,
                                   const AsOf& as_of) {
  if (!fs)
    throw Error(ErrorCode::InvalidArgument, "no pond to look for " + url.path + " in",
                "a file of the host is host+csv:///path; a pond is given by --pond DIR or $POND");
  if (!tinyfs::has_wildcards(url.path))
    return add_node(to, session, fs->root().get(url.path), url, as_of);

  std::vector<tinyfs::NodePath> tables;
  for (const auto& match : fs->root().glob(url.path)) {
    tinyfs::NodePath node = match.node;
    if (node.kind() == tinyfs::Kind::Symlink) {
      const auto target = fs->root().find(node.path());
      if (!target) continue;  // dangling
      node = *target;
    }
    if (node.kind() == tinyfs::Kind::Directory) continue;
    // Notes beside the tables are passed over, unless the URL says how to read them.
    const bool raw =
        node.kind() == tinyfs::Kind::Data && !dynamic_cast<const TableProvider*>(node.node().get());
    if (raw && url.format == Format::Auto && !has_table_extension(node.path())) continue;
    tables.push_back(std::move(node));
  }
  std::size_t young = 0;
  for (const auto& node : tables) {
    try {
      add_node(to, session, node, url, as_of);
    } catch (
        const Error& error) {  // a file younger than the time asked for is not part of the picture
      if (!as_of.time_us || error.code() != ErrorCode::NotFound) throw;
      ++young;
    }
  }
  if (tables.empty()) throw Error(ErrorCode::NotFound, "no table or series matches " + url.path);
  if (young == tables.size())
    throw Error(ErrorCode::NotFound, "nothing that matches " + url.path + " is that old");
}

bool Session::State::add_attached(UnionRelation& to, Session& session, std::string_view text,
                                  const AsOf& as_of) {
  const std::size_t end = std::min(text.find("://"), text.find('+'));
  if (end == std::string_view::npos) return false;
  const auto pond = options.attached.find(text.substr(0, end));
  if (pond == options.attached.end()) return false;
  const std::string_view rest = text.substr(end + (text[end] == '+' ? 1 : 3));
  const Url url = Url::parse(rest);
  if (url.host)
    throw Error(ErrorCode::InvalidArgument,
                "files of the host are in no pond: " + std::string(text));
  // Derived nodes of that pond look for their inputs there.
  struct Elsewhere {
    tinyfs::FS*& fs;
    tinyfs::FS* before;
    ~Elsewhere() { fs = before; }
  } const elsewhere{fs, std::exchange(fs, pond->second)};
  add_url(to, session, rest, as_of);
  return true;
}

void Session::State::add_url(UnionRelation& to, Session& session, std::string_view text,
                             const AsOf& as_of) {
  if (add_attached(to, session, text, as_of)) return;
  const Url url = Url::parse(text);
  AsOf at = as_of;
  if (url.version && !at.version) at.version = url.version;
  if (url.format == Format::Delta) return add_delta(to, url, at);
  if (!url.host) return add_pond_path(to, session, url, at);
  if (at.version || at.time_us)
    throw Error(ErrorCode::InvalidArgument,
                "files of the host have no versions: " + std::string(text));
  for (const auto& path : host_files(url, options.host_directory)) {
    add_bytes(to, {.path = path,
                   .shown = path.string(),
                   .format = url.format,
                   .compression = url.compression,
                   .host = true});
  }
}

// --- the public face
// --------------------------------------------------------------------------------------

std::string Session::relation(const tinyfs::NodePath& node, const AsOf& as_of) {
  State& state = *state_;
  const State::NodeKey key{node.node()->id(), as_of.version,
                           as_of.time_us ? as_of.time_us : state.expanding_time};
  if (const auto known = state.known_nodes.find(key); known != state.known_nodes.end())
    return known->second;
  UnionRelation relation;
  state.add_node(relation, *this, node, Url{}, as_of);
  std::string sql = relation.sql();
  if (state.preparing > 0) state.known_nodes.emplace(key, sql);
  return sql;
}

std::string Session::relation(std::string_view url, const AsOf& as_of) {
  UnionRelation relation;
  state_->add_url(relation, *this, url, as_of);
  return relation.sql();
}

std::string Session::relation(const std::vector<tinylogfs::Segment>& segments) {
  UnionRelation relation;
  state_->add_segments(relation, segments, "rows of a segment");
  if (relation.empty()) throw Error(ErrorCode::InvalidArgument, "no rows to read: no segments");
  return relation.sql();
}

}  // namespace pond::query
