// The ObjectStore of an S3 bucket.
#include "pond/s3_store.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "base/file.h"
#include "delta/object_key.h"
#include "pond/error.h"
#include "pond/uuid.h"
#include "remote/md5.h"
#include "remote/s3_multipart.h"
#include "remote/s3_requests.h"
#include "remote/s3_xml.h"

namespace pond {
namespace {

namespace fs = std::filesystem;
using namespace remote;

// User metadata that tells which put_if_absent stored an object.
constexpr const char* kPutId = "x-amz-meta-pond-put";
// Rounds of get_file while the object is being replaced.
constexpr int kRounds = 5;

class S3ObjectStore final : public S3Store {
 public:
  S3ObjectStore(S3Location location, S3Options options)
      : requests_(std::move(location), std::move(options)) {}

  std::string read(const std::string& key) const override {
    check_object_key(key);
    S3Request request;
    request.key = key;
    request.check = [](const http::Response& response) -> std::string {
      const std::string& length = response.header("content-length");
      const bool whole = length.empty() || length == std::to_string(response.body.size());
      return whole ? "" : "the body is cut short";
    };
    return requests_.send(request, {}).body;
  }

  std::string read_range(const std::string& key, std::uint64_t offset,
                         std::uint64_t length) const override {
    check_object_key(key);
    S3Request request;
    request.key = key;
    if (length == 0) {
      request.method = "HEAD";
      requests_.send(request, {});
      return {};
    }
    const std::uint64_t last = offset + std::min(length - 1, UINT64_MAX / 2 - offset);
    const std::string begin = std::to_string(offset) + "-";
    request.headers = {{"range", "bytes=" + begin + std::to_string(last)}};
    request.check = [&](const http::Response& response) -> std::string {
      const std::string& range = response.header("content-range");
      if (response.status == 206 && !range.starts_with("bytes " + begin))
        return "another range than asked for: " + range;
      return {};
    };
    if (offset > UINT64_MAX / 2) offset = UINT64_MAX / 2;
    http::Response response = requests_.send(request, {416});
    if (response.status == 416) return {};
    if (response.status == 206) return std::move(response.body);
    return offset < response.body.size() ? response.body.substr(offset, length) : std::string();
  }

  std::optional<ObjectInfo> head(const std::string& key) const override {
    check_object_key(key);
    const auto response = ask_head(key);
    if (!response) return std::nullopt;
    ObjectInfo info{key, 0, 0};
    const std::string& length = response->header("content-length");
    if (length.empty() || !std::all_of(length.begin(), length.end(), ::isdigit))
      throw Error(ErrorCode::Remote, "HEAD " + requests_.shown(key) + ": no Content-Length");
    info.size = std::stoull(length);
    info.modified_us = http::parse_date(response->header("last-modified")).value_or(0) * 1'000'000;
    return info;
  }

  std::vector<ObjectInfo> list(const std::string& prefix) const override {
    return list_pages(prefix, true);
  }

  std::vector<ObjectInfo> list_all(const std::string& prefix) const override {
    return list_pages(prefix, false);
  }

  void put(const std::string& key, std::string_view bytes) override {
    check_object_key(key);
    put_payload(key, payload_of(bytes));
  }

  bool put_if_absent(const std::string& key, std::string_view bytes) override {
    check_object_key(key);
    const Payload payload = payload_of(bytes);
    const std::string id = Uuid::v7().to_string();
    S3Request request;
    request.method = "PUT";
    request.key = key;
    request.headers = {{"if-none-match", "*"}, {kPutId, id}};
    request.payload = &payload;
    http::Response response;
    try {
      response = requests_.send(request, {412});
    } catch (const Error& error) {
      if (error.code() != ErrorCode::Remote || !error.hint().empty()) throw;
      throw Error(ErrorCode::Remote, error.what(), "it may have been stored all the same");
    }
    if (response.status == 412) {
      // Somebody's, or ours: stored by a request whose answer was lost, or that came twice.
      const auto stored = ask_head(key);
      if (!stored) return false;
      const std::string& theirs = stored->header(kPutId);
      const bool ours =
          theirs == id || (theirs.empty() && response.unclear_attempts > 0 && read(key) == bytes);
      if (!ours) return false;
      response = *stored;
    }
    if (const std::string wrong = wrong_etag(response, payload.md5); !wrong.empty())
      throw Error(ErrorCode::Remote, "PUT " + requests_.shown(key) + ": " + wrong);
    return true;
  }

