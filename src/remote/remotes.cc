// What a pond knows of its remotes: POND/remotes/NAME.json.
#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "pond/error.h"
#include "pond/remote.h"

namespace pond::remote {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::string_view kSuffix = ".json";

Json to_json(const Tip& tip) {
  return {{"txn", tip.txn}, {"chain", tip.chain}};
}

Tip tip_of(const Json& json) {
  return {json.at("txn"), json.at("chain")};
}

Json to_json(const Remote& remote) {
  const Location& at = remote.location;
  Json json = {{"url", at.url},
               {"endpoint", at.endpoint},
               {"region", at.region},
               {"profile", at.profile},
               {"access_key", at.access_key},
               {"secret_key", at.secret_key},
               {"mode", to_string(remote.mode)},
               {"mount", remote.mount},
               {"pushed", to_json(remote.pushed)},
               {"pulled", to_json(remote.pulled)},
               {"checkpoint", remote.checkpoint},
               {"pruned", remote.pruned_us}};
  if (remote.keep) json["keep"] = to_string(*remote.keep);
  return json;
}

Mode parse_mode(const std::string& text) {
  for (const Mode mode : {Mode::Push, Mode::Both, Mode::Pull})
    if (text == to_string(mode)) return mode;
  throw Error(ErrorCode::Corrupt, "not a mode: '" + text + "'");
}

Remote from_json(const std::string& name, const Json& json) {
  Remote remote;
  remote.name = name;
  remote.location = {.url = json.at("url"),
                     .endpoint = json.at("endpoint"),
                     .region = json.at("region"),
                     .profile = json.at("profile"),
                     .access_key = json.at("access_key"),
                     .secret_key = json.at("secret_key")};
  remote.mode = parse_mode(json.at("mode"));
  remote.mount = json.at("mount");
  remote.pushed = tip_of(json.at("pushed"));
  remote.pulled = tip_of(json.at("pulled"));
  remote.checkpoint = json.at("checkpoint");
  remote.pruned_us = json.at("pruned");
  if (json.contains("keep")) remote.keep = parse_keep(json.at("keep"));
  return remote;
}

void check_name(const std::string& name) {
  const auto fits = [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_'; };
  if (name.empty() || name.size() > 100 || !std::all_of(name.begin(), name.end(), fits))
    throw Error(ErrorCode::InvalidArgument, "cannot be a remote's name: '" + name + "'",
                "letters, digits, - and _");
}

}  // namespace

std::string_view to_string(Mode mode) {
  return mode == Mode::Push ? "push" : mode == Mode::Both ? "both" : "pull";
}

Remotes::Remotes(fs::path pond) : directory_(std::move(pond) / "remotes") {}

fs::path Remotes::file(const std::string& name) const {
  check_name(name);
  return directory_ / (name + std::string(kSuffix));
}

fs::path Remotes::replica(const std::string& name) const {
  check_name(name);
  return directory_ / name;
}

std::vector<Remote> Remotes::all() const {
  std::vector<Remote> remotes;
  std::error_code none;
  for (const auto& item : fs::directory_iterator(directory_, none)) {
    const std::string name = item.path().filename().string();
    if (name.ends_with(kSuffix) && !name.starts_with('.'))
      remotes.push_back(get(name.substr(0, name.size() - kSuffix.size())));
  }
  std::sort(remotes.begin(), remotes.end(),
            [](const Remote& a, const Remote& b) { return a.name < b.name; });
  return remotes;
}

std::optional<Remote> Remotes::find(const std::string& name) const {
  const fs::path path = file(name);
  if (!fs::exists(path)) return std::nullopt;
  try {
    return from_json(name, Json::parse(read_file(path)));
  } catch (const Json::exception& error) {
    throw Error(ErrorCode::Corrupt, path.string() + ": " + error.what(),
                "remove the file, and add the remote again");
  }
}

Remote Remotes::get(const std::string& name) const {
  if (auto remote = find(name)) return *remote;
  std::vector<std::string> names;
  for (const Remote& remote : all())
    names.push_back(remote.name);
  const std::string near = nearest(name, names);
  throw Error(
      ErrorCode::NotFound, "no remote '" + name + "'",
      near.empty() ? "'pond backup list' shows those there are" : "did you mean '" + near + "'?");
}

void Remotes::add(const Remote& remote) {
  create_directories_durably(directory_);
  if (!put_if_absent_durably(file(remote.name), to_json(remote).dump(2) + "\n"))
    throw Error(ErrorCode::AlreadyExists, "there is a remote '" + remote.name + "' already",
                "'pond backup remove " + remote.name + "' forgets it");
}

void Remotes::update(const Remote& remote) {
  put_durably(file(remote.name), to_json(remote).dump(2) + "\n");
}

void Remotes::remove(const std::string& name) {
  (void)get(name);
  fs::remove(file(name));
  sync_directory(directory_);
  std::error_code ignored;
  fs::remove_all(replica(name), ignored);
  fs::remove(directory_ / ("." + name + ".lock"), ignored);
}

class Remotes::Lock {
 public:
  explicit Lock(Fd file) : file_(std::move(file)) {}

 private:
  Fd file_;
};

std::shared_ptr<Remotes::Lock> Remotes::lock(const std::string& name) const {
  check_name(name);
  create_directories_durably(directory_);
  const fs::path path = directory_ / ("." + name + ".lock");
  Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  if (!fd.valid()) throw io_error("cannot open", path, errno);
  while (::flock(fd.get(), LOCK_EX) != 0)
    if (errno != EINTR) throw io_error("cannot lock", path, errno);
  return std::make_shared<Lock>(std::move(fd));
}

// --- what is kept
// ---------------------------------------------------------------------------------------------

namespace {

std::int64_t parse_count(const std::string& text, const std::string& whole) {
  if (text == "all") return -1;
  if (text.empty() || text.size() > 6 ||
      !std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c) != 0; }))
    throw Error(ErrorCode::InvalidArgument, "not a number of states to keep: '" + whole + "'",
                "write for instance daily=14,weekly=8,monthly=all");
  return std::stoll(text);
}

}  // namespace

Keep parse_keep(const std::string& text) {
  Keep keep;
  for (std::size_t begin = 0; begin < text.size();) {
    std::size_t end = text.find(',', begin);
    if (end == std::string::npos) end = text.size();
    const std::string part = text.substr(begin, end - begin);
    const std::size_t equals = part.find('=');
    const std::string period = part.substr(0, equals);
    const std::string count = equals == std::string::npos ? "" : part.substr(equals + 1);
    if (period == "daily") {
      keep.daily = parse_count(count, part);
    } else if (period == "weekly") {
      keep.weekly = parse_count(count, part);
    } else if (period == "monthly") {
      keep.monthly = parse_count(count, part);
    } else {
      throw Error(ErrorCode::InvalidArgument, "not a period: '" + part + "'",
                  "write for instance daily=14,weekly=8,monthly=all");
    }
    begin = end + 1;
  }
  return keep;
}

std::string to_string(const Keep& keep) {
  const auto count = [](std::int64_t n) { return n < 0 ? std::string("all") : std::to_string(n); };
  return "daily=" + count(keep.daily) + ",weekly=" + count(keep.weekly) +
         ",monthly=" + count(keep.monthly);
}

}  // namespace pond::remote
