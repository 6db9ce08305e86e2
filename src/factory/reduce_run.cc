#include "factory/reduce_run.h"

#include <arrow/record_batch.h>

#include <set>

#include "factory/reduce_sql.h"
#include "factory/reduce_state.h"
#include "pond/error.h"

namespace pond::factory {
namespace {

// Rows between two commits of a long run.
constexpr std::uint64_t kRowsPerCommit = 50'000'000;

std::string table_name(std::size_t level) {
  return "pond_partials_" + std::to_string(level);
}

// New rows of one input, through which version they go.
struct Piece {
  const InputFile* input = nullptr;
  std::vector<tinylogfs::Segment> segments{};
  std::uint64_t last_version = 0;
  std::uint64_t rows = 0;
};

class Run {
 public:
  Run(const tinyfs::DynamicSpec& spec, RunContext& context)
      : spec_(spec), config_(ReduceConfig::parse(spec.config)), context_(context) {}

  RunReport run() {
    const auto outputs = find_outputs(config_, spec_.id, &context_.fs);
    transaction_.emplace(context_.fs.begin());
    std::set<std::string> names;
    for (const auto& output : outputs)
      names.insert(partials_name(output.name));
    remove_others(names);
    std::uint64_t done = 0;
    for (const auto& output : outputs) {
      reduce(output);
      context_.progress.step(++done, outputs.size(), "outputs");
    }
    commit();
    if (report_.lines.empty()) report_.lines.push_back("nothing new");
    return std::move(report_);
  }

 private:
  void commit() {
    if (transaction_->commit({.command = context_.command})) ++report_.commits;
    transaction_.reset();
    pending_rows_ = 0;
  }

  // Partials of outputs that no longer exist.
  void remove_others(const std::set<std::string>& names) {
    const auto directory = context_.fs.root().find(partials_directory(spec_.id));
    if (!directory) return;
    for (const auto& entry : directory->as_directory().entries()) {
      if (names.contains(entry.name)) continue;
      context_.progress.say("removing partials of " + entry.name);
      context_.fs.root().remove(directory->path() + "/" + entry.name, true);
    }
  }

  // What the stored partials reach, the same for all resolutions; or an empty start.
  Through start(const ReduceOutput& output) {
    std::optional<Through> common;
    bool usable = true;
    for (const auto& resolution : config_.resolutions) {
      const auto stored = find_partials(config_, spec_.id, output, resolution, context_.fs);
      usable = usable && stored && (!common || *common == stored->through);
      if (stored) common = stored->through;
    }
    if (usable && common) return *common;
    const std::string directory = partials_directory(spec_.id) + "/" + partials_name(output.name);
    if (context_.fs.root().find(directory)) {
      context_.progress.say(output.name +
                            ": the configuration or its inputs changed; reducing anew");
      context_.fs.root().remove(directory, true);
    }
    return {};
  }

  void reduce(const ReduceOutput& output) {
    Through through = start(output);
    std::vector<Piece> batch;
    std::uint64_t total = 0;
    const auto flush = [&] {
      if (batch.empty()) return;
      const std::uint64_t rows = store(output, batch, through);
      total += rows;
      pending_rows_ += rows;
      batch.clear();
      if (pending_rows_ < kRowsPerCommit) return;
      commit();
      transaction_.emplace(context_.fs.begin());
    };
    std::uint64_t batch_rows = 0;
    for (const auto& input : output.inputs) {
      auto* series = input.series();
      if (series == nullptr) continue;
      const auto known = through.find(input.id());
      for (auto& segment : series->segments_after(known == through.end() ? 0 : known->second)) {
        if (batch.empty() || batch.back().input != &input) batch.push_back({.input = &input});
        Piece& piece = batch.back();
        piece.last_version = segment.last_version;
        piece.rows += segment.last_row - segment.first_row;
        batch_rows += segment.last_row - segment.first_row;
        piece.segments.push_back(std::move(segment));
        if (batch_rows < kRowsPerCommit) continue;
        flush();
        batch_rows = 0;
      }
    }
    flush();
    report_.rows += total;
    if (total > 0)
      report_.lines.push_back(output.name + ": " + std::to_string(total) + " new rows");
  }

  // Appends the partials of a batch to every resolution; `through` advances. The rows reduced.
  std::uint64_t store(const ReduceOutput& output, const std::vector<Piece>& batch,
                      Through& through) {
    std::vector<ReduceSource> sources;
    std::vector<ReducedColumn> columns;
    std::uint64_t rows = 0;
    for (const auto& piece : batch) {
      auto source = segment_source(config_, *piece.input, piece.segments, context_.session);
      if (!source) continue;  // versions without rows: seen again next time, at no cost
      merge_columns(columns, source->columns);
      sources.push_back(std::move(*source));
      through[piece.input->id()] = piece.last_version;
      rows += piece.rows;
    }
    if (sources.empty()) return 0;
    context_.progress.say(output.name + ": reducing " + std::to_string(rows) + " rows");

    const std::string attributes = state_attributes(config_, through);
    for (std::size_t level = 0; level < config_.resolutions.size(); ++level) {
      context_.session.execute("CREATE OR REPLACE TEMP TABLE " + table_name(level) + " AS " +
                               level_sql(level, sources, columns) + " ORDER BY \"timestamp\"");
      const auto partials = context_.session.query("SELECT * FROM " + table_name(level));
      const auto file = partials_file(output, config_.resolutions[level]);
      tinylogfs::OpLogFile* stored = tinylogfs::as_oplog_file(*file.node());
      if (stored == nullptr)
        throw Error(ErrorCode::Unsupported, "this pond cannot store partials: " + file.path());
      stored->append(*partials, attributes);
    }
    for (std::size_t level = 0; level < config_.resolutions.size(); ++level)
      context_.session.execute("DROP TABLE " + table_name(level));
    return rows;
  }

  // The partials of one resolution: from the coarsest finer ones that fit, else from the rows.
  std::string level_sql(std::size_t level, const std::vector<ReduceSource>& sources,
                        const std::vector<ReducedColumn>& columns) const {
    const Resolution& resolution = config_.resolutions[level];
    for (std::size_t finer = level; finer-- > 0;)
      if (resolution.divides_into(config_.resolutions[finer]))
        return merged_sql({table_name(finer)}, resolution, columns);
    if (sources.size() == 1)
      return partials_sql(sources[0].relation, config_.time_column, resolution, sources[0].columns);
    std::vector<std::string> parts;
    for (const auto& source : sources)
      parts.push_back(
          "(" + partials_sql(source.relation, config_.time_column, resolution, source.columns) +
          ")");
    return merged_sql(parts, resolution, columns);
  }

  tinyfs::NodePath partials_file(const ReduceOutput& output, const Resolution& resolution) {
    const std::string path = partials_path(spec_.id, output.name, resolution);
    if (auto file = context_.fs.root().find(path)) return *file;
    context_.fs.root().create_directories(path.substr(0, path.rfind('/')));
    return context_.fs.root().create_file(path, tinyfs::Kind::Series);
  }

  const tinyfs::DynamicSpec& spec_;
  ReduceConfig config_;
  RunContext& context_;
  std::optional<tinyfs::Transaction> transaction_;
  std::uint64_t pending_rows_ = 0;
  RunReport report_;
};

}  // namespace

RunReport run_reduce(const tinyfs::DynamicSpec& spec, RunContext& context) {
  return Run(spec, context).run();
}

}  // namespace pond::factory
