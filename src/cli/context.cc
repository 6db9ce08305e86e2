#include "cli/context.h"

#include <cstdlib>

#include "cli/progress.h"
#include "pond/collect.h"
#include "pond/site.h"

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
  return *backend_;
}

tinyfs::FS& Context::fs() {
  if (!fs_) {
    backend_ = tinylogfs::OpLogBackend::open(pond_directory());
    backend_->set_dynamic_loader([this](const tinyfs::DynamicSpec& spec) {
      return registry().load(spec, {.fs = fs_.get(), .registry = &registry()});
    });
    fs_ = std::make_unique<tinyfs::FS>(backend_);
  }
  return *fs_;
}

tinyfs::FS* Context::find_fs() {
  const char* pond = std::getenv("POND");
  if (pond_option.empty() && (pond == nullptr || *pond == '\0')) return nullptr;
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
    session = std::make_unique<query::Session>(find_fs(), options);
  }
  return *session;
}

Progress& Context::progress() {
  if (!progress_) progress_ = std::make_unique<Progress>();
  return *progress_;
}

std::optional<std::uint64_t> Context::commit(tinyfs::Transaction& transaction) {
  return transaction.commit(note());
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
