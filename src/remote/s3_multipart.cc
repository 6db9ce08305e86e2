#include "remote/s3_multipart.h"

#include <algorithm>
#include <atomic>
#include <map>

#include "remote/md5.h"
#include "base/parallel.h"
#include "remote/s3_xml.h"

namespace pond::remote {

namespace {

constexpr std::uint64_t kMostParts = 10'000;
constexpr std::uint64_t kMiB = 1 << 20;
// Rounds of one put: uploads may be aborted by somebody else who puts the same key.
constexpr int kRounds = 3;

// The upload was completed or aborted by somebody.
struct UploadGone {};

bool is_gone(const http::Response& response) {
  return response.status == 404 && parse_error(response.body).code == "NoSuchUpload";
}

class PartsPut {
 public:
  PartsPut(const S3Requests& requests, const std::string& key, const Fd& fd,
           const std::filesystem::path& path, std::uint64_t size)
      : requests_(requests), key_(key), fd_(fd), path_(path), size_(size) {
    const std::uint64_t least = (size + kMostParts - 1) / kMostParts;
    part_size_ = std::max(requests.options().part_size, (least + kMiB - 1) / kMiB * kMiB);
  }

  void run() {
    for (int round = 1;; ++round) {
      const std::vector<Upload> unfinished = uploads();
      const std::string id = unfinished.empty() ? create() : newest(unfinished).id;
      try {
        const std::vector<std::string> etags = send_parts(id);
        complete(id, etags);
        if (unfinished.size() > 1 || unclear_create_ || round > 1) abort_all();
        return;
      } catch (const UploadGone&) {
        if (round == kRounds)
          throw Error(ErrorCode::Remote, "PUT " + requests_.shown(key_) +
                                             ": its uploads are aborted by somebody else");
      }
    }
  }

 private:
  static const Upload& newest(const std::vector<Upload>& uploads) {
    return *std::max_element(uploads.begin(), uploads.end(), [](const Upload& a, const Upload& b) {
      return a.initiated < b.initiated;
    });
  }

  // The unfinished uploads of the key; none where the credentials may not ask.
  std::vector<Upload> uploads() const {
    const std::string full = requests_.location().prefix + key_;
    std::vector<Upload> found;
    for (UploadsPage page;;) {
      S3Request request;
      request.query = {{"encoding-type", "url"}, {"prefix", full}, {"uploads", ""}};
      if (!page.next_key.empty()) {
        request.query.insert(request.query.begin() + 1, {"key-marker", page.next_key});
        request.query.push_back({"upload-id-marker", page.next_id});
      }
      request.check = parses(parse_uploads);
      const http::Response response = requests_.send(request, {403, 501});
      if (!response.ok()) return {};
      page = parse_uploads(response.body);
      for (Upload& upload : page.uploads) {
        if (upload.key == full) found.push_back(std::move(upload));
      }
      if (page.next_key.empty()) return found;
    }
  }

  std::string create() {
    S3Request request;
    request.method = "POST";
    request.key = key_;
    request.query = {{"uploads", ""}};
    request.check = parses(parse_created_upload);
    const http::Response response = requests_.send(request, {});
    if (response.unclear_attempts > 0) unclear_create_ = true;
    return parse_created_upload(response.body);
  }

  std::map<int, Part> parts(const std::string& id) const {
    std::map<int, Part> found;
    for (std::string next;;) {
      S3Request request;
      request.key = key_;
      if (!next.empty()) request.query.push_back({"part-number-marker", next});
      request.query.push_back({"uploadId", id});
      request.check = parses(parse_parts);
      const http::Response response = requests_.send(request, {403, 404, 501});
      if (is_gone(response)) throw UploadGone{};
      if (response.status == 404) throw requests_.error(request, response);
      if (!response.ok()) return {};
      PartsPage page = parse_parts(response.body);
      for (Part& part : page.parts)
        found[part.number] = std::move(part);
      if (page.next.empty()) return found;
      next = page.next;
    }
  }

  std::vector<std::string> send_parts(const std::string& id) const {
    const std::map<int, Part> there = parts(id);
    const std::size_t count = (size_ + part_size_ - 1) / part_size_;
    std::vector<std::string> etags(count);
    in_parallel(count, 1, [&](std::size_t i) {
      const std::uint64_t offset = i * part_size_;
      const Payload payload = payload_of(fd_, path_, offset, std::min(part_size_, size_ - offset));
      const auto part = there.find(static_cast<int>(i + 1));
      const bool stored = part != there.end() && part->second.size == payload.source.size &&
                          part->second.etag == payload.md5;
      etags[i] = stored ? payload.md5 : send_part(id, i + 1, payload);
    });
    return etags;
  }

  std::string send_part(const std::string& id, std::size_t number, const Payload& payload) const {
    S3Request request;
    request.method = "PUT";
    request.key = key_;
    request.query = {{"partNumber", std::to_string(number)}, {"uploadId", id}};
    request.payload = &payload;
    request.check = [&](const http::Response& response) {
      return response.header("etag").empty() ? "a part without ETag"
                                             : wrong_etag(response, payload.md5);
    };
    const http::Response response = requests_.send(request, {404});
    if (is_gone(response)) throw UploadGone{};
    if (!response.ok()) throw requests_.error(request, response);
    return without_quotes(response.header("etag"));
  }