  void put_unsynced_name(const std::string& key, std::string_view bytes) override {
    put(key, bytes);
  }

  void sync_names(const std::vector<std::string>&) override {}

  void remove(const std::string& key) override {
    check_object_key(key);
    S3Request request;
    request.method = "DELETE";
    request.key = key;
    const http::Response response = requests_.send(request, {404});
    if (response.status == 404 && parse_error(response.body).code == "NoSuchBucket")
      throw requests_.error(request, response);
  }

  void put_file(const std::string& key, const fs::path& source) override {
    check_object_key(key);
    const Fd fd = open_for_read(source);
    struct stat info {};
    if (::fstat(fd.get(), &info) != 0) throw io_error("cannot read", source, errno);
    if (!S_ISREG(info.st_mode)) throw io_error("cannot read", source, EISDIR);
    const auto size = static_cast<std::uint64_t>(info.st_size);
    if (size > requests_.options().part_size) {
      put_in_parts(requests_, key, fd, source, size);
    } else {
      put_payload(key, payload_of(fd, source, 0, size));
    }
  }

  void get_file(const std::string& key, const fs::path& target) const override {
    check_object_key(key);
    for (int round = 1; round <= kRounds; ++round) {
      StagedFile file(target);
      if (!get_in_parts(requests_, key, file)) continue;
      file.publish();
      return;
    }
    throw Error(ErrorCode::Remote,
                "GET " + requests_.shown(key) + ": it is replaced again and again");
  }

  std::optional<fs::path> local_path(const std::string&) const override { return std::nullopt; }

  std::string describe() const override {
    std::string url = requests_.shown("");
    while (url.ends_with('/'))
      url.pop_back();
    return url;
  }

  StoreCounts counts() const override { return requests_.counts(); }

  void require_conditional_put() override {
    const std::string key = ".probe-" + Uuid::v7().to_string();
    const bool first = put_if_absent(key, "first");
    const bool second = put_if_absent(key, "second");
    remove(key);
    if (!first || second)
      throw Error(ErrorCode::Unsupported,
                  describe() + ": the server does not do conditional puts (If-None-Match: *)",
                  "two writers could overwrite each other's commits; AWS S3, MinIO, Cloudflare R2 "
                  "and others do them, some in newer versions only");
  }

 private:
  void put_payload(const std::string& key, const Payload& payload) {
    S3Request request;
    request.method = "PUT";
    request.key = key;
    request.payload = &payload;
    request.check = [&](const http::Response& response) {
      return wrong_etag(response, payload.md5);
    };
    requests_.send(request, {});
  }

  std::optional<http::Response> ask_head(const std::string& key) const {
    S3Request request;
    request.method = "HEAD";
    request.key = key;
    http::Response response = requests_.send(request, {404});
    if (response.status == 404) return std::nullopt;
    return response;
  }

  std::vector<ObjectInfo> list_pages(const std::string& prefix, bool one_level) const {
    const std::string& above = requests_.location().prefix;
    std::vector<ObjectInfo> found;
    for (std::string token;;) {
      S3Request request;
      if (!token.empty()) request.query.push_back({"continuation-token", token});
      if (one_level) request.query.push_back({"delimiter", "/"});
      request.query.insert(
          request.query.end(),
          {{"encoding-type", "url"}, {"list-type", "2"}, {"prefix", above + prefix}});
      request.check = parses(parse_list);
      ListPage page = parse_list(requests_.send(request, {}).body);
      for (ObjectInfo& object : page.objects) {
        if (!object.key.starts_with(above + prefix))
          throw Error(ErrorCode::Remote,
                      "GET " + describe() + ": a key outside the prefix asked: " + object.key);
        if (object.key.ends_with('/')) continue;  // made by other programs to show a directory
        object.key.erase(0, above.size());
        found.push_back(std::move(object));
      }
      if (page.next.empty()) break;
      token = page.next;
    }
    std::sort(found.begin(), found.end(),
              [](const ObjectInfo& a, const ObjectInfo& b) { return a.key < b.key; });
    return found;
  }

  const S3Requests requests_;
};

}  // namespace

std::shared_ptr<S3Store> open_s3_store(S3Location location, S3Options options) {
  return std::make_shared<S3ObjectStore>(std::move(location), std::move(options));
}

}  // namespace pond
