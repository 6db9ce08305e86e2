// Where remotes are, and what opens their stores.
#include <algorithm>
#include <cstdlib>

#include "base/file.h"
#include "pond/error.h"
#include "pond/remote.h"
#include "pond/s3_store.h"

namespace pond::remote {
namespace {

constexpr std::string_view kS3 = "s3://";
constexpr std::string_view kFile = "file://";

// The value behind "${env:NAME}".
std::string secret(const std::string& reference, const char* what) {
  constexpr std::string_view kBegin = "${env:";
  if (!reference.starts_with(kBegin) || !reference.ends_with('}'))
    throw Error(ErrorCode::InvalidArgument,
                std::string(what) + " must be an environment reference, not the secret itself",
                "write '${env:NAME}', and set NAME where pond runs");
  const std::string name = reference.substr(kBegin.size(), reference.size() - kBegin.size() - 1);
  const char* value = std::getenv(name.c_str());
  if (value == nullptr || *value == '\0')
    throw Error(
        ErrorCode::InvalidArgument,
        std::string(what) + ": environment variable substitution failed: " + name + " is not set");
  return value;
}

}  // namespace

bool is_remote_url(std::string_view text) {
  return text.starts_with(kS3) || text.starts_with(kFile);
}

std::shared_ptr<ObjectStore> open_store(const Location& location) {
  if (location.url.starts_with(kFile)) {
    const std::filesystem::path path = location.url.substr(kFile.size());
    if (!path.is_absolute())
      throw Error(ErrorCode::InvalidArgument, "not a place for a backup: '" + location.url + "'",
                  "write file:///directory, with three slashes");
    return open_local_store(path);
  }
  if (!location.url.starts_with(kS3))
    throw Error(ErrorCode::InvalidArgument, "not a place for a backup: '" + location.url + "'",
                "write s3://bucket/prefix or file:///directory");
  // Literal secrets are refused before anything else is looked at.
  S3Credentials own;
  if (!location.access_key.empty())
    own.access_key_id = secret(location.access_key, "the access key");
  if (!location.secret_key.empty())
    own.secret_access_key = secret(location.secret_key, "the secret key");
  if (own.access_key_id.empty() != own.secret_access_key.empty())
    throw Error(ErrorCode::InvalidArgument, "an access key needs a secret key, and the other way");
  return open_s3_store(parse_s3_url(location.url, {.endpoint = location.endpoint,
                                                   .region = location.region,
                                                   .profile = location.profile,
                                                   .credentials = std::move(own)}));
}

}  // namespace pond::remote
