// inbox: brings files of the host into the pond, each content once.
//
//   pattern: host+csv+series:///drop/*{surface,bottom}*.csv
//   pond_path: /laketech
//   name: $1.series
//   time_column: Timestamp
//   time_zone: America/New_York
#include <arrow/record_batch.h>
#include <yaml-cpp/yaml.h>

#include <nlohmann/json.hpp>

#include "factory/factory_node.h"
#include "factory/inbox_config.h"
#include "factory/inbox_ledger.h"
#include "factory/inbox_rows.h"
#include "factory/input_files.h"
#include "oplog/content.h"
#include "pond/error.h"
#include "pond/url.h"

namespace pond::factory {
namespace {

// Bytes of the host between two commits of a long run.
constexpr std::uint64_t kBytesPerCommit = std::uint64_t{256} << 20;

class Run {
 public:
  Run(const tinyfs::DynamicSpec& spec, RunContext& context)
      : context_(context),
        config_(InboxConfig::parse(spec.config)),
        url_(Url::parse(substitute_environment(config_.pattern))),
        ledger_(spec.id, context) {}

  RunReport run() {
    const auto files = matches();
    transaction_.emplace(context_.fs.begin());
    std::uint64_t done = 0;
    for (const auto& file : files) {
      try {
        take(file);
      } catch (const Error& error) {
        // One bad file does not keep the others out; it is tried again by the next run.
        problems_.push_back(std::string(error.what()).find(file.path.string()) == std::string::npos
                                ? file.path.string() + ": " + error.what()
                                : error.what());
        hint_ = error.hint();
      }
      context_.progress.step(++done, files.size(), "files");
      if (pending_bytes_ < kBytesPerCommit) continue;
      commit();
      transaction_.emplace(context_.fs.begin());
    }
    commit();
    if (!problems_.empty()) fail(files.size());
    if (report_.lines.empty()) report_.lines.push_back("nothing new");
    return std::move(report_);
  }

 private:
  // An empty inbox is no mistake.
  std::vector<HostFile> matches() const {
    try {
      return host_matches(url_, context_.host_directory);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::NotFound || !tinyfs::has_wildcards(url_.path)) throw;
      return {};
    }
  }

  void commit() {
    ledger_.store();
    if (transaction_->commit({.command = context_.command})) ++report_.commits;
    transaction_.reset();
    pending_bytes_ = 0;
  }

  [[noreturn]] void fail(std::size_t files) {
    for (const auto& line : report_.lines)
      context_.progress.say(line);
    std::string all;
    for (const auto& problem : problems_)
      all += (all.empty() ? "" : "; ") + problem;
    if (problems_.size() < files) {
      hint_ += hint_.empty() ? "" : "; ";
      hint_ += "the other files are brought in";
    }
    throw Error(ErrorCode::InvalidArgument, all, hint_);
  }

  void take(const HostFile& file) {
    if (!std::filesystem::is_regular_file(file.path)) return;
    Taken taken = look_at(std::filesystem::absolute(file.path).lexically_normal());
    if (ledger_.seems_taken(taken)) return;
    taken.hash = oplog::hash_of_file(file.path);
    taken.path = target_of(file);
    if (const std::string* path = ledger_.path_of(taken.hash)) {
      context_.progress.say(taken.source + ": known as " + *path);
      return;
    }
    const auto there = context_.fs.root().find(taken.path);
    const tinyfs::Kind kind = url_.kind.value_or(tinyfs::Kind::Data);
    if (there) require_kind(*there, kind);
    if (there && has_content(stored_file(*there), taken.hash))
      context_.progress.say(taken.source + ": " + taken.path + " has this content");
    else if (kind == tinyfs::Kind::Data)
      take_bytes(file, there, taken);
    else if (kind == tinyfs::Kind::Series)
      take_rows(file, there, taken);
    else
      take_table(file, there, taken);
    pending_bytes_ += taken.size;
    ledger_.add(std::move(taken));
  }

  std::string target_of(const HostFile& file) const {
    std::string name = config_.name.empty() ? file.below
                                            : expand_captures(config_.name, file.captures, "name",
                                                              file.path.string());
    return tinyfs::normalise_path(name, config_.pond_path);
  }

