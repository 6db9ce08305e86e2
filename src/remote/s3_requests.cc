#include "remote/s3_requests.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/sha256.h"
#include "pond/time.h"
#include "remote/md5.h"
#include "remote/s3_xml.h"

namespace pond::remote {

namespace {

constexpr std::size_t kHashed = 1 << 20;                         // bytes at a time
constexpr std::int64_t kLargestSkew_us = 15 * 60 * 1'000'000LL;  // S3 allows 15 minutes

const std::string& hash_of_nothing() {
  static const std::string hash = Sha256::of("");
  return hash;
}

std::string encoded_path(const std::string& key) {
  std::string path;
  for (std::size_t begin = 0; begin <= key.size();) {
    const std::size_t end = std::min(key.find('/', begin), key.size());
    if (begin > 0) path += '/';
    path += http::url_encode(key.substr(begin, end - begin));
    begin = end + 1;
  }
  return path;
}

std::string base_of(const S3Location& location) {
  if (!location.endpoint.empty()) return location.endpoint + "/" + location.bucket;
  std::string host = "s3." + location.region + ".amazonaws.com";
  if (location.region.starts_with("cn-")) host += ".cn";
  // TLS certificates are for one label before the host.
  const bool one_label = location.bucket.find_first_of("._") == std::string::npos &&
                         std::none_of(location.bucket.begin(), location.bucket.end(),
                                      [](char c) { return c >= 'A' && c <= 'Z'; });
  return one_label ? "https://" + location.bucket + "." + host
                   : "https://" + host + "/" + location.bucket;
}

std::size_t read_at(const Fd& fd, const std::filesystem::path& path, std::uint64_t offset,
                    std::span<char> buffer) {
  for (;;) {
    const ssize_t n = ::pread(fd.get(), buffer.data(), buffer.size(), static_cast<off_t>(offset));
    if (n > 0) return static_cast<std::size_t>(n);
    if (n == 0) throw Error(ErrorCode::Io, "became shorter while it was sent: " + path.string());
    if (errno != EINTR) throw io_error("cannot read", path, errno);
  }
}

bool passes(const http::Response& response) {
  if (response.status != 400 && response.status != 409) return false;
  const std::string code = parse_error(response.body).code;
  return code == "ConditionalRequestConflict" || code == "OperationAborted" ||
         code == "RequestTimeout";
}

// How far the server's clock is from ours when that is why it refuses; nothing otherwise.
std::optional<std::int64_t> skew_us(const http::Response& response, const std::string& code,
                                    std::int64_t ours_us) {
  if (response.status != 403 && response.status != 400) return std::nullopt;
  const auto date_s = http::parse_date(response.header("date"));
  const std::int64_t skew_us = date_s ? *date_s * 1'000'000 - ours_us : 0;
  if (code == "RequestTimeTooSkewed" || std::abs(skew_us) > kLargestSkew_us) return skew_us;
  return std::nullopt;
}

}  // namespace

Payload payload_of(std::string_view bytes) {
  Payload payload;
  payload.source.size = bytes.size();
  payload.source.read = [bytes](std::uint64_t offset, std::span<char> buffer) {
    const std::size_t n = std::min<std::size_t>(buffer.size(), bytes.size() - offset);
    std::memcpy(buffer.data(), bytes.data() + offset, n);
    return n;
  };
  payload.sha256 = Sha256::of(bytes);
  payload.md5 = Md5::of(bytes);
  return payload;
}

Payload payload_of(const Fd& fd, const std::filesystem::path& path, std::uint64_t offset,
                   std::uint64_t size) {
  Payload payload;
  payload.source.size = size;
  payload.source.read = [&fd, path, offset](std::uint64_t at, std::span<char> buffer) {
    return read_at(fd, path, offset + at, buffer);
  };
  Sha256 sha256;
  Md5 md5;
  std::vector<char> buffer(std::min<std::uint64_t>(kHashed, size));
  for (std::uint64_t at = 0; at < size;) {
    const std::size_t wanted = std::min<std::uint64_t>(buffer.size(), size - at);
    const std::size_t n = payload.source.read(at, {buffer.data(), wanted});
    sha256.update({buffer.data(), n});
    md5.update({buffer.data(), n});
    at += n;
  }
  payload.sha256 = sha256.finish();
  payload.md5 = md5.finish();
  return payload;
}

// A client for one request, taken from those that are idle.
class S3Requests::Lease {
 public:
  explicit Lease(const S3Requests& requests) : requests_(requests) {
    {
      const std::lock_guard lock(requests_.mutex_);
      if (!requests_.idle_.empty()) {
        client_ = std::move(requests_.idle_.back());
        requests_.idle_.pop_back();
      }
    }
    if (!client_) client_ = std::make_unique<http::Client>(requests_.http_options_);
  }
  ~Lease() {
    const std::lock_guard lock(requests_.mutex_);
    requests_.idle_.push_back(std::move(client_));
  }
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  http::Client& operator*() { return *client_; }

