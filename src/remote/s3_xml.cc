#include "remote/s3_xml.h"

#include <charconv>
#include <pugixml.hpp>
#include <sstream>

#include "pond/error.h"
#include "pond/time.h"

namespace pond::remote {

namespace {

[[noreturn]] void malformed(const std::string& what) {
  throw Error(ErrorCode::Remote, "the server's XML is not understood: " + what);
}

// The root element, which has to be `name`.
pugi::xml_node parse(pugi::xml_document& document, const std::string& xml, const char* name) {
  const pugi::xml_parse_result result =
      document.load_buffer(xml.data(), xml.size(), pugi::parse_default, pugi::encoding_utf8);
  if (!result) malformed(result.description());
  const pugi::xml_node root = document.document_element();
  if (std::string_view(root.name()) != name) {
    const S3Error error = parse_error(xml);
    malformed(error.code.empty() ? std::string("<") + root.name() + "> instead of <" + name + ">"
                                 : error.code + ": " + error.message);
  }
  return root;
}

std::string text(const pugi::xml_node& node, const char* name) {
  return node.child_value(name);
}

std::string needed(const pugi::xml_node& node, const char* name) {
  std::string value = text(node, name);
  if (value.empty()) malformed(std::string("no <") + name + "> in <" + node.name() + ">");
  return value;
}

template <class Number>
Number number(const pugi::xml_node& node, const char* name) {
  const std::string digits = needed(node, name);
  Number value = 0;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (problem != std::errc() || end != digits.data() + digits.size())
    malformed(std::string("<") + name + ">" + digits);
  return value;
}

bool truncated(const pugi::xml_node& root) {
  return text(root, "IsTruncated") == "true";
}

// encoding-type=url: %XX, and '+' for a blank.
std::string decoded(const std::string& value) {
  std::string out;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] == '+') {
      out += ' ';
    } else if (value[i] == '%') {
      unsigned byte = 0;
      const char* first = value.data() + i + 1;
      const char* last = value.data() + std::min(i + 3, value.size());
      if (std::from_chars(first, last, byte, 16).ptr != first + 2) malformed("key " + value);
      out += static_cast<char>(byte);
      i += 2;
    } else {
      out += value[i];
    }
  }
  return out;
}

std::string key_text(const pugi::xml_node& root, const pugi::xml_node& node, const char* name) {
  const std::string key = text(node, name);
  return text(root, "EncodingType") == "url" ? decoded(key) : key;
}

}  // namespace

std::string without_quotes(std::string etag) {
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"')
    return etag.substr(1, etag.size() - 2);
  return etag;
}

S3Error parse_error(const std::string& xml) {
  pugi::xml_document document;
  if (!document.load_buffer(xml.data(), xml.size())) return {};
  const pugi::xml_node root = document.document_element();
  if (std::string_view(root.name()) != "Error") return {};
  return {text(root, "Code"), text(root, "Message"), text(root, "Region")};
}

ListPage parse_list(const std::string& xml) {
  pugi::xml_document document;
  const pugi::xml_node root = parse(document, xml, "ListBucketResult");
  ListPage page;
  for (const pugi::xml_node& node : root.children("Contents")) {
    std::string key = key_text(root, node, "Key");
    if (key.empty()) malformed("an object without <Key>");
    std::int64_t modified_us = 0;
    try {
      modified_us = parse_time(needed(node, "LastModified"));
    } catch (const Error& error) {
      malformed(error.what());
    }
    page.objects.push_back({std::move(key), number<std::uint64_t>(node, "Size"), modified_us});
  }
  if (truncated(root)) page.next = needed(root, "NextContinuationToken");
  return page;
}

UploadsPage parse_uploads(const std::string& xml) {
  pugi::xml_document document;
  const pugi::xml_node root = parse(document, xml, "ListMultipartUploadsResult");
  UploadsPage page;
  for (const pugi::xml_node& node : root.children("Upload"))
    page.uploads.push_back(
        {key_text(root, node, "Key"), needed(node, "UploadId"), text(node, "Initiated")});
  if (truncated(root)) {
    page.next_key = key_text(root, root, "NextKeyMarker");
    page.next_id = text(root, "NextUploadIdMarker");
    if (page.next_key.empty()) malformed("no <NextKeyMarker>");
  }
  return page;
}

PartsPage parse_parts(const std::string& xml) {
  pugi::xml_document document;
  const pugi::xml_node root = parse(document, xml, "ListPartsResult");
  PartsPage page;
  for (const pugi::xml_node& node : root.children("Part"))
    page.parts.push_back({number<int>(node, "PartNumber"), number<std::uint64_t>(node, "Size"),
                          without_quotes(needed(node, "ETag"))});
  if (truncated(root)) page.next = needed(root, "NextPartNumberMarker");
  return page;
}

std::string parse_created_upload(const std::string& xml) {
  pugi::xml_document document;
  return needed(parse(document, xml, "InitiateMultipartUploadResult"), "UploadId");
}

std::string parse_completed_upload(const std::string& xml) {
  pugi::xml_document document;
  return without_quotes(needed(parse(document, xml, "CompleteMultipartUploadResult"), "ETag"));
}

std::string complete_request(const std::vector<std::string>& etags) {
  pugi::xml_document document;
  pugi::xml_node root = document.append_child("CompleteMultipartUpload");
  root.append_attribute("xmlns") = "http://s3.amazonaws.com/doc/2006-03-01/";
  for (std::size_t i = 0; i < etags.size(); ++i) {
    pugi::xml_node part = root.append_child("Part");
    part.append_child("PartNumber").text() = static_cast<unsigned>(i + 1);
    part.append_child("ETag").text() = ("\"" + etags[i] + "\"").c_str();
  }
  std::ostringstream out;
  document.save(out, "", pugi::format_raw | pugi::format_no_declaration);
  return out.str();
}

}  // namespace pond::remote
