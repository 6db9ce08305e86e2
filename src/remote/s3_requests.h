// Signed requests to one bucket, and what its replies mean.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/file.h"
#include "http/http.h"
#include "pond/error.h"
#include "pond/s3_store.h"

namespace pond::remote {

// Bytes to send, with their hashes. Refers to what it was made of.
struct Payload {
  http::BodySource source;
  std::string sha256;
  std::string md5;
};
Payload payload_of(std::string_view bytes);
// Bytes of a file, read twice: now for the hashes, later to be sent.
Payload payload_of(const Fd& fd, const std::filesystem::path& path, std::uint64_t offset,
                   std::uint64_t size);

struct S3Request {
  std::string method = "GET";
  std::string key;                                           // empty: the bucket
  std::vector<std::pair<std::string, std::string>> query;    // sorted by name
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  const Payload* payload = nullptr;
  std::function<void(std::uint64_t, std::string_view)> take;  // as in http::Request
  std::function<std::string(const http::Response&)> check;    // the same
};

class S3Requests {
 public:
  S3Requests(S3Location location, S3Options options);

  // The reply, whatever its status, after what passes by itself was tried again: Remote when it
  // does not. Keys are those of the store, without the location's prefix.
  http::Response send(const S3Request& request) const;
  // The same; a status that is neither 2xx nor among `expected` is thrown as error() has it.
  http::Response send(const S3Request& request, std::initializer_list<long> expected) const;

  // NotFound for a missing object or bucket, else Remote.
  Error error(const S3Request& request, const http::Response& response) const;

  std::string shown(const std::string& key) const;  // "s3://bucket/prefix/key"
  const S3Location& location() const { return location_; }
  const S3Options& options() const { return options_; }
  StoreCounts counts() const;

 private:
  class Lease;
  std::string url(const S3Request& request) const;

  S3Location location_;
  S3Options options_;
  http::Options http_options_;
  std::string base_;  // scheme and host, with the bucket where it is in the path
  mutable http::Traffic traffic_;
  mutable std::mutex mutex_;
  mutable std::mutex saying_;
  mutable std::vector<std::unique_ptr<http::Client>> idle_;
};

// What is wrong with the ETag of a put's reply; empty when it is the MD5 sent, or no MD5 at all.
std::string wrong_etag(const http::Response& response, const std::string& md5);

// A check for S3Request: what `parse` throws of the body.
template <class Parse>
std::function<std::string(const http::Response&)> parses(const Parse& parse) {
  return [&parse](const http::Response& response) -> std::string {
    try {
      parse(response.body);
    } catch (const Error& error) {
      return error.what();
    }
    return {};
  };
}

}  // namespace pond::remote
