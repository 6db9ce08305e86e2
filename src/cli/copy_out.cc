#include <set>

#include "cli/copy.h"
#include "cli/export.h"
#include "cli/host_files.h"
#include "cli/paths.h"
#include "cli/progress.h"
#include "pond/error.h"

namespace pond::cli {
namespace {

namespace stdfs = std::filesystem;

struct Job {
  tinyfs::NodePath node;
  stdfs::path target;
};

class CopyOut {
 public:
  CopyOut(Context& context, const Url& destination, const CopyOptions& options)
      : context_(context),
        options_(options),
        root_(context.root()),
        target_(context.host_path(destination.path)),
        format_(output_of(destination.format)) {
    std::error_code ignored;
    inside_ = destination.path.ends_with('/') || stdfs::is_directory(target_, ignored);
  }

  void run(const std::vector<std::string>& sources) {
    for (const std::string& source : sources)
      plan(pond_path(source, "copy to the host"));
    if (jobs_.size() > 1 && stdfs::is_regular_file(target_))
      throw Error(ErrorCode::InvalidArgument, "not a directory: " + target_.string());
    std::uint64_t done = 0;
    for (const Job& job : jobs_) {
      context_.progress().step(done++, jobs_.size(), job.node.path());
      write_host_file(job.target, [&](std::ostream& out) { write(job.node, out); });
      context_.progress().say("copied " + job.node.path() + " to " + job.target.string());
    }
  }

 private:
  void plan(const std::string& pattern) {
    const bool many = tinyfs::has_wildcards(pattern);
    for (const tinyfs::NodePath& match : matching(root_, pattern)) {
      const tinyfs::NodePath node = root_.get(match.path());
      // Below the target: the whole pond path for a glob or with --strip-prefix, else just the
      // name.
      std::string relative = match.path();
      if (!options_.strip_prefix.empty()) {
        relative = stripped(match.path());
      } else if (!many) {
        relative = inside_ ? match.name() : "";
      }
      add(node, relative.empty() ? target_ : target_ / stdfs::path(relative).relative_path());
    }
  }

  void add(const tinyfs::NodePath& node, const stdfs::path& target) {
    if (!planned_.insert(target).second) return;
    if (node.kind() != tinyfs::Kind::Directory) {
      jobs_.push_back({node, target});
      return;
    }
    for (const tinyfs::DirEntry& entry : node.as_directory().entries()) {
      const std::string path = below(node.path(), entry.name);
      add(root_.get(path), target / entry.name);
    }
  }

  std::string stripped(const std::string& path) const {
    const std::string prefix = tinyfs::normalise_path(options_.strip_prefix);
    if (prefix == "/" || path == prefix) return path == prefix ? base_name(path) : path;
    if (!path.starts_with(prefix + "/"))
      throw Error(ErrorCode::InvalidArgument, path + " is not below " + prefix,
                  "--strip-prefix names the directory whose path is left away");
    return path.substr(prefix.size());
  }

  void write(const tinyfs::NodePath& node, std::ostream& out) const {
    if (format_) return write_rows(context_, node, {}, *format_, out);
    if (node.kind() == tinyfs::Kind::Data) return write_data(node, {}, out);
    write_parquet(context_, node, {}, out);
  }

  Context& context_;
  const CopyOptions& options_;
  tinyfs::WD root_;
  stdfs::path target_;
  std::optional<query::Output> format_;
  bool inside_ = false;
  std::vector<Job> jobs_;
  std::set<stdfs::path> planned_;
};

}  // namespace

void copy_out(Context& context, const std::vector<std::string>& sources, const Url& destination,
              const CopyOptions& options) {
  CopyOut(context, destination, options).run(sources);
}

}  // namespace pond::cli
