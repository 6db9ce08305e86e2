// The files of AWS's tools: ~/.aws/credentials and ~/.aws/config.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace pond::remote {

// Section ("default", "profile river", "services local") to key to value. A nested setting, an
// indented line below a key without value, is "key.setting".
using AwsFile = std::map<std::string, std::map<std::string, std::string>>;

// Lines that are no setting are passed over, as AWS's tools do.
AwsFile parse_aws_file(std::string_view text);

// The settings of a profile out of both files: aws_access_key_id, region, endpoint_url and others;
// endpoint_url is that of its services section for S3, where it has one. Empty when neither file
// has the profile.
std::map<std::string, std::string> aws_profile(const AwsFile& credentials, const AwsFile& config,
                                               const std::string& name);

}  // namespace pond::remote