  static void require_kind(const tinyfs::NodePath& there, tinyfs::Kind kind) {
    const tinyfs::NodeInfo info = there.info();
    if (info.kind == kind && !info.dynamic) return;
    throw Error(ErrorCode::InvalidArgument,
                there.path() + " is " +
                    (info.dynamic ? "computed by " + info.factory
                                  : "a " + std::string(to_string(info.kind))) +
                    ", not a stored " + std::string(to_string(kind)),
                "give the inbox another pond_path or name");
  }

  // Brought in by an inbox that is no longer there, or copied by hand.
  static bool has_content(const tinylogfs::OpLogFile& file, const std::string& hash) {
    const auto details = file.details();
    return !details.empty() && (details.back().hash == hash ||
                                details.back().attributes.find(hash) != std::string::npos);
  }

  using There = std::optional<tinyfs::NodePath>;

  // Call once the content is known to be good: what is made here is committed.
  tinyfs::NodePath file_at(const There& there, const std::string& path, tinyfs::Kind kind) {
    if (there) return *there;
    tinyfs::WD root = context_.fs.root();
    root.create_directories(path.substr(0, path.rfind('/') + 1));
    return root.create_file(path, kind);
  }

  void tell(const Taken& taken, const std::string& what) {
    report_.lines.push_back(taken.path + ": " + what + " from " + taken.source);
  }

  void take_bytes(const HostFile& file, const There& there, Taken& taken) {
    const tinyfs::NodePath node = file_at(there, taken.path, tinyfs::Kind::Data);
    tinylogfs::OpLogFile& target = stored_file(node);
    target.adopt_bytes(file.path);
    taken.hash = target.details().back().hash;  // of what was stored, whatever was appended since
    tell(taken, there ? "version " + std::to_string(node.info().version) : "new");
  }

  std::string attributes(const Taken& taken, bool series) const {
    nlohmann::json json{{"inbox", {{"source", taken.source}, {"hash", taken.hash}}}};
    if (series) json["time_column"] = config_.time_column;
    return json.dump();
  }

  std::string relation_of(const HostFile& file) const {
    Url one = url_;
    one.path = escape_wildcards(std::filesystem::absolute(file.path).string());
    return context_.session.relation(one.to_string());
  }

  void take_rows(const HostFile& file, const There& there, const Taken& taken) {
    NewRows rows(context_.session, config_, relation_of(file), taken.source,
                 there ? &stored_file(*there) : nullptr);
    if (rows.count() > 0) {
      const tinyfs::NodePath node = file_at(there, taken.path, tinyfs::Kind::Series);
      stored_file(node).append(*rows.read(), attributes(taken, true));
    }
    report_.rows += rows.count();
    tell(taken, std::to_string(rows.count()) + " new rows");
  }

  void take_table(const HostFile& file, const There& there, const Taken& taken) {
    // Read as a whole first: a file that breaks off leaves nothing behind.
    context_.session.execute("CREATE OR REPLACE TEMP TABLE pond_inbox_table AS SELECT * FROM " +
                             relation_of(file));
    const tinyfs::NodePath node = file_at(there, taken.path, tinyfs::Kind::Table);
    stored_file(node).append(*context_.session.query("SELECT * FROM pond_inbox_table"),
                             attributes(taken, false));
    context_.session.execute("DROP TABLE pond_inbox_table");
    tell(taken, there ? "version " + std::to_string(node.info().version) : "new");
  }

  RunContext& context_;
  InboxConfig config_;
  Url url_;
  InboxLedger ledger_;
  std::optional<tinyfs::Transaction> transaction_;
  std::uint64_t pending_bytes_ = 0;
  std::vector<std::string> problems_;
  std::string hint_;
  RunReport report_;
};

}  // namespace

FactoryType inbox() {
  return {.name = "inbox",
          .summary = "brings files of the host into the pond by `pond run`, each content once",
          .example =
              "pattern: host+csv+series:///drop/*{surface,bottom}*.csv\n"
              "pond_path: /laketech\n"
              "name: $1.series\n"
              "time_column: Timestamp\n"
              "time_zone: America/New_York\n",
          .validate = InboxConfig::validate,
          .load = nullptr,
          .run = [](const tinyfs::DynamicSpec& spec, RunContext& context) {
            return Run(spec, context).run();
          }};
}

}  // namespace pond::factory
