// pond export: tables and series as Parquet files of the host, series in Hive partitions of time.
#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <CLI/CLI.hpp>
#include <array>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "base/file.h"
#include "cli/command.h"
#include "cli/context.h"
#include "cli/host_files.h"
#include "cli/paths.h"
#include "cli/print.h"
#include "cli/progress.h"
#include "pond/error.h"
#include "pond/uuid.h"

namespace pond::cli {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::array<std::string_view, 4> kLevels = {"year", "month", "day", "hour"};
constexpr const char* kStateName = ".pond-export.json";

struct Options {
  std::vector<std::string> arguments;  // PATTERN… DIR
  std::string temporal;
  bool json = false;
};

// How many of the levels "year,month" names; 0 for none.
std::size_t depth_of(const std::string& temporal) {
  if (temporal.empty()) return 0;
  std::string whole;
  for (std::size_t depth = 1; depth <= kLevels.size(); ++depth) {
    whole += (depth > 1 ? "," : "") + std::string(kLevels[depth - 1]);
    if (temporal == whole) return depth;
  }
  throw Error(ErrorCode::InvalidArgument, "not a way to partition by time: '" + temporal + "'",
              "one of: year; year,month; year,month,day; year,month,day,hour");
}

struct Partition {
  std::string folder;      // "year=2024/month=05"
  std::string begin, end;  // of its times, UTC
};

// The partitions of time that `relation` has rows in.
std::vector<Partition> partitions_of(query::Session& session, const std::string& relation,
                                     const std::string& time, std::size_t depth) {
  static constexpr std::array kFolders = {"year=%Y", "year=%Y/month=%m", "year=%Y/month=%m/day=%d",
                                          "year=%Y/month=%m/day=%d/hour=%H"};
  const std::string level(kLevels[depth - 1]);
  const std::string text = "'%Y-%m-%d %H:%M:%S+00'";
  const std::string sql = "SELECT strftime(p, " + query::quote_literal(kFolders[depth - 1]) +
                          "), strftime(p, " + text + "), strftime(p + INTERVAL 1 " + level + ", " +
                          text + ") FROM (SELECT DISTINCT date_trunc('" + level + "', " +
                          query::quote_identifier(time) +
                          "::TIMESTAMPTZ AT TIME ZONE 'UTC') AS p FROM source) ORDER BY p";
  std::vector<Partition> all;
  const auto rows = session.query(sql, {{"source", relation}});
  query::for_each_batch(*rows, [&](const auto& batch) {
    const auto cell = [&](int column, std::int64_t row) {
      return static_cast<const arrow::StringArray&>(*batch->column(column)).GetString(row);
    };
    for (std::int64_t row = 0; row < batch->num_rows(); ++row)
      all.push_back({cell(0, row), cell(1, row), cell(2, row)});
  });
  return all;
}

// What an earlier export wrote, by path of the pond, so that the next one goes on from there.
class State {
 public:
  explicit State(fs::path directory) : file_(std::move(directory) / kStateName) {
    if (!fs::exists(file_)) return;
    json_ = Json::parse(read_file(file_), nullptr, false);
    if (!json_.is_object())
      throw Error(ErrorCode::Corrupt, file_.string() + " is not what an export left",
                  "remove it to export everything anew");
  }
  const Json& of(const std::string& path) const {
    static const Json kNothing = Json::object();
    const auto found = json_.find(path);
    return found == json_.end() || !found->is_object() ? kNothing : *found;
  }
  void set(const std::string& path, Json entry) {
    json_[path] = std::move(entry);
    put_durably(file_, json_.dump(1) + "\n");
  }

 private:
  fs::path file_;
  Json json_ = Json::object();
};

class Exporter {
 public:
  Exporter(Context& context, fs::path directory, const Options& options)
      : context_(context),
        session_(context.session(false)),
        directory_(std::move(directory)),
        depth_(depth_of(options.temporal)),
        temporal_(options.temporal),
        json_(options.json) {
    create_directories_durably(fs::absolute(directory_));
    state_.emplace(directory_);
  }