  void complete(const std::string& id, const std::vector<std::string>& etags) const {
    const std::string expected = multipart_etag(etags);
    const std::string body = complete_request(etags);
    const Payload payload = payload_of(body);
    S3Request request;
    request.method = "POST";
    request.key = key_;
    request.query = {{"uploadId", id}};
    request.payload = &payload;
    // An error may come with status 200, when the server began to answer before it had one.
    request.check = parses(parse_completed_upload);
    const http::Response response = requests_.send(request, {404});
    if (is_gone(response)) {
      if (!stored(expected)) throw UploadGone{};
      return;
    }
    if (!response.ok()) throw requests_.error(request, response);
    const std::string etag = parse_completed_upload(response.body);
    const auto dash = etag.find('-');
    const bool comparable = !expected.empty() && dash == 32 && is_md5(etag.substr(0, dash));
    if (comparable && etag != expected)
      throw Error(ErrorCode::Remote, "PUT " + requests_.shown(key_) +
                                         ": the server put other parts together (ETag " + etag +
                                         " instead of " + expected + ")");
  }

  // Whether the object is there: an upload that is gone may be gone because it was completed, by a
  // request whose answer was lost.
  bool stored(const std::string& expected) const {
    S3Request request;
    request.method = "HEAD";
    request.key = key_;
    const http::Response response = requests_.send(request, {404});
    if (!response.ok()) return false;
    return !expected.empty() && without_quotes(response.header("etag")) == expected;
  }

  void abort_all() const {
    for (const Upload& upload : uploads()) {
      S3Request request;
      request.method = "DELETE";
      request.key = key_;
      request.query = {{"uploadId", upload.id}};
      requests_.send(request, {403, 404});
    }
  }

  const S3Requests& requests_;
  const std::string& key_;
  const Fd& fd_;
  const std::filesystem::path& path_;
  const std::uint64_t size_;
  std::uint64_t part_size_ = 0;
  bool unclear_create_ = false;
};

struct Range {
  std::uint64_t first = 0;
  std::uint64_t length = 0;
  std::uint64_t total = 0;
};

// "bytes 0-99/1234".
std::optional<Range> parse_content_range(const std::string& text) {
  unsigned long long first = 0;
  unsigned long long last = 0;
  unsigned long long total = 0;
  if (std::sscanf(text.c_str(), "bytes %llu-%llu/%llu", &first, &last, &total) != 3 || last < first)
    return std::nullopt;
  return Range{first, last - first + 1, total};
}

// Asks for `length` bytes from `offset`, into the same place of `file`. `etag` is the version
// wanted; empty for any. Whole objects (200) come where the server knows no ranges.
struct PartGet {
  const S3Requests& requests;
  const std::string& key;
  StagedFile& file;

  http::Response operator()(std::uint64_t offset, std::uint64_t length,
                            const std::string& etag) const {
    std::uint64_t received = 0;
    S3Request request;
    request.key = key;
    request.headers = {
        {"range", "bytes=" + std::to_string(offset) + "-" + std::to_string(offset + length - 1)}};
    if (!etag.empty()) request.headers.push_back({"if-match", "\"" + etag + "\""});
    request.take = [&](std::uint64_t at, std::string_view bytes) {
      file.write_at(offset + at, bytes);
      received = at + bytes.size();
    };
    request.check = [&](const http::Response& response) -> std::string {
      if (response.status == 206) {
        const auto range = parse_content_range(response.header("content-range"));
        if (!range || range->first != offset || range->total <= offset ||
            range->length != std::min(length, range->total - offset))
          return "another range than asked for: " + response.header("content-range");
        if (range->length != received) return "the range is cut short";
      } else if (!etag.empty()) {
        return "the whole object instead of a range";
      } else if (response.header("content-length") != std::to_string(received) &&
                 !response.header("content-length").empty()) {
        return received == 0 && response.header("content-length") == "0" ? ""
                                                                         : "the body is cut short";
      }
      return {};
    };
    const http::Response response = requests.send(request, {412, 416});
    return response;
  }
};

}  // namespace

void put_in_parts(const S3Requests& requests, const std::string& key, const Fd& fd,
                  const std::filesystem::path& path, std::uint64_t size) {
  PartsPut(requests, key, fd, path, size).run();
}

bool get_in_parts(const S3Requests& requests, const std::string& key, StagedFile& file) {
  const PartGet get{requests, key, file};
  const std::uint64_t part = requests.options().part_size;
  const http::Response first = get(0, part, "");
  if (first.status == 416) {  // no first byte: empty
    S3Request request;
    request.method = "HEAD";
    request.key = key;
    file.resize(0);
    return requests.send(request, {}).header("content-length") == "0";
  }
  if (first.status != 206) {
    const std::string& size = first.header("content-length");
    if (!size.empty()) file.resize(std::stoull(size));
    return true;
  }
  const std::uint64_t total = parse_content_range(first.header("content-range"))->total;
  if (total > part) {
    const std::string etag = without_quotes(first.header("etag"));
    std::atomic<bool> replaced = etag.empty();
    in_parallel((total - 1) / part, 1, [&](std::size_t i) {
      if (replaced) return;
      const http::Response response = get((i + 1) * part, part, etag);
      if (response.status != 206 || without_quotes(response.header("etag")) != etag)
        replaced = true;
    });
    if (replaced) return false;
  }
  file.resize(total);
  return true;
}

}  // namespace pond::remote
