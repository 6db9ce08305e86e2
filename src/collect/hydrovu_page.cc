#include "collect/hydrovu_page.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "pond/error.h"

namespace pond::collect::hydrovu {

namespace {

constexpr double kLastSecond = 253'402'300'799;  // 9999-12-31T23:59:59Z
constexpr double kLargestId = 9e15;              // beyond it a double is no whole number

// Follows the document by depth: {1 "parameters": [2 {3 "readings": [4 {5 "timestamp": …
class PageHandler : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit PageHandler(Page& page) : page_(page) {}

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t value) override {
    return number(static_cast<double>(value));
  }
  bool number_unsigned(number_unsigned_t value) override {
    return number(static_cast<double>(value));
  }
  bool number_float(number_float_t value, const string_t&) override { return number(value); }
  bool string(string_t& text) override {
    if (depth_ == 3 && in_parameters_) set_id(text);
    return true;
  }
  bool binary(binary_t&) override { return true; }

  bool start_object(std::size_t) override {
    ++depth_;
    if (depth_ == 1) is_object_ = true;
    if (depth_ == 3 && in_parameters_) page_.quantities.emplace_back();
    if (depth_ == 5 && in_readings_) {
      time_.reset();
      value_.reset();
    }
    return true;
  }
  bool end_object() override {
    if (depth_ == 5 && in_readings_) finish_reading();
    --depth_;
    return true;
  }
  bool start_array(std::size_t) override {
    ++depth_;
    if (depth_ == 2) in_parameters_ = is_object_ && key_ == "parameters";
    if (depth_ == 4) {
      in_readings_ = in_parameters_ && !page_.quantities.empty() && key_ == "readings";
    }
    return true;
  }
  bool end_array() override {
    if (depth_ == 2) in_parameters_ = false;
    if (depth_ == 4) in_readings_ = false;
    --depth_;
    return true;
  }
  bool key(string_t& text) override {
    key_ = text;
    return true;
  }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::json::exception&) override {
    error_at_ = position;
    return false;
  }

  bool is_object() const { return is_object_; }
  std::optional<std::size_t> error_at() const { return error_at_; }

 private:
  bool number(double value) {
    if (depth_ == 5 && in_readings_) {
      if (key_ == "timestamp") time_ = value;
      if (key_ == "value") value_ = value;
    } else if (depth_ == 3 && in_parameters_ && std::fabs(value) < kLargestId) {
      set_id(std::to_string(static_cast<std::int64_t>(value)));
    }
    return true;
  }

  void set_id(const std::string& text) {
    // Depth 3 is inside a list, too, when that list stands where a quantity should.
    if (page_.quantities.empty()) return;
    if (key_ == "parameterId") page_.quantities.back().parameter_id = text;
    if (key_ == "unitId") page_.quantities.back().unit_id = text;
  }

  void finish_reading() {
    if (!time_ || !value_ || !std::isfinite(*value_) || !(*time_ >= 0 && *time_ <= kLastSecond)) {
      ++page_.unreadable;
      return;
    }
    page_.quantities.back().readings.push_back({static_cast<std::int64_t>(*time_), *value_});
  }

  Page& page_;
  int depth_ = 0;
  bool is_object_ = false;
  bool in_parameters_ = false;
  bool in_readings_ = false;
  std::string key_;
  std::optional<double> time_;
  std::optional<double> value_;
  std::optional<std::size_t> error_at_;
};

}  // namespace

Page parse_page(std::string_view json) {
  Page page;
  PageHandler handler(page);
  if (!nlohmann::json::sax_parse(json.begin(), json.end(), &handler)) {
    throw Error(ErrorCode::InvalidArgument,
                "not JSON at byte " + std::to_string(handler.error_at().value_or(json.size())) +
                    " of " + std::to_string(json.size()));
  }
  if (!handler.is_object()) throw Error(ErrorCode::InvalidArgument, "not a JSON object");
  return page;
}

}  // namespace pond::collect::hydrovu
