// The files of the host that a URL names.
#include <algorithm>

#include "pond/error.h"
#include "pond/url.h"

namespace pond {
namespace {

namespace stdfs = std::filesystem;

// The directory above the first component with a wildcard or an escaped one.
stdfs::path fixed_part(const stdfs::path& pattern) {
  stdfs::path fixed;
  for (const auto& component : pattern) {
    const std::string text = component.string();
    if (tinyfs::has_wildcards(text) || text.find('\\') != std::string::npos) break;
    fixed /= component;
  }
  return fixed;
}

std::vector<HostFile> match_files(const stdfs::path& pattern) {
  const stdfs::path start = fixed_part(pattern);
  const std::string text = pattern.string();
  const bool any_depth = text.find("**") != std::string::npos;
  const auto depth =
      std::distance(pattern.begin(), pattern.end()) - std::distance(start.begin(), start.end());

  std::vector<HostFile> found;
  std::error_code error;
  stdfs::recursive_directory_iterator it(start, stdfs::directory_options::skip_permission_denied,
                                         error);
  if (error) return found;
  for (const stdfs::recursive_directory_iterator end; it != end; it.increment(error)) {
    if (error) break;
    if (!any_depth && it.depth() + 1 >= depth) it.disable_recursion_pending();
    std::error_code ignored;
    if (it->is_directory(ignored)) continue;
    if (auto captures = tinyfs::match_path(text, it->path().string()))
      found.push_back({it->path(), std::move(*captures),
                       it->path().lexically_relative(start).generic_string()});
  }
  std::sort(found.begin(), found.end(),
            [](const HostFile& a, const HostFile& b) { return a.path < b.path; });
  return found;
}

std::vector<HostFile> files_at(const stdfs::path& path) {
  std::error_code error;
  if (!tinyfs::has_wildcards(path.string()) && stdfs::exists(path, error))
    return {{path, {}, path.filename().string()}};
  return match_files(path);
}

}  // namespace

std::vector<HostFile> host_matches(const Url& url, const stdfs::path& host_directory) {
  const stdfs::path path = url.path;
  const stdfs::path root = stdfs::absolute(host_directory);
  std::vector<HostFile> found;
  if (path.is_absolute()) found = files_at(path.lexically_normal());
  if (found.empty()) found = files_at((root / path.relative_path()).lexically_normal());
  if (!found.empty()) return found;
  const std::string shown = (path.is_absolute() ? path : root / path).lexically_normal().string();
  if (tinyfs::has_wildcards(shown))
    throw Error(ErrorCode::NotFound, "no file of the host matches " + shown);
  throw Error(ErrorCode::NotFound, "no such file on the host: " + shown);
}

std::vector<stdfs::path> host_files(const Url& url, const stdfs::path& host_directory) {
  std::vector<stdfs::path> paths;
  for (auto& file : host_matches(url, host_directory))
    paths.push_back(std::move(file.path));
  return paths;
}

}  // namespace pond
