#include <algorithm>
#include <cerrno>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/sha256.h"
#include "cli/copy.h"
#include "cli/host_files.h"
#include "cli/paths.h"
#include "cli/progress.h"
#include "pond/error.h"

namespace pond::cli {
namespace {

namespace stdfs = std::filesystem;

// One file to be: where its content comes from and the pond path it goes to.
struct Job {
  Url source;        // of a single file
  stdfs::path file;  // the host's, for host URLs
  std::string target;
};

tinyfs::Kind kind_of(const Url& url) {
  if (url.kind) return *url.kind;
  if (url.format == Format::Table || url.format == Format::Delta) return tinyfs::Kind::Table;
  if (url.format == Format::Series) return tinyfs::Kind::Series;
  return tinyfs::Kind::Data;
}

// Is the file itself the Parquet to keep, or has a query to read it?
bool is_parquet(const Url& url) {
  const bool format = url.format == Format::Auto || url.format == Format::Parquet ||
                      url.format == Format::Table || url.format == Format::Series;
  return format && url.compression == Compression::None;
}

std::string hash_of(const stdfs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw io_error("cannot read", file.string(), errno);
  Sha256 hash;
  std::vector<char> buffer(1 << 18);
  while (in.read(buffer.data(), static_cast<std::streamsize>(buffer.size())), in.gcount() > 0)
    hash.update({buffer.data(), static_cast<std::size_t>(in.gcount())});
  return hash.finish();
}

class CopyIn {
 public:
  CopyIn(Context& context, CopyOptions options)
      : context_(context), options_(std::move(options)), root_(context.root()) {}

  void run(const std::vector<std::string>& sources, const Url& destination) {
    tinyfs::Transaction transaction = context_.fs().begin();
    copy(sources, destination);
    context_.commit(transaction);
  }

  // Within the open transaction. True when a version was made.
  bool copy(const std::vector<std::string>& sources, const Url& destination,
            bool skip_same = false) {
    skip_same_ = skip_same;
    target_ = destination.path;
    const std::optional<tinyfs::NodePath> there = root_.find(target_);
    inside_ = target_.ends_with('/') || (there && there->kind() == tinyfs::Kind::Directory);
    if (inside_) root_.create_directories(target_);
    for (const std::string& source : sources)
      plan(source);
    require_places();
    std::uint64_t done = 0;
    for (const Job& job : jobs_) {
      context_.progress().step(done++, jobs_.size(), job.target);
      store(job);
      context_.progress().say("copied " + job.source.to_string() + " to " + job.target);
    }
    return changed_;
  }

 private:
  void plan(const std::string& source) {
    const Url url = Url::parse(source);
    if (!url.host) return plan_from_pond(source, url);
    for (const stdfs::path& file : host_files(url, context_.host_root())) {
      if (stdfs::is_directory(file) && url.format != Format::Delta) {
        plan_directory(url, file);
      } else {
        add(url, file, inside_ ? below(target_, file.filename().string()) : target_);
      }
    }
  }

  void plan_from_pond(const std::string& source, const Url& url) {
    if (!tinyfs::has_wildcards(url.path) && !root_.find(url.path)) {
      std::error_code ignored;
      const stdfs::path file = context_.host_path(source);
      if (source.find("://") == std::string::npos && stdfs::exists(file, ignored))
        throw Error(
            ErrorCode::NotFound, "no " + source + " in the pond",
            "for the host's file: host://" + stdfs::absolute(file).lexically_normal().string());
    }
    for (const tinyfs::NodePath& match : matching(root_, url.path)) {
      const tinyfs::NodePath node = root_.get(match.path());
      if (node.kind() == tinyfs::Kind::Directory)
        throw Error(ErrorCode::InvalidArgument, "is a directory: " + node.path(),
                    "copy its files: '" + below(node.path(), "*") + "'");
      Url single = url;
      single.path = node.path();
      if (single.format == Format::Auto && !single.kind) single.kind = node.kind();
      jobs_.push_back({single, {}, inside_ ? below(target_, match.name()) : target_});
    }
  }

  // Like cp -r: into a directory that is there as a directory of the same name, else as the target
  // itself.
  void plan_directory(const Url& url, const stdfs::path& directory) {
    stdfs::path clean = stdfs::absolute(directory).lexically_normal();
    if (!clean.has_filename()) clean = clean.parent_path();
    const std::string top = inside_ ? below(target_, clean.filename().string()) : target_;
    root_.create_directories(top);
    std::vector<stdfs::path> found;
    for (const auto& entry : stdfs::recursive_directory_iterator(clean))
      found.push_back(entry.path());
    std::sort(found.begin(), found.end());
    for (const stdfs::path& path : found) {
      const std::string target = below(top, path.lexically_relative(clean).generic_string());
      if (stdfs::is_directory(path)) {
        root_.create_directories(target);
      } else {
        add(url, path, target);
      }
    }
  }

  void add(const Url& url, const stdfs::path& file, const std::string& target) {
    Url single = url;
    single.path = stdfs::absolute(file).string();
    jobs_.push_back({single, file, target});
  }

  // Two sources for one file make sense only where versions gather.
  void require_places() const {
    if (inside_ || jobs_.size() < 2) return;
    for (const Job& job : jobs_) {
      if (job.target == target_ && kind_of(job.source) != tinyfs::Kind::Series)
        throw Error(ErrorCode::InvalidArgument,
                    "several sources need a directory, and " + target_ + " is none",
                    "end it with a slash: " + target_ + "/");
    }
  }