 private:
  const S3Requests& requests_;
  std::unique_ptr<http::Client> client_;
};

S3Requests::S3Requests(S3Location location, S3Options options)
    : location_(std::move(location)), options_(std::move(options)), base_(base_of(location_)) {
  http_options_.attempts = options_.attempts;
  http_options_.first_pause = options_.first_pause;
  http_options_.give_up_after = options_.give_up_after;
  http_options_.stall_timeout = options_.stall_timeout;
  http_options_.connect_timeout = std::min(http_options_.connect_timeout, options_.stall_timeout);
  // A part over a slow line takes long; stall_timeout is what finds a dead one.
  http_options_.total_timeout = std::chrono::hours(6);
  http_options_.largest_body = std::uint64_t{1} << 40;
  http_options_.traffic = &traffic_;
  if (options_.say) {
    http_options_.say = [this](const std::string& words) {
      const std::lock_guard lock(saying_);
      options_.say(words);
    };
  }
}

std::string S3Requests::url(const S3Request& request) const {
  std::string url = base_ + "/";
  if (!request.key.empty()) url += encoded_path(location_.prefix + request.key);
  if (!request.query.empty()) url += "?" + http::form_encode(request.query);
  return url;
}

std::string S3Requests::shown(const std::string& key) const {
  return "s3://" + location_.bucket + "/" + location_.prefix + key;
}

http::Response S3Requests::send(const S3Request& request) const {
  http::Request sent;
  sent.method = request.method;
  sent.url = url(request);
  sent.headers = request.headers;
  sent.compressed = false;
  sent.take = request.take;
  sent.check = request.check;
  sent.passes = passes;
  const S3Credentials& keys = location_.credentials;
  sent.aws = http::AwsSignature{
      location_.region, keys.access_key_id, keys.secret_access_key, keys.session_token,
      request.payload != nullptr ? request.payload->sha256 : hash_of_nothing()};
  if (request.payload != nullptr) sent.source = request.payload->source;
  // Else libcurl would say that it is a form.
  if (request.method == "PUT" || request.method == "POST")
    sent.headers.emplace_back("content-type", "application/octet-stream");
  Lease client(*this);
  return (*client).send(sent);
}

http::Response S3Requests::send(const S3Request& request,
                                std::initializer_list<long> expected) const {
  http::Response response = send(request);
  const bool fine = response.ok() ||
                    std::find(expected.begin(), expected.end(), response.status) != expected.end();
  if (!fine) throw error(request, response);
  return response;
}

Error S3Requests::error(const S3Request& request, const http::Response& response) const {
  const S3Error problem = parse_error(response.body);
  const std::string& code = problem.code;
  const std::string bucket = "s3://" + location_.bucket;
  const std::string name = request.method + " " + shown(request.key);
  const std::int64_t ours_us = now_us();
  if (const auto skew = skew_us(response, code, ours_us)) {
    std::string text = name + ": the clock of this machine is wrong: it says " +
                       format_time(ours_us / 1'000'000 * 1'000'000);
    if (*skew != 0)
      text += ", the server " + format_time((ours_us + *skew) / 1'000'000 * 1'000'000);
    return Error(ErrorCode::Remote, text, "set the clock, as `timedatectl set-ntp true` does");
  }
  if (code == "NoSuchBucket")
    return Error(ErrorCode::NotFound, "no bucket " + bucket,
                 "make it, or look at its name and at the endpoint (AWS_ENDPOINT_URL)");
  if (code == "NoSuchKey" || (response.status == 404 && code.empty()))
    return Error(ErrorCode::NotFound, "no object " + shown(request.key));

  std::string text = name + ": " + std::to_string(response.status);
  if (!code.empty()) text += " " + code;
  if (!problem.message.empty()) text += ": " + problem.message;
  std::string hint;
  if (code == "InvalidAccessKeyId" || code == "InvalidToken" || code == "ExpiredToken") {
    hint = "the server does not take the credentials; see AWS_ACCESS_KEY_ID and AWS_PROFILE";
  } else if (code == "SignatureDoesNotMatch") {
    hint = "the secret does not belong to the access key; see AWS_SECRET_ACCESS_KEY";
  } else if (response.status == 403) {
    hint = "the credentials are not allowed to do this in " + bucket;
  } else if (response.status == 301 || response.status == 307 ||
             code == "AuthorizationHeaderMalformed") {
    const std::string region =
        problem.region.empty() ? response.header("x-amz-bucket-region") : problem.region;
    hint = region.empty() ? "see AWS_REGION" : "the bucket is in " + region + ": set AWS_REGION";
  } else if (code.empty()) {
    hint = "is this an S3 server? See AWS_ENDPOINT_URL";
  }
  return Error(ErrorCode::Remote, text, hint);
}

StoreCounts S3Requests::counts() const {
  return {traffic_.requests, traffic_.bytes_sent, traffic_.bytes_received};
}

std::string wrong_etag(const http::Response& response, const std::string& md5) {
  // Encrypted with a key of the customer's or of KMS, the ETag is a hash of something else.
  if (response.header("x-amz-server-side-encryption").starts_with("aws:kms") ||
      !response.header("x-amz-server-side-encryption-customer-algorithm").empty())
    return {};
  const std::string etag = without_quotes(response.header("etag"));
  if (!is_md5(etag) || etag == md5) return {};
  return "the server says that it stored other bytes (ETag " + etag + " instead of " + md5 + ")";
}

}  // namespace pond::remote
