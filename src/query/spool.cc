#include "query/spool.h"

#include <arrow/io/compressed.h>
#include <arrow/io/file.h>
#include <arrow/util/compression.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/arrow_result.h"
#include "base/file.h"

namespace pond::query {
namespace {

constexpr std::size_t kBlock = std::size_t{1} << 20;

arrow::Compression::type codec_of(Compression compression) {
  switch (compression) {
    case Compression::Gzip:
      return arrow::Compression::GZIP;
    case Compression::Zstd:
      return arrow::Compression::ZSTD;
    case Compression::Bzip2:
      return arrow::Compression::BZ2;
    case Compression::None:
      break;
  }
  return arrow::Compression::UNCOMPRESSED;
}

}  // namespace

std::shared_ptr<arrow::io::InputStream> open_decompressed(const std::filesystem::path& file,
                                                          Compression compression) {
  const std::string context = file.string();
  auto raw = unwrap(arrow::io::ReadableFile::Open(context), context, ErrorCode::Io);
  if (compression == Compression::None) return raw;
  // The stream keeps what it needs of the codec.
  const auto codec =
      unwrap(arrow::util::Codec::Create(codec_of(compression)), context, ErrorCode::Unsupported);
  return unwrap(arrow::io::CompressedInputStream::Make(codec.get(), std::move(raw)), context);
}

Spool::~Spool() {
  std::error_code ignored;
  if (count_ > 0) std::filesystem::remove_all(directory_, ignored);
}

std::filesystem::path Spool::next_path() {
  if (count_ == 0) std::filesystem::create_directories(directory_);
  return directory_ / std::to_string(count_++);
}

std::filesystem::path Spool::add(tinyfs::Reader& bytes) {
  const std::filesystem::path path = next_path();
  const Fd fd = create_exclusive(path);
  std::string buffer(kBlock, '\0');
  while (const std::size_t n = bytes.read(buffer))
    write_all(fd, std::string_view(buffer.data(), n), path);
  return path;
}

std::filesystem::path Spool::add_decompressed(const std::filesystem::path& file,
                                              Compression compression) {
  const std::string context = file.string();
  const auto input = open_decompressed(file, compression);
  const std::filesystem::path path = next_path();
  const Fd fd = create_exclusive(path);
  std::string buffer(kBlock, '\0');
  while (true) {
    auto read = input->Read(static_cast<std::int64_t>(buffer.size()), buffer.data());
    if (!read.ok())
      throw Error(ErrorCode::InvalidArgument,
                  context + ": cannot be decompressed: " + read.status().message());
    if (*read == 0) return path;
    write_all(fd, std::string_view(buffer.data(), static_cast<std::size_t>(*read)), path);
  }
}

std::filesystem::path Spool::add_copy(const std::filesystem::path& file) {
  const std::filesystem::path path = next_path();
  const Fd input = open_for_read(file);
  const Fd output = create_exclusive(path);
  std::string buffer(kBlock, '\0');
  while (true) {
    const ssize_t n = ::read(input.get(), buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw io_error("read", file.string(), errno);
    if (n == 0) return path;
    write_all(output, std::string_view(buffer.data(), static_cast<std::size_t>(n)), path);
  }
}

}  // namespace pond::query
