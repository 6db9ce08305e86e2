#include "cli/context.h"

#include <yaml-cpp/yaml.h>

#include <cstdlib>

#include "cli/progress.h"
#include "cli/yaml_text.h"
#include "pond/collect.h"
#include "pond/remote.h"
#include "pond/site.h"
#include "pond/tinyfs_memory.h"

namespace pond::cli {

Context::Context() = default;
Context::~Context() = default;

std::filesystem::path Context::pond_directory() const {
  if (!pond_option.empty()) return pond_option;
  if (const char* pond = std::getenv("POND"); pond != nullptr && *pond != '\0') return pond;
  throw Error(ErrorCode::InvalidArgument, "which pond?",
              "name it with --pond DIR, or set POND=DIR");
}

tinylogfs::OpLogBackend& Context::backend() {
  fs();
  if (!backend_)
    throw Error(ErrorCode::InvalidArgument, "--hostmount is no pond: nothing is stored there",
                "leave it away and name a pond");
  return *backend_;
}

tinyfs::FS& Context::fs() {
  if (!fs_) {
    if (host_mounts.empty()) {
      open_pond();
    } else {
      open_host_mounts();
    }
  }
  return *fs_;
}

void Context::open_pond() {
  if (remote::is_remote_url(pond_option)) {
    remote::Location location;
    location.url = pond_option;
    backend_ = remote::open_in_place(location);
    fs_ = std::make_unique<tinyfs::FS>(backend_);
    set_loader(*backend_, fs_);
    return;
  }
  try {
    backend_ = tinylogfs::OpLogBackend::open(pond_directory());
  } catch (const Error& error) {
    if (error.code() != ErrorCode::Corrupt || !error.hint().empty()) throw;
    throw Error(ErrorCode::Corrupt, error.what(),
                "'pond fsck' says what is damaged, 'pond recover --dry-run' what is whole");
  }
  fs_ = std::make_unique<tinyfs::FS>(backend_);
  set_loader(*backend_, fs_);
}

// Directories in memory, with a dynamic directory at each mount.
void Context::open_host_mounts() {
  constexpr std::string_view kScheme = "host+dyndir://";
  const auto memory = std::make_shared<tinyfs::MemoryBackend>();
  fs_ = std::make_unique<tinyfs::FS>(memory);
  set_loader(*memory, fs_);
  tinyfs::Transaction transaction = fs_->begin();
  for (const std::string& mount : host_mounts) {
    const std::size_t equals = mount.find('=');
    if (equals == std::string::npos || !mount.starts_with('/') ||
        !std::string_view(mount).substr(equals + 1).starts_with(kScheme))
      throw Error(ErrorCode::InvalidArgument, "not a mount: '" + mount + "'",
                  "write --hostmount /views=host+dyndir:///home/me/views.yaml");
    const std::string path = tinyfs::normalise_path(mount.substr(0, equals));
    const std::string file = mount.substr(equals + 1 + kScheme.size());
    const std::string config =
        registry().validate("dynamic-dir", read_yaml(*this, "host://" + file), file);
    fs_->root().create_directories(path.substr(0, path.rfind('/') + 1));
    fs_->root().create_dynamic(path, "dynamic-dir", config);
  }
  transaction.commit();
}

void Context::set_loader(tinyfs::Backend& backend, std::unique_ptr<tinyfs::FS>& fs) {
  backend.set_dynamic_loader([this, &fs](const tinyfs::DynamicSpec& spec) {
    return registry().load(spec, {.fs = fs.get(), .registry = &registry()});
  });
}

std::map<std::string, tinyfs::FS*, std::less<>> Context::open_attached() {
  std::map<std::string, tinyfs::FS*, std::less<>> ponds;
  for (const std::string& text : attached) {
    const std::size_t equals = text.find('=');
    const std::string name = text.substr(0, equals);
    const auto letter = [](unsigned char c) {
      return std::isalnum(c) != 0 || c == '_' || c == '-';
    };
    if (equals == std::string::npos || name.empty() ||
        !std::all_of(name.begin(), name.end(), letter))
      throw Error(ErrorCode::InvalidArgument, "not a pond to attach: '" + text + "'",
                  "write --attach west=/data/west; its tables are then 'west:///path'");
    if (Url::is_word(name))
      throw Error(ErrorCode::InvalidArgument, "'" + name + "' means something in URLs already",
                  "attach the pond under another name");
    const auto backend = tinylogfs::OpLogBackend::open(host_path(text.substr(equals + 1)));
    auto& fs = attached_.emplace_back(std::make_unique<tinyfs::FS>(backend));
    set_loader(*backend, fs);
    if (!ponds.emplace(name, fs.get()).second)
      throw Error(ErrorCode::InvalidArgument, "two ponds attached as '" + name + "'");
  }
  return ponds;
}

tinyfs::FS* Context::find_fs() {
  const char* pond = std::getenv("POND");
  if (host_mounts.empty() && pond_option.empty() && (pond == nullptr || *pond == '\0'))
    return nullptr;
  try {
    return &fs();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::NotFound) throw;
    return nullptr;
  }
}

factory::Registry& Context::registry() {
  if (!registry_) {
    registry_ = std::make_unique<factory::Registry>();
    factory::add_factories(*registry_);
    collect::add_collectors(*registry_);
    site::add_site(*registry_);
  }
  return *registry_;
}

query::Session& Context::session(bool restricted) {
  auto& session = restricted ? restricted_session_ : session_;
  if (!session) {
    query::SessionOptions options;
    options.host_directory = host_root();
    options.restricted = restricted;
    options.attached = open_attached();
    session = std::make_unique<query::Session>(find_fs(), options);
  }
  return *session;
}

Progress& Context::progress() {
  if (!progress_) progress_ = std::make_unique<Progress>();
  return *progress_;
}

std::optional<std::uint64_t> Context::commit(tinyfs::Transaction& transaction) {
  const std::optional<std::uint64_t> txn = transaction.commit(note());
  progress().say(txn ? "committed transaction " + std::to_string(*txn) : "nothing changed");
  return txn;
}

std::filesystem::path Context::host_root() const {
  return host_directory.empty() ? std::filesystem::path(".")
                                : std::filesystem::path(host_directory);
}

std::filesystem::path Context::host_path(std::string_view path) const {
  const std::filesystem::path given(path);
  return given.is_absolute() || host_directory.empty() ? given : host_root() / given;
}

}  // namespace pond::cli
