#include "factory/factory_node.h"

#include <arrow/record_batch.h>
#include <stdlib.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <fstream>

#include "base/file.h"
#include "base/sha256.h"
#include "pond/error.h"

namespace pond::factory {
namespace {

[[noreturn]] void refuse_write(const std::string& factory) {
  throw Error(ErrorCode::ReadOnly, "read-only: the content of a " + factory + " node is computed",
              "change its configuration with mknod --overwrite or apply");
}

void require_current(std::optional<std::uint64_t> version, std::uint64_t current) {
  if (!version || *version == current) return;
  throw Error(ErrorCode::NotFound, "no version " + std::to_string(*version) + " of a dynamic node",
              "a dynamic node has only its present configuration");
}

// Beside the pond's own staging files, where there is as much room as the pond has; else where
// TMPDIR says.
std::filesystem::path spool_directory(const tinyfs::FS* fs) {
  if (fs != nullptr) {
    // An FS gives its backend to change nodes; here it is only asked where it lives.
    auto& backend = const_cast<tinyfs::FS*>(fs)->backend();
    if (const auto* stored = dynamic_cast<const tinylogfs::OpLogBackend*>(&backend)) {
      const auto directory = stored->oplog().staging_path(".parquet").parent_path();
      if (::access(directory.c_str(), W_OK) == 0) return directory;
    }
  }
  return std::filesystem::temp_directory_path();
}

class TemporaryFile {
 public:
  explicit TemporaryFile(const std::filesystem::path& directory) {
    std::string name = (directory / ".tmp-computed-XXXXXX").string();
    const int fd = ::mkstemp(name.data());
    if (fd < 0) throw io_error("cannot create", name, errno);
    ::close(fd);
    path_ = name;
  }
  ~TemporaryFile() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// Reads a temporary file that has lost its name already: nothing is left behind, whatever happens.
class SpoolReader : public tinyfs::Reader {
 public:
  SpoolReader(Fd fd, std::filesystem::path path) : fd_(std::move(fd)), path_(std::move(path)) {}
  std::size_t read(std::span<char> buffer) override {
    while (true) {
      const ssize_t n = ::read(fd_.get(), buffer.data(), buffer.size());
      if (n >= 0) return static_cast<std::size_t>(n);
      if (errno != EINTR) throw io_error("cannot read", path_.string(), errno);
    }
  }

 private:
  Fd fd_;
  std::filesystem::path path_;
};

}  // namespace

tinyfs::NodeInfo FromSpec::dynamic_info(tinyfs::Kind kind) const {
  return {.kind = kind,
          .dynamic = true,
          .factory = spec_.factory,
          .version = kind == tinyfs::Kind::Directory ? 0 : spec_.version,
          .size = 0,
          .time_us = spec_.time_us};
}

tinyfs::NodeId child_id(const tinyfs::NodeId& parent, std::string_view name) {
  const std::string hash = Sha256::of(parent.to_string() + "/" + std::string(name));
  tinyfs::NodeId id;
  for (std::size_t i = 0; i < id.bytes.size(); ++i)
    std::from_chars(hash.data() + 2 * i, hash.data() + 2 * i + 2, id.bytes[i], 16);
  // RFC 9562 section 5.8: version 8, variant 10.
  id.bytes[6] = static_cast<std::uint8_t>((id.bytes[6] & 0x0f) | 0x80);
  id.bytes[8] = static_cast<std::uint8_t>((id.bytes[8] & 0x3f) | 0x80);
  return id;
}

ComputedFile::ComputedFile(const tinyfs::NodeId& id, tinyfs::Kind kind, tinyfs::NodeInfo info,
                           Environment environment)
    : File(id), info_(std::move(info)), environment_(environment) {
  info_.kind = kind;
}

std::unique_ptr<tinyfs::Reader> ComputedFile::open(std::optional<std::uint64_t> version) const {
  require_current(version, info_.version);
  const TemporaryFile spool(spool_directory(environment_.fs));
  {
    // Restricted: the SQL may be that of a pond mounted from somewhere else.
    query::Session session(environment_.fs, {});
    std::ofstream out(spool.path(), std::ios::binary);
    const auto rows = session.query("SELECT * FROM " + relation(session));
    query::write_result(*rows, query::Output::Parquet, out);
    out.close();
    if (!out) throw io_error("cannot write", spool.path().string(), errno);
  }
  return std::make_unique<SpoolReader>(open_for_read(spool.path()), spool.path());
}

std::vector<tinyfs::VersionInfo> ComputedFile::versions() const {
  return {{.version = info_.version, .time_us = info_.time_us, .size = 0}};
}

void ComputedFile::write(tinyfs::Reader& /*content*/) {
  refuse_write(info_.factory);
}

TextFile::TextFile(const tinyfs::NodeId& id, tinyfs::NodeInfo info)
    : File(id), info_(std::move(info)) {}

std::unique_ptr<tinyfs::Reader> TextFile::open(std::optional<std::uint64_t> version) const {
  require_current(version, info_.version);
  return tinyfs::read_bytes(text());
}

std::vector<tinyfs::VersionInfo> TextFile::versions() const {
  return {{.version = info_.version, .time_us = info_.time_us, .size = 0}};
}

void TextFile::write(tinyfs::Reader& /*content*/) {
  refuse_write(info_.factory);
}

tinylogfs::OpLogFile& stored_file(const tinyfs::NodePath& node) {
  tinylogfs::OpLogFile* file = tinylogfs::as_oplog_file(*node.node());
  if (file == nullptr) throw Error(ErrorCode::Unsupported, "this pond cannot store " + node.path());
  return *file;
}

std::optional<tinyfs::DynamicSpec> spec_of(const tinyfs::Backend& backend,
                                           const tinyfs::Node& node) {
  if (auto spec = backend.dynamic_spec(node)) return spec;
  if (const auto* made = dynamic_cast<const FromSpec*>(&node)) return made->spec();
  return std::nullopt;
}

}  // namespace pond::factory