  // The file to write a version of: the one at the path, else a new one.
  tinyfs::NodePath file_at(const std::string& path, tinyfs::Kind kind) {
    const std::optional<tinyfs::NodePath> there = root_.find(path);
    if (!there) return root_.create_file(path, kind);
    const tinyfs::NodeInfo info = there->info();
    if (info.dynamic)
      throw Error(ErrorCode::ReadOnly,
                  "read-only: " + there->path() + " is computed by " + info.factory,
                  "copy to another path");
    if (info.kind != kind)
      throw Error(ErrorCode::InvalidArgument,
                  there->path() + " is a " + std::string(to_string(info.kind)) + ", not a " +
                      std::string(to_string(kind)),
                  "copy to another path, or pond rm " + there->path() + " first");
    return *there;
  }

  void store(const Job& job) {
    const tinyfs::Kind kind = kind_of(job.source);
    if (kind == tinyfs::Kind::Data) return store_bytes(job);
    const ScratchFile staged(stage(job));
    const stdfs::path& file = staged.path().empty() ? job.file : staged.path();
    const tinyfs::NodePath node = file_at(job.target, kind);
    tinylogfs::OpLogFile& target = oplog_file(node);
    if (is_same(target, file)) return;
    try {
      target.adopt_parquet(file, !staged.path().empty(), attributes(kind));
    } catch (const Error& error) {
      throw Error(error.code(), named(error.what(), file, job), named(error.hint(), file, job));
    }
    changed_ = true;
  }

  // The staged file in a message by the name that the user knows.
  static std::string named(std::string text, const stdfs::path& file, const Job& job) {
    const std::string shown = job.source.host ? job.file.string() : job.source.path;
    if (const std::size_t at = text.find(file.string()); at != std::string::npos && !shown.empty())
      text.replace(at, file.string().size(), shown);
    return text;
  }

  bool is_same(const tinylogfs::OpLogFile& target, const stdfs::path& file) const {
    if (!skip_same_ || !stdfs::is_regular_file(file)) return false;
    const std::vector<tinylogfs::VersionDetail> details = target.details();
    return !details.empty() && details.back().hash == hash_of(file);
  }

  // A Parquet file below the pond that is to become the content; none when the host's can be taken
  // as it is.
  ScratchFile stage(const Job& job) {
    if (!job.source.host || job.source.format == Format::Delta) return query_to_parquet(job.source);
    if (stdfs::is_regular_file(job.file))
      return is_parquet(job.source) ? ScratchFile({}) : query_to_parquet(job.source);
    ScratchFile spooled(context_.backend().oplog().staging_path(".spool"));
    spool(job.file, spooled.path());
    if (is_parquet(job.source)) return spooled;
    Url url = job.source;
    url.path = stdfs::absolute(spooled.path()).string();
    return query_to_parquet(url);
  }

  void store_bytes(const Job& job) {
    if (job.source.host) {
      const tinyfs::NodePath node = file_at(job.target, tinyfs::Kind::Data);
      tinylogfs::OpLogFile& target = oplog_file(node);
      if (is_same(target, job.file)) return;
      target.adopt_bytes(job.file);
      changed_ = true;
      return;
    }
    const tinyfs::NodePath source = root_.get(job.source.path);
    const auto reader = source.as_file().open(job.source.version);
    file_at(job.target, tinyfs::Kind::Data).as_file().write(*reader);
    changed_ = true;
  }

  ScratchFile query_to_parquet(const Url& url) {
    ScratchFile staged(context_.backend().oplog().staging_path(".parquet"));
    query::Session& session = context_.session(false);
    session.copy_to_parquet("SELECT * FROM source", staged.path(),
                            {{"source", session.relation(url.to_string())}});
    return staged;
  }

  std::string attributes(tinyfs::Kind kind) const {
    if (kind != tinyfs::Kind::Series || options_.time_column.empty()) return {};
    return nlohmann::json{{"time_column", options_.time_column}}.dump();
  }

  // Good as long as `node` is kept.
  static tinylogfs::OpLogFile& oplog_file(const tinyfs::NodePath& node) {
    tinylogfs::OpLogFile* file = tinylogfs::as_oplog_file(*node.node());
    if (file == nullptr) throw Error(ErrorCode::ReadOnly, "read-only: " + node.path());
    return *file;
  }

  Context& context_;
  CopyOptions options_;
  tinyfs::WD root_;
  std::string target_;
  bool inside_ = false;     // the target is a directory to put things into
  bool skip_same_ = false;  // content that is there already makes no version
  bool changed_ = false;
  std::vector<Job> jobs_;
};

}  // namespace

void copy_in(Context& context, const std::vector<std::string>& sources, const Url& destination,
             const CopyOptions& options) {
  CopyIn(context, options).run(sources, destination);
}

bool copy_pending(Context& context, const std::string& source, const std::string& target) {
  return CopyIn(context, {}).copy({source}, Url::parse(target), true);
}

bool copy_for_job(Context& context, const std::string& source, const std::string& destination) {
  const Url target = Url::parse(destination);
  if (!target.host) return copy_pending(context, source, destination);
  copy_out(context, {source}, target, {});
  return true;
}

}  // namespace pond::cli