  void add(const tinyfs::NodePath& node) {
    if (node.kind() == tinyfs::Kind::Directory || node.kind() == tinyfs::Kind::Symlink) return;
    if (node.kind() == tinyfs::Kind::Data) {
      std::cerr << "skipped    " << node.path() << ": bytes ('pond copy' takes them out)\n";
      return;
    }
    const auto* stored = tinylogfs::as_oplog_file(*node.node());
    const std::uint64_t version = node.info().version;
    if (stored != nullptr && version == 0) return;  // never written
    const Json& before = state_->of(node.path());
    const std::string id = node.node()->id().to_string();
    const bool known = before.value("node", "") == id && before.value("temporal", "") == temporal_;
    const std::uint64_t seen = known ? before.value("version", std::uint64_t{0}) : 0;
    if (stored != nullptr && known && seen == version) return report(node, "unchanged", 0, 0);

    std::set<std::string> files;
    for (const auto& file : before.value("files", Json::array()))
      if (file.is_string()) files.insert(file.get<std::string>());
    const std::size_t time_depth = node.kind() == tinyfs::Kind::Series ? depth_ : 0;
    std::set<std::string> written;
    std::uint64_t rows = 0;
    const std::string relation = session_.relation(node);
    if (time_depth == 0) {
      const std::string name = node.path().substr(1) + ".parquet";
      rows = write(name, "SELECT * FROM source", relation);
      written.insert(name);
    } else {
      const std::string time = stored != nullptr ? stored->time_column() : "timestamp";
      const bool partly = stored != nullptr && known && seen > 0;
      const std::string changed =
          partly ? session_.relation(stored->segments_after(seen)) : relation;
      for (const Partition& part : partitions_of(session_, changed, time, time_depth)) {
        const std::string name = node.path().substr(1) + "/" + part.folder + "/part.parquet";
        const std::string column = query::quote_identifier(time) + "::TIMESTAMPTZ";
        rows += write(name,
                      "SELECT * FROM source WHERE " + column + " >= TIMESTAMPTZ '" + part.begin +
                          "' AND " + column + " < TIMESTAMPTZ '" + part.end + "' ORDER BY " +
                          query::quote_identifier(time),
                      relation);
        written.insert(name);
        context_.progress().say("wrote " + name);
      }
      if (partly) written.insert(files.begin(), files.end());
    }
    // Files of a series that is gone, or was partitioned otherwise.
    for (const std::string& file : files)
      if (!written.contains(file)) fs::remove(directory_ / file);
    state_->set(node.path(),
                {{"node", id}, {"version", version}, {"temporal", temporal_}, {"files", written}});
    report(node, "exported", written.size(), rows);
  }

 private:
  // Replaces a file at once and durably.
  std::uint64_t write(const std::string& name, const std::string& sql,
                      const std::string& relation) {
    const fs::path target = fs::absolute(directory_ / name);
    create_directories_durably(target.parent_path());
    ScratchFile staged(target.parent_path() / (".tmp-" + Uuid::v7().to_string()));
    const std::uint64_t rows = session_.copy_to_parquet(sql, staged.path(), {{"source", relation}});
    sync_file(open_for_read(staged.path()), staged.path());
    staged.rename(target);
    sync_directory(target.parent_path());
    return rows;
  }

  void report(const tinyfs::NodePath& node, const char* what, std::size_t files,
              std::uint64_t rows) const {
    if (json_) {
      std::cout << Json({{"path", node.path()}, {"result", what}, {"files", files}, {"rows", rows}})
                       .dump()
                << '\n';
      return;
    }
    std::cout << what << (what[0] == 'u' ? "  " : "   ") << node.path();
    if (rows > 0) std::cout << "  " << grouped(rows) << (rows == 1 ? " row" : " rows");
    std::cout << '\n';
  }

  Context& context_;
  query::Session& session_;
  fs::path directory_;
  std::size_t depth_;
  std::string temporal_;
  bool json_;
  std::optional<State> state_;
};

void run_export(Context& context, const Options& options) {
  if (options.arguments.size() < 2)
    throw Error(ErrorCode::InvalidArgument, "a pattern and a directory are needed",
                "pond export '/sensors/*.series' ./out");
  Exporter exporter(context, context.host_path(options.arguments.back()), options);
  for (std::size_t i = 0; i + 1 < options.arguments.size(); ++i)
    for (const auto& node : matching(context.root(), pond_path(options.arguments[i], "export")))
      exporter.add(node);
}

}  // namespace

void add_export(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      add_command(app, "export", "Writes tables and series as Parquet files, only what is new",
                  "pond export '/sensors/*.series' ./out --temporal year,month");
  command->add_option("PATTERN... DIR", options->arguments, "What to write, and where")->required();
  command
      ->add_option("--temporal", options->temporal,
                   "Hive partitions of a series: year,month gives year=2024/month=05/")
      ->type_name("LEVELS");
  command->add_flag("--json", options->json, "One JSON object a line");
  command->callback([&context, options] { run_export(context, *options); });
}

}  // namespace pond::cli
