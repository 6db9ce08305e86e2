// Where a bucket is and who asks: the URL, the environment and the files of AWS's tools.
#include <algorithm>
#include <cctype>
#include <cstdlib>

#include "base/file.h"
#include "delta/object_key.h"
#include "pond/error.h"
#include "pond/s3_store.h"
#include "remote/aws_profile.h"

namespace pond {

namespace {

namespace fs = std::filesystem;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

std::string first_of(std::initializer_list<std::string> values) {
  for (const std::string& value : values) {
    if (!value.empty()) return value;
  }
  return {};
}

// The file that `name` names, or ~/.aws/`usual`; empty when it is not there.
remote::AwsFile read_aws_file(const char* name, const char* usual) {
  fs::path path = variable(name);
  if (path.empty()) {
    const std::string home = variable("HOME");
    if (home.empty()) return {};
    path = fs::path(home) / ".aws" / usual;
  }
  try {
    return remote::parse_aws_file(read_file(path));
  } catch (const Error& error) {
    if (error.code() == ErrorCode::NotFound) return {};
    throw;
  }
}

void check_endpoint(const std::string& endpoint) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (!endpoint.starts_with(scheme)) continue;
    const std::string_view rest = std::string_view(endpoint).substr(scheme.size());
    if (!rest.empty() && rest.front() != '/' && rest.find_first_of("@?# ") == std::string::npos)
      return;
  }
  throw Error(ErrorCode::InvalidArgument, "not an S3 endpoint: it has to be http(s)://host[:port]",
              "see AWS_ENDPOINT_URL and endpoint_url of the profile");
}

S3Location parse_place(const std::string& url) {
  static constexpr std::string_view kScheme = "s3://";
  S3Location location;
  if (!url.starts_with(kScheme))
    throw Error(ErrorCode::InvalidArgument, "not an S3 URL: '" + url + "'",
                "an S3 URL is s3://bucket/prefix");
  const std::string rest = url.substr(kScheme.size());
  const auto slash = std::min(rest.find('/'), rest.size());
  location.bucket = rest.substr(0, slash);
  const auto fits = [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '.' || c == '_';
  };
  if (location.bucket.size() < 3 || location.bucket.size() > 63 ||
      !std::all_of(location.bucket.begin(), location.bucket.end(), fits) ||
      location.bucket.front() == '.')
    throw Error(ErrorCode::InvalidArgument,
                "not a bucket name: '" + location.bucket + "' in '" + url + "'",
                "an S3 URL is s3://bucket/prefix; endpoint and region are settings of their own");
  location.prefix = rest.substr(std::min(slash + 1, rest.size()));
  while (location.prefix.ends_with('/'))
    location.prefix.pop_back();
  if (!location.prefix.empty()) {
    check_object_key(location.prefix);
    location.prefix += '/';
  }
  return location;
}

[[noreturn]] void no_credentials(const std::string& url, const std::string& profile,
                                 const std::map<std::string, std::string>& found) {
  for (const char* other : {"credential_process", "sso_session", "sso_start_url", "role_arn",
                            "source_profile", "web_identity_token_file", "login_session"}) {
    if (!found.contains(other)) continue;
    throw Error(ErrorCode::InvalidArgument,
                "no credentials for " + url + ": the profile '" + profile + "' has " + other +
                    ", which is not read",
                "eval \"$(aws configure export-credentials --profile " + profile +
                    " --format env)\" puts them into the environment");
  }
  throw Error(ErrorCode::InvalidArgument, "no credentials for " + url,
              "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE to a profile of "
              "~/.aws/credentials");
}

}  // namespace

S3Location parse_s3_url(const std::string& url, const S3Settings& settings) {
  S3Location location = parse_place(url);
  const std::string profile = first_of({settings.profile, variable("AWS_PROFILE"), "default"});
  const remote::AwsFile credentials = read_aws_file("AWS_SHARED_CREDENTIALS_FILE", "credentials");
  const remote::AwsFile config = read_aws_file("AWS_CONFIG_FILE", "config");
  const std::map<std::string, std::string> found =
      remote::aws_profile(credentials, config, profile);
  if (found.empty() && !settings.profile.empty())
    throw Error(ErrorCode::InvalidArgument, "no AWS profile '" + profile + "'",
                "profiles are in ~/.aws/credentials and ~/.aws/config");
  const auto of_profile = [&](const char* key) {
    const auto entry = found.find(key);
    return entry == found.end() ? std::string() : entry->second;
  };

  S3Credentials& keys = location.credentials;
  keys = {variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY"),
          variable("AWS_SESSION_TOKEN")};
  if (!settings.credentials.access_key_id.empty()) {
    keys = settings.credentials;
  } else if (!settings.profile.empty() || keys.access_key_id.empty() ||
             keys.secret_access_key.empty())
    keys = {of_profile("aws_access_key_id"), of_profile("aws_secret_access_key"),
            of_profile("aws_session_token")};
  if (keys.access_key_id.empty() || keys.secret_access_key.empty())
    no_credentials(url, profile, found);

  const bool named = !settings.profile.empty();
  location.endpoint = first_of({settings.endpoint, named ? of_profile("endpoint_url") : "",
                                variable("AWS_ENDPOINT_URL_S3"), variable("AWS_ENDPOINT_URL"),
                                of_profile("endpoint_url")});
  while (location.endpoint.ends_with('/'))
    location.endpoint.pop_back();
  if (!location.endpoint.empty()) check_endpoint(location.endpoint);
  location.region =
      first_of({settings.region, named ? of_profile("region") : "", variable("AWS_REGION"),
                variable("AWS_DEFAULT_REGION"), of_profile("region"), "us-east-1"});
  const auto fits = [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_'; };
  if (!std::all_of(location.region.begin(), location.region.end(), fits))
    throw Error(ErrorCode::InvalidArgument, "not a region: '" + location.region + "'",
                "see AWS_REGION");
  return location;
}

S3Options S3Options::from_environment() {
  S3Options options;
  const std::string text = variable("POND_HTTP_PATIENCE_MS");
  if (text.empty()) return options;
  const long patience = std::strtol(text.c_str(), nullptr, 10);
  if (patience <= 0)
    throw Error(ErrorCode::InvalidArgument, "POND_HTTP_PATIENCE_MS is no number of milliseconds");
  const std::chrono::milliseconds bound(patience);
  options.give_up_after = std::min(options.give_up_after, bound);
  options.stall_timeout = std::min(options.stall_timeout, bound);
  options.first_pause = std::min(options.first_pause, bound / 10);
  return options;
}

}  // namespace pond
